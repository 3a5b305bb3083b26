#include "backends/tcp/fabrics.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/endian.hpp"
#include "core/text.hpp"
#include "nvme/opcodes.hpp"

namespace nvmectl::tcp {
namespace {

// Command specific status codes of Connect (figure 388).
constexpr std::uint8_t command_specific = 1;
constexpr std::uint8_t controller_busy = 0x81;
constexpr std::uint8_t invalid_parameters = 0x82;
constexpr std::uint8_t invalid_host = 0x84;
constexpr std::uint8_t authentication_required = 0x91;

// Where Connect Invalid Parameters points: into the command or its data (IATTR), at which byte (IPO).
struct InvalidParameter {
  bool in_data = false;
  std::uint32_t offset = 0;
};
InvalidParameter invalid_parameter(const Completion& completion) {
  return {(completion.result & 0x10000U) != 0, static_cast<std::uint32_t>(completion.result & 0xffffU)};
}

constexpr std::uint32_t sqsize_at = 44;
constexpr std::uint32_t subsystem_nqn_at = 256, host_nqn_at = 512;

bool is(const Completion& completion, std::uint8_t code) {
  return completion.status.type == command_specific && completion.status.code == code;
}

Error parameter_error(const Completion& completion, const ConnectCall& call, std::string_view where) {
  const InvalidParameter parameter = invalid_parameter(completion);
  if (parameter.in_data && parameter.offset == subsystem_nqn_at)
    return make_error(ErrorKind::not_found,
                      fmt::format("there is no subsystem {} at {}", printable(call.subsystem_nqn), where),
                      "nvmectl discover lists the subsystems that this host may see");
  if (parameter.in_data && (parameter.offset == host_nqn_at || parameter.offset == 0))
    return make_error(ErrorKind::permission, fmt::format("{} refuses this host's name or identifier", where),
                      "each host needs a host NQN and a host ID of its own that belong together")
        .with_cause(fmt::format("host NQN {}, host ID {}", call.host.nqn, call.host.id));
  return make_error(ErrorKind::device, fmt::format("{} refuses the connection's parameters", where))
      .with_cause(fmt::format("byte {} of the Connect {}", parameter.offset, parameter.in_data ? "data" : "command"));
}

Error worded_connect_error(const Completion& completion, const ConnectCall& call, std::string_view where) {
  if (is(completion, invalid_parameters)) return parameter_error(completion, call, where);
  if (is(completion, invalid_host))
    return make_error(
        ErrorKind::permission,
        fmt::format("{} does not allow this host to connect to {}", where, printable(call.subsystem_nqn)),
        fmt::format("allow the host {} on the target, or give another one with --hostnqn", call.host.nqn));
  if (is(completion, controller_busy))
    return make_error(ErrorKind::busy, fmt::format("{} has no controller left for this connection", where),
                      "try again later, or disconnect other hosts");
  if (is(completion, authentication_required))
    return make_error(ErrorKind::permission, fmt::format("{} wants this host to authenticate", where),
                      "in-band authentication is not supported over tcp:// yet; connect with the kernel");
  return status_error(completion, "Connect", where);
}

}  // namespace

Command connect_command(const ConnectCall& call) {
  Command command;
  command.opcode = nvme::admin::fabrics;
  command.nsid = nvme::fabrics::connect;                          // FCTYPE is in the place of the NSID's low byte
  command.cdw10 = static_cast<std::uint32_t>(call.queue) << 16U;  // RECFMT 0, QID
  command.cdw11 = call.entries - 1U;                              // SQSIZE, CATTR 0
  command.cdw12 = call.keep_alive_ms;
  return command;
}

std::array<std::byte, connect_data_bytes> connect_data(const ConnectCall& call) {
  std::array<std::byte, connect_data_bytes> data{};
  const std::span<std::byte> bytes(data);
  if (const auto id = parse_uuid(call.host.id)) std::copy(id->begin(), id->end(), bytes.begin());
  store_le(bytes, 16, call.controller);
  const auto put = [&](std::uint32_t offset, std::string_view nqn) {
    const auto raw = std::as_bytes(std::span(nqn.substr(0, max_nqn_length)));
    std::copy(raw.begin(), raw.end(), bytes.begin() + offset);
  };
  put(subsystem_nqn_at, call.subsystem_nqn);
  put(host_nqn_at, call.host.nqn);
  return data;
}

Command property_get(std::uint32_t offset, bool wide) {
  Command command;
  command.opcode = nvme::admin::fabrics;
  command.nsid = nvme::fabrics::property_get;
  command.cdw10 = wide ? 1U : 0U;
  command.cdw11 = offset;
  return command;
}

Command property_set(std::uint32_t offset, std::uint64_t value, bool wide) {
  Command command = property_get(offset, wide);
  command.nsid = nvme::fabrics::property_set;
  command.cdw12 = static_cast<std::uint32_t>(value);
  command.cdw13 = static_cast<std::uint32_t>(value >> 32U);
  return command;
}

Error connect_error(const Completion& completion, const ConnectCall& call, std::string_view where) {
  Error error = worded_connect_error(completion, call, where);
  error.status = completion.status;
  return std::move(error).on(std::string(where)).during("Connect");
}

bool refused_queue_size(const Completion& completion) {
  const InvalidParameter parameter = invalid_parameter(completion);
  return is(completion, invalid_parameters) && !parameter.in_data && parameter.offset == sqsize_at;
}

bool wants_authentication(const Completion& completion) {
  return (completion.result & 0x60000U) != 0;  // AUTHREQ: bit 17 ATR, bit 18 ASCR
}

Error status_error(const Completion& completion, std::string_view operation, std::string_view where) {
  Error error = make_error(ErrorKind::device, fmt::format("{} failed on {}", operation, where))
                    .with_cause(fmt::format("the controller answered with status type {:#x}, code {:#04x}",
                                            completion.status.type, completion.status.code));
  error.status = completion.status;
  return std::move(error).on(std::string(where)).during(std::string(operation));
}

}  // namespace nvmectl::tcp
