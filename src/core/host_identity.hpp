// Who this host is on the fabric: its NQN and identifier, from files of the machine, never needing root.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace nvmectl {

/// NVM Express Base Specification 2.0d, sections 4.7 and 5.27.1.25.
struct HostIdentity {
  std::string nqn;  ///< at most 223 bytes
  std::string id;   ///< a UUID as text
  friend bool operator==(const HostIdentity&, const HostIdentity&) = default;
};

/// The content of a file, empty when it cannot be read. Injectable for tests.
using FileReader = std::function<std::optional<std::string>(const std::string& path)>;
/// Reads at most 64 KiB of a file of this machine.
[[nodiscard]] std::optional<std::string> read_small_file(const std::string& path);

/// The identity to connect with. Each of `nqn` and `id` that is not empty is taken as given (usage error when it is
/// malformed). Else from /etc/nvme/hostnqn and /etc/nvme/hostid; a missing half is derived from the other one (the UUID
/// in the NQN, or a hash of it). With neither file, a pair derived from /etc/machine-id by a one-way hash: the same on
/// every run, without root. On a machine without that file: a random pair.
[[nodiscard]] Result<HostIdentity> host_identity(std::string_view nqn, std::string_view id,
                                                 const FileReader& read = read_small_file);

/// "nqn.2014-08.org.nvmexpress:uuid:" and the machine's DMI product UUID, else the device tree's partition UUID, else a
/// random one; as `nvme gen-hostnqn` does. UUIDs of all zeros or all ones, which firmware leaves unset, do not count.
[[nodiscard]] std::string generate_host_nqn(const FileReader& read = read_small_file);

/// The content of /etc/nvme/hostnqn, not_found when there is none.
[[nodiscard]] Result<std::string> configured_host_nqn(const FileReader& read = read_small_file);

}  // namespace nvmectl
