// Fabrics commands and what their answers mean. NVM Express Base Specification 2.0d, section 6.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/capabilities.hpp"
#include "core/host_identity.hpp"
#include "core/result.hpp"

namespace nvmectl::tcp {

inline constexpr std::size_t connect_data_bytes = 1024;
inline constexpr std::uint16_t dynamic_controller = 0xffff;

/// What a Connect command says (figures 386 and 387).
struct ConnectCall {
  std::uint16_t queue = 0;          ///< QID; 0 is the admin queue
  std::uint16_t entries = 0;        ///< queue size in entries, 1's based
  std::uint32_t keep_alive_ms = 0;  ///< KATO; 0 none
  std::uint16_t controller = dynamic_controller;
  std::string subsystem_nqn;
  HostIdentity host;
};

[[nodiscard]] Command connect_command(const ConnectCall& call);
/// Host identifier, controller and the two NQNs. The NQNs have at most 223 bytes (checked by the caller).
[[nodiscard]] std::array<std::byte, connect_data_bytes> connect_data(const ConnectCall& call);
/// `wide` reads or writes 8 bytes, else 4.
[[nodiscard]] Command property_get(std::uint32_t offset, bool wide);
[[nodiscard]] Command property_set(std::uint32_t offset, std::uint64_t value, bool wide);

/// A controller's refusal of Connect: `permission` for a host that is not allowed or must authenticate, `not_found` for
/// an unknown subsystem, `busy`, else `device`. `where` is the peer's address.
[[nodiscard]] Error connect_error(const Completion& completion, const ConnectCall& call, std::string_view where);
/// True when the refusal is for the number of entries, so that asking for fewer may help.
[[nodiscard]] bool refused_queue_size(const Completion& completion);
/// True when a successful Connect wants in-band authentication before anything else (AUTHREQ).
[[nodiscard]] bool wants_authentication(const Completion& completion);

/// An error status of a command that should not fail.
[[nodiscard]] Error status_error(const Completion& completion, std::string_view operation, std::string_view where);

}  // namespace nvmectl::tcp
