// pmem destroy, enable, disable.
#include <fmt/format.h>

#include <array>

#include "commands/pmem/area.hpp"
#include "commands/pmem/targets.hpp"
#include "pmem/change.hpp"

namespace nvmectl {
namespace {

using pmem::Object;
using pmem::Outcome;

constexpr std::array<std::string_view, 3> erasures{"none", "head", "full"};

template <class Options>
constexpr auto target_arguments() {
  return joined(std::array{inherited<Options, &Options::targets>(
                    {.name = "NAMESPACE",
                     .doc = "Name, UUID, device or /dev node; lists with commas, patterns, or all",
                     .required = true,
                     .positional = true})},
                pmem_where_arguments<Options>());
}

// Rows that cannot be done are failed before anybody is asked.
void refuse(const PmemTopology& topology, std::vector<Outcome>& rows,
            Result<> (*check)(const PmemTopology& topology, std::size_t ns)) {
  for (Outcome& row : rows) {
    const auto index = index_of(topology, Object::ns, row.device);
    if (!row.result.empty() || !index) continue;
    if (auto good = check(topology, *index); !good) pmem::settle(row, std::move(good));
  }
}

Result<> check_idle(const PmemTopology& topology, std::size_t ns) {
  if (auto used = pmem::in_use(topology.namespaces[ns])) return fail(std::move(*used));
  return {};
}

// "all" means what can be destroyed: the one namespace of a region without labels cannot. Named, it is an error.
void leave_whole_regions(Context& context, const PmemTopology& topology, const std::vector<std::string>& words,
                         std::vector<Outcome>& rows) {
  if (words != std::vector<std::string>{"all"}) return;
  std::erase_if(rows, [&](const Outcome& row) {
    const auto index = index_of(topology, Object::ns, row.device);
    if (!index || topology.regions[topology.namespaces[*index].region].labelled) return false;
    context.messages.note(fmt::format("{} stays: its region has no labels", row.device));
    return true;
  });
}

struct DestroyOptions : PmemTargetOptions {
  bool if_exists = false;
  std::string erase = "none";
  [[nodiscard]] static Effect effect() { return Effect::changes_state; }  // asks by itself
};
constexpr std::array destroy_own{
    option<&DestroyOptions::if_exists>({.name = "if-exists", .doc = "One that is not there is success"}),
    option<&DestroyOptions::erase>({.name = "erase",
                                    .metavar = "HOW",
                                    .doc = "Overwrite its data before: none, head (the first and last MiB) or full",
                                    .default_text = "none",
                                    .complete = Complete::choice,
                                    .choices = erasures}),
};
constexpr auto destroy_arguments = joined(target_arguments<DestroyOptions>(), destroy_own);
constexpr std::array destroy_examples{
    Example{"pmem destroy vol-a", "shows what it is and asks"},
    Example{"pmem destroy vol-a --if-exists --erase full --yes", "for an orchestrator: gone afterwards, and its data"},
    Example{"pmem destroy all -r region0 --dry-run", "what would go"},
};

PmemErase erase_of(const std::string& text) {
  return text == "full" ? PmemErase::full : text == "head" ? PmemErase::head : PmemErase::none;
}

Result<> run_destroy(const DestroyOptions& options, Context& context) {
  NVMECTL_ASSIGN(PmemManager * manager, pmem_manager(context));
  NVMECTL_ASSIGN(const PmemTopology topology, pmem_scan(context, *manager));
  NVMECTL_ASSIGN(std::vector<Outcome> rows, namespace_rows(topology, options, "destroy", options.if_exists));
  leave_whole_regions(context, topology, options.targets, rows);
  // "all" of nothing is gone as well.
  if (rows.empty() && options.if_exists) return context.out.document(to_list(pmem_outcome_schema, rows));
  refuse(topology, rows, pmem::check_destroy);
  NVMECTL_TRY(confirm_outcomes(context, topology, Effect::destroys_data, rows));
  // Erasing everything takes as long as the memory is slow.
  const PmemErase erase = erase_of(options.erase);
  const Deadline deadline =
      pmem_deadline(context, erase == PmemErase::full ? std::chrono::hours(24) : std::chrono::seconds(60));
  pmem::carry_out(rows, deadline, [&](Outcome& row) -> Result<> {
    NVMECTL_ASSIGN(const std::size_t index, index_of(topology, Object::ns, row.device));
    NVMECTL_TRY(
        pmem::destroy(*manager, topology, index, erase, pmem_progress(context, "erase " + row.device), deadline));
    if (erase != PmemErase::none) row.detail = fmt::format("erased: {}", options.erase);
    return {};
  });
  return show_outcomes(context, rows, "no namespace fits what was asked for: nothing was destroyed");
}

template <bool on>
struct SwitchOptions : PmemTargetOptions {
  [[nodiscard]] static Effect effect() { return Effect::changes_state; }
};
using EnableOptions = SwitchOptions<true>;
using DisableOptions = SwitchOptions<false>;

Result<> switch_namespaces(const PmemTargetOptions& options, Context& context, bool on) {
  NVMECTL_ASSIGN(PmemManager * manager, pmem_manager(context));
  NVMECTL_ASSIGN(const PmemTopology topology, pmem_scan(context, *manager));
  NVMECTL_ASSIGN(std::vector<Outcome> rows, namespace_rows(topology, options, on ? "enable" : "disable"));
  if (!on) refuse(topology, rows, check_idle);
  for (Outcome& row : rows) {
    NVMECTL_ASSIGN(const std::size_t index, index_of(topology, Object::ns, row.device));
    if (!row.failed() && topology.namespaces[index].enabled == on) row.result = "unchanged";
  }
  NVMECTL_TRY(confirm_outcomes(context, topology, Effect::changes_state, rows));
  const Deadline deadline = pmem_deadline(context);
  pmem::carry_out(rows, deadline, [&](Outcome& row) -> Result<> {
    NVMECTL_ASSIGN(const std::size_t index, index_of(topology, Object::ns, row.device));
    NVMECTL_TRY(pmem::set_enabled(*manager, topology, index, on, deadline));
    return {};
  });
  return show_outcomes(context, rows, fmt::format("no namespace fits: nothing was {}abled", on ? "en" : "dis"));
}

Result<> run_enable(const EnableOptions& options, Context& context) {
  return switch_namespaces(options, context, true);
}
Result<> run_disable(const DisableOptions& options, Context& context) {
  return switch_namespaces(options, context, false);
}
constexpr auto enable_arguments = target_arguments<EnableOptions>();
constexpr auto disable_arguments = target_arguments<DisableOptions>();
constexpr std::array enable_examples{Example{"pmem enable vol-a", "its device appears"}};
constexpr std::array disable_examples{Example{"pmem disable vol-a", "its device goes, the data stay"}};

}  // namespace

constinit const CommandSpec pmem_destroy_command = command<DestroyOptions, run_destroy>(
    {.area = "pmem",
     .name = "destroy",
     .summary = "Destroy namespaces",
     .description =
         "Shows name, size, mode and users of what would go, and asks. What is in use (mounted, swap, held by LVM, dm "
         "or md, an open /dev/dax, system RAM) is refused with its users; the others go, and the exit code is 6.\n"
         "Destroying alone leaves the data where they were: a later namespace on the same range shows them again. "
         "--erase overwrites them before.",
     .group = Group::pmem,
     .effect = Effect::destroys_data,
     .arguments = destroy_arguments,
     .examples = destroy_examples,
     .output = pmem_outcome_output});
constinit const CommandSpec pmem_enable_command = command<EnableOptions, run_enable>({.area = "pmem",
                                                                                      .name = "enable",
                                                                                      .summary = "Enable namespaces",
                                                                                      .group = Group::pmem,
                                                                                      .effect = Effect::changes_state,
                                                                                      .arguments = enable_arguments,
                                                                                      .examples = enable_examples,
                                                                                      .output = pmem_outcome_output});
constinit const CommandSpec pmem_disable_command =
    command<DisableOptions, run_disable>({.area = "pmem",
                                          .name = "disable",
                                          .summary = "Disable namespaces; their data stay",
                                          .group = Group::pmem,
                                          .effect = Effect::changes_state,
                                          .arguments = disable_arguments,
                                          .examples = disable_examples,
                                          .output = pmem_outcome_output});

}  // namespace nvmectl
