// The linear scan: sysfs, of this machine or a captured tree, to a Topology.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backends/linux/ioctl_device.hpp"
#include "backends/linux/sysfs_reader.hpp"
#include "core/capabilities.hpp"

namespace nvmectl::linux_backend {

struct ScanSettings {
  /// How long the kernel may take over one namespace's usage before the scan goes on without it.
  std::chrono::milliseconds stall_limit{2000};
  /// Whether reading usage makes the kernel send commands, so that a child process must do it; by default found out.
  std::optional<bool> live = std::nullopt;
};

/// What there is below `sysfs`, with no more read than `request` needs. Sends no command to a device but for usage.
/// What could not be read stands in Topology::not_seen. A controller that is in no subsystem (it never got as far as
/// being identified) has one of its own, without a name.
///
/// A request for connections alone (without usage and identifiers) is about controllers: namespaces are named and no
/// more is read of them.
///
/// not_found when the root is not a captured tree; an empty topology with an entry in not_seen when no NVMe driver is
/// loaded.
[[nodiscard]] Result<Topology> scan_topology(SysfsReader& sysfs, const ScanRequest& request, const KernelCalls& calls,
                                             const ScanSettings& settings);

/// Where each namespace of a Topology was found, relative to sys/.
using NamespaceDirectories = std::vector<std::string>;

/// Fills used_bytes (and what else comes with it) of the namespaces that a live controller reaches; the rest of them is
/// named in not_seen.
void read_usage(Topology& topology, const NamespaceDirectories& directories, SysfsReader& sysfs,
                const ScanRequest& request, const KernelCalls& calls, const ScanSettings& settings);

/// An unsigned decimal number that is all of `text`.
[[nodiscard]] std::optional<std::uint64_t> number_of(const std::optional<std::string>& text, std::uint64_t most);

}  // namespace nvmectl::linux_backend
