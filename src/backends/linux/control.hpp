// Resets and rescans of the kernel's controllers.
#pragma once

#include <string>

#include "backends/linux/ioctl_device.hpp"
#include "core/capabilities.hpp"

namespace nvmectl::linux_backend {

/// By sysfs attributes (reset, rescan) and NVME_IOCTL_SUBSYS_RESET, each in a child process: the kernel waits for the
/// device without end, we until the deadline.
class KernelControl final : public ControllerControl {
 public:
  /// `root` is the directory that holds sys/, "" for this machine; `calls` and it must outlive the object.
  KernelControl(const std::string& root, const KernelCalls& calls) : root_(root), calls_(calls) {}
  /// Returns when the controller is live again. usage when `controller` names a namespace, not_found, permission, busy
  /// when it is not live, refused when it is dead, timeout.
  [[nodiscard]] Result<> reset(const DeviceRef& controller, const Deadline& deadline) override;
  /// The same; unsupported when the controller has no NVM Subsystem Reset.
  [[nodiscard]] Result<> reset_subsystem(const DeviceRef& controller, const Deadline& deadline) override;
  /// Returns when the kernel has been told; it looks by itself, soon.
  [[nodiscard]] Result<> rescan(const DeviceRef& controller, const Deadline& deadline) override;

 private:
  const std::string& root_;
  const KernelCalls& calls_;
};

}  // namespace nvmectl::linux_backend
