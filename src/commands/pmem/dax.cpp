// pmem dax list|reconfigure|online|offline|create|destroy: DAX devices, and persistent memory as system RAM.
#include <fmt/format.h>

#include <array>

#include "commands/pmem/area.hpp"
#include "commands/pmem/dimm_rows.hpp"
#include "commands/pmem/targets.hpp"
#include "core/text.hpp"

namespace nvmectl {
namespace {

using pmem::Object;
using pmem::Outcome;

struct ListOptions {
  std::vector<std::string> targets;
};
constexpr std::array list_arguments{positional<&ListOptions::targets>(
    {.name = "DEVICE", .doc = "dax0.0, /dev/dax0.0 or its namespace; left out: all"})};
constexpr std::array list_examples{Example{"pmem dax list", "modes, sizes, and how much is online as system RAM"}};

Result<> run_list(const ListOptions& options, Context& context) {
  NVMECTL_ASSIGN(PmemManager * manager, pmem_manager(context));
  NVMECTL_ASSIGN(const PmemTopology topology, pmem_scan(context, *manager));
  const std::vector<std::string> words = options.targets.empty() ? std::vector<std::string>{"all"} : options.targets;
  NVMECTL_ASSIGN(const auto found, pmem::find_all(topology, Object::dax, words));
  const List all = pmem_dax_list(topology);
  List list;
  for (const std::size_t i : found) list.items.push_back(all.items[i]);
  return context.out.document(std::move(list), topology.not_seen);
}

constexpr std::array<std::string_view, 2> modes{"devdax", "system-ram"};
struct DaxOptions {
  std::vector<std::string> targets;
  [[nodiscard]] static Effect effect() { return Effect::changes_state; }
};
struct ReconfigureOptions : DaxOptions {
  std::string mode;
  bool no_online = false, no_movable = false;
};
struct OnlineOptions : DaxOptions {
  bool no_movable = false;
};
struct OfflineOptions : DaxOptions {};

template <class Options>
constexpr std::array targets_argument{inherited<Options, &Options::targets>(
    {.name = "DEVICE", .doc = "dax0.0, /dev/dax0.0, its namespace, or all", .required = true, .positional = true})};
constexpr auto reconfigure_arguments = joined(
    targets_argument<ReconfigureOptions>,
    std::array{
        option<&ReconfigureOptions::mode>({.name = "mode",
                                           .letter = 'm',
                                           .metavar = "MODE",
                                           .doc = "devdax or system-ram",
                                           .complete = Complete::choice,
                                           .choices = modes,
                                           .required = true}),
        option<&ReconfigureOptions::no_online>(
            {.name = "no-online", .letter = 'N', .doc = "Leave its blocks offline as system RAM"}),
        option<&ReconfigureOptions::no_movable>(
            {.name = "no-movable", .doc = "Let the kernel itself use it too; it can then not be taken offline"})});
constexpr auto online_arguments =
    joined(targets_argument<OnlineOptions>,
           std::array{option<&OnlineOptions::no_movable>(
               {.name = "no-movable", .doc = "Let the kernel itself use it too; it can then not be taken offline"})});
constexpr auto offline_arguments = targets_argument<OfflineOptions>;

using Done = bool (*)(const DaxDevice&, const DaxOptions&);
Result<> change(const DaxOptions& options, Context& context, const std::string& action, Effect effect, Done done,
                const std::function<Result<>(PmemManager&, Outcome&, const Deadline&)>& act) {
  NVMECTL_ASSIGN(PmemManager * manager, pmem_manager(context));
  NVMECTL_ASSIGN(const PmemTopology topology, pmem_scan(context, *manager));
  NVMECTL_ASSIGN(std::vector<Outcome> rows, object_rows(topology, Object::dax, options.targets, {}, action));
  for (Outcome& row : rows) {
    NVMECTL_ASSIGN(const std::size_t index, index_of(topology, Object::dax, row.device));
    if (done(topology.dax_devices[index], options)) row.result = "unchanged";
  }
  NVMECTL_TRY(confirm_outcomes(context, topology, effect, rows));
  const Deadline deadline = pmem_deadline(context);
  pmem::carry_out(rows, deadline, [&](Outcome& row) -> Result<> { return act(*manager, row, deadline); });
  return show_outcomes(context, rows, "no DAX device fits: nothing was done");
}

Result<> run_reconfigure(const ReconfigureOptions& options, Context& context) {
  const bool ram = options.mode == "system-ram";
  const Done done = ram ? [](const DaxDevice& d, const DaxOptions&) { return d.system_ram; }
                        : [](const DaxDevice& d, const DaxOptions&) { return d.enabled && !d.system_ram; };
  return change(options, context, "reconfigure", Effect::destroys_data, done,
                [&](PmemManager& manager, Outcome& row, const Deadline& deadline) -> Result<> {
                  row.detail = options.mode;
                  return manager.reconfigure_dax(row.device, ram, !options.no_online, !options.no_movable, deadline);
                });
}
Result<> switch_online(const DaxOptions& options, Context& context, bool online, bool movable) {
  const Done done =
      online ? [](const DaxDevice& d, const DaxOptions&) { return d.total_blocks && d.online_blocks == d.total_blocks; }
             : [](const DaxDevice& d, const DaxOptions&) { return d.online_blocks == 0U; };
  return change(options, context, online ? "online" : "offline", online ? Effect::changes_state : Effect::disrupts_io,
                done, [&](PmemManager& manager, Outcome& row, const Deadline& deadline) -> Result<> {
                  return manager.set_dax_online(row.device, online, movable, deadline);
                });
}
Result<> run_online(const OnlineOptions& options, Context& context) {
  return switch_online(options, context, true, !options.no_movable);
}
Result<> run_offline(const OfflineOptions& options, Context& context) {
  return switch_online(options, context, false, true);
}

struct CreateOptions {
  std::uint32_t region = 0;
  std::optional<SizeArgument> size, align;
  [[nodiscard]] static Effect effect() { return Effect::changes_state; }
};
constexpr std::array create_arguments{
    option<&CreateOptions::region>({.name = "region",
                                    .letter = 'r',
                                    .metavar = "ID",
                                    .doc = "The DAX region's number, as dax list shows it",
                                    .required = true}),
    option<&CreateOptions::size>(
        {.name = "size", .letter = 's', .metavar = "SIZE", .doc = "Such as 1.5G", .default_text = "all that is free"}),
    option<&CreateOptions::align>({.name = "align", .letter = 'a', .metavar = "SIZE", .doc = "4K, 2M or 1G"}),
};

Result<> run_create(const CreateOptions& options, Context& context) {
  NVMECTL_ASSIGN(PmemManager * manager, pmem_manager(context));
  NVMECTL_ASSIGN(const PmemTopology topology, pmem_scan(context, *manager));
  const auto region = std::find_if(topology.dax_regions.begin(), topology.dax_regions.end(),
                                   [&](const DaxRegion& r) { return r.id == options.region; });
  if (region == topology.dax_regions.end())
    return fail(ErrorKind::not_found, fmt::format("there is no DAX region {}", options.region),
                "nvmectl pmem dax list shows the regions of the devices");
  if (!region->available_bytes)
    return fail(make_error(ErrorKind::unsupported, fmt::format("DAX region {} cannot be divided", options.region),
                           "nvmectl pmem create -m devdax makes devices of persistent memory")
                    .with_cause("it is a namespace of persistent memory, which is one device"));
  const std::uint64_t bytes = options.size ? options.size->bytes : 0;
  if (bytes > *region->available_bytes || *region->available_bytes == 0)
    return fail(make_error(ErrorKind::no_space, fmt::format("DAX region {} has no room for it", options.region))
                    .with_cause(fmt::format("{} are free", format_iec(*region->available_bytes))));
  std::vector<Outcome> rows{
      {"create", "DAX device", "", "", "", options.size ? std::optional(bytes) : std::nullopt, "", {}}};
  if (context.options.dry_run) rows[0].result = "planned";
  const Deadline deadline = pmem_deadline(context);
  pmem::carry_out(rows, deadline, [&](Outcome& row) -> Result<> {
    NVMECTL_ASSIGN(row.device,
                   manager->create_dax(options.region, bytes, options.align ? options.align->bytes : 0, deadline));
    return {};
  });
  return show_outcomes(context, rows);
}

struct DestroyOptions : DaxOptions {};
constexpr auto destroy_arguments = targets_argument<DestroyOptions>;
Result<> run_destroy(const DestroyOptions& options, Context& context) {
  return change(
      options, context, "destroy", Effect::destroys_data, [](const DaxDevice&, const DaxOptions&) { return false; },
      [&](PmemManager& manager, Outcome& row, const Deadline& deadline) -> Result<> {
        return manager.destroy_dax(row.device, deadline);
      });
}

constexpr std::array reconfigure_examples{
    Example{"pmem dax reconfigure dax0.0 -m system-ram", "more memory for everybody"},
    Example{"pmem dax reconfigure vol-b -m devdax", "and back, when its blocks can be taken offline"}};
constexpr std::array online_examples{Example{"pmem dax online dax0.0", "its blocks become system RAM"}};
constexpr std::array offline_examples{Example{"pmem dax offline dax0.0", "the kernel moves what is on them"}};
constexpr std::array create_examples{Example{"pmem dax create -r 1 -s 1G", "from memory that may be divided"}};
constexpr std::array destroy_examples{Example{"pmem dax destroy dax1.1", "back to a region that may be divided"}};

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
    command<OfflineOptions, run_offline>({.area = "pmem",
                                          .name = "dax offline",
                                          .summary = "Take the blocks of system RAM offline",
                                          .group = Group::pmem,
                                          .effect = Effect::disrupts_io,
                                          .arguments = offline_arguments,
                                          .examples = offline_examples,
                                          .output = pmem_outcome_output});
constinit const CommandSpec pmem_dax_create_command =
    command<CreateOptions, run_create>({.area = "pmem",
                                        .name = "dax create",
                                        .summary = "Cut a DAX device from a region that may be divided",
                                        .group = Group::pmem,
                                        .effect = Effect::changes_state,
                                        .arguments = create_arguments,
                                        .examples = create_examples,
                                        .output = pmem_outcome_output});
constinit const CommandSpec pmem_dax_destroy_command =
    command<DestroyOptions, run_destroy>({.area = "pmem",
                                          .name = "dax destroy",
                                          .summary = "Give DAX devices back to their region",
                                          .group = Group::pmem,
                                          .effect = Effect::destroys_data,
                                          .arguments = destroy_arguments,
                                          .examples = destroy_examples,
                                          .output = pmem_outcome_output});

}  // namespace nvmectl
