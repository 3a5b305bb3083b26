// The statuses that the soft controller gives. NVM Express Base Specification 2.0d, figures 94 to 97.
#pragma once

#include "core/error.hpp"

namespace nvmectl::target::status {

/// All but success and what a retry may cure carry Do Not Retry.
inline constexpr NvmeStatus generic(std::uint8_t code, bool do_not_retry = true) {
  return {0, code, 0, false, do_not_retry};
}
inline constexpr NvmeStatus specific(std::uint8_t code, bool do_not_retry = true) {
  return {1, code, 0, false, do_not_retry};
}
inline constexpr NvmeStatus media(std::uint8_t code) {
  return {2, code, 0, false, true};
}

inline constexpr NvmeStatus success = {};
inline constexpr NvmeStatus invalid_opcode = generic(0x01);
inline constexpr NvmeStatus invalid_field = generic(0x02);
inline constexpr NvmeStatus transient_transport_error = generic(0x22, false);  // a data digest that does not match
inline constexpr NvmeStatus internal_error = generic(0x06);
inline constexpr NvmeStatus abort_requested = generic(0x07, false);
inline constexpr NvmeStatus invalid_namespace = generic(0x0b);
inline constexpr NvmeStatus command_sequence = generic(0x0c);
inline constexpr NvmeStatus data_length_invalid = generic(0x0f);
inline constexpr NvmeStatus sgl_type_invalid = generic(0x11);
inline constexpr NvmeStatus sgl_offset_invalid = generic(0x16);
inline constexpr NvmeStatus write_protected = generic(0x20);
inline constexpr NvmeStatus lba_out_of_range = generic(0x80);
inline constexpr NvmeStatus capacity_exceeded = generic(0x81);

inline constexpr NvmeStatus event_limit_exceeded = specific(0x05);
inline constexpr NvmeStatus invalid_log_page = specific(0x09);
inline constexpr NvmeStatus feature_not_saveable = specific(0x0d);
inline constexpr NvmeStatus feature_not_changeable = specific(0x0e);
inline constexpr NvmeStatus command_set_rejected = specific(0x2b);

inline constexpr NvmeStatus connect_incompatible_format = specific(0x80);
inline constexpr NvmeStatus connect_controller_busy = specific(0x81, false);
inline constexpr NvmeStatus connect_invalid_parameters = specific(0x82);
inline constexpr NvmeStatus connect_invalid_host = specific(0x84);

inline constexpr NvmeStatus write_fault = media(0x80);
inline constexpr NvmeStatus unrecovered_read_error = media(0x81);
inline constexpr NvmeStatus compare_failure = media(0x85);

}  // namespace nvmectl::target::status
