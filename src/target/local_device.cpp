#include "target/local_device.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/endian.hpp"
#include "core/text.hpp"
#include "nvme/opcodes.hpp"

namespace nvmectl::target {
namespace {

void put_text(std::span<std::byte> to, std::string_view text) {
  std::transform(text.begin(), text.end(), to.begin(), [](char c) { return static_cast<std::byte>(c); });
}

}  // namespace

Result<std::unique_ptr<LocalDevice>> LocalDevice::open(Target& target, const LocalOptions& options) {
  if (options.subsystem_nqn.size() > max_nqn_length || options.host_nqn.size() > max_nqn_length)
    return fail(ErrorKind::usage, "an NQN has at most 223 bytes");
  std::unique_ptr<LocalDevice> device(new LocalDevice(target, options));
  NVMECTL_TRY(device->connect(0, nvme::cntlid_dynamic));
  if (!options.enable) return device;
  NVMECTL_TRY(device->enable());
  if (device->controller_->is_discovery()) return device;
  NVMECTL_TRY(device->connect(1, device->controller_->cntlid()));
  device->has_io_ = true;
  return device;
}

LocalDevice::~LocalDevice() {
  if (has_io_) controller_->close_queue(1);
  if (controller_ != nullptr) controller_->close_queue(0);
}

Result<> LocalDevice::connect(std::uint16_t qid, std::uint16_t cntlid) {
  std::array<std::byte, 1024> data{};
  std::copy(options_.host_id.begin(), options_.host_id.end(), data.begin());
  store_le(data, 16, cntlid);
  put_text(std::span(data).subspan(256), options_.subsystem_nqn);
  put_text(std::span(data).subspan(512), options_.host_nqn);
  const Command command{.opcode = nvme::admin::fabrics,
                        .nsid = nvme::fabrics::connect,
                        .cdw10 = std::uint32_t{qid} << 16U,
                        .cdw11 = 31,
                        .cdw12 = options_.keep_alive_ms};
  Connection connection = target::connect(*target_, command, data, options_.reached);
  if (!connection.completion.ok()) {
    Error error =
        make_error(ErrorKind::device, fmt::format("the soft controller refuses {}", printable(options_.subsystem_nqn)));
    error.status = connection.completion.status;
    error.operation = "Connect";
    return fail(std::move(error));
  }
  controller_ = std::move(connection.controller);
  return {};
}

Result<> LocalDevice::enable() {
  constexpr std::uint32_t entry_sizes = (6U << nvme::cc::iosqes_shift) | (4U << nvme::cc::iocqes_shift);
  const Command command{.opcode = nvme::admin::fabrics,
                        .nsid = nvme::fabrics::property_set,
                        .cdw11 = nvme::property::cc,
                        .cdw12 = nvme::cc::enable | entry_sizes};
  NVMECTL_ASSIGN(const Completion completion, submit(0, {.command = command}));
  if (completion.ok() && controller_->ready()) return {};
  return fail(ErrorKind::internal, "the soft controller does not get ready");
}

Result<Completion> LocalDevice::submit_admin(const Request& request, const Deadline& /*deadline*/) {
  return submit(0, request);
}

Result<Completion> LocalDevice::submit_io(const Request& request, const Deadline& /*deadline*/) {
  if (!has_io_) return fail(ErrorKind::usage, "this device was opened without an I/O queue");
  return submit(1, request);
}

Result<Completion> LocalDevice::submit(std::uint16_t qid, const Request& request) {
  if (controller_->dead()) return fail(ErrorKind::transport, "the soft controller has ended the association");
  controller_->touch(Controller::Clock::now());
  const std::uint16_t cid = next_cid_++;
  if (const auto completion = controller_->execute(qid, cid, request)) return *completion;
  if (const auto event = controller_->next_event()) return event->completion;
  const Command abort{.opcode = nvme::admin::abort, .cdw10 = std::uint32_t{cid} << 16U};
  static_cast<void>(controller_->execute(0, next_cid_++, {.command = abort}));
  static_cast<void>(controller_->next_event());
  return fail(ErrorKind::timeout, "no event within the time allowed");
}

}  // namespace nvmectl::target
