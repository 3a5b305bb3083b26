#include "commands/passthrough/options.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "commands/device.hpp"

namespace nvmectl::passthrough {
namespace {

struct OpcodeEffect {
  std::uint8_t opcode;
  Effect effect;
};

// What is not listed: vendor commands and unknown ones may do anything that does not look like data; those that only
// return data are taken as harmless.
constexpr std::array admin_effects{
    OpcodeEffect{nvme::admin::delete_io_sq, Effect::disrupts_io},
    OpcodeEffect{nvme::admin::create_io_sq, Effect::disrupts_io},
    OpcodeEffect{nvme::admin::delete_io_cq, Effect::disrupts_io},
    OpcodeEffect{nvme::admin::create_io_cq, Effect::disrupts_io},
    OpcodeEffect{nvme::admin::namespace_management, Effect::destroys_data},
    OpcodeEffect{nvme::admin::namespace_attachment, Effect::disrupts_io},
    OpcodeEffect{nvme::admin::firmware_commit, Effect::disrupts_io},
    OpcodeEffect{nvme::admin::capacity_management, Effect::destroys_data},
    OpcodeEffect{nvme::admin::lockdown, Effect::disrupts_io},
    OpcodeEffect{nvme::admin::virtualization_management, Effect::disrupts_io},
    OpcodeEffect{nvme::admin::format_nvm, Effect::destroys_data},
    OpcodeEffect{nvme::admin::security_send, Effect::destroys_data},
    OpcodeEffect{nvme::admin::sanitize, Effect::destroys_data},
    OpcodeEffect{nvme::admin::get_lba_status, Effect::read_only},
    OpcodeEffect{nvme::admin::identify, Effect::read_only},
    OpcodeEffect{nvme::admin::get_log_page, Effect::read_only},
    OpcodeEffect{nvme::admin::get_features, Effect::read_only},
    OpcodeEffect{nvme::admin::keep_alive, Effect::read_only},
};
constexpr std::array io_effects{
    OpcodeEffect{nvme::io::write, Effect::destroys_data},
    OpcodeEffect{nvme::io::write_uncorrectable, Effect::destroys_data},
    OpcodeEffect{nvme::io::write_zeroes, Effect::destroys_data},
    OpcodeEffect{nvme::io::dataset_management, Effect::destroys_data},
    OpcodeEffect{nvme::io::copy, Effect::destroys_data},
    OpcodeEffect{nvme::io::zone_append, Effect::destroys_data},
    OpcodeEffect{nvme::io::zone_management_send, Effect::destroys_data},
    OpcodeEffect{nvme::io::reservation_register, Effect::disrupts_io},
    OpcodeEffect{nvme::io::reservation_acquire, Effect::disrupts_io},
    OpcodeEffect{nvme::io::reservation_release, Effect::disrupts_io},
    OpcodeEffect{nvme::io::flush, Effect::read_only},
    OpcodeEffect{nvme::io::compare, Effect::read_only},
};

template <class Table>
Effect effect_in(const Table& table, std::uint8_t opcode) {
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const OpcodeEffect& e) { return e.opcode == opcode; });
  if (found != table.end()) return found->effect;
  return nvme::data_direction(opcode) == nvme::DataDirection::controller_to_host ? Effect::read_only
                                                                                 : Effect::changes_state;
}

}  // namespace

Command Options::command() const {
  return {opcode, flags, nsid.value_or(0), cdw2, cdw3, cdw10, cdw11, cdw12, cdw13, cdw14, cdw15};
}

Effect AdminOptions::effect() const {
  return effect_in(admin_effects, opcode);
}
Effect IoOptions::effect() const {
  return effect_in(io_effects, opcode);
}

Result<nvme::DataDirection> direction_of(const Options& options) {
  using enum nvme::DataDirection;
  if (options.read && options.write) return fail(ErrorKind::usage, "--read and --write exclude each other");
  for (const auto& [name, length] :
       {std::pair{"--data-len", options.data_length}, {"--metadata-len", options.metadata_length}})
    if (length > max_data_bytes)
      return fail(ErrorKind::usage, fmt::format("{}: {} is too much for one command", name, length), "at most 64 MiB");
  if (options.read) return controller_to_host;
  if (options.write) return host_to_controller;
  const auto direction = nvme::data_direction(options.opcode);
  const bool data = options.data_length > 0 || !options.input_file.empty();
  if (direction == both || (direction == none && data))
    return fail(ErrorKind::usage, fmt::format("opcode {:#04x} does not say which way its data goes", options.opcode),
                "add --read or --write");
  return direction;
}

Result<Bytes> input_data(const Options& options) {
  if (options.input_file.empty()) return Bytes(options.data_length, std::byte{options.prefill});
  NVMECTL_ASSIGN(Bytes bytes,
                 read_file(options.input_file, options.data_length != 0 ? options.data_length : max_data_bytes));
  if (bytes.size() < options.data_length)
    return fail(
        ErrorKind::usage,
        fmt::format("{} has {} bytes, --data-len wants {}", options.input_file, bytes.size(), options.data_length),
        "nothing was sent; leave out --data-len to send what the file has");
  return bytes;
}

std::string describe(const Command& c, std::uint64_t out_bytes, std::uint64_t in_bytes) {
  return fmt::format(
      "opcode {:#04x} flags {:#04x} nsid {:#x} cdw2 {:#x} cdw3 {:#x} cdw10 {:#x} cdw11 {:#x} cdw12 {:#x} cdw13 {:#x} "
      "cdw14 {:#x} cdw15 {:#x}, "
      "{} bytes out, {} bytes in",
      c.opcode, c.flags, c.nsid, c.cdw2, c.cdw3, c.cdw10, c.cdw11, c.cdw12, c.cdw13, c.cdw14, c.cdw15, out_bytes,
      in_bytes);
}

}  // namespace nvmectl::passthrough
