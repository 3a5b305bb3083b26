// The statuses that the soft controller gives, with Do Not Retry where a retry cannot help.
#pragma once

#include "nvme/status.hpp"

namespace nvmectl::target::status {

namespace plain = nvme::status;
using plain::dnr;

inline constexpr NvmeStatus invalid_opcode = dnr(plain::invalid_opcode);
inline constexpr NvmeStatus invalid_field = dnr(plain::invalid_field);
inline constexpr NvmeStatus transient_transport_error = plain::transient_transport_error;
inline constexpr NvmeStatus internal_error = dnr(plain::internal_error);
inline constexpr NvmeStatus abort_requested = plain::abort_requested;
inline constexpr NvmeStatus invalid_namespace = dnr(plain::invalid_namespace);
inline constexpr NvmeStatus command_sequence = dnr(plain::command_sequence_error);
inline constexpr NvmeStatus data_length_invalid = dnr(plain::sgl_length_invalid);
inline constexpr NvmeStatus sgl_type_invalid = dnr(plain::sgl_type_invalid);
inline constexpr NvmeStatus sgl_offset_invalid = dnr(plain::sgl_offset_invalid);
inline constexpr NvmeStatus write_protected = dnr(plain::write_protected);
inline constexpr NvmeStatus lba_out_of_range = dnr(plain::lba_out_of_range);
inline constexpr NvmeStatus capacity_exceeded = dnr(plain::capacity_exceeded);

inline constexpr NvmeStatus event_limit_exceeded = dnr(plain::async_event_limit);
inline constexpr NvmeStatus invalid_log_page = dnr(plain::invalid_log_page);
inline constexpr NvmeStatus feature_not_saveable = dnr(plain::feature_not_saveable);
inline constexpr NvmeStatus feature_not_changeable = dnr(plain::feature_not_changeable);
inline constexpr NvmeStatus command_set_rejected = dnr({nvme::sct::command_specific, 0x2b});  // combination rejected

inline constexpr NvmeStatus connect_incompatible_format = dnr(plain::connect_incompatible_format);
inline constexpr NvmeStatus connect_controller_busy = plain::connect_controller_busy;
inline constexpr NvmeStatus connect_invalid_parameters = dnr(plain::connect_invalid_parameters);
inline constexpr NvmeStatus connect_invalid_host = dnr(plain::connect_invalid_host);

inline constexpr NvmeStatus write_fault = dnr(plain::write_fault);
inline constexpr NvmeStatus unrecovered_read_error = dnr(plain::unrecovered_read_error);
inline constexpr NvmeStatus compare_failure = dnr(plain::compare_failure);

}  // namespace nvmectl::target::status
