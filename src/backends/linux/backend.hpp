// The Linux kernel's NVMe devices as a Backend.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "backends/linux/control.hpp"
#include "backends/linux/initiator.hpp"
#include "backends/linux/ioctl_device.hpp"
#include "backends/linux/kernel_connect.hpp"
#include "backends/linux/keyring.hpp"
#include "backends/linux/sysfs_reader.hpp"
#include "backends/linux/topology.hpp"
#include "backends/linux/uevents.hpp"
#include "core/capabilities.hpp"

namespace nvmectl {

struct LinuxBackendOptions {
  /// Directory that holds sys/ (--sysroot): a captured tree is listed and no device opened. "" is this machine.
  std::string sysroot;
  linux_backend::KernelCalls kernel = linux_backend::KernelCalls::real();
  linux_backend::FabricsCalls fabrics = linux_backend::FabricsCalls::real();
  linux_backend::ScanSettings scan = {};
  linux_backend::KeyringCalls keyring = linux_backend::KeyringCalls::real();
};

/// Lists what sysfs shows, passes commands through by ioctl, and has the kernel connect to fabrics references. Those it
/// handles as well as kernel nodes: name it behind the backend that should get them by default.
class LinuxBackend final : public Backend, public TopologySource {
 public:
  explicit LinuxBackend(LinuxBackendOptions options = {});
  [[nodiscard]] std::string_view name() const override { return "linux"; }
  [[nodiscard]] std::string_view summary() const override { return "the Linux kernel's NVMe devices and fabrics"; }
  [[nodiscard]] Probe probe() override;
  [[nodiscard]] bool handles(const DeviceRef& device) const override;
  [[nodiscard]] Result<std::unique_ptr<Device>> open(const DeviceRef& device, const OpenOptions& options) override;
  [[nodiscard]] TopologySource* topology() override { return this; }
  [[nodiscard]] FabricsInitiator* fabrics() override { return &initiator_; }
  [[nodiscard]] KeyStore* keys() override { return options_.sysroot.empty() ? &keys_ : nullptr; }
  [[nodiscard]] Result<Topology> scan(const ScanRequest& request) override;
  [[nodiscard]] Result<std::vector<std::optional<IoCounters>>> counters(std::span<const std::string> devices) override;
  /// Null with a captured tree: nobody is there to be told or to tell. The same holds for events().
  [[nodiscard]] ControllerControl* control() override { return options_.sysroot.empty() ? &control_ : nullptr; }
  [[nodiscard]] EventSource* events() override { return options_.sysroot.empty() ? &uevents_ : nullptr; }
  [[nodiscard]] std::vector<Check> diagnose(const std::optional<DeviceRef>& device,
                                            const OpenOptions& options) override;
  [[nodiscard]] Result<> fix(const Check& check) override;
  /// Each namespace that would be hit with its size, mounts, swap and holders (LVM, dm, md).
  [[nodiscard]] Result<std::string> describe(const DeviceRef& device, const Deadline& deadline) override;

 private:
  LinuxBackendOptions options_;
  linux_backend::KernelControl control_{options_.sysroot, options_.kernel};
  linux_backend::Uevents uevents_;
  linux_backend::LinuxInitiator initiator_;
  linux_backend::LinuxKeyStore keys_;
};

}  // namespace nvmectl
