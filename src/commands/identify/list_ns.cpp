#include <fmt/format.h>

#include <array>

#include "commands/device.hpp"
#include "commands/identify/area.hpp"
#include "nvme/admin.hpp"

namespace nvmectl {
namespace {

struct Row {
  std::uint32_t nsid;
};
constexpr std::array fields{
    field<&Row::nsid>({.key = "nsid", .title = "NSID", .show = Show::table, .doc = "Namespace identifier"})};
constexpr Schema schema{"list-ns", "Namespaces", fields};

// As nvme-cli prints it: "[   0]:0x1".
std::string text(const Value& data, const TextOptions&) {
  std::string out;
  std::size_t index = 0;
  for (const Value& item : data.as<List>()->items)
    out += fmt::format("[{:4}]:{:#x}\n", index++, item.as<Record>()->at("nsid").number());
  return out;
}

struct Options {
  DeviceRef device;
  std::uint32_t after = 0;
};
constexpr std::array arguments{
    device_argument<&Options::device>(),
    option<&Options::after>(
        {.name = "namespace-id", .letter = 'n', .metavar = "NSID", .doc = "Begin with this one", .default_text = "1"}),
};
constexpr std::array examples{Example{"list-ns /dev/nvme0", "the attached namespaces"}};

Result<> run(const Options& options, Context& context) {
  NVMECTL_ASSIGN(const OpenAdmin opened, open_admin(context, options.device));
  const std::uint32_t after = options.after > 0 ? options.after - 1 : 0;
  NVMECTL_ASSIGN(const std::vector<std::uint32_t> nsids,
                 nvme::active_namespaces(*opened.admin, opened.deadline, after));
  std::vector<Row> rows;
  for (const std::uint32_t nsid : nsids) rows.push_back({nsid});
  return context.out.document(to_list(schema, rows));
}

}  // namespace

constinit const CommandSpec list_ns_command =
    command<Options, run>({.name = "list-ns",
                           .summary = "List the namespace identifiers of a controller",
                           .group = Group::identify,
                           .opens_device = true,
                           .arguments = arguments,
                           .examples = examples,
                           .output = {.schema = &schema, .list = true, .text = text}});

}  // namespace nvmectl
