// Kernel device nodes: opening them by any of their names, and passthrough by ioctl.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "backends/linux/usage.hpp"
#include "core/capabilities.hpp"

namespace nvmectl::linux_backend {

/// ioctl(2): a negative number and errno, or what the kernel returned (an NVMe status when positive).
using IoctlFunction = std::function<int(int fd, unsigned long request, void* argument)>;
/// open(2): a descriptor, which is closed with close(2), or -1 and errno.
using OpenFunction = std::function<int(const std::string& path, int flags)>;
/// The kernel's name ("nvme0n1p1") of the device node at `path`, symbolic links followed.
using ResolveFunction = std::function<Result<std::string>(const std::string& path)>;

/// What the ioctl layer asks of the system; replaced in tests.
struct KernelCalls {
  IoctlFunction ioctl;
  OpenFunction open;
  ResolveFunction resolve;
  [[nodiscard]] static KernelCalls real();
};

/// What is known of an open node.
struct NodeFacts {
  std::string name;                   ///< as the kernel calls it, for messages: "nvme0n1"
  std::optional<std::uint32_t> nsid;  ///< namespaces only
  std::size_t max_transfer_bytes = 4096;
};

/// Passthrough on an open descriptor, which is owned from now on.
[[nodiscard]] std::unique_ptr<Device> make_ioctl_device(int fd, NodeFacts facts, bool io, IoctlFunction ioctl);

/// Opens a kernel node: nvme0, nvme0n1, ng0n1, a partition (its namespace is opened), a symbolic link to one of them.
/// not_found with similar names, permission, unsupported when the node is not an NVMe device, busy when the controller
/// is not live, usage when `options.io` is asked of a controller. `sysroot` is where sys/ is ("" = this machine).
[[nodiscard]] Result<std::unique_ptr<Device>> open_kernel_device(const DeviceRef& device, const OpenOptions& options,
                                                                 const KernelCalls& calls, const std::string& sysroot);

/// The facts of a namespace by an Identify Namespace command on its node. 0, or an errno (EIO for an error status).
/// NVM Command Set Specification 1.0, section 4.1.5.1 (figure 97): NCAP, NUSE, FLBAS and the LBA formats.
[[nodiscard]] int identify_usage(const KernelCalls& calls, const std::string& node, std::uint32_t nsid,
                                 UsageFacts& facts);

/// What an errno of a passthrough ioctl means. `ran_out` tells that the deadline has passed.
[[nodiscard]] Error explain_ioctl(int os_errno, std::string_view device, std::string_view operation, bool ran_out);
/// What an errno of opening a node means; `state` is its controller's, "" when unknown.
[[nodiscard]] Error explain_open(int os_errno, std::string_view path, std::string_view state);

}  // namespace nvmectl::linux_backend
