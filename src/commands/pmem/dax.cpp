// pmem dax list|reconfigure|online|offline|enable|disable: DAX devices, and memory of theirs as system RAM.
#include "commands/pmem/dax.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "commands/pmem/area.hpp"
#include "commands/pmem/dax_rows.hpp"
#include "core/text.hpp"
#include "pmem/dax.hpp"

namespace nvmectl {

using pmem::Object;
using pmem::Outcome;

Result<std::vector<std::size_t>> chosen_dax(const PmemTopology& topology, const std::vector<std::string>& words,
                                            const std::vector<std::string>& regions) {
  NVMECTL_ASSIGN(std::vector<std::size_t> found, pmem::find_all(topology, Object::dax, words));
  if (regions.empty()) return found;
  std::vector<std::uint32_t> ids;
  for (const std::string& list : regions)
    for (const std::string_view word : split(list, ',')) {
      NVMECTL_ASSIGN(const std::size_t index, pmem::find_dax_region(topology, trim(word)));
      ids.push_back(topology.dax_regions[index].id);
    }
  std::erase_if(found, [&](std::size_t i) {
    return std::none_of(ids.begin(), ids.end(),
                        [&](std::uint32_t id) { return topology.dax_devices[i].region_id == id; });
  });
  return found;
}

Result<> change_dax(const DaxOptions& options, Context& context, const std::string& action, Effect effect,
                    const std::function<bool(const DaxDevice&)>& done,
                    const std::function<Result<>(PmemManager&, Outcome&, const Deadline&)>& act) {
  NVMECTL_ASSIGN(PmemManager * manager, pmem_manager(context));
  NVMECTL_ASSIGN(const PmemTopology topology, pmem_scan(context, *manager));
  NVMECTL_ASSIGN(const auto chosen, chosen_dax(topology, options.targets, options.regions));
  std::vector<Outcome> rows;
  for (const std::size_t i : chosen) {
    rows.push_back(pmem::outcome_for(topology, Object::dax, i, action));
    if (done(topology.dax_devices[i])) rows.back().result = "unchanged";
  }
  NVMECTL_TRY(confirm_outcomes(context, topology, effect, rows));
  const Deadline deadline = pmem_deadline(context);
  pmem::carry_out(rows, deadline, [&](Outcome& row) -> Result<> { return act(*manager, row, deadline); });
  return show_outcomes(context, rows, "no DAX device fits: nothing was done");
}

namespace {

struct ListOptions {
  std::vector<std::string> targets, regions;
};
constexpr std::array list_arguments{
    positional<&ListOptions::targets>({.name = "DEVICE", .doc = "dax0.0, /dev/dax0.0 or its namespace; left out: all"}),
    option<&ListOptions::regions>(
        {.name = "region", .letter = 'r', .metavar = "ID", .doc = "Only of these DAX regions: 1 or hmem.1"})};
constexpr std::array list_examples{Example{"pmem dax list", "modes, sizes, and how much is online as system RAM"}};

Result<> run_list(const ListOptions& options, Context& context) {
  NVMECTL_ASSIGN(PmemManager * manager, pmem_manager(context));
  NVMECTL_ASSIGN(const PmemTopology topology, pmem_scan(context, *manager));
  const std::vector<std::string> words = options.targets.empty() ? std::vector<std::string>{"all"} : options.targets;
  NVMECTL_ASSIGN(const auto found, chosen_dax(topology, words, options.regions));
  const List all = pmem_dax_list(topology);
  List list;
  for (const std::size_t i : found) list.items.push_back(all.items[i]);
  return context.out.document(std::move(list), topology.not_seen);
}

struct ReconfigureOptions : DaxOptions, DaxRamOptions {
  std::string mode;
};
struct OnlineOptions : DaxOptions, DaxRamOptions {};

constexpr auto reconfigure_arguments =
    joined(dax_arguments<ReconfigureOptions>,
           std::array{option<&ReconfigureOptions::mode>({.name = "mode",
                                                         .letter = 'm',
                                                         .metavar = "MODE",
                                                         .doc = "devdax or system-ram",
                                                         .complete = Complete::choice,
                                                         .choices = dax_modes,
                                                         .required = true})},
           dax_ram_arguments<ReconfigureOptions>);
constexpr auto online_arguments = joined(dax_arguments<OnlineOptions>, std::array{dax_ram_arguments<OnlineOptions>[1]});

Result<> run_reconfigure(const ReconfigureOptions& options, Context& context) {
  const bool ram = options.mode == "system-ram";
  return change_dax(
      options, context, "reconfigure", Effect::destroys_data,
      [&](const DaxDevice& d) { return ram ? d.system_ram : d.enabled && !d.system_ram; },
      [&](PmemManager& manager, Outcome& row, const Deadline& deadline) -> Result<> {
        row.detail = options.mode;
        return manager.reconfigure_dax(row.device, ram, !options.no_online, !options.no_movable, deadline);
      });
}
Result<> run_online(const OnlineOptions& options, Context& context) {
  return change_dax(
      options, context, "online", Effect::changes_state,
      [](const DaxDevice& d) { return d.total_blocks && d.online_blocks == d.total_blocks; },
      [&](PmemManager& manager, Outcome& row, const Deadline& deadline) -> Result<> {
        return manager.set_dax_online(row.device, true, !options.no_movable, deadline);
      });
}
Result<> run_offline(const DaxOptions& options, Context& context) {
  return change_dax(
      options, context, "offline", Effect::disrupts_io, [](const DaxDevice& d) { return d.online_blocks == 0U; },
      [](PmemManager& manager, Outcome& row, const Deadline& deadline) -> Result<> {
        return manager.set_dax_online(row.device, false, true, deadline);
      });
}
Result<> run_enable(const DaxOptions& options, Context& context) {
  return change_dax(
      options, context, "enable", Effect::changes_state, [](const DaxDevice& d) { return d.enabled; },
      [](PmemManager& manager, Outcome& row, const Deadline& deadline) -> Result<> {
        return manager.set_dax_enabled(row.device, true, deadline);
      });
}
Result<> run_disable(const DaxOptions& options, Context& context) {
  return change_dax(
      options, context, "disable", Effect::disrupts_io, [](const DaxDevice& d) { return !d.enabled; },
      [](PmemManager& manager, Outcome& row, const Deadline& deadline) -> Result<> {
        return manager.set_dax_enabled(row.device, false, deadline);
      });
}

constexpr std::array reconfigure_examples{
    Example{"pmem dax reconfigure dax0.0 -m system-ram", "more memory for everybody"},
    Example{"pmem dax reconfigure vol-b -m devdax", "and back, when its blocks can be taken offline"}};
constexpr std::array online_examples{Example{"pmem dax online dax0.0", "its blocks become system RAM"}};
constexpr std::array offline_examples{Example{"pmem dax offline dax0.0", "the kernel moves what is on them"}};
constexpr std::array enable_examples{Example{"pmem dax enable dax1.0", "/dev/dax1.0 is there again"}};
constexpr std::array disable_examples{Example{"pmem dax disable all -r 1", "its memory stays, its nodes go"}};

}  // namespace

constinit const CommandSpec pmem_dax_list_command =
    command<ListOptions, run_list>({.area = "pmem",
                                    .name = "dax list",
                                    .summary = "List DAX devices",
                                    .group = Group::pmem,
                                    .arguments = list_arguments,
                                    .examples = list_examples,
                                    .output = {.schema = &pmem_dax_schema, .list = true}});
constinit const CommandSpec pmem_dax_reconfigure_command = command<ReconfigureOptions, run_reconfigure>(
    {.area = "pmem",
     .name = "dax reconfigure",
     .summary = "Make DAX devices system RAM, or character devices again",
     .description = "As system RAM the content is lost, and the memory forgets when power goes.",
     .group = Group::pmem,
     .effect = Effect::destroys_data,
     .arguments = reconfigure_arguments,
     .examples = reconfigure_examples,
     .output = pmem_outcome_output});
constinit const CommandSpec pmem_dax_online_command =
    command<OnlineOptions, run_online>({.area = "pmem",
                                        .name = "dax online",
                                        .summary = "Put the blocks of system RAM online",
                                        .group = Group::pmem,
                                        .effect = Effect::changes_state,
                                        .arguments = online_arguments,
                                        .examples = online_examples,
                                        .output = pmem_outcome_output});
constinit const CommandSpec pmem_dax_offline_command =
    command<DaxOptions, run_offline>({.area = "pmem",
                                      .name = "dax offline",
                                      .summary = "Take the blocks of system RAM offline",
                                      .group = Group::pmem,
                                      .effect = Effect::disrupts_io,
                                      .arguments = dax_arguments<DaxOptions>,
                                      .examples = offline_examples,
                                      .output = pmem_outcome_output});
constinit const CommandSpec pmem_dax_enable_command =
    command<DaxOptions, run_enable>({.area = "pmem",
                                     .name = "dax enable",
                                     .summary = "Enable DAX devices",
                                     .group = Group::pmem,
                                     .effect = Effect::changes_state,
                                     .arguments = dax_arguments<DaxOptions>,
                                     .examples = enable_examples,
                                     .output = pmem_outcome_output});
constinit const CommandSpec pmem_dax_disable_command =
    command<DaxOptions, run_disable>({.area = "pmem",
                                      .name = "dax disable",
                                      .summary = "Disable DAX devices",
                                      .group = Group::pmem,
                                      .effect = Effect::disrupts_io,
                                      .arguments = dax_arguments<DaxOptions>,
                                      .examples = disable_examples,
                                      .output = pmem_outcome_output});

}  // namespace nvmectl
