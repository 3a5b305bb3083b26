// What this machine needs for NVMe, and whether it has it: for `doctor`.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/linux/keyring.hpp"
#include "core/capabilities.hpp"

namespace nvmectl::linux_backend {

/// What the checks ask of the system; replaced in tests.
struct DoctorCalls {
  /// Opens a node and closes it again: 0 or an errno. `path` is below `root`.
  std::function<int(const std::string& path, int flags)> try_open;
  /// Up to 4 KiB of a file, or an errno.
  std::function<tl::expected<std::string, int>(const std::string& path)> read;
  std::function<std::int64_t()> now;                        ///< seconds since 1970
  std::function<std::optional<bool>()> clock_synchronised;  ///< empty: the kernel does not tell
  std::function<Result<>(const std::string& module)> load;  ///< modprobe
  KeyringCalls keyring = KeyringCalls::real();
  std::string root;  ///< the directory that holds sys/, proc/, dev/, etc/ …; "" is this machine
  [[nodiscard]] static DoctorCalls real(std::string root);
};

/// Drivers, /dev/nvme-fabrics, security, identity, clock, boot, PMEM, SPDK. `transport` ("rdma", "fc", "loop", "tcp")
/// asks only for what connecting over that one takes, and then insists on its driver; "" is everything.
[[nodiscard]] std::vector<Check> diagnose_machine(std::string_view transport, const DoctorCalls& calls);

/// The state and nodes of the controller or namespace of that name.
[[nodiscard]] std::vector<Check> diagnose_device(const DeviceRef& device, const Topology& topology,
                                                 const DoctorCalls& calls);

/// Loads the driver that Check::fix names; unsupported for anything that the checks do not say.
[[nodiscard]] Result<> fix_check(const Check& check, const DoctorCalls& calls);

/// Runs modprobe, without a shell, for at most 30 seconds. Errors: permission, unsupported (no modprobe, no such
/// module), timeout, io with modprobe's words.
[[nodiscard]] Result<> run_modprobe(const std::string& module);

// The parts of diagnose_machine().
[[nodiscard]] std::vector<Check> check_drivers(std::string_view transport, const DoctorCalls& calls);
/// /dev/nvme-fabrics, and what its options tell of authentication and TLS; nothing while its driver is not loaded.
[[nodiscard]] std::vector<Check> check_fabrics_node(const DoctorCalls& calls);
[[nodiscard]] std::vector<Check> check_identity(const DoctorCalls& calls);
[[nodiscard]] std::vector<Check> check_clock(const DoctorCalls& calls);
[[nodiscard]] std::vector<Check> check_boot(const DoctorCalls& calls);
[[nodiscard]] std::vector<Check> check_pmem(const DoctorCalls& calls);
[[nodiscard]] std::vector<Check> check_spdk(const DoctorCalls& calls);

[[nodiscard]] Check check_ok(std::string name, std::string text);
[[nodiscard]] Check check_warning(std::string name, std::string text, std::string remedy);
[[nodiscard]] Check check_failure(std::string name, ErrorKind kind, std::string text, std::string remedy);

}  // namespace nvmectl::linux_backend
