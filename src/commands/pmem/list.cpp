// pmem list: everything that there is of persistent memory.
#include <fmt/format.h>

#include <array>

#include "commands/pmem/area.hpp"
#include "commands/pmem/rows.hpp"
#include "commands/pmem/session.hpp"

namespace nvmectl {
namespace {

struct Options : PmemFilterOptions {
  bool health = false, firmware = false, ignored = false;
};
constexpr Argument ndctl_flag(std::string_view name, char letter) {
  return option<&Options::ignored>(
      {.name = name, .letter = letter, .doc = "ndctl's: everything is listed in any case", .hidden = true});
}
constexpr std::array own{
    inherited<Options, &Options::namespaces>(
        {.name = "namespace",
         .letter = 'n',
         .metavar = "NS",
         .doc = "Only these namespaces: by name, UUID, device or /dev node; lists with commas"}),
    inherited<Options, &Options::modes>(
        {.name = "mode", .letter = 'm', .metavar = "MODE", .doc = "Only fsdax, devdax, sector or raw"}),
    inherited<Options, &Options::dimms>(
        {.name = "dimm", .letter = 'd', .metavar = "DIMM", .doc = "Only what is on these DIMMs: nmem0, 0 or its id"}),
    inherited<Options, &Options::types>(
        {.name = "type", .letter = 't', .metavar = "TYPE", .doc = "Only regions of type pmem or volatile"}),
    option<&Options::health>({.name = "health", .letter = 'H', .doc = "Ask the DIMMs for their health"}),
    option<&Options::firmware>({.name = "firmware", .letter = 'F', .doc = "Ask the DIMMs for their firmware"}),
};
constexpr std::array ndctl_flags{
    ndctl_flag("buses", 'B'),      ndctl_flag("dimms", 'D'),      ndctl_flag("regions", 'R'),
    ndctl_flag("namespaces", 'N'), ndctl_flag("device-dax", 'X'), ndctl_flag("capabilities", 'C'),
    ndctl_flag("idle", 'i'),       ndctl_flag("configured", 'c'), ndctl_flag("media-errors", 'M'),
    ndctl_flag("human", 'u'),
};
constexpr auto arguments = joined(own, ndctl_flags, pmem_where_arguments<Options>());
constexpr std::array examples{
    Example{"pmem list", "buses, DIMMs, regions and namespaces as a tree"},
    Example{"pmem list -m fsdax,devdax -r region0 -o json", "the same shape, with what fits alone"},
    Example{"pmem list -n vol-a -o value --fields block_device", "one word for a shell script"},
};

Result<> run(const Options& options, Context& context) {
  NVMECTL_ASSIGN(PmemManager * manager, pmem_manager(context));
  PmemScan request;
  request.health = request.label_areas = options.health;
  request.firmware = options.firmware;
  NVMECTL_ASSIGN(const PmemTopology all, pmem_scan(context, *manager, request));
  NVMECTL_ASSIGN(const pmem::Selection chosen, pmem::select(all, options.filter()));
  const PmemTopology part = pmem::part_of(all, chosen);
  if (part.buses.empty() && part.dax_regions.empty())
    context.messages.note(all.buses.empty() && all.dax_regions.empty()
                              ? "the kernel knows of no persistent memory here; nvmectl doctor tells more"
                              : fmt::format("nothing fits the filter; without it {} namespace{} listed",
                                            all.namespaces.size(), all.namespaces.size() == 1 ? " is" : "s are"));
  return context.out.document(pmem_list_record(part), all.not_seen);
}

}  // namespace

constinit const CommandSpec pmem_list_command = command<Options, run>(
    {.area = "pmem",
     .name = "list",
     .summary = "List persistent memory: buses, DIMMs, regions, namespaces and DAX devices",
     .description =
         "The JSON document always holds all lists, in the order of names, empty where nothing fits; sizes are "
         "numbers of bytes. A namespace has both its sizes (reserved from the region, usable of the device) and both "
         "UUIDs (of the label, of the info block), and its true mode also while it is disabled.\n"
         "Filters may be repeated and may be lists with commas. A name that nothing has is an error (exit 3).\n"
         "Others than root are not told where things lie: addresses are null and free_extents is empty.",
     .group = Group::pmem,
     .arguments = arguments,
     .examples = examples,
     .output = {.schema = &pmem_list_schema, .text = pmem_tree_text}});

}  // namespace nvmectl
