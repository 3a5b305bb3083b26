#include "backends/tcp/fabrics.hpp"

#include <fmt/format.h>

#include "core/text.hpp"
#include "nvme/status.hpp"

namespace nvmectl::tcp {
namespace {

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

bool is(const Completion& completion, NvmeStatus status) {
  return completion.status.type == status.type && completion.status.code == status.code;
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
  if (is(completion, nvme::status::connect_invalid_parameters)) return parameter_error(completion, call, where);
  if (is(completion, nvme::status::connect_invalid_host))
    return make_error(
        ErrorKind::permission,
        fmt::format("{} does not allow this host to connect to {}", where, printable(call.subsystem_nqn)),
        fmt::format("allow the host {} on the target, or give another one with --hostnqn", call.host.nqn));
  if (is(completion, nvme::status::connect_controller_busy))
    return make_error(ErrorKind::busy, fmt::format("{} has no controller left for this connection", where),
                      "try again later, or disconnect other hosts");
  if (is(completion, nvme::status::authentication_required))
    return make_error(ErrorKind::permission, fmt::format("{} wants this host to authenticate", where),
                      "in-band authentication is not supported over tcp:// yet; connect with the kernel");
  return nvme::status_error(completion.status, "Connect", nvme::StatusScope::fabrics);
}

}  // namespace

Error connect_error(const Completion& completion, const ConnectCall& call, std::string_view where) {
  Error error = worded_connect_error(completion, call, where);
  error.status = completion.status;
  error.status_name = nvme::status_name(completion.status, nvme::StatusScope::fabrics);
  return std::move(error).on(std::string(where)).during("Connect");
}

bool refused_queue_size(const Completion& completion) {
  const InvalidParameter parameter = invalid_parameter(completion);
  return is(completion, nvme::status::connect_invalid_parameters) && !parameter.in_data &&
         parameter.offset == sqsize_at;
}

bool wants_authentication(const Completion& completion) {
  return (completion.result & 0x60000U) != 0;  // AUTHREQ: bit 17 ATR, bit 18 ASCR
}

Error needed_command_failed(const Completion& completion, const Request& request, std::string_view where) {
  const bool fabrics = request.command.opcode == nvme::admin::fabrics;
  return nvme::status_error(completion.status, std::string(request.operation),
                            fabrics ? nvme::StatusScope::fabrics : nvme::StatusScope::io_or_admin)
      .on(std::string(where))
      .during(std::string(request.operation));
}

}  // namespace nvmectl::tcp
