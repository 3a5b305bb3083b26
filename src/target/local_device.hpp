// LocalDevice: a controller of a target in this process, without a transport. The simulated device of all tests.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/capabilities.hpp"
#include "target/controller.hpp"

namespace nvmectl::target {

struct LocalOptions {
  std::string subsystem_nqn = {};  ///< the discovery NQN for the discovery controller
  std::string host_nqn = "nqn.2014-08.org.nvmexpress:uuid:6e766d65-6374-6c00-8000-000000000001";
  Guid host_id = {std::byte{1}};
  std::uint32_t keep_alive_ms = 0;
  bool enable = true;  ///< CC.EN, and I/O queue 1 for an NVM subsystem
  std::optional<std::uint32_t> nsid = {};
  Portal reached = {.family = 1, .address = "127.0.0.1", .service = "4420"};
};

/// Connects as a host over a fabric would: Connect, Property Set, Connect of an I/O queue. Not thread-safe; the target
/// outlives it.
class LocalDevice final : public Device, public AdminTransport, public IoTransport {
 public:
  /// Error of kind device with the status when the controller refuses.
  [[nodiscard]] static Result<std::unique_ptr<LocalDevice>> open(Target& target, const LocalOptions& options);
  ~LocalDevice() override;

  [[nodiscard]] AdminTransport* admin() override { return this; }
  [[nodiscard]] IoTransport* io() override { return has_io_ ? this : nullptr; }
  [[nodiscard]] std::optional<std::uint32_t> nsid() const override { return options_.nsid; }

  /// An Asynchronous Event Request without an event to report is a timeout at once, and is taken back.
  [[nodiscard]] Result<Completion> submit_admin(const Request& request, const Deadline& deadline) override;
  [[nodiscard]] Result<Completion> submit_io(const Request& request, const Deadline& deadline) override;
  [[nodiscard]] std::size_t max_transfer_bytes() const override { return target::max_transfer_bytes; }

  [[nodiscard]] Controller& controller() { return *controller_; }

 private:
  LocalDevice(Target& target, LocalOptions options) : target_(&target), options_(std::move(options)) {}
  [[nodiscard]] Result<> connect(std::uint16_t qid, std::uint16_t cntlid);
  [[nodiscard]] Result<> enable();
  [[nodiscard]] Result<Completion> submit(std::uint16_t qid, const Request& request);

  Target* target_;
  LocalOptions options_;
  std::shared_ptr<Controller> controller_;
  bool has_io_ = false;
  std::uint16_t next_cid_ = 0;
};

}  // namespace nvmectl::target
