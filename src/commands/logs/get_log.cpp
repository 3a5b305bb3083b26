#include <fmt/format.h>

#include <array>

#include "commands/device.hpp"
#include "commands/logs/area.hpp"
#include "commands/payload.hpp"
#include "nvme/admin.hpp"
#include "nvme/opcodes.hpp"

namespace nvmectl {
namespace {

struct Row {
  std::uint8_t log_id;
  std::uint32_t nsid;
  std::uint64_t offset, length;
  Value data, decoded;
  std::string encoding;
};
constexpr std::array fields{
    field<&Row::log_id>({.key = "log_id", .title = "Log page", .hex = true, .mnemonic = "lid"}),
    field<&Row::nsid>({.key = "nsid", .title = "NSID", .hex = true}),
    field<&Row::offset>({.key = "offset_bytes", .title = "Offset", .mnemonic = "lpo"}),
    field<&Row::length>({.key = "length_bytes", .title = "Length"}),
    field<&Row::encoding>(
        {.key = "encoding", .title = "Encoding", .kind = Kind::string, .doc = "Of data: hex or base64"}),
    field_of<Row, [](const Row& r) { return r.data; }>({.key = "data",
                                                        .title = "Data",
                                                        .kind = Kind::string,
                                                        .show = Show::table,
                                                        .doc = "Null with --decode and --output-file"}),
    field_of<Row, [](const Row& r) { return r.decoded; }>({.key = "decoded",
                                                           .title = "Decoded",
                                                           .kind = Kind::list,
                                                           .doc = "With --decode: the page's records; else empty",
                                                           .element_kind = Kind::record}),
};
constexpr Schema schema{"get-log", "Log page", fields};

struct Options {
  DeviceRef device;
  std::uint8_t log_id = 0;
  std::uint64_t length = 0;
  std::optional<std::uint32_t> nsid;
  std::uint64_t offset = 0;
  std::uint8_t lsp = 0, csi = 0, uuid_index = 0;
  std::uint16_t lsi = 0;
  bool rae = false, decode = false;
  std::string encoding = "hex", output_file;
};
constexpr std::array arguments{
    device_argument<&Options::device>(),
    option<&Options::log_id>(
        {.name = "log-id", .letter = 'i', .metavar = "ID", .doc = "Log page identifier", .required = true}),
    option<&Options::length>({.name = "log-len",
                              .letter = 'l',
                              .metavar = "BYTES",
                              .doc = "How much to read; default: the page's size where it is known"}),
    option<&Options::nsid>({.name = "namespace-id",
                            .letter = 'n',
                            .metavar = "NSID",
                            .doc = "The namespace",
                            .default_text = "0xffffffff"}),
    option<&Options::offset>(
        {.name = "lpo", .letter = 'L', .metavar = "BYTES", .doc = "Offset to begin at", .default_text = "0"}),
    option<&Options::lsp>(
        {.name = "lsp", .letter = 's', .metavar = "N", .doc = "Log specific parameter", .default_text = "0"}),
    option<&Options::lsi>(
        {.name = "lsi", .letter = 'S', .metavar = "N", .doc = "Log specific identifier", .default_text = "0"}),
    option<&Options::rae>({.name = "rae", .letter = 'r', .doc = "Retain the asynchronous event"}),
    option<&Options::uuid_index>(
        {.name = "uuid-index", .letter = 'U', .metavar = "N", .doc = "UUID index", .default_text = "0"}),
    option<&Options::csi>({.name = "csi", .metavar = "N", .doc = "Command set identifier", .default_text = "0"}),
    option<&Options::decode>({.name = "decode", .letter = 'd', .doc = "Take a page of known layout apart"}),
    option<&Options::encoding>({.name = "encoding",
                                .metavar = "E",
                                .doc = "Of the bytes in JSON: hex or base64",
                                .default_text = "hex",
                                .complete = Complete::choice,
                                .choices = encodings}),
    option<&Options::output_file>(
        {.name = "output-file", .metavar = "FILE", .doc = "Write the bytes there", .complete = Complete::file}),
};
constexpr std::array examples{
    Example{"get-log /dev/nvme0 -i 2 --decode", "the SMART log, by its number"},
    Example{"get-log nvme0 -i 0xc0 -l 512 -o raw", "a vendor's page as it is, to a pipe"},
};

Result<std::uint64_t> length_of(const Options& options) {
  if (options.length != 0) return options.length;
  const nvme::KnownLog* known = nvme::find_log(options.log_id);
  if (known != nullptr && known->bytes != 0) return known->bytes;
  return fail(ErrorKind::usage, fmt::format("how long is log page {:#04x}?", options.log_id), "add -l BYTES");
}

Result<> run(const Options& options, Context& context) {
  NVMECTL_ASSIGN(const std::uint64_t length, length_of(options));
  NVMECTL_ASSIGN(const OpenAdmin opened, open_admin(context, options.device));
  const std::uint32_t nsid = options.nsid.value_or(nvme::nsid_all);
  NVMECTL_ASSIGN(const Bytes page, nvme::read_log(*opened.admin, opened.deadline,
                                                  {.log_id = options.log_id,
                                                   .nsid = nsid,
                                                   .lsp = options.lsp,
                                                   .lsi = options.lsi,
                                                   .offset = options.offset,
                                                   .retain_event = options.rae,
                                                   .csi = options.csi,
                                                   .uuid_index = options.uuid_index},
                                                  length));
  if (context.out.wants_raw()) return context.out.raw(page);
  Row row{options.log_id, nsid, options.offset, page.size(), {}, List{}, options.encoding};
  if (!options.output_file.empty()) NVMECTL_TRY(write_file(options.output_file, page));
  if (options.decode) {
    NVMECTL_ASSIGN(row.decoded, decoded_log(options.log_id, page));
  } else if (options.output_file.empty()) {
    NVMECTL_ASSIGN(row.data, encoded(page, options.encoding));
  }
  return context.out.document(to_record(schema, &row));
}

}  // namespace

constinit const CommandSpec get_log_command = command<Options, run>({.name = "get-log",
                                                                     .summary = "Read any log page",
                                                                     .group = Group::logs,
                                                                     .opens_device = true,
                                                                     .arguments = arguments,
                                                                     .examples = examples,
                                                                     .output = {.schema = &schema}});

}  // namespace nvmectl
