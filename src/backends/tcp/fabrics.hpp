// What a controller's answers to Connect and other Fabrics commands mean. NVM Express Base Specification 2.0d,
// section 6.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/capabilities.hpp"
#include "core/error.hpp"
#include "core/host_identity.hpp"
#include "nvme/opcodes.hpp"

namespace nvmectl::tcp {

/// What a Connect command says (figures 386 and 387).
struct ConnectCall {
  std::uint16_t queue = 0;          ///< QID; 0 is the admin queue
  std::uint16_t entries = 0;        ///< queue size in entries, 1's based
  std::uint32_t keep_alive_ms = 0;  ///< KATO; 0 none
  std::uint16_t controller = nvme::cntlid_dynamic;
  std::string subsystem_nqn;
  HostIdentity host;
};

/// A controller's refusal of Connect: `permission` for a host that is not allowed or must authenticate, `not_found` for
/// an unknown subsystem, `busy`, else `device`. `where` is the peer's address.
[[nodiscard]] Error connect_error(const Completion& completion, const ConnectCall& call, std::string_view where);
/// True when the refusal is for the number of entries, so that asking for fewer may help.
[[nodiscard]] bool refused_queue_size(const Completion& completion);
/// True when a successful Connect wants in-band authentication before anything else (AUTHREQ).
[[nodiscard]] bool wants_authentication(const Completion& completion);

/// An error status of a command that cannot be done without. `command` decides which status codes apply.
[[nodiscard]] Error needed_command_failed(const Completion& completion, const Request& request, std::string_view where);

}  // namespace nvmectl::tcp
