// The Linux kernel's NVMe over Fabrics initiator.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/linux/ioctl_device.hpp"
#include "backends/linux/kernel_connect.hpp"
#include "backends/linux/sysfs_reader.hpp"
#include "core/capabilities.hpp"
#include "core/fabrics.hpp"

namespace nvmectl::linux_backend {

/// The fabrics controllers that sysfs shows, in natural order. Seven attributes of each.
[[nodiscard]] std::vector<FabricsController> read_controllers(SysfsReader& sysfs);

/// The block devices below a controller.
[[nodiscard]] std::vector<Namespace> read_namespaces(const std::string& controller, SysfsReader& sysfs);

/// Waits until `controller` is live and each of its active namespaces whose ANA state lets it be used has a block
/// device. not_found when the controller goes away, timeout naming what is still missing.
[[nodiscard]] Result<> wait_until_ready(const std::string& controller, const KernelCalls& kernel,
                                        const Deadline& deadline);

class LinuxInitiator final : public FabricsInitiator {
 public:
  /// `sysroot` is where sys/ is: "" for this machine; a captured tree can only be looked at.
  LinuxInitiator(std::string sysroot, KernelCalls kernel, FabricsCalls fabrics);
  [[nodiscard]] Result<std::optional<std::vector<std::string>>> supported_options() override;
  [[nodiscard]] Result<std::string> connect_string(const ConnectParameters& parameters) override;
  void connect(std::span<const ConnectParameters> targets, const BatchOptions& options,
               const std::function<void(std::size_t, Result<Connection>)>& done) override;
  void disconnect(std::span<const std::string> controllers, const BatchOptions& options,
                  const std::function<void(std::size_t, Result<>)>& done) override;
  [[nodiscard]] Result<std::vector<FabricsController>> controllers() override;
  [[nodiscard]] Result<std::vector<Use>> uses(std::span<const std::string> controllers) override;
  [[nodiscard]] Result<std::vector<Namespace>> namespaces(const std::string& controller) override;
  [[nodiscard]] Result<> wait_ready(const std::string& controller, const Deadline& deadline) override;
  [[nodiscard]] Result<std::unique_ptr<Device>> open(const ConnectParameters& target,
                                                     const Deadline& deadline) override;

 private:
  [[nodiscard]] Result<> check_live() const;
  [[nodiscard]] Result<ConnectParameters> complete(const ConnectParameters& target) const;
  [[nodiscard]] Result<Connection> finish(const ConnectOutcome& outcome, const ConnectParameters& target);

  std::string sysroot_;
  KernelCalls kernel_;
  FabricsCalls fabrics_;
};

}  // namespace nvmectl::linux_backend
