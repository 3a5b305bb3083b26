// Connections that the kernel makes for one command and that end with it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "backends/linux/ioctl_device.hpp"
#include "backends/linux/libnvme_adapter.hpp"
#include "core/capabilities.hpp"

namespace nvmectl::linux_backend {

/// What connecting asks of the system; replaced in tests. `connect` and `disconnect` run in a child process.
struct FabricsCalls {
  std::string node = "/dev/nvme-fabrics";
  std::function<ConnectOutcome(const FabricsTarget&)> connect;
  /// Removes the controller of that name.
  std::function<void(const std::string& controller)> disconnect;
  [[nodiscard]] static FabricsCalls real();
};

/// Has the kernel connect to the controller that a tcp:// reference names (without an NQN the discovery controller) and
/// opens it; with `options.io`, the namespace of its nsid. The connection ends with the Device, and also when this
/// process dies: a child keeps watch over it.
///
/// unsupported without /dev/nvme-fabrics or libnvme, permission, busy when already connected, refused, transport,
/// timeout (a connection that then still comes about is removed again).
[[nodiscard]] Result<std::unique_ptr<Device>> open_fabrics_device(const DeviceRef& device, const OpenOptions& options,
                                                                  const KernelCalls& kernel,
                                                                  const FabricsCalls& fabrics);

/// The Error for a connection that did not come about.
[[nodiscard]] Error explain_connect(const ConnectOutcome& outcome, const DeviceRef& device);

}  // namespace nvmectl::linux_backend
