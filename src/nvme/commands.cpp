#include "nvme/commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "core/device_ref.hpp"
#include "core/text.hpp"
#include "nvme/endian.hpp"

namespace nvmectl::nvme {
namespace {

constexpr std::uint32_t max_blocks = 65'536;
constexpr std::size_t max_ranges = 256;
constexpr std::size_t nqn_field_bytes = 256;

std::uint32_t low(std::uint64_t value) {
  return static_cast<std::uint32_t>(value & 0xffffffffU);
}
std::uint32_t high(std::uint64_t value) {
  return static_cast<std::uint32_t>(value >> 32U);
}

Result<Command> io_command(std::uint8_t opcode, const IoArguments& arguments, std::string_view name) {
  if (arguments.blocks < 1 || arguments.blocks > max_blocks) {
    return fail(ErrorKind::usage, fmt::format("{} cannot carry {} blocks", name, arguments.blocks),
                fmt::format("one command carries 1 to {} blocks", max_blocks));
  }
  Command command;
  command.opcode = opcode;
  command.nsid = arguments.nsid;
  command.cdw10 = low(arguments.lba);
  command.cdw11 = high(arguments.lba);
  command.cdw12 = (arguments.blocks - 1) | (arguments.deallocate ? 1U << 25U : 0U) |
                  ((arguments.protection & 0xfU) << 26U) | (arguments.force_unit_access ? 1U << 30U : 0U) |
                  (arguments.limited_retry ? 1U << 31U : 0U);
  return command;
}

Command fabrics_command(std::uint8_t type) {
  Command command;
  command.opcode = admin::fabrics;
  command.nsid = type;
  return command;
}

Result<> put_nqn(std::span<std::byte> field, std::string_view nqn, std::string_view what) {
  if (nqn.empty() || nqn.size() > max_nqn_length) {
    return fail(ErrorKind::usage, fmt::format("the {} has {} bytes", what, nqn.size()),
                fmt::format("an NQN has 1 to {} bytes", max_nqn_length));
  }
  std::transform(nqn.begin(), nqn.end(), field.begin(), [](char c) { return static_cast<std::byte>(c); });
  return {};
}

Result<std::string> take_nqn(std::span<const std::byte> field, std::string_view what) {
  std::string_view text(reinterpret_cast<const char*>(field.data()), field.size());
  text = text.substr(0, text.find('\0'));
  if (text.empty() || text.size() > max_nqn_length) {
    return fail(ErrorKind::protocol, fmt::format("the {} in the Connect data has {} bytes", what, text.size()));
  }
  return std::string(text);
}

}  // namespace

Command identify_command(const IdentifyArguments& arguments) {
  Command command;
  command.opcode = admin::identify;
  command.nsid = arguments.nsid;
  command.cdw10 = arguments.cns | (static_cast<std::uint32_t>(arguments.controller_id) << 16U);
  command.cdw11 = arguments.cns_specific | (static_cast<std::uint32_t>(arguments.csi) << 24U);
  command.cdw14 = arguments.uuid_index & 0x7fU;
  return command;
}

Command get_log_command(const LogArguments& arguments, std::uint32_t bytes) {
  // NUMD is 0's based and counts dwords.
  const std::uint32_t dwords = std::max<std::uint32_t>(1, bytes / 4 + (bytes % 4 != 0 ? 1 : 0)) - 1;
  Command command;
  command.opcode = admin::get_log_page;
  command.nsid = arguments.nsid;
  command.cdw10 =
      arguments.log_id | ((arguments.lsp & 0x7fU) << 8U) | (arguments.retain_event ? 1U << 15U : 0U) | (dwords << 16U);
  command.cdw11 = (dwords >> 16U) | (static_cast<std::uint32_t>(arguments.lsi) << 16U);
  command.cdw12 = low(arguments.offset);
  command.cdw13 = high(arguments.offset);
  command.cdw14 = (arguments.uuid_index & 0x7fU) | (arguments.index_offset ? 1U << 23U : 0U) |
                  (static_cast<std::uint32_t>(arguments.csi) << 24U);
  return command;
}

Command get_features_command(std::uint8_t feature_id, std::uint32_t nsid, FeatureSelect select, std::uint32_t cdw11,
                             std::uint8_t uuid_index) {
  Command command;
  command.opcode = admin::get_features;
  command.nsid = nsid;
  command.cdw10 = feature_id | (static_cast<std::uint32_t>(select) << 8U);
  command.cdw11 = cdw11;
  command.cdw14 = uuid_index & 0x7fU;
  return command;
}

Command set_features_command(std::uint8_t feature_id, std::uint32_t cdw11, std::uint32_t nsid, bool save,
                             std::uint32_t cdw12) {
  Command command;
  command.opcode = admin::set_features;
  command.nsid = nsid;
  command.cdw10 = feature_id | (save ? 1U << 31U : 0U);
  command.cdw11 = cdw11;
  command.cdw12 = cdw12;
  return command;
}

Command abort_command(std::uint16_t submission_queue, std::uint16_t command_id) {
  Command command;
  command.opcode = admin::abort;
  command.cdw10 = submission_queue | (static_cast<std::uint32_t>(command_id) << 16U);
  return command;
}

Command keep_alive_command() {
  Command command;
  command.opcode = admin::keep_alive;
  return command;
}

Command async_event_request_command() {
  Command command;
  command.opcode = admin::async_event_request;
  return command;
}

Result<Command> read_command(const IoArguments& arguments) {
  return io_command(io::read, arguments, "Read");
}
Result<Command> write_command(const IoArguments& arguments) {
  return io_command(io::write, arguments, "Write");
}
Result<Command> compare_command(const IoArguments& arguments) {
  return io_command(io::compare, arguments, "Compare");
}
Result<Command> write_zeroes_command(const IoArguments& arguments) {
  return io_command(io::write_zeroes, arguments, "Write Zeroes");
}

Command flush_command(std::uint32_t nsid) {
  Command command;
  command.opcode = io::flush;
  command.nsid = nsid;
  return command;
}

Result<Command> dataset_management_command(std::uint32_t nsid, std::size_t ranges, DatasetAttributes attributes) {
  if (ranges < 1 || ranges > max_ranges) {
    return fail(ErrorKind::usage, fmt::format("Dataset Management cannot carry {} ranges", ranges),
                fmt::format("one command carries 1 to {} ranges", max_ranges));
  }
  Command command;
  command.opcode = io::dataset_management;
  command.nsid = nsid;
  command.cdw10 = static_cast<std::uint32_t>(ranges - 1);
  command.cdw11 =
      (attributes.integral_read ? 1U : 0U) | (attributes.integral_write ? 2U : 0U) | (attributes.deallocate ? 4U : 0U);
  return command;
}

Bytes encode_ranges(std::span<const DatasetRange> ranges) {
  Bytes bytes(ranges.size() * 16);
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const auto entry = std::span(bytes).subspan(i * 16, 16);
    store_le(entry, 0, ranges[i].attributes);
    store_le(entry, 4, ranges[i].blocks);
    store_le(entry, 8, ranges[i].lba);
  }
  return bytes;
}

Command connect_command(const ConnectArguments& arguments) {
  Command command = fabrics_command(fabrics::connect);
  command.cdw10 = arguments.record_format | (static_cast<std::uint32_t>(arguments.queue_id) << 16U);
  command.cdw11 = arguments.queue_size_zero_based | (static_cast<std::uint32_t>(arguments.attributes) << 16U);
  command.cdw12 = arguments.keep_alive_ms;
  return command;
}

ConnectArguments parse_connect(const Command& command) {
  return {static_cast<std::uint16_t>(command.cdw10 & 0xffffU), static_cast<std::uint16_t>(command.cdw10 >> 16U),
          static_cast<std::uint16_t>(command.cdw11 & 0xffffU),
          static_cast<std::uint8_t>((command.cdw11 >> 16U) & 0xffU), command.cdw12};
}

Result<Bytes> encode_connect_data(const ConnectData& data) {
  Bytes bytes(connect_data_bytes);
  const std::span<std::byte> all(bytes);
  std::copy(data.host_id.begin(), data.host_id.end(), bytes.begin());
  store_le(all, 16, data.controller_id);
  NVMECTL_TRY(put_nqn(all.subspan(256, nqn_field_bytes), data.subsystem_nqn, "subsystem NQN"));
  NVMECTL_TRY(put_nqn(all.subspan(512, nqn_field_bytes), data.host_nqn, "host NQN"));
  return bytes;
}

Result<ConnectData> parse_connect_data(std::span<const std::byte> data) {
  if (data.size() != connect_data_bytes) {
    return fail(ErrorKind::protocol, fmt::format("the Connect data has {} bytes instead of 1024", data.size()));
  }
  ConnectData connect;
  std::copy_n(data.begin(), connect.host_id.size(), connect.host_id.begin());
  connect.controller_id = load_le<std::uint16_t>(data, 16);
  NVMECTL_ASSIGN(connect.subsystem_nqn, take_nqn(data.subspan(256, nqn_field_bytes), "subsystem NQN"));
  NVMECTL_ASSIGN(connect.host_nqn, take_nqn(data.subspan(512, nqn_field_bytes), "host NQN"));
  return connect;
}

Command property_get_command(std::uint32_t offset, bool eight_bytes) {
  Command command = fabrics_command(fabrics::property_get);
  command.cdw10 = eight_bytes ? 1 : 0;
  command.cdw11 = offset;
  return command;
}

Command property_set_command(std::uint32_t offset, std::uint64_t value, bool eight_bytes) {
  Command command = fabrics_command(fabrics::property_set);
  command.cdw10 = eight_bytes ? 1 : 0;
  command.cdw11 = offset;
  command.cdw12 = low(value);
  command.cdw13 = high(value);
  return command;
}

Command disconnect_command() {
  return fabrics_command(fabrics::disconnect);
}

}  // namespace nvmectl::nvme
