// One connection by /dev/nvme-fabrics: made by a child process, since the kernel may take its time, and explained.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/fabrics.hpp"

namespace nvmectl::linux_backend {

/// What came of asking the kernel to connect.
struct ConnectOutcome {
  enum class Phase : std::uint8_t {
    resolve,  ///< the target's name
    open,     ///< /dev/nvme-fabrics
    write,    ///< the connect string: all that the kernel and the target refuse
    answer,   ///< the kernel did not say which controller it made
    done      ///< `controller` is connected
  };
  Phase phase = Phase::open;
  int code = 0;            ///< errno; 0 when done
  std::string controller;  ///< "nvme3"
  std::string words;       ///< the resolver's
  std::vector<std::string> log;
  std::optional<bool> authenticated, tls;
};

/// The line of ConnectOutcome::log for a kernel without authentication.
inline constexpr std::string_view no_authentication = "this kernel was built without NVMe authentication";

/// As one line, for the way out of a child process; the log is cut to what fits.
[[nodiscard]] std::string encode(const ConnectOutcome& outcome);
[[nodiscard]] ConnectOutcome decode_outcome(std::string_view line);

/// Whether something listens there: 0 or an errno.
using ProbeFunction = std::function<int(const std::string& address, const std::string& port, const Deadline& deadline)>;

/// What connecting asks of the system; replaced in tests. All run in a child process.
struct FabricsCalls {
  std::string node = "/dev/nvme-fabrics";
  /// `alone`: no other connection is being made, so that all of the kernel's words are about this one.
  std::function<ConnectOutcome(const ConnectParameters& target, bool alone)> connect;
  /// Removes the controller of that name. 0 or an errno.
  std::function<int(const std::string& controller)> disconnect;
  ProbeFunction probe = {};  ///< empty: addresses are not tried beforehand
  [[nodiscard]] static FabricsCalls real();
};

/// The Error for a connection that did not come about. `root` is for what the machine has (module_state()).
[[nodiscard]] Error explain_connect(const ConnectOutcome& outcome, const ConnectParameters& target,
                                    const std::string& root = {});
/// The Error for a /dev/nvme-fabrics that cannot be opened: not installed, not loaded, no permission.
[[nodiscard]] Error explain_node(int os_errno, const std::string& node, const std::string& root = {});

}  // namespace nvmectl::linux_backend
