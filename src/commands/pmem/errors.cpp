// pmem bad-blocks, clear-errors, injected-errors, check, scrub start|wait.
#include <fmt/format.h>

#include <array>
#include <set>

#include "commands/known.hpp"
#include "commands/pmem/area.hpp"
#include "commands/pmem/dimm_rows.hpp"
#include "commands/pmem/targets.hpp"
#include "core/text.hpp"

namespace nvmectl {
namespace {

using pmem::Object;
using pmem::Outcome;

struct BadRow {
  std::string device, name, kind;
  BadBlocks it;
};
constexpr std::array bad_fields{
    field<&BadRow::device>({.key = "device", .title = "Device", .kind = Kind::string, .show = Show::table}),
    field_of<BadRow, [](const BadRow& b) { return known(printable(b.name)); }>(
        {.key = "name", .title = "Name", .kind = Kind::string, .show = Show::table}),
    field<&BadRow::kind>({.key = "kind",
                          .title = "Kind",
                          .kind = Kind::string,
                          .show = Show::table,
                          .doc = "namespace, or region for blocks that no namespace has"}),
    field_of<BadRow, [](const BadRow& b) { return Value(b.it.offset); }>(
        {.key = "offset", .title = "Offset", .show = Show::table, .doc = "In 512-byte sectors of the device"}),
    field_of<BadRow, [](const BadRow& b) { return Value(b.it.length); }>(
        {.key = "length", .title = "Sectors", .show = Show::table}),
    field_of<BadRow, [](const BadRow& b) { return Value(b.it.offset * 512); }>(
        {.key = "offset_bytes", .title = "At byte", .unit = Unit::none}),
    field_of<BadRow, [](const BadRow& b) { return Value(b.it.length * 512); }>(
        {.key = "length_bytes", .title = "Bytes", .unit = Unit::bytes}),
    field_of<BadRow, [](const BadRow& b) { return Value(pmem_words(b.it.dimms)); }>(
        {.key = "dimms",
         .title = "DIMMs",
         .kind = Kind::list,
         .show = Show::table,
         .doc = "On which they lie; empty when the platform does not tell",
         .element_kind = Kind::string}),
};
constexpr Schema bad_schema{"pmem-bad-block", "Bad blocks", bad_fields};

struct BadOptions : PmemTargetOptions {
  bool regions_too = false;
};
template <class Options>
constexpr std::array targets_argument{inherited<Options, &Options::targets>(
    {.name = "NAMESPACE", .doc = "Name, UUID, device or /dev node; left out: all", .positional = true})};
constexpr auto bad_arguments =
    joined(targets_argument<BadOptions>, pmem_where_arguments<BadOptions>(),
           std::array{option<&BadOptions::regions_too>(
               {.name = "regions", .doc = "Also those of regions, as the kernel knows them"})});
constexpr std::array bad_examples{Example{"pmem bad-blocks", "where reading would fail"}};

Result<> run_bad(const BadOptions& options, Context& context) {
  NVMECTL_ASSIGN(PmemManager * manager, pmem_manager(context));
  NVMECTL_ASSIGN(const PmemTopology topology, pmem_scan(context, *manager));
  PmemTargetOptions all = options;
  if (all.targets.empty()) all.targets = {"all"};
  NVMECTL_ASSIGN(const std::vector<Outcome> rows, namespace_rows(topology, all, "bad blocks"));
  NVMECTL_ASSIGN(const pmem::Selection chosen, pmem::select(topology, options.filter()));
  std::vector<BadRow> found;
  for (const Outcome& row : rows) {
    NVMECTL_ASSIGN(const std::size_t index, index_of(topology, Object::ns, row.device));
    for (const BadBlocks& bad : topology.namespaces[index].bad_blocks)
      found.push_back({row.device, row.name, "namespace", bad});
  }
  for (std::size_t i = 0; options.regions_too && i < topology.regions.size(); ++i)
    for (const BadBlocks& bad : topology.regions[i].bad_blocks)
      if (chosen.regions[i]) found.push_back({topology.regions[i].name, "", "region", bad});
  return context.out.document(to_list(bad_schema, found), topology.not_seen);
}

struct InjectedOptions : PmemTargetOptions {};
constexpr auto injected_arguments = targets_argument<InjectedOptions>;
constexpr std::array injected_examples{Example{"pmem injected-errors vol-a", "what inject-error left"}};

Result<> run_injected(const InjectedOptions& options, Context& context) {
  NVMECTL_ASSIGN(PmemManager * manager, pmem_manager(context));
  NVMECTL_ASSIGN(const PmemTopology topology, pmem_scan(context, *manager));
  PmemTargetOptions all = options;
  if (all.targets.empty()) all.targets = {"all"};
  NVMECTL_ASSIGN(const std::vector<Outcome> rows, namespace_rows(topology, all, "injected errors"));
  std::vector<BadRow> found;
  for (const Outcome& row : rows) {
    NVMECTL_ASSIGN(const auto injected, manager->injected_errors(row.device, context.deadline()));
    for (const BadBlocks& bad : injected) found.push_back({row.device, row.name, "namespace", bad});
  }
  return context.out.document(to_list(bad_schema, found));
}

struct ClearOptions : PmemTargetOptions {
  bool scrub = false;
  [[nodiscard]] static Effect effect() { return Effect::changes_state; }
};
constexpr std::array needed_targets{inherited<ClearOptions, &ClearOptions::targets>(
    {.name = "NAMESPACE", .doc = "Name, UUID, device or /dev node, or all", .required = true, .positional = true})};
constexpr auto clear_arguments =
    joined(needed_targets, pmem_where_arguments<ClearOptions>(),
           std::array{option<&ClearOptions::scrub>(
               {.name = "scrub", .letter = 's', .doc = "Look for bad blocks first, once on each bus"})});
constexpr std::array clear_examples{Example{"pmem clear-errors vol-a", "the data of those blocks are lost"}};

// The buses above the rows, each once; what is there afterwards.
Result<PmemTopology> scrubbed(Context& context, PmemManager& manager, const PmemTopology& topology,
                              const std::vector<Outcome>& rows) {
  std::set<std::string> buses;
  for (const Outcome& row : rows) {
    NVMECTL_ASSIGN(const std::size_t index, index_of(topology, Object::ns, row.device));
    buses.insert(topology.buses[topology.regions[topology.namespaces[index].region].bus].name);
  }
  const Deadline deadline = pmem_deadline(context, std::chrono::hours(24));
  for (const std::string& bus : buses) {
    NVMECTL_TRY(manager.start_scrub(bus, deadline));
    NVMECTL_TRY(manager.wait_scrub(bus, deadline));
  }
  return pmem_scan(context, manager);
}

Result<> run_clear(const ClearOptions& options, Context& context) {
  NVMECTL_ASSIGN(PmemManager * manager, pmem_manager(context));
  NVMECTL_ASSIGN(PmemTopology topology, pmem_scan(context, *manager));
  NVMECTL_ASSIGN(std::vector<Outcome> rows, namespace_rows(topology, options, "clear errors"));
  if (options.scrub && !context.options.dry_run) {
    NVMECTL_ASSIGN(topology, scrubbed(context, *manager, topology, rows));
  }
  for (Outcome& row : rows) {
    NVMECTL_ASSIGN(const std::size_t index, index_of(topology, Object::ns, row.device));
    const PmemNamespace& ns = topology.namespaces[index];
    if (ns.mode == PmemMode::sector)
      pmem::settle(row,
                   fail(make_error(ErrorKind::unsupported, fmt::format("the errors of {} cannot be cleared", ns.device),
                                   "writing to a sector moves it to a good block")
                            .with_cause("sector mode has a map between sectors and blocks")));
    else if (ns.bad_blocks.empty() && ns.enabled) row.result = "unchanged";
  }
  NVMECTL_TRY(confirm_outcomes(context, topology, Effect::changes_state, rows));
  const Deadline deadline = pmem_deadline(context);
  pmem::carry_out(rows, deadline, [&](Outcome& row) -> Result<> {
    NVMECTL_ASSIGN(const std::uint64_t sectors, manager->clear_errors(row.device, deadline));
    row.detail = fmt::format("{} sectors", sectors);
    return {};
  });
  return show_outcomes(context, rows, "no namespace fits: nothing was cleared");
}

struct FindingRow {
  std::string device;
  PmemFinding it;
};
constexpr std::array finding_fields{
    field<&FindingRow::device>({.key = "device", .title = "Device", .kind = Kind::string, .show = Show::table}),
    field_of<FindingRow, [](const FindingRow& f) { return Value(f.it.ok); }>(
        {.key = "ok", .title = "OK", .kind = Kind::boolean, .show = Show::table}),
    field_of<FindingRow, [](const FindingRow& f) { return Value(printable(f.it.text)); }>(
        {.key = "text", .title = "Found", .kind = Kind::string, .show = Show::table}),
};
constexpr Schema finding_schema{"pmem-check", "Findings", finding_fields};

struct CheckOptions {
  std::string target;
  bool repair = false;
  [[nodiscard]] static Effect effect() { return Effect::changes_state; }
};
constexpr std::array check_arguments{
    positional<&CheckOptions::target>({.name = "NAMESPACE", .doc = "One in sector mode", .required = true}),
    option<&CheckOptions::repair>(
        {.name = "repair",
         .letter = 'R',
         .doc = "Restore a damaged info block from its copy, and write the log of an old kernel anew"}),
};
constexpr std::array check_examples{Example{"pmem check vol-c", "info blocks, map and log of a sector namespace"}};

Result<> run_check(const CheckOptions& options, Context& context) {
  NVMECTL_ASSIGN(PmemManager * manager, pmem_manager(context));
  NVMECTL_ASSIGN(const PmemTopology topology, pmem_scan(context, *manager));
  NVMECTL_ASSIGN(const std::size_t index, pmem::find_namespace(topology, options.target));
  const PmemNamespace& ns = topology.namespaces[index];
  // Without its info block it is raw to the kernel.
  if (ns.mode != PmemMode::sector && ns.label_mode != PmemMode::sector)
    return fail(make_error(ErrorKind::unsupported, fmt::format("{} has nothing to check", ns.device),
                           "only sector mode keeps a map and a log")
                    .with_cause(fmt::format("its mode is {}", to_string(ns.mode)))
                    .on(ns.device));
  if (auto used = pmem::in_use(ns)) return fail(std::move(*used));
  if (options.repair && context.options.dry_run) context.messages.note("a dry run repairs nothing");
  NVMECTL_ASSIGN(const auto findings, manager->check_namespace(ns.device, options.repair && !context.options.dry_run,
                                                               pmem_deadline(context)));
  std::vector<FindingRow> rows;
  bool good = true;
  for (const PmemFinding& finding : findings) {
    rows.push_back({ns.device, finding});
    good = good && finding.ok;
  }
  NVMECTL_TRY(context.out.document(to_list(finding_schema, rows)));
  if (good) return {};
  return fail(make_error(ErrorKind::io, fmt::format("{} is damaged", ns.device),
                         options.repair ? "" : "--repair restores an info block from its copy")
                  .on(ns.device));
}

struct ScrubOptions {
  std::vector<std::string> targets;
};
struct ScrubWaitOptions : ScrubOptions {};
constexpr Argument buses_argument{
    .name = "BUS", .doc = "ndbus0, 0, its provider; left out: all that can", .positional = true};
constexpr std::array scrub_arguments{inherited<ScrubOptions, &ScrubOptions::targets>(buses_argument)};
constexpr std::array wait_arguments{inherited<ScrubWaitOptions, &ScrubWaitOptions::targets>(buses_argument)};
constexpr std::array start_examples{Example{"pmem scrub start", "look for bad blocks in the background"}};
constexpr std::array wait_examples{Example{"pmem scrub wait", "until it has ended; then pmem bad-blocks tells"}};

Result<> scrub(const ScrubOptions& options, Context& context, bool start) {
  NVMECTL_ASSIGN(PmemManager * manager, pmem_manager(context));
  NVMECTL_ASSIGN(const PmemTopology topology, pmem_scan(context, *manager));
  std::vector<std::string> words = options.targets;
  // Without names it is about those that can; a named one that cannot is an error.
  if (words.empty())
    for (const PmemBus& bus : topology.buses)
      if (!bus.scrub_state.empty()) words.push_back(bus.name);
  if (words.empty() && !topology.buses.empty())
    return fail(ErrorKind::unsupported, "no bus here can be scrubbed", "virtual machines have no scrubbing");
  NVMECTL_ASSIGN(std::vector<Outcome> rows,
                 object_rows(topology, Object::bus, words, {}, start ? "start scrub" : "wait for scrub"));
  if (context.options.dry_run)
    for (Outcome& row : rows) row.result = "planned";
  const Deadline deadline = pmem_deadline(context, std::chrono::hours(24));
  pmem::carry_out(rows, deadline, [&](Outcome& row) -> Result<> {
    return start ? manager->start_scrub(row.device, deadline) : manager->wait_scrub(row.device, deadline);
  });
  return show_outcomes(context, rows, "there is no bus to scrub");
}
Result<> run_start(const ScrubOptions& options, Context& context) {
  return scrub(options, context, true);
}
Result<> run_wait(const ScrubWaitOptions& options, Context& context) {
  return scrub(options, context, false);
}

}  // namespace

constinit const CommandSpec pmem_bad_blocks_command =
    command<BadOptions, run_bad>({.area = "pmem",
                                  .name = "bad-blocks",
                                  .summary = "List blocks that cannot be read",
                                  .group = Group::pmem,
                                  .arguments = bad_arguments,
                                  .examples = bad_examples,
                                  .output = {.schema = &bad_schema, .list = true}});
constinit const CommandSpec pmem_injected_errors_command =
    command<InjectedOptions, run_injected>({.area = "pmem",
                                            .name = "injected-errors",
                                            .summary = "List errors that inject-error left",
                                            .group = Group::pmem,
                                            .arguments = injected_arguments,
                                            .examples = injected_examples,
                                            .output = {.schema = &bad_schema, .list = true}});
constinit const CommandSpec pmem_clear_errors_command =
    command<ClearOptions, run_clear>({.area = "pmem",
                                      .name = "clear-errors",
                                      .summary = "Clear the bad blocks of namespaces",
                                      .group = Group::pmem,
                                      .effect = Effect::changes_state,
                                      .arguments = clear_arguments,
                                      .examples = clear_examples,
                                      .output = pmem_outcome_output});
constinit const CommandSpec pmem_check_command =
    command<CheckOptions, run_check>({.area = "pmem",
                                      .name = "check",
                                      .summary = "Check a sector namespace, and repair it",
                                      .group = Group::pmem,
                                      .effect = Effect::changes_state,
                                      .arguments = check_arguments,
                                      .examples = check_examples,
                                      .output = {.schema = &finding_schema, .list = true}});
constinit const CommandSpec pmem_scrub_start_command =
    command<ScrubOptions, run_start>({.area = "pmem",
                                      .name = "scrub start",
                                      .summary = "Start looking for bad blocks",
                                      .group = Group::pmem,
                                      .effect = Effect::changes_state,
                                      .arguments = scrub_arguments,
                                      .examples = start_examples,
                                      .output = pmem_outcome_output});
constinit const CommandSpec pmem_scrub_wait_command =
    command<ScrubWaitOptions, run_wait>({.area = "pmem",
                                         .name = "scrub wait",
                                         .summary = "Wait until scrubbing has ended",
                                         .group = Group::pmem,
                                         .long_running = true,
                                         .arguments = wait_arguments,
                                         .examples = wait_examples,
                                         .output = pmem_outcome_output});

}  // namespace nvmectl
