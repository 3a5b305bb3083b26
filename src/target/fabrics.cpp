// Fabrics commands: Connect, Property Get and Set, Disconnect. NVM Express Base Specification 2.0d, section 6.
#include <algorithm>
#include <string>

#include "core/endian.hpp"
#include "nvme/opcodes.hpp"
#include "target/controller.hpp"
#include "target/statuses.hpp"

namespace nvmectl::target {
namespace {

namespace property = nvme::property;
constexpr std::uint32_t property_crto = 0x68;  // Controller Ready Timeouts
constexpr std::uint32_t ready_units = 1;       // of 500 ms, CAP.TO and CRTO.CRWMT; we are ready at once

// CQR (queues are contiguous), command sets by CAP.CSS bits 0 (NVM) and 6 (one or more), CRMS: ready means with media.
constexpr std::uint64_t capabilities = std::uint64_t{max_queue_entries - 1U} | (std::uint64_t{1} << 16U) |
                                       (std::uint64_t{ready_units} << 24U) | (std::uint64_t{1} << 37U) |
                                       (std::uint64_t{1} << 43U) | (std::uint64_t{1} << 59U);
constexpr std::uint32_t version_2_0 = 0x00020000;

// Connect data, figure 387.
constexpr std::size_t connect_data_bytes = 1024;
constexpr std::size_t cntlid_at = 16, subsystem_at = 256, host_at = 512, name_bytes = 256;

// An NQN field; empty when it has no end or is too long.
std::string name_at(std::span<const std::byte> data, std::size_t offset) {
  const auto field = data.subspan(offset, name_bytes);
  const auto end = std::find(field.begin(), field.end(), std::byte{0});
  const auto length = static_cast<std::size_t>(end - field.begin());
  if (length > max_nqn_length) return {};
  std::string name(length, '\0');
  std::transform(field.begin(), end, name.begin(), [](std::byte b) { return static_cast<char>(b); });
  return name;
}

Connection refuse(NvmeStatus status, std::uint32_t result = 0) {
  return {.completion = {.result = result, .status = status}, .controller = nullptr};
}
// The result's low half is the offset of the parameter, bit 16 says whether in the data or in the command.
Connection invalid_data(std::size_t offset) {
  return refuse(status::connect_invalid_parameters, static_cast<std::uint32_t>(offset) | 0x10000U);
}
Connection invalid_command(std::uint32_t offset) {
  return refuse(status::connect_invalid_parameters, offset);
}

struct ConnectRequest {
  std::uint16_t qid, queue_size, cntlid;
  std::uint8_t attributes;
  std::uint32_t keep_alive_ms;
  std::string subsystem_nqn;
  HostIdentity host;
};

Connection connect_admin(Target& target, const ConnectRequest& request, const Portal& reached) {
  if (request.cntlid != nvme::cntlid_dynamic) return invalid_data(cntlid_at);
  const auto subsystem = target.find(request.subsystem_nqn);
  if (subsystem == nullptr && request.subsystem_nqn != discovery_nqn) return invalid_data(subsystem_at);
  if (subsystem != nullptr && !subsystem->allows(request.host.nqn)) return refuse(status::connect_invalid_host);
  auto controller = Controller::make({.target = &target,
                                      .subsystem = subsystem,
                                      .host = request.host,
                                      .reached = reached,
                                      .keep_alive_ms = request.keep_alive_ms});
  if (controller == nullptr) return refuse(status::connect_controller_busy);
  Connection connection;
  connection.controller = std::move(controller);
  return connection;
}

Connection connect_io(Target& target, const ConnectRequest& request) {
  Controller* controller = target.controller(request.subsystem_nqn, request.cntlid);
  if (controller == nullptr || controller->dead()) return invalid_data(cntlid_at);
  if (controller->host().nqn != request.host.nqn) return invalid_data(host_at);
  if (controller->host().id != request.host.id) return invalid_data(0);
  if (controller->is_discovery()) return invalid_command(42);
  if (!controller->ready()) return refuse(status::command_sequence);
  Connection connection;
  connection.controller = controller->shared_from_this();
  return connection;
}

}  // namespace

Connection connect(Target& target, const Command& command, std::span<const std::byte> data, const Portal& reached) {
  if ((command.cdw10 & 0xffffU) != 0) return refuse(status::connect_incompatible_format);  // RECFMT
  if (data.size() < connect_data_bytes) return refuse(status::data_length_invalid);
  ConnectRequest request{.qid = static_cast<std::uint16_t>(command.cdw10 >> 16U),
                         .queue_size = static_cast<std::uint16_t>(command.cdw11 & 0xffffU),
                         .cntlid = load_le16(data, cntlid_at),
                         .attributes = static_cast<std::uint8_t>(command.cdw11 >> 16U),
                         .keep_alive_ms = command.cdw12,
                         .subsystem_nqn = name_at(data, subsystem_at),
                         .host = {.nqn = name_at(data, host_at)}};
  std::copy_n(data.begin(), request.host.id.size(), request.host.id.begin());
  if (request.subsystem_nqn.empty()) return invalid_data(subsystem_at);
  if (request.host.nqn.empty()) return invalid_data(host_at);
  if (request.queue_size == 0 || request.queue_size >= max_queue_entries) return invalid_command(44);
  Connection connection = request.qid == 0 ? connect_admin(target, request, reached) : connect_io(target, request);
  if (connection.controller == nullptr) return connection;
  if (!connection.controller->open_queue(request.qid)) return invalid_command(42);
  connection.completion.result = connection.controller->cntlid();
  connection.qid = request.qid;
  connection.queue_entries = static_cast<std::uint16_t>(request.queue_size + 1);
  connection.flow_control = (request.attributes & 4U) == 0;
  return connection;
}

Completion Controller::fabrics(std::uint16_t qid, const Request& request) {
  switch (request.command.nsid & 0xffU) {
    case nvme::fabrics::property_get:
      if (qid == 0) return property_get(request);
      break;
    case nvme::fabrics::property_set:
      if (qid == 0) return property_set(request);
      break;
    case nvme::fabrics::disconnect:
      if (qid != 0) return {};  // the session closes the connection behind the response
      break;
    case nvme::fabrics::connect: return failed(status::command_sequence);  // there is a connection already
    default: break;
  }
  return failed(status::invalid_opcode, 4);
}

Completion Controller::property_get(const Request& request) {
  const bool wide = (request.command.cdw10 & 7U) == 1;
  const bool narrow = (request.command.cdw10 & 7U) == 0;
  const std::uint32_t csts = (enabled_ ? nvme::csts::ready : 0U) | (shut_down_ ? nvme::csts::shst_complete : 0U);
  switch (request.command.cdw11) {
    case property::cap: return wide ? Completion{.result = capabilities} : invalid_field(40);
    case property::vs: return narrow ? Completion{.result = version_2_0} : invalid_field(40);
    case property::cc: return narrow ? Completion{.result = configuration_} : invalid_field(40);
    case property::csts: return narrow ? Completion{.result = csts} : invalid_field(40);
    case property_crto: return narrow ? Completion{.result = ready_units} : invalid_field(40);
    default: return invalid_field(44);
  }
}

Completion Controller::property_set(const Request& request) {
  if ((request.command.cdw10 & 7U) != 0) return invalid_field(40);
  if (request.command.cdw11 == property::cc) return write_configuration(request.command.cdw12);
  return invalid_field(44);
}

Completion Controller::write_configuration(std::uint32_t value) {
  const bool enable = (value & nvme::cc::enable) != 0;
  const std::uint32_t command_set = (value >> nvme::cc::css_shift) & 7U;
  const std::uint32_t page_size = (value >> nvme::cc::mps_shift) & 15U;
  const std::uint32_t arbitration = (value >> nvme::cc::ams_shift) & 7U;
  if (enable &&
      ((command_set != 0 && command_set != nvme::cc::css_all_supported) || page_size != 0 || arbitration != 0))
    return invalid_field(48);
  configuration_ = value;
  if (enabled_ && !enable) reset();
  enabled_ = enable;
  const bool shutdown = (value & nvme::cc::shn_mask) != 0;
  if (shutdown && !shut_down_ && setup_.subsystem != nullptr)
    for (const Namespace* ns : setup_.subsystem->namespaces()) static_cast<void>(ns->store->flush());
  shut_down_ = shutdown;
  return {};
}

void Controller::reset() {
  drop_event_requests();
  changed_namespaces_.clear();
  features_ = FeatureValues{};
}

}  // namespace nvmectl::target
