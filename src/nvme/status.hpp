// Status codes of completions: names, hints, and the Error that one becomes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/schema.hpp"

namespace nvmectl::nvme {

/// Status Code Types. NVM Express Base Specification 2.0d, section 3.3.3.2.1.
namespace sct {
inline constexpr std::uint8_t generic = 0;
inline constexpr std::uint8_t command_specific = 1;
inline constexpr std::uint8_t media = 2;
inline constexpr std::uint8_t path = 3;
inline constexpr std::uint8_t vendor = 7;
}  // namespace sct

/// The status codes that code asks for by name. NVM Express Base Specification 2.0d, section 3.3.3.2.1.
namespace status {
inline constexpr NvmeStatus success{sct::generic, 0x00};
inline constexpr NvmeStatus invalid_opcode{sct::generic, 0x01};
inline constexpr NvmeStatus invalid_field{sct::generic, 0x02};
inline constexpr NvmeStatus command_id_conflict{sct::generic, 0x03};
inline constexpr NvmeStatus data_transfer_error{sct::generic, 0x04};
inline constexpr NvmeStatus internal_error{sct::generic, 0x06};
inline constexpr NvmeStatus abort_requested{sct::generic, 0x07};
inline constexpr NvmeStatus invalid_namespace{sct::generic, 0x0b};
inline constexpr NvmeStatus command_sequence_error{sct::generic, 0x0c};
inline constexpr NvmeStatus sgl_length_invalid{sct::generic, 0x0f};
inline constexpr NvmeStatus sgl_type_invalid{sct::generic, 0x11};
inline constexpr NvmeStatus operation_denied{sct::generic, 0x15};
inline constexpr NvmeStatus sgl_offset_invalid{sct::generic, 0x16};
inline constexpr NvmeStatus keep_alive_expired{sct::generic, 0x19};
inline constexpr NvmeStatus keep_alive_invalid{sct::generic, 0x1a};
inline constexpr NvmeStatus write_protected{sct::generic, 0x20};
inline constexpr NvmeStatus transient_transport_error{sct::generic, 0x22};
inline constexpr NvmeStatus lba_out_of_range{sct::generic, 0x80};
inline constexpr NvmeStatus capacity_exceeded{sct::generic, 0x81};
inline constexpr NvmeStatus namespace_not_ready{sct::generic, 0x82};

inline constexpr NvmeStatus invalid_queue_id{sct::command_specific, 0x01};
inline constexpr NvmeStatus invalid_queue_size{sct::command_specific, 0x02};
inline constexpr NvmeStatus abort_limit{sct::command_specific, 0x03};
inline constexpr NvmeStatus async_event_limit{sct::command_specific, 0x05};
inline constexpr NvmeStatus invalid_log_page{sct::command_specific, 0x09};
inline constexpr NvmeStatus feature_not_saveable{sct::command_specific, 0x0d};
inline constexpr NvmeStatus feature_not_changeable{sct::command_specific, 0x0e};
inline constexpr NvmeStatus feature_not_per_namespace{sct::command_specific, 0x0f};
inline constexpr NvmeStatus invalid_command_set{sct::command_specific, 0x2c};
inline constexpr NvmeStatus invalid_protection_information{sct::command_specific, 0x81};
inline constexpr NvmeStatus read_only_range{sct::command_specific, 0x82};
// The same codes mean something else for Fabrics commands. Section 6.
inline constexpr NvmeStatus connect_incompatible_format{sct::command_specific, 0x80};
inline constexpr NvmeStatus connect_controller_busy{sct::command_specific, 0x81};
inline constexpr NvmeStatus connect_invalid_parameters{sct::command_specific, 0x82};
inline constexpr NvmeStatus connect_restart_discovery{sct::command_specific, 0x83};
inline constexpr NvmeStatus connect_invalid_host{sct::command_specific, 0x84};
inline constexpr NvmeStatus invalid_queue_type{sct::command_specific, 0x85};
inline constexpr NvmeStatus discover_restart{sct::command_specific, 0x90};
inline constexpr NvmeStatus authentication_required{sct::command_specific, 0x91};

inline constexpr NvmeStatus write_fault{sct::media, 0x80};
inline constexpr NvmeStatus unrecovered_read_error{sct::media, 0x81};
inline constexpr NvmeStatus compare_failure{sct::media, 0x85};

/// `code` with Do Not Retry set, as a controller answers what can never succeed.
[[nodiscard]] constexpr NvmeStatus dnr(NvmeStatus code) {
  code.do_not_retry = true;
  return code;
}
}  // namespace status

/// Codes 80h to BFh of type 1 depend on the command's set.
enum class StatusScope : std::uint8_t { io_or_admin, fabrics };

/// The specification's name of a status ("Invalid Namespace or Format"); "Vendor specific" or "Unknown status" for a
/// code without one, never empty. `scope`: what kind of command it answers; without it the codes that both Fabrics
/// and I/O commands use are named for I/O commands.
[[nodiscard]] std::string_view status_name(NvmeStatus status, StatusScope scope = StatusScope::io_or_admin);

/// What a user can do about it; "" when there is nothing useful to say.
[[nodiscard]] std::string_view status_hint(NvmeStatus status, StatusScope scope = StatusScope::io_or_admin);

/// The Error for a completion that is not ok: kind device, message "OPERATION failed", cause
/// "Invalid Namespace or Format (sct 0, sc 0x0b), do not retry". `operation` begins with a capital: "Identify
/// Namespace". Connect and other Fabrics operations pass StatusScope::fabrics; Authentication Required and Operation
/// Denied have the kind permission, Controller Busy the kind busy.
[[nodiscard]] Error status_error(NvmeStatus status, std::string operation,
                                 StatusScope scope = StatusScope::io_or_admin);

/// Name tables by status code type, for documentation and tests; fabrics: what differs from type 1.
[[nodiscard]] std::span<const SymbolName> status_names(std::uint8_t type);
[[nodiscard]] std::span<const SymbolName> fabrics_status_names();

}  // namespace nvmectl::nvme
