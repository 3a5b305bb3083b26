// pmem region enable|disable, dimm enable|disable, init.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "commands/pmem/area.hpp"
#include "commands/pmem/label_store.hpp"
#include "commands/pmem/targets.hpp"
#include "core/text.hpp"
#include "pmem/change.hpp"
#include "pmem/lookup.hpp"

namespace nvmectl {
namespace {

using pmem::Object;
using pmem::Outcome;

// Four commands of one form: which kind of object, and on or off.
template <Object kind, bool on>
struct Options {
  std::vector<std::string> targets, buses;
  [[nodiscard]] static Effect effect() { return Effect::changes_state; }
};

// A DIMM that is locked is not what was asked for: its key may be there now.
bool is_so(const PmemTopology& topology, Object kind, std::size_t index, bool on) {
  if (kind == Object::region) return topology.regions[index].enabled == on;
  return topology.dimms[index].enabled == on && !(on && pmem::is_locked(topology.dimms[index]));
}

// All of a region's namespaces are looked at before any is disabled.
Result<> check_region_idle(const PmemTopology& topology, std::size_t region) {
  for (const PmemNamespace& ns : topology.namespaces) {
    if (ns.region != region) continue;
    if (auto used = pmem::in_use(ns)) return fail(std::move(*used));
  }
  return {};
}

Result<> check_dimm_idle(const PmemTopology& topology, std::size_t dimm) {
  for (const PmemRegion& region : topology.regions) {
    const bool on = std::any_of(region.mappings.begin(), region.mappings.end(),
                                [&](const PmemMapping& m) { return m.dimm == dimm; });
    if (on && region.enabled)
      return fail(make_error(ErrorKind::busy, fmt::format("{} is in use", topology.dimms[dimm].name),
                             fmt::format("nvmectl pmem region disable {} first", region.name))
                      .with_cause(fmt::format("{} is enabled and uses it", region.name)));
  }
  return {};
}

template <Object kind, bool on>
Result<> run(const Options<kind, on>& options, Context& context) {
  NVMECTL_ASSIGN(PmemManager * manager, pmem_manager(context));
  NVMECTL_ASSIGN(const PmemTopology topology, pmem_scan(context, *manager));
  NVMECTL_ASSIGN(std::vector<Outcome> rows,
                 object_rows(topology, kind, options.targets, options.buses, on ? "enable" : "disable"));
  for (Outcome& row : rows) {
    NVMECTL_ASSIGN(const std::size_t index, index_of(topology, kind, row.device));
    if (is_so(topology, kind, index, on)) row.result = "unchanged";
    else if (!on)
      if (auto idle = kind == Object::region ? check_region_idle(topology, index) : check_dimm_idle(topology, index);
          !idle)
        pmem::settle(row, std::move(idle));
  }
  NVMECTL_TRY(confirm_outcomes(context, topology, Effect::changes_state, rows));
  const Deadline deadline = pmem_deadline(context);
  pmem::carry_out(rows, deadline, [&](Outcome& row) -> Result<> {
    return kind == Object::region ? manager->set_region(row.device, on, deadline)
                                  : manager->set_dimm(row.device, on, deadline);
  });
  return show_outcomes(context, rows,
                       fmt::format("no {} fits: nothing was {}abled", pmem::word_for(kind), on ? "en" : "dis"));
}

template <Object kind, bool on>
constexpr std::array arguments{
    positional<&Options<kind, on>::targets>(
        {.name = kind == Object::region ? "REGION" : "DIMM",
         .doc = kind == Object::region ? "region0, 0, lists with commas, or all" : "nmem0, 0, its identifier, or all",
         .required = true}),
    option<&Options<kind, on>::buses>(
        {.name = "bus", .letter = 'b', .metavar = "BUS", .doc = "Only below these buses"}),
};

constexpr std::array enable_region_examples{Example{"pmem region enable region0", "with all namespaces in it"}};
constexpr std::array disable_region_examples{
    Example{"pmem region disable region0", "refused when one namespace is in use, before any is touched"}};
constexpr std::array enable_dimm_examples{Example{"pmem dimm enable nmem0", "its driver takes it"}};
constexpr std::array disable_dimm_examples{Example{"pmem dimm disable nmem0", "its regions must be disabled"}};

struct InitOptions {
  std::vector<std::string> targets, buses;
  std::string label_version = "1.2";
  bool force = false, no_backup = false;
  [[nodiscard]] static Effect effect() { return Effect::changes_state; }
};
constexpr std::array init_arguments{
    positional<&InitOptions::targets>({.name = "REGION", .doc = "region0, 0, or all", .required = true}),
    option<&InitOptions::buses>({.name = "bus", .letter = 'b', .metavar = "BUS", .doc = "Only below these buses"}),
    option<&InitOptions::force>({.name = "force", .letter = 'f', .doc = "Also when namespaces would be lost"}),
    option<&InitOptions::label_version>({.name = "label-version",
                                         .letter = 'V',
                                         .metavar = "VERSION",
                                         .doc = "Version of the labels: 1.1 or 1.2",
                                         .default_text = "1.2",
                                         .complete = Complete::choice,
                                         .choices = label_versions}),
    option<&InitOptions::no_backup>({.name = "no-backup", .doc = "Do not keep what the labels are now"}),
};
constexpr std::array init_examples{
    Example{"pmem init region0", "once for a new DIMM: then namespaces of any size can be made"},
    Example{"pmem init all --yes", "every region that has DIMMs"},
};

// "all" means what can have labels. Named, it is an error.
void leave_regions_without_dimms(Context& context, const PmemTopology& topology, const std::vector<std::string>& words,
                                 std::vector<Outcome>& rows) {
  if (words != std::vector<std::string>{"all"}) return;
  std::erase_if(rows, [&](const Outcome& row) {
    const auto index = index_of(topology, Object::region, row.device);
    if (!index || !topology.regions[*index].mappings.empty()) return false;
    context.messages.note(fmt::format("{} stays: it has no DIMMs that could keep labels", row.device));
    return true;
  });
}

Result<> run_init(const InitOptions& options, Context& context) {
  NVMECTL_ASSIGN(PmemManager * manager, pmem_manager(context));
  PmemScan request;
  request.label_areas = true;
  NVMECTL_ASSIGN(const PmemTopology topology, pmem_scan(context, *manager, request));
  NVMECTL_ASSIGN(std::vector<Outcome> rows,
                 object_rows(topology, Object::region, options.targets, options.buses, "init"));
  leave_regions_without_dimms(context, topology, options.targets, rows);
  std::string details;
  std::size_t pending = 0;
  std::vector<pmem::InitPlan> plans(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    NVMECTL_ASSIGN(const std::size_t index, index_of(topology, Object::region, rows[i].device));
    auto plan = pmem::plan_init(topology, index, options.force);
    if (plan && !options.force)
      if (auto none = pmem::check_hidden_labels(*manager, topology, *plan, context.deadline()); !none)
        plan = fail(std::move(none).error());
    if (!plan) {
      pmem::settle(rows[i], fail(std::move(plan).error()));
      continue;
    }
    plans[i] = std::move(*plan);
    details += fmt::format("  {}, {}\n", rows[i].device, format_iec(topology.regions[index].size_bytes));
    for (const std::size_t ns : plans[i].namespaces)
      details += "  " + describe_namespace(topology, topology.namespaces[ns]) + "\n";
    if (context.options.dry_run) rows[i].result = "planned";
    ++pending;
  }
  if (pending > 0 && !context.options.dry_run)
    NVMECTL_TRY(context.guard_with(Effect::destroys_data, rows.size() == 1 ? rows[0].device : "this machine", details));
  const Deadline deadline = pmem_deadline(context);
  LabelStore store(context, *manager);
  const pmem::SaveLabels save = [&](const PmemDimm& dimm) -> Result<> { return store.save(dimm, deadline); };
  std::size_t at = 0;
  for (Outcome& row : rows) {
    const pmem::InitPlan& plan = plans[at++];
    std::vector<Outcome> one{row};
    pmem::carry_out(one, deadline, [&](Outcome& r) -> Result<> {
      NVMECTL_ASSIGN(const std::size_t index, index_of(topology, Object::region, r.device));
      return pmem::init_region(*manager, topology, index, plan, options.label_version,
                               options.no_backup ? pmem::SaveLabels() : save, deadline);
    });
    row = std::move(one.front());
  }
  return show_outcomes(context, rows, "no region fits: no labels were initialised");
}

}  // namespace

template <Object kind, bool on>
constexpr CommandSpec switch_command(std::string_view name, std::string_view summary,
                                     std::span<const Example> examples) {
  return command<Options<kind, on>, run<kind, on>>({.area = "pmem",
                                                    .name = name,
                                                    .summary = summary,
                                                    .group = Group::pmem,
                                                    .effect = Effect::changes_state,
                                                    .arguments = arguments<kind, on>,
                                                    .examples = examples,
                                                    .output = pmem_outcome_output});
}

constinit const CommandSpec pmem_region_enable_command = switch_command<Object::region, true>(
    "region enable", "Enable regions with all namespaces in them", enable_region_examples);
constinit const CommandSpec pmem_region_disable_command = switch_command<Object::region, false>(
    "region disable", "Disable regions with all namespaces in them; the data stay", disable_region_examples);
constinit const CommandSpec pmem_dimm_enable_command =
    switch_command<Object::dimm, true>("dimm enable", "Enable DIMMs", enable_dimm_examples);
constinit const CommandSpec pmem_dimm_disable_command = switch_command<Object::dimm, false>(
    "dimm disable", "Disable DIMMs that no enabled region uses", disable_dimm_examples);
constinit const CommandSpec pmem_init_command = command<InitOptions, run_init>(
    {.area = "pmem",
     .name = "init",
     .summary = "Initialise the labels of regions' DIMMs in one step: disable, write, enable, verify",
     .description =
         "Refuses when there are namespaces, unless --force is given, and always when one is in use. Every region on "
         "the same DIMMs is disabled for it and enabled again, also when a step fails.\n"
         "The labels as they are now are kept below /var/lib/nvmectl/labels (or NVMECTL_STATE_DIR/labels) first; "
         "nvmectl pmem labels restore brings them back.",
     .group = Group::pmem,
     .effect = Effect::destroys_data,
     .arguments = init_arguments,
     .examples = init_examples,
     .output = pmem_outcome_output});

}  // namespace nvmectl
