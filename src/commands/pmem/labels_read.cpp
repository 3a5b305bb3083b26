// pmem labels read, infoblock read|write: what lies on the media, decoded.
#include <fmt/format.h>

#include <array>

#include "commands/columns.hpp"
#include "commands/device.hpp"
#include "commands/known.hpp"
#include "commands/pmem/area.hpp"
#include "commands/pmem/targets.hpp"
#include "connections/files.hpp"
#include "core/text.hpp"
#include "pmem/change.hpp"
#include "pmem/infoblock.hpp"
#include "pmem/labels.hpp"

namespace nvmectl {
namespace {

using pmem::InfoBlock;
using pmem::LabelIndex;
using pmem::NamespaceLabel;
using pmem::Object;
using pmem::Outcome;

constexpr std::array index_fields{
    field<&LabelIndex::offset>({.key = "offset_bytes", .title = "Offset", .show = Show::table}),
    field_of<LabelIndex, [](const LabelIndex& i) { return Value(fmt::format("{}.{}", i.major, i.minor)); }>(
        {.key = "version", .title = "Version", .kind = Kind::string, .show = Show::table}),
    field<&LabelIndex::sequence>({.key = "sequence",
                                  .title = "Sequence",
                                  .show = Show::table,
                                  .doc = "1, 2, 3, 1 …: the later one of two counts",
                                  .mnemonic = "seq"}),
    field<&LabelIndex::label_bytes>(
        {.key = "label_bytes", .title = "Label", .unit = Unit::bytes, .show = Show::table, .mnemonic = "labelsize"}),
    field<&LabelIndex::slot_count>({.key = "slot_count", .title = "Slots", .show = Show::table, .mnemonic = "nslot"}),
    field<&LabelIndex::own_bytes>({.key = "index_bytes", .title = "Size", .mnemonic = "mysize"}),
    field<&LabelIndex::other_offset>({.key = "other_offset_bytes", .title = "Other block", .mnemonic = "otheroff"}),
    field<&LabelIndex::label_offset>({.key = "label_offset_bytes", .title = "First label", .mnemonic = "labeloff"}),
    field<&LabelIndex::flags>({.key = "flags", .title = "Flags", .hex = true}),
    field<&LabelIndex::checksum_ok>({.key = "checksum_ok", .title = "Checksum", .kind = Kind::boolean}),
    field_of<LabelIndex, [](const LabelIndex& i) { return Value(i.fault.empty()); }>(
        {.key = "valid", .title = "Valid", .kind = Kind::boolean, .show = Show::table}),
    field_of<LabelIndex, [](const LabelIndex& i) { return known(std::string(i.fault)); }>(
        {.key = "fault", .title = "Fault", .kind = Kind::string, .doc = "Why it is not valid"}),
};
constexpr Schema index_schema{.name = "pmem-label-index",
                              .title = "Index blocks",
                              .fields = index_fields,
                              .reference = "UEFI Specification 2.7, section 13.19"};

constexpr std::array label_fields{
    field<&NamespaceLabel::slot>({.key = "slot", .title = "Slot", .show = Show::table}),
    field_of<NamespaceLabel, [](const NamespaceLabel& l) { return known(l.name); }>(
        {.key = "name", .title = "Name", .kind = Kind::string, .show = Show::table}),
    field<&NamespaceLabel::uuid>({.key = "uuid", .title = "UUID", .kind = Kind::string, .show = Show::table}),
    field<&NamespaceLabel::dpa>(
        {.key = "dpa", .title = "DPA", .show = Show::table, .hex = true, .doc = "DIMM physical address"}),
    field<&NamespaceLabel::raw_bytes>({.key = "size_bytes",
                                       .title = "Size",
                                       .unit = Unit::bytes,
                                       .show = Show::table,
                                       .doc = "On this DIMM",
                                       .mnemonic = "rawsize"}),
    field_of<NamespaceLabel, [](const NamespaceLabel& l) { return known(l.abstraction); }>(
        {.key = "abstraction",
         .title = "Mode",
         .kind = Kind::string,
         .show = Show::table,
         .doc = "fsdax, devdax or sector; null for raw and in version 1.1"}),
    field<&NamespaceLabel::position>(
        {.key = "position", .title = "Position", .doc = "Of the DIMM in the interleave set"}),
    field<&NamespaceLabel::label_count>(
        {.key = "label_count", .title = "Labels", .doc = "Of the whole namespace", .mnemonic = "nlabel"}),
    field<&NamespaceLabel::flags>(
        {.key = "flags", .title = "Flags", .hex = true, .doc = "1 read-only, 2 local, 8 being updated"}),
    field<&NamespaceLabel::interleave_set>(
        {.key = "interleave_set", .title = "Interleave set", .mnemonic = "isetcookie"}),
    field<&NamespaceLabel::lba_bytes>({.key = "lba_bytes", .title = "Sector", .mnemonic = "lbasize"}),
    field<&NamespaceLabel::slot_told>({.key = "slot_told", .title = "Slot told", .doc = "What the label says"}),
    field_of<NamespaceLabel, [](const NamespaceLabel& l) { return known(l.type_guid); }>(
        {.key = "type_guid", .title = "Type", .kind = Kind::string}),
    field_of<NamespaceLabel, [](const NamespaceLabel& l) { return known(l.abstraction_guid); }>(
        {.key = "abstraction_guid", .title = "Abstraction", .kind = Kind::string}),
    field<&NamespaceLabel::checksum_ok>({.key = "checksum_ok",
                                         .title = "Checksum",
                                         .kind = Kind::boolean,
                                         .doc = "Null in version 1.1, which has none"}),
};
constexpr Schema label_schema{.name = "pmem-label",
                              .title = "Labels",
                              .fields = label_fields,
                              .reference = "UEFI Specification 2.7, section 13.19"};

constexpr std::array fields{
    Field{.key = "dimm", .title = "DIMM", .kind = Kind::string, .show = Show::table},
    Field{.key = "size_bytes", .title = "Label area", .unit = Unit::bytes, .show = Show::table},
    Field{.key = "initialised",
          .title = "Initialised",
          .kind = Kind::boolean,
          .show = Show::table,
          .doc = "One of the index blocks is valid"},
    Field{.key = "free_slots", .title = "Free slots", .show = Show::table},
    Field{.key = "indexes", .title = "Index blocks", .kind = Kind::list, .element = &index_schema},
    Field{.key = "labels",
          .title = "Labels",
          .kind = Kind::list,
          .doc = "Of slots in use; what is left in free ones is not shown",
          .element = &label_schema},
};
constexpr Schema read_schema{"pmem-labels", "Label areas", fields};

// Each DIMM with its labels below.
std::string read_text(const Value& data, const TextOptions& options) {
  static constexpr std::array columns{Column{"Slot", 4}, Column{"Name", 16}, Column{"UUID", 36},
                                      Column{"DPA", 12}, Column{"Size", 10}, Column{"Mode", 6}};
  std::string text;
  for (const Value& item : data.as<List>()->items) {
    const Record& area = *item.as<Record>();
    text += fmt::format("{}{}: {}, {} free slots\n", text.empty() ? "" : "\n", cell(area.at("dimm")),
                        area.at("initialised").number() != 0 ? "initialised" : "not initialised",
                        cell(area.at("free_slots")));
    std::vector<std::vector<std::string>> rows;
    for (const Value& one : area.at("labels").as<List>()->items) {
      const Record& label = *one.as<Record>();
      const auto text_of = [&](std::string_view key) {
        return label.at(key).is_null() ? std::string("-") : cell(label.at(key));
      };
      const std::uint64_t size = label.at("size_bytes").number();
      rows.push_back({text_of("slot"), text_of("name"), text_of("uuid"), fmt::format("{:#x}", label.at("dpa").number()),
                      options.exact_bytes ? fmt::format("{}", size) : format_iec(size), text_of("abstraction")});
    }
    if (!rows.empty()) text += fixed_columns(columns, rows, options);
  }
  return text;
}

// ndctl's -o FILE: the bytes go there as well.
constexpr Argument file_argument{
    .name = "file", .metavar = "FILE", .doc = "Keep the bytes in FILE", .complete = Complete::file, .hidden = true};
Result<> keep_bytes(const std::string& file, const Bytes& bytes) {
  if (file.empty()) return {};
  return connections::replace_file(file, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

struct ReadOptions {
  std::vector<std::string> targets, buses;
  std::string file;
};
constexpr std::array read_arguments{
    positional<&ReadOptions::targets>(
        {.name = "DIMM", .doc = "nmem0, 0, its identifier, lists with commas, or all", .required = true}),
    option<&ReadOptions::buses>({.name = "bus", .letter = 'b', .metavar = "BUS", .doc = "Only below these buses"}),
    option<&ReadOptions::file>(file_argument),
};
constexpr std::array read_examples{
    Example{"pmem labels read nmem0", "index blocks and labels, decoded"},
    Example{"pmem labels read nmem0 -o raw > nmem0.labels", "the bytes, as labels restore takes them"},
};

Result<> run_read(const ReadOptions& options, Context& context) {
  NVMECTL_ASSIGN(PmemManager * manager, pmem_manager(context));
  NVMECTL_ASSIGN(const PmemTopology topology, pmem_scan(context, *manager));
  NVMECTL_ASSIGN(std::vector<Outcome> rows,
                 object_rows(topology, Object::dimm, options.targets, options.buses, "read labels"));
  if ((context.out.wants_raw() || !options.file.empty()) && rows.size() != 1)
    return fail(ErrorKind::usage, "a file holds the labels of one DIMM", "name one");
  List list;
  const Deadline deadline = pmem_deadline(context);
  Bytes raw;
  pmem::carry_out(rows, deadline, [&](Outcome& row) -> Result<> {
    NVMECTL_ASSIGN(raw, manager->read_labels(row.device, deadline));
    NVMECTL_ASSIGN(const pmem::LabelArea area, pmem::decode_labels(raw));
    list.items.emplace_back(Record{&read_schema,
                                   {row.device, std::uint64_t{raw.size()}, area.current.has_value(), area.free_slots,
                                    to_list(index_schema, area.indexes), to_list(label_schema, area.labels)}});
    return {};
  });
  std::vector<Error> errors;
  for (const Outcome& row : rows)
    if (row.error) errors.push_back(*row.error);
  if (rows.empty()) return fail(ErrorKind::not_found, "no DIMM fits what was asked for");
  if (errors.size() == rows.size()) return fail(errors.front());
  NVMECTL_TRY(keep_bytes(options.file, raw));
  if (context.out.wants_raw()) return context.out.raw(raw);
  NVMECTL_TRY(context.out.document(std::move(list), errors));
  if (errors.empty()) return {};
  return fail(ErrorKind::partial, fmt::format("{} of {} label areas could not be read", errors.size(), rows.size()));
}

constexpr std::array info_fields{
    field_of<InfoBlock, [](const InfoBlock& i) { return Value(i.kind); }>(
        {.key = "mode", .title = "Mode", .kind = Kind::string, .doc = "What the block makes of the namespace"}),
    field<&InfoBlock::uuid>({.key = "uuid", .title = "UUID", .kind = Kind::string}),
    field<&InfoBlock::parent_uuid>(
        {.key = "parent_uuid", .title = "Parent UUID", .kind = Kind::string, .doc = "The label's"}),
    field_of<InfoBlock, [](const InfoBlock& i) { return Value(fmt::format("{}.{}", i.major, i.minor)); }>(
        {.key = "version", .title = "Version", .kind = Kind::string}),
    field<&InfoBlock::offset>({.key = "offset_bytes", .title = "Offset"}),
    field<&InfoBlock::flags>({.key = "flags", .title = "Flags", .hex = true}),
    field<&InfoBlock::checksum_ok>({.key = "checksum_ok", .title = "Checksum", .kind = Kind::boolean}),
    field<&InfoBlock::data_offset>({.key = "data_offset_bytes", .title = "Data from", .mnemonic = "dataoff"}),
    field<&InfoBlock::page_count>({.key = "page_count", .title = "Pages", .mnemonic = "npfns"}),
    field_of<InfoBlock,
             [](const InfoBlock& i) {
               return i.page_array ? Value(*i.page_array == 1 ? "mem" : *i.page_array == 2 ? "dev" : "none") : Value();
             }>({.key = "map", .title = "Page array", .kind = Kind::string}),
    field<&InfoBlock::start_pad>({.key = "start_pad_bytes", .title = "Start pad", .mnemonic = "start_pad"}),
    field<&InfoBlock::end_trunc>({.key = "end_trunc_bytes", .title = "Cut off at the end", .mnemonic = "end_trunc"}),
    field<&InfoBlock::align_bytes>({.key = "align_bytes", .title = "Alignment", .mnemonic = "align"}),
    field<&InfoBlock::page_bytes>({.key = "page_bytes", .title = "Page", .mnemonic = "page_size"}),
    field<&InfoBlock::page_struct_bytes>(
        {.key = "page_struct_bytes", .title = "Page structure", .mnemonic = "page_struct_size"}),
    field<&InfoBlock::external_sector_bytes>(
        {.key = "external_sector_bytes", .title = "Sector", .mnemonic = "external_lbasize"}),
    field<&InfoBlock::external_sectors>({.key = "external_sectors", .title = "Sectors", .mnemonic = "external_nlba"}),
    field<&InfoBlock::internal_sector_bytes>(
        {.key = "internal_sector_bytes", .title = "Sector inside", .mnemonic = "internal_lbasize"}),
    field<&InfoBlock::internal_sectors>(
        {.key = "internal_sectors", .title = "Sectors inside", .mnemonic = "internal_nlba"}),
    field<&InfoBlock::free_blocks>({.key = "free_blocks", .title = "Free blocks", .mnemonic = "nfree"}),
    field<&InfoBlock::info_bytes>({.key = "info_bytes", .title = "Info block", .mnemonic = "infosize"}),
    field<&InfoBlock::next_offset>({.key = "next_offset_bytes", .title = "Next arena", .mnemonic = "nextoff"}),
    field<&InfoBlock::map_offset>({.key = "map_offset_bytes", .title = "Map", .mnemonic = "mapoff"}),
    field<&InfoBlock::log_offset>({.key = "log_offset_bytes", .title = "Log", .mnemonic = "logoff"}),
    field<&InfoBlock::info2_offset>({.key = "info2_offset_bytes", .title = "Copy", .mnemonic = "info2off"}),
};
constexpr Schema info_schema{"pmem-infoblock", "Info block", info_fields};

struct InfoReadOptions {
  std::string target, input, file;
};
constexpr Argument namespace_argument{.name = "NAMESPACE", .doc = "Name, UUID, device or /dev node", .required = true};
constexpr std::array info_read_arguments{
    positional<&InfoReadOptions::target>({.name = "NAMESPACE", .doc = "Name, UUID, device or /dev node"}),
    option<&InfoReadOptions::input>({.name = "input",
                                     .letter = 'i',
                                     .metavar = "FILE",
                                     .doc = "Decode what this file holds instead; - is standard input",
                                     .complete = Complete::file}),
    option<&InfoReadOptions::file>(file_argument)};
constexpr std::array info_read_examples{
    Example{"pmem infoblock read vol-a", "what makes it fsdax, devdax or sector"},
    Example{"pmem infoblock read vol-a -o raw > vol-a.info", "its first 8 KiB, as infoblock write takes them"},
    Example{"pmem infoblock read --input vol-a.info", "what such a file holds"},
};

constexpr std::size_t info_file_bytes = 2 * pmem::infoblock_bytes;

struct InfoSource {
  std::string name;  ///< of the namespace or the file
  Bytes bytes;
};
Result<InfoSource> read_info(const InfoReadOptions& options, Context& context) {
  if (options.target.empty() == options.input.empty())
    return fail(ErrorKind::usage, "name a namespace, or a file by --input");
  InfoSource source{options.input, {}};
  if (!options.input.empty()) {
    NVMECTL_ASSIGN(source.bytes, read_file(options.input, info_file_bytes));
    return source;
  }
  NVMECTL_ASSIGN(PmemManager * manager, pmem_manager(context));
  NVMECTL_ASSIGN(const PmemTopology topology, pmem_scan(context, *manager));
  NVMECTL_ASSIGN(const std::size_t index, pmem::find_namespace(topology, options.target));
  source.name = topology.namespaces[index].device;
  NVMECTL_ASSIGN(source.bytes, manager->read_infoblock(source.name, pmem_deadline(context)));
  return source;
}

Result<> run_info_read(const InfoReadOptions& options, Context& context) {
  NVMECTL_ASSIGN(const InfoSource source, read_info(options, context));
  NVMECTL_TRY(keep_bytes(options.file, source.bytes));
  if (context.out.wants_raw()) return context.out.raw(source.bytes);
  if (const auto info = pmem::decode_infoblock(source.bytes))
    return context.out.document(to_record(info_schema, &*info));
  if (!options.input.empty())
    return fail(ErrorKind::usage, fmt::format("{} holds no info block", printable(source.name)),
                "nvmectl pmem infoblock read NAMESPACE -o raw gives such a file");
  return fail(
      make_error(ErrorKind::not_found, fmt::format("{} has no info block", source.name), "raw namespaces have none")
          .on(source.name));
}

struct InfoWriteOptions {
  std::string target, file;
  [[nodiscard]] static Effect effect() { return Effect::changes_state; }
};
constexpr std::array info_write_arguments{
    positional<&InfoWriteOptions::target>(namespace_argument),
    positional<&InfoWriteOptions::file>({.name = "FILE",
                                         .doc = "What infoblock read -o raw gave; - is standard input",
                                         .complete = Complete::file,
                                         .required = true}),
};
constexpr std::array info_write_examples{Example{"pmem infoblock write vol-a vol-a.info", "puts it back"}};

Result<> run_info_write(const InfoWriteOptions& options, Context& context) {
  NVMECTL_ASSIGN(const Bytes bytes, read_file(options.file, info_file_bytes + 1));
  const auto info = pmem::decode_infoblock(bytes);
  if (bytes.size() != info_file_bytes || !info || !info->checksum_ok)
    return fail(ErrorKind::usage, "the file holds no valid info block",
                "nvmectl pmem infoblock read NAMESPACE -o raw gives such a file of 8192 bytes");
  NVMECTL_ASSIGN(PmemManager * manager, pmem_manager(context));
  NVMECTL_ASSIGN(const PmemTopology topology, pmem_scan(context, *manager));
  NVMECTL_ASSIGN(const std::size_t index, pmem::find_namespace(topology, options.target));
  std::vector<Outcome> rows{pmem::outcome_for(topology, Object::ns, index, "write info block")};
  if (auto used = pmem::in_use(topology.namespaces[index])) return fail(std::move(*used));
  NVMECTL_TRY(confirm_outcomes(context, topology, Effect::destroys_data, rows));
  const Deadline deadline = pmem_deadline(context);
  pmem::carry_out(rows, deadline, [&](Outcome& row) -> Result<> {
    return pmem::if_same(*manager, topology.namespaces[index], deadline,
                         [&](const PmemTopology&) { return manager->write_infoblock(row.device, bytes, deadline); });
  });
  rows[0].detail = info->kind;
  return show_outcomes(context, rows);
}

}  // namespace

constinit const CommandSpec pmem_labels_read_command =
    command<ReadOptions, run_read>({.area = "pmem",
                                    .name = "labels read",
                                    .summary = "Show the label areas of DIMMs, decoded",
                                    .group = Group::pmem,
                                    .arguments = read_arguments,
                                    .examples = read_examples,
                                    .output = {.schema = &read_schema, .list = true, .text = read_text}});
constinit const CommandSpec pmem_infoblock_read_command =
    command<InfoReadOptions, run_info_read>({.area = "pmem",
                                             .name = "infoblock read",
                                             .summary = "Show the info block of a namespace, decoded",
                                             .group = Group::pmem,
                                             .arguments = info_read_arguments,
                                             .examples = info_read_examples,
                                             .output = {.schema = &info_schema}});
constinit const CommandSpec pmem_infoblock_write_command =
    command<InfoWriteOptions, run_info_write>({.area = "pmem",
                                               .name = "infoblock write",
                                               .summary = "Write an info block that was read before",
                                               .group = Group::pmem,
                                               .effect = Effect::destroys_data,
                                               .arguments = info_write_arguments,
                                               .examples = info_write_examples,
                                               .output = pmem_outcome_output});

}  // namespace nvmectl
