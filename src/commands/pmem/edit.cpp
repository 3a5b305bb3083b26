// pmem rename, resize, reconfigure.
#include <fmt/format.h>

#include <array>

#include "commands/pmem/area.hpp"
#include "commands/pmem/rows.hpp"
#include "commands/pmem/session.hpp"
#include "commands/pmem/targets.hpp"
#include "commands/pmem/wish.hpp"
#include "core/text.hpp"
#include "pmem/change.hpp"

namespace nvmectl {
namespace {

using pmem::Object;
using pmem::Outcome;

constexpr Argument namespace_argument{.name = "NAMESPACE", .doc = "Name, UUID, device or /dev node", .required = true};

struct RenameOptions {
  std::string target, name;
  bool allow_duplicate_name = false;
  [[nodiscard]] static Effect effect() { return Effect::changes_state; }
};
constexpr std::array rename_arguments{
    positional<&RenameOptions::target>(namespace_argument),
    positional<&RenameOptions::name>({.name = "NAME", .doc = "The new name; \"\" takes it away", .required = true}),
    option<&RenameOptions::allow_duplicate_name>(
        {.name = "allow-duplicate-name", .doc = "Also when another namespace has it"}),
};
constexpr std::array rename_examples{Example{"pmem rename namespace0.0 vol-a", "the data stay"}};

Result<> run_rename(const RenameOptions& options, Context& context) {
  NVMECTL_ASSIGN(PmemManager * manager, pmem_manager(context));
  NVMECTL_ASSIGN(const PmemTopology topology, pmem_scan(context, *manager));
  NVMECTL_ASSIGN(const std::size_t index, pmem::find_namespace(topology, options.target));
  std::vector<Outcome> rows{pmem::outcome_for(topology, Object::ns, index, "rename")};
  auto differs = pmem::check_rename(topology, index, options.name, options.allow_duplicate_name);
  if (!differs) pmem::settle(rows[0], fail(std::move(differs).error()));
  else if (!*differs) rows[0].result = "unchanged";
  else if (context.options.dry_run) rows[0].result = "planned";
  pmem::carry_out(rows, pmem_deadline(context), [&](Outcome& row) -> Result<> {
    NVMECTL_TRY(
        pmem::rename(*manager, topology, index, options.name, options.allow_duplicate_name, pmem_deadline(context)));
    row.detail = fmt::format("was '{}'", printable(row.name));
    row.name = options.name;
    return {};
  });
  return show_outcomes(context, rows);
}

struct ResizeOptions : PmemSizeOptions {
  std::string target;
  [[nodiscard]] static Effect effect() { return Effect::changes_state; }
};
constexpr auto resize_arguments =
    joined(std::array{positional<&ResizeOptions::target>(namespace_argument)}, pmem_size_arguments<ResizeOptions>());
constexpr std::array resize_examples{Example{"pmem resize vol-d --size 2G", "a raw namespace grows; its data stay"}};

Result<> run_resize(const ResizeOptions& options, Context& context) {
  if (!options.size) return fail(ErrorKind::usage, "resize: --size is missing", "--size 2G, for example");
  NVMECTL_ASSIGN(const pmem::SizePolicy policy, pmem::parse_size_policy(options.size_policy));
  NVMECTL_ASSIGN(PmemManager * manager, pmem_manager(context));
  NVMECTL_ASSIGN(const PmemTopology topology, pmem_scan(context, *manager));
  NVMECTL_ASSIGN(const std::size_t index, pmem::find_namespace(topology, options.target));
  NVMECTL_ASSIGN(const std::uint64_t bytes, pmem::check_resize(topology, index, {options.size->bytes, false, policy}));
  std::vector<Outcome> rows{pmem::outcome_for(topology, Object::ns, index, "resize")};
  const std::uint64_t before = topology.namespaces[index].reserved_bytes;
  rows[0].bytes = bytes;
  rows[0].detail = fmt::format("was {}", format_iec(before));
  if (bytes == before) rows[0].result = "unchanged";
  // What lies beyond the new end is lost.
  NVMECTL_TRY(
      confirm_outcomes(context, topology, bytes < before ? Effect::destroys_data : Effect::changes_state, rows));
  const Deadline deadline = pmem_deadline(context);
  pmem::carry_out(rows, deadline, [&](Outcome& row) -> Result<> {
    return pmem::if_same(*manager, topology.namespaces[index], deadline,
                         [&](const PmemTopology&) { return manager->resize(row.device, bytes, deadline); });
  });
  return show_outcomes(context, rows);
}

struct ReconfigureOptions : PmemShapeOptions {
  std::string target, name, uuid;
  [[nodiscard]] static Effect effect() { return Effect::changes_state; }
};
constexpr auto reconfigure_arguments = joined(
    std::array{
        positional<&ReconfigureOptions::target>(namespace_argument),
        filled_option<&ReconfigureOptions::name>(
            {.name = "name", .letter = 'n', .metavar = "NAME", .doc = "A new name too; left out: it keeps its own"}),
        filled_option<&ReconfigureOptions::uuid>(
            {.name = "uuid", .letter = 'u', .metavar = "UUID", .doc = "A new UUID of the label too"})},
    pmem_shape_arguments<ReconfigureOptions>());
constexpr std::array reconfigure_examples{
    Example{"pmem reconfigure vol-a -m devdax", "another mode, the same range; the data are lost"},
    Example{"pmem reconfigure namespace1.0 -m fsdax --yes", "the namespace that a region without labels is"},
};

// What it would be by then; the devices' names and UUIDs come with being made.
PmemTopology reconfigured(PmemTopology topology, std::size_t index, const pmem::CreateWish& wish,
                          const PmemNamespaceSpec& spec) {
  PmemNamespace planned = topology.namespaces[index];
  const bool pages = wish.mode == PmemMode::fsdax || wish.mode == PmemMode::devdax;
  planned.name = spec.name;
  planned.label_uuid = topology.regions[planned.region].labelled ? spec.label_uuid : std::string();
  planned.mode = spec.mode;
  planned.usable_bytes = pmem::usable_bytes(planned.reserved_bytes, wish.shape());
  planned.map = pages ? std::optional(spec.map) : std::nullopt;
  planned.align_bytes = pages ? std::optional(spec.align_bytes) : std::nullopt;
  planned.sector_bytes = spec.sector_bytes != 0 ? std::optional(spec.sector_bytes) : std::nullopt;
  for (std::string* name : {&planned.uuid, &planned.block_device, &planned.character_device}) name->clear();
  topology.namespaces[index] = std::move(planned);
  return topology;
}

Result<> run_reconfigure(const ReconfigureOptions& options, Context& context) {
  NVMECTL_ASSIGN(pmem::CreateWish wish, wish_of(options));
  wish.name = options.name;
  wish.label_uuid = options.uuid;
  NVMECTL_ASSIGN(PmemManager * manager, pmem_manager(context));
  NVMECTL_ASSIGN(const PmemTopology topology, pmem_scan(context, *manager));
  NVMECTL_ASSIGN(const std::size_t index, pmem::find_namespace(topology, options.target));
  NVMECTL_ASSIGN(const PmemNamespaceSpec spec, pmem::check_reconfigure(topology, index, wish));
  std::vector<Outcome> rows{pmem::outcome_for(topology, Object::ns, index, "reconfigure")};
  NVMECTL_TRY(confirm_outcomes(context, topology, Effect::destroys_data, rows));
  if (context.options.dry_run)
    return context.out.document(pmem_created_record(reconfigured(topology, index, wish, spec), index, {"planned"}));
  const Deadline deadline = pmem_deadline(context);
  std::string made;
  auto done = pmem::if_same(*manager, topology.namespaces[index], deadline, [&](const PmemTopology&) -> Result<> {
    NVMECTL_ASSIGN(made, manager->reconfigure(rows[0].device, spec, deadline));
    return {};
  });
  if (!done) return fail(std::move(done).error().on(rows[0].device).during("reconfigure"));
  NVMECTL_ASSIGN(const PmemTopology after, pmem_scan(context, *manager, pmem_afterwards()));
  NVMECTL_ASSIGN(const std::size_t now, index_of(after, Object::ns, made));
  if (after.namespaces[now].usable_bytes.value_or(0) == 0)
    return fail(make_error(ErrorKind::no_space, fmt::format("{} offers no usable byte now", made),
                           "choose another mode, or a smaller --align")
                    .on(made));
  return context.out.document(pmem_created_record(after, now, {"reconfigured"}));
}

}  // namespace

constinit const CommandSpec pmem_rename_command =
    command<RenameOptions, run_rename>({.area = "pmem",
                                        .name = "rename",
                                        .summary = "Give a namespace another name; its data stay",
                                        .description = "It is disabled for a moment, so it must not be in use.",
                                        .group = Group::pmem,
                                        .effect = Effect::changes_state,
                                        .arguments = rename_arguments,
                                        .examples = rename_examples,
                                        .output = pmem_outcome_output});
constinit const CommandSpec pmem_resize_command = command<ResizeOptions, run_resize>(
    {.area = "pmem",
     .name = "resize",
     .summary = "Resize a raw namespace; what remains keeps its data",
     .description = "Other modes keep their size in an info block and cannot be resized.",
     .group = Group::pmem,
     .effect = Effect::destroys_data,
     .arguments = resize_arguments,
     .examples = resize_examples,
     .output = pmem_outcome_output});
constinit const CommandSpec pmem_reconfigure_command = command<ReconfigureOptions, run_reconfigure>(
    {.area = "pmem",
     .name = "reconfigure",
     .summary = "Give a namespace another mode; its data are lost",
     .description = "Also for the one namespace of a region without labels, which cannot be destroyed.",
     .group = Group::pmem,
     .effect = Effect::destroys_data,
     .arguments = reconfigure_arguments,
     .examples = reconfigure_examples,
     .output = {.schema = &pmem_created_schema}});

}  // namespace nvmectl
