#include <array>

#include "commands/device.hpp"
#include "commands/identify/area.hpp"
#include "commands/known.hpp"
#include "nvme/admin.hpp"
#include "nvme/layouts/layouts.hpp"
#include "nvme/opcodes.hpp"
#include "nvme/parsers.hpp"

namespace nvmectl {
namespace {

struct Row {
  std::uint32_t nsid;
  nvme::NamespaceIds ids;
};
constexpr std::array fields{
    field<&Row::nsid>({.key = "nsid", .title = "NSID", .show = Show::table}),
    field_of<Row, [](const Row& r) { return known(r.ids.eui64); }>(
        {.key = "eui64", .title = "IEEE Extended Unique Identifier", .kind = Kind::string, .mnemonic = "eui"}),
    field_of<Row, [](const Row& r) { return known(r.ids.nguid); }>(
        {.key = "nguid", .title = "Namespace Globally Unique Identifier", .kind = Kind::string}),
    field_of<Row, [](const Row& r) { return known(r.ids.uuid); }>(
        {.key = "uuid", .title = "Namespace UUID", .kind = Kind::string}),
    field_of<
        Row,
        [](const Row& r) {
          return r.ids.csi ? Value(Symbol{*r.ids.csi, std::string(name_of(nvme::csi_names, *r.ids.csi))}) : Value();
        }>({.key = "command_set", .title = "Command set", .kind = Kind::symbol, .mnemonic = "csi"}),
};
constexpr Schema schema{"ns-descs", "Namespace Identification Descriptors", fields};

struct Options {
  DeviceRef device;
  std::optional<std::uint32_t> nsid;
};
constexpr std::array arguments{
    device_argument<&Options::device>(),
    option<&Options::nsid>({.name = "namespace-id",
                            .letter = 'n',
                            .metavar = "NSID",
                            .doc = "The namespace; default: the one that DEVICE names"}),
};
constexpr std::array examples{Example{"ns-descs /dev/nvme0n1", "EUI64, NGUID, UUID and command set of a namespace"}};

Result<> run(const Options& options, Context& context) {
  NVMECTL_ASSIGN(const OpenAdmin opened, open_admin(context, options.device));
  NVMECTL_ASSIGN(const std::uint32_t nsid, chosen_nsid(*opened.device, options.device, options.nsid));
  NVMECTL_ASSIGN(const Bytes page,
                 nvme::identify(*opened.admin, opened.deadline, {.cns = nvme::cns::ns_descriptors, .nsid = nsid}));
  if (context.out.wants_raw()) return context.out.raw(page);
  Row row{nsid, {}};
  NVMECTL_ASSIGN(row.ids, nvme::parse_ns_descriptors(page));
  return context.out.document(to_record(schema, &row));
}

}  // namespace

constinit const CommandSpec ns_descs_command =
    command<Options, run>({.name = "ns-descs",
                           .summary = "Show the Namespace Identification Descriptors",
                           .group = Group::identify,
                           .opens_device = true,
                           .arguments = arguments,
                           .examples = examples,
                           .output = {.schema = &schema}});

}  // namespace nvmectl
