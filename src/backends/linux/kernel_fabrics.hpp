// Connections that the kernel makes for one command and that end with it.
#pragma once

#include <memory>

#include "backends/linux/ioctl_device.hpp"
#include "backends/linux/kernel_connect.hpp"
#include "core/capabilities.hpp"

namespace nvmectl::linux_backend {

/// What the kernel is told for a reference such as tcp://HOST/NQN (without an NQN: the discovery controller).
[[nodiscard]] ConnectParameters parameters_of(const DeviceRef& device, const OpenOptions& options);

/// Fills in this machine's host NQN and identifier where they are not given: recent kernels refuse an identifier that
/// they know with another NQN, and take a default one when none is given, so both are always told.
[[nodiscard]] Result<ConnectParameters> with_host(ConnectParameters parameters);

/// What is opened once the connection is there.
struct TemporaryUse {
  std::optional<std::uint32_t> nsid;  ///< the namespace that the device stands for
  bool io = false;                    ///< open its node, for I/O
};

/// Has the kernel connect and opens the controller, or with `use.io` the namespace. The connection ends with the
/// Device, and also when this process dies: a child keeps watch over it. Errors: those of explain_connect(), timeout (a
/// connection that then still comes about is removed again).
[[nodiscard]] Result<std::unique_ptr<Device>> open_temporary(const ConnectParameters& target, const TemporaryUse& use,
                                                             const OpenOptions& options, const KernelCalls& kernel,
                                                             const FabricsCalls& fabrics);

}  // namespace nvmectl::linux_backend
