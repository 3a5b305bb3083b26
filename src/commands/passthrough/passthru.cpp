// admin-passthru and io-passthru: one command as given, its completion and its data.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "commands/device.hpp"
#include "commands/passthrough/area.hpp"
#include "commands/passthrough/options.hpp"
#include "commands/payload.hpp"
#include "core/text.hpp"
#include "nvme/opcodes.hpp"
#include "nvme/status.hpp"

namespace nvmectl {
namespace {

using passthrough::Options;

constexpr std::array command_fields{
    field<&Command::opcode>({.key = "opcode", .title = "Opcode", .hex = true}),
    field<&Command::flags>({.key = "flags", .title = "Flags", .hex = true}),
    field<&Command::nsid>({.key = "nsid", .title = "NSID", .hex = true}),
    field<&Command::cdw2>({.key = "cdw2", .title = "CDW2", .hex = true}),
    field<&Command::cdw3>({.key = "cdw3", .title = "CDW3", .hex = true}),
    field<&Command::cdw10>({.key = "cdw10", .title = "CDW10", .hex = true}),
    field<&Command::cdw11>({.key = "cdw11", .title = "CDW11", .hex = true}),
    field<&Command::cdw12>({.key = "cdw12", .title = "CDW12", .hex = true}),
    field<&Command::cdw13>({.key = "cdw13", .title = "CDW13", .hex = true}),
    field<&Command::cdw14>({.key = "cdw14", .title = "CDW14", .hex = true}),
    field<&Command::cdw15>({.key = "cdw15", .title = "CDW15", .hex = true}),
};
constexpr Schema command_schema{"command", "Command", command_fields};

struct Status {
  std::uint8_t type, code;
  std::string name;
  bool do_not_retry, more;
};
constexpr std::array status_fields{
    field<&Status::type>({.key = "sct", .title = "Status code type"}),
    field<&Status::code>({.key = "sc", .title = "Status code", .hex = true}),
    field<&Status::name>({.key = "name", .title = "Status", .kind = Kind::string}),
    field<&Status::do_not_retry>({.key = "dnr", .title = "Do not retry", .kind = Kind::boolean}),
    field<&Status::more>({.key = "more", .title = "More", .kind = Kind::boolean}),
};
constexpr Schema status_schema{"status", "Status", status_fields};

struct Row {
  Command command;
  std::uint64_t sent_bytes = 0, asked_bytes = 0;
  bool sent = false;
  Value status, result, encoding, data, decoded = List{}, metadata;
};
constexpr std::array row_fields{
    field_of<Row, [](const Row& r) { return Value(to_record(command_schema, &r.command)); }>(
        {.key = "command", .title = "Command", .kind = Kind::record, .element = &command_schema}),
    field<&Row::sent_bytes>({.key = "bytes_to_device", .title = "Bytes to the device"}),
    field<&Row::asked_bytes>({.key = "bytes_from_device", .title = "Bytes from the device"}),
    field<&Row::sent>({.key = "sent", .title = "Sent", .kind = Kind::boolean, .doc = "False with --dry-run"}),
    field_of<Row, [](const Row& r) { return r.status; }>(
        {.key = "status", .title = "Status", .kind = Kind::record, .element = &status_schema}),
    field_of<Row, [](const Row& r) { return r.result; }>(
        {.key = "result", .title = "Result", .hex = true, .doc = "Dwords 0 and 1 of the completion"}),
    field_of<Row, [](const Row& r) { return r.encoding; }>(
        {.key = "encoding", .title = "Encoding", .kind = Kind::string, .doc = "Of data and metadata: hex or base64"}),
    field_of<Row, [](const Row& r) { return r.data; }>(
        {.key = "data",
         .title = "Data",
         .kind = Kind::string,
         .show = Show::table,
         .doc = "What the device sent; null with --decode and --output-file"}),
    field_of<Row, [](const Row& r) { return r.metadata; }>(
        {.key = "metadata", .title = "Metadata", .kind = Kind::string, .show = Show::table}),
    field_of<Row, [](const Row& r) { return r.decoded; }>({.key = "decoded",
                                                           .title = "Decoded",
                                                           .kind = Kind::list,
                                                           .doc = "With --decode: the records; else empty",
                                                           .element_kind = Kind::record}),
};
constexpr Schema admin_schema{"admin-passthru", "Admin command", row_fields};
constexpr Schema io_schema{"io-passthru", "I/O command", row_fields};

Result<Value> decoded(const Command& command, const Bytes& data) {
  if (command.opcode == nvme::admin::identify)
    return decoded_identify(static_cast<std::uint8_t>(command.cdw10 & 0xffU),
                            static_cast<std::uint8_t>(command.cdw11 >> 24U), data);
  if (command.opcode == nvme::admin::get_log_page)
    return decoded_log(static_cast<std::uint8_t>(command.cdw10 & 0xffU), data);
  return fail(ErrorKind::unsupported, fmt::format("what opcode {:#04x} returns is not known", command.opcode),
              "leave out --decode to see its bytes");
}

struct Buffers {
  Bytes out, in, metadata;
};

Result<Buffers> prepare(const Options& options) {
  Buffers buffers;
  NVMECTL_ASSIGN(const nvme::DataDirection direction, passthrough::direction_of(options));
  if (direction == nvme::DataDirection::host_to_controller) {
    NVMECTL_ASSIGN(buffers.out, passthrough::input_data(options));
  } else if (!options.input_file.empty()) {
    return fail(ErrorKind::usage, "--input-file is for data to the device, and this command receives data",
                "--output-file FILE takes what is received; --write sends the file");
  } else if (options.data_length > 0) {
    buffers.in.assign(options.data_length, std::byte{options.prefill});
  }
  buffers.metadata.assign(options.metadata_length, std::byte{options.prefill});
  return buffers;
}

Result<> take_data(const Options& options, const Completion& completion, Buffers& buffers, bool admin, Row& row) {
  buffers.in.resize(std::min(buffers.in.size(), completion.received));
  row.encoding = buffers.in.empty() && buffers.metadata.empty() ? Value() : Value(options.encoding);
  if (!buffers.metadata.empty()) {
    NVMECTL_ASSIGN(row.metadata, encoded(buffers.metadata, options.encoding));
  }
  if (buffers.in.empty() || !completion.ok()) return {};
  if (!options.output_file.empty()) {
    NVMECTL_TRY(write_file(options.output_file, buffers.in));
  }
  if (options.decode && admin) {
    NVMECTL_ASSIGN(row.decoded, decoded(options.command(), buffers.in));
  } else if (options.output_file.empty()) {
    NVMECTL_ASSIGN(row.data, encoded(buffers.in, options.encoding));
  }
  return {};
}

Result<> run(const Options& options, Context& context, bool admin, const Schema& schema) {
  Row row;
  row.command = options.command();
  if (!admin && !options.nsid) row.command.nsid = options.device.nsid.value_or(0);
  NVMECTL_ASSIGN(Buffers buffers, prepare(options));
  row.sent_bytes = buffers.out.size();
  row.asked_bytes = buffers.in.size();
  if (options.show_command) context.messages.note(passthrough::describe(row.command, row.sent_bytes, row.asked_bytes));
  if (context.options.dry_run) return context.out.document(to_record(schema, &row));

  const Deadline deadline = context.deadline();
  NVMECTL_ASSIGN(const auto device, context.open(options.device, deadline, !admin));
  if (!admin && !options.nsid && device->nsid()) row.command.nsid = *device->nsid();
  const std::string operation = fmt::format("{} command {:#04x}", admin ? "Admin" : "I/O", row.command.opcode);
  const Request request{row.command, buffers.in, buffers.out, buffers.metadata, operation};
  if ((admin && device->admin() == nullptr) || (!admin && device->io() == nullptr))
    return fail(make_error(ErrorKind::unsupported,
                           fmt::format("{} takes no {} commands", options.device.text, admin ? "admin" : "I/O"),
                           admin ? "" : "name a namespace: nvme0n1, or tcp://HOST/NQN?nsid=1")
                    .on(options.device.text));
  NVMECTL_ASSIGN(const Completion completion,
                 admin ? device->admin()->submit_admin(request, deadline) : device->io()->submit_io(request, deadline));
  row.sent = true;
  row.result = completion.result;
  const Status status{completion.status.type, completion.status.code, std::string(nvme::status_name(completion.status)),
                      completion.status.do_not_retry, completion.status.more};
  row.status = to_record(status_schema, &status);
  NVMECTL_TRY(take_data(options, completion, buffers, admin, row));
  if (context.out.wants_raw() && completion.ok()) NVMECTL_TRY(context.out.raw(buffers.in));
  else if (!context.out.wants_raw()) NVMECTL_TRY(context.out.document(to_record(schema, &row)));
  if (completion.ok()) return {};
  return fail(nvme::status_error(completion.status, operation).on(options.device.text));
}

Result<> run_admin(const passthrough::AdminOptions& options, Context& context) {
  return run(options, context, true, admin_schema);
}
Result<> run_io(const passthrough::IoOptions& options, Context& context) {
  return run(options, context, false, io_schema);
}

constexpr auto admin_arguments = passthrough::arguments<passthrough::AdminOptions>();
constexpr auto io_arguments = passthrough::arguments<passthrough::IoOptions>();

constexpr std::array admin_examples{
    Example{"admin-passthru /dev/nvme0 -O 0x06 --cdw10=1 -l 4096 -r --decode", "Identify Controller"},
    Example{"admin-passthru nvme0 -O 0x80 -n 1 --cdw10=0 --dry-run", "show the dwords of a Format and send nothing"},
};
constexpr std::array io_examples{
    Example{"io-passthru /dev/nvme0n1 -O 2 -n 1 -l 4096 --cdw12=7 -r -o raw", "read eight blocks of 512 bytes"},
    Example{"io-passthru 'tcp://192.0.2.7/nqn.2014-08.org.example:a?nsid=1' -O 1 -l 512 -i block.bin --yes",
            "write one block from a file"},
};
constexpr std::string_view description =
    "The data direction follows the opcode's low bits, as the specification has it; -r and -w override it.\n"
    "A short --input-file is an error. A command that can destroy data asks first; --dry-run shows its dwords.";

}  // namespace

constinit const CommandSpec admin_passthru_command =
    command<passthrough::AdminOptions, run_admin>({.name = "admin-passthru",
                                                   .summary = "Send any admin command",
                                                   .description = description,
                                                   .group = Group::passthrough,
                                                   .effect = Effect::destroys_data,
                                                   .opens_device = true,
                                                   .arguments = admin_arguments,
                                                   .examples = admin_examples,
                                                   .output = {.schema = &admin_schema}});

constinit const CommandSpec io_passthru_command =
    command<passthrough::IoOptions, run_io>({.name = "io-passthru",
                                             .summary = "Send any I/O command",
                                             .description = description,
                                             .group = Group::passthrough,
                                             .effect = Effect::destroys_data,
                                             .opens_device = true,
                                             .arguments = io_arguments,
                                             .examples = io_examples,
                                             .output = {.schema = &io_schema}});

}  // namespace nvmectl
