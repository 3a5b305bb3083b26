// The backend "tcp": tcp:// devices from user space, without root or kernel support.
#pragma once

#include <memory>
#include <string_view>

#include "core/capabilities.hpp"
#include "core/host_identity.hpp"

namespace nvmectl::tcp {

class TcpBackend final : public Backend {
 public:
  /// `read` reads the files that the host's identity comes from.
  explicit TcpBackend(FileReader read = read_small_file);
  [[nodiscard]] std::string_view name() const override { return "tcp"; }
  [[nodiscard]] std::string_view summary() const override {
    return "NVMe/TCP from user space (tcp://…), no root needed";
  }
  [[nodiscard]] Probe probe() override { return {true, {}, {}}; }
  [[nodiscard]] bool handles(const DeviceRef& device) const override;
  /// An empty NQN opens the discovery controller (port 8009 unless given), another one an NVM subsystem's (4420). The
  /// deadline covers everything up to a ready controller. The device shuts the controller down when destroyed.
  [[nodiscard]] Result<std::unique_ptr<Device>> open(const DeviceRef& device, const OpenOptions& options) override;
  [[nodiscard]] std::vector<Check> diagnose(const std::optional<DeviceRef>& device,
                                            const OpenOptions& options) override;
  /// Model, serial and firmware; with a namespace its size. Connects with the machine's own identity.
  [[nodiscard]] Result<std::string> describe(const DeviceRef& device, const Deadline& deadline) override;

 private:
  FileReader read_;
};

}  // namespace nvmectl::tcp
