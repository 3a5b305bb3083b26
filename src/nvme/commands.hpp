// Builders of submission queue entries. They fill a core Command; identifiers and data pointers are the transport's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "core/capabilities.hpp"
#include "core/result.hpp"
#include "core/value.hpp"
#include "nvme/opcodes.hpp"

namespace nvmectl::nvme {

/// Identify. NVM Express Base Specification 2.0d, section 5.17. Returns 4,096 bytes.
struct IdentifyArguments {
  std::uint8_t cns = 0;
  std::uint32_t nsid = 0;
  std::uint16_t controller_id = 0;  ///< CNTID, for the controller list values of CNS
  std::uint16_t cns_specific = 0;   ///< NVM set, domain or endurance group
  std::uint8_t csi = 0;
  std::uint8_t uuid_index = 0;
};
[[nodiscard]] Command identify_command(const IdentifyArguments& arguments);

/// Get Log Page. Section 5.16.
struct LogArguments {
  std::uint8_t log_id = 0;
  std::uint32_t nsid = nsid_all;
  std::uint8_t lsp = 0;       ///< log specific parameter, 7 bits
  std::uint16_t lsi = 0;      ///< log specific identifier
  std::uint64_t offset = 0;   ///< bytes, or an index with `index_offset`
  bool index_offset = false;  ///< OT
  bool retain_event = false;  ///< RAE: leaves the asynchronous event as it is
  std::uint8_t csi = 0;
  std::uint8_t uuid_index = 0;
};
/// `bytes`: multiple of 4, at least 4 (rounded up otherwise).
[[nodiscard]] Command get_log_command(const LogArguments& arguments, std::uint32_t bytes);

/// SEL of Get Features. Section 5.15.
enum class FeatureSelect : std::uint8_t { current = 0, defaults = 1, saved = 2, capabilities = 3 };
[[nodiscard]] Command get_features_command(std::uint8_t feature_id, std::uint32_t nsid = 0,
                                           FeatureSelect select = FeatureSelect::current, std::uint32_t cdw11 = 0,
                                           std::uint8_t uuid_index = 0);
/// Set Features. Section 5.27.
[[nodiscard]] Command set_features_command(std::uint8_t feature_id, std::uint32_t cdw11, std::uint32_t nsid = 0,
                                           bool save = false, std::uint32_t cdw12 = 0);

/// Abort of the command `command_id` on queue `submission_queue`. Section 5.1.
[[nodiscard]] Command abort_command(std::uint16_t submission_queue, std::uint16_t command_id);
/// Section 5.18.
[[nodiscard]] Command keep_alive_command();
/// Section 5.2.
[[nodiscard]] Command async_event_request_command();

/// What Read, Write, Compare and Write Zeroes have in common. NVM Command Set Specification 1.0d, section 3.2.
struct IoArguments {
  std::uint32_t nsid = 0;
  std::uint64_t lba = 0;
  std::uint32_t blocks = 1;  ///< 1 to 65,536
  bool force_unit_access = false;
  bool limited_retry = false;
  bool deallocate = false;      ///< Write Zeroes only
  std::uint8_t protection = 0;  ///< PRINFO, 4 bits
};
/// Usage error for a number of blocks that a command cannot carry.
[[nodiscard]] Result<Command> read_command(const IoArguments& arguments);
[[nodiscard]] Result<Command> write_command(const IoArguments& arguments);
[[nodiscard]] Result<Command> compare_command(const IoArguments& arguments);
[[nodiscard]] Result<Command> write_zeroes_command(const IoArguments& arguments);
[[nodiscard]] Command flush_command(std::uint32_t nsid);

/// One range of Dataset Management, 16 bytes on the wire. Section 3.2.3.
struct DatasetRange {
  std::uint32_t attributes = 0;
  std::uint32_t blocks = 0;
  std::uint64_t lba = 0;
};
struct DatasetAttributes {
  bool deallocate = false, integral_read = false, integral_write = false;
};
/// Usage error unless there are 1 to 256 ranges; the ranges themselves are the data, encode_ranges().
[[nodiscard]] Result<Command> dataset_management_command(std::uint32_t nsid, std::size_t ranges,
                                                         DatasetAttributes attributes);
[[nodiscard]] Bytes encode_ranges(std::span<const DatasetRange> ranges);

/// Bytes of the data of a Connect command.
inline constexpr std::size_t connect_data_bytes = 1024;

/// Fabrics Connect. Section 6.3. CDW10 to 12.
struct ConnectArguments {
  std::uint16_t record_format = 0;
  std::uint16_t queue_id = 0;
  std::uint16_t queue_size_zero_based = 31;
  std::uint8_t attributes = 0;  ///< CATTR: bit 2 disables submission queue flow control
  std::uint32_t keep_alive_ms = 0;
};
[[nodiscard]] Command connect_command(const ConnectArguments& arguments);
[[nodiscard]] ConnectArguments parse_connect(const Command& command);

/// The data of a Connect command, 1,024 bytes. Section 6.3 (figure of the Connect command data).
struct ConnectData {
  std::array<std::byte, 16> host_id{};
  std::uint16_t controller_id = cntlid_dynamic;
  std::string subsystem_nqn;
  std::string host_nqn;
};
/// Usage error for an NQN that is empty or longer than 223 bytes.
[[nodiscard]] Result<Bytes> encode_connect_data(const ConnectData& data);
/// Protocol error for other than 1,024 bytes and for an NQN that is empty, unterminated or longer than 223 bytes. The
/// NQNs are as the host sent them: printable() them before they are shown.
[[nodiscard]] Result<ConnectData> parse_connect_data(std::span<const std::byte> data);

/// Property Get of 4 or 8 bytes; the value is the completion's result. Section 6.5.
[[nodiscard]] Command property_get_command(std::uint32_t offset, bool eight_bytes);
/// Property Set. Section 6.6.
[[nodiscard]] Command property_set_command(std::uint32_t offset, std::uint64_t value, bool eight_bytes = false);
/// Disconnect of the queue that it is sent on. Section 6.4.
[[nodiscard]] Command disconnect_command();

/// FCTYPE of a Fabrics command.
[[nodiscard]] constexpr std::uint8_t fabrics_type(const Command& command) {
  return static_cast<std::uint8_t>(command.nsid & 0xffU);
}

}  // namespace nvmectl::nvme
