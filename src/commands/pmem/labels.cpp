// pmem labels check|init|zero|backup|restore: the label areas of DIMMs. All writes keep a copy first.
#include "pmem/labels.hpp"

#include <fmt/format.h>

#include <array>

#include "commands/device.hpp"
#include "commands/pmem/area.hpp"
#include "commands/pmem/label_store.hpp"
#include "commands/pmem/targets.hpp"
#include "core/text.hpp"
#include "pmem/change.hpp"

namespace nvmectl {
namespace {

using pmem::Object;
using pmem::Outcome;

struct DimmOptions {
  std::vector<std::string> targets, buses;
};
template <class Options>
constexpr auto dimm_arguments() {
  return std::array{inherited<Options, &Options::targets>({.name = "DIMM",
                                                           .doc = "nmem0, 0, its identifier, lists with commas, or all",
                                                           .required = true,
                                                           .positional = true}),
                    inherited<Options, &Options::buses>(
                        {.name = "bus", .letter = 'b', .metavar = "BUS", .doc = "Only below these buses"})};
}

struct Scene {
  PmemManager* manager;
  PmemTopology topology;
  std::vector<Outcome> rows;
};
Result<Scene> look(Context& context, const DimmOptions& options, const std::string& action) {
  Scene scene;
  NVMECTL_ASSIGN(scene.manager, pmem_manager(context));
  PmemScan request;
  request.label_areas = true;
  NVMECTL_ASSIGN(scene.topology, pmem_scan(context, *scene.manager, request));
  NVMECTL_ASSIGN(scene.rows, object_rows(scene.topology, Object::dimm, options.targets, options.buses, action));
  return scene;
}

// Rows of DIMMs whose labels are in use fail before anybody is asked.
Result<> refuse_active(Scene& scene) {
  for (Outcome& row : scene.rows) {
    NVMECTL_ASSIGN(const std::size_t index, index_of(scene.topology, Object::dimm, row.device));
    if (auto free = pmem::check_labels_free(scene.topology, index); !free) pmem::settle(row, std::move(free));
  }
  return {};
}

using Write = std::function<Result<>(Outcome& row)>;
Result<> write_labels(Context& context, Scene& scene, bool backup, const Deadline& deadline, const Write& write) {
  NVMECTL_TRY(refuse_active(scene));
  NVMECTL_TRY(confirm_outcomes(context, scene.topology, Effect::destroys_data, scene.rows));
  LabelStore store(context, *scene.manager);
  pmem::carry_out(scene.rows, deadline, [&](Outcome& row) -> Result<> {
    NVMECTL_ASSIGN(const std::size_t index, index_of(scene.topology, Object::dimm, row.device));
    if (backup) NVMECTL_TRY(store.save(scene.topology.dimms[index], deadline));
    return write(row);
  });
  return show_outcomes(context, scene.rows, "no DIMM fits: no labels were written");
}

struct CheckOptions : DimmOptions {};
Result<> run_check(const CheckOptions& options, Context& context) {
  NVMECTL_ASSIGN(Scene scene, look(context, options, "check labels"));
  const Deadline deadline = pmem_deadline(context);
  pmem::carry_out(scene.rows, deadline, [&](Outcome& row) -> Result<> {
    NVMECTL_ASSIGN(const std::uint64_t used, pmem::check_labels(*scene.manager, row.device, deadline));
    row.detail = fmt::format("valid, {} label{}", used, used == 1 ? "" : "s");
    return {};
  });
  return show_outcomes(context, scene.rows, "no DIMM fits: no labels were checked");
}

struct WriteOptions : DimmOptions {
  bool no_backup = false;
  [[nodiscard]] static Effect effect() { return Effect::changes_state; }
};
template <class Options>
constexpr auto backup_argument() {
  return std::array{
      inherited<Options, &Options::no_backup>({.name = "no-backup", .doc = "Do not keep what the labels are now"})};
}

struct InitOptions : WriteOptions {
  std::string version = "1.2";
  bool force = false;
};
Result<> run_init(const InitOptions& options, Context& context) {
  NVMECTL_ASSIGN(Scene scene, look(context, options, "init labels"));
  const Deadline deadline = pmem_deadline(context);
  for (Outcome& row : scene.rows) {
    // As ndctl does: labels that are good are not lost by accident.
    const auto used = pmem::check_labels(*scene.manager, row.device, deadline);
    if (used && *used > 0 && !options.force)
      pmem::settle(row, fail(make_error(ErrorKind::busy, fmt::format("{} has {} labels", row.device, *used),
                                        "add --force to lose them")));
  }
  return write_labels(context, scene, !options.no_backup, deadline, [&](Outcome& row) -> Result<> {
    NVMECTL_ASSIGN(const std::uint64_t slots, scene.manager->init_labels(row.device, options.version, deadline));
    row.detail = fmt::format("{} slots, version {}", slots, options.version);
    return {};
  });
}

struct ZeroOptions : WriteOptions {};
Result<> run_zero(const ZeroOptions& options, Context& context) {
  NVMECTL_ASSIGN(Scene scene, look(context, options, "zero labels"));
  const Deadline deadline = pmem_deadline(context);
  return write_labels(context, scene, !options.no_backup, deadline,
                      [&](Outcome& row) -> Result<> { return scene.manager->zero_labels(row.device, deadline); });
}

struct BackupOptions : DimmOptions {
  std::string file;
};
Result<> run_backup(const BackupOptions& options, Context& context) {
  NVMECTL_ASSIGN(Scene scene, look(context, options, "back labels up"));
  if (!options.file.empty() && scene.rows.size() > 1)
    return fail(ErrorKind::usage, "--file holds the labels of one DIMM, and several are named",
                "leave it out: each gets a file of its own");
  const Deadline deadline = pmem_deadline(context);
  LabelStore store(context, *scene.manager);
  pmem::carry_out(scene.rows, deadline, [&](Outcome& row) -> Result<> {
    NVMECTL_ASSIGN(const std::size_t index, index_of(scene.topology, Object::dimm, row.device));
    NVMECTL_ASSIGN(row.detail, store.save_to(scene.topology.dimms[index], options.file, deadline));
    return {};
  });
  return show_outcomes(context, scene.rows, "no DIMM fits: nothing was kept");
}

struct RestoreOptions {
  std::string target, file;
  bool no_backup = false, force = false;
  [[nodiscard]] static Effect effect() { return Effect::changes_state; }
};
Result<> run_restore(const RestoreOptions& options, Context& context) {
  NVMECTL_ASSIGN(const Bytes bytes, read_file(options.file, pmem::most_label_area + 1));
  NVMECTL_ASSIGN(const pmem::LabelArea area, pmem::decode_labels(bytes));
  if (!area.current && !options.force)
    return fail(ErrorKind::usage, fmt::format("{} holds no valid labels", printable(options.file)),
                "nvmectl pmem labels backup makes such files; --force writes it all the same");
  DimmOptions one;
  one.targets = {options.target};
  NVMECTL_ASSIGN(Scene scene, look(context, one, "restore labels"));
  if (scene.rows.size() != 1)
    return fail(ErrorKind::usage, "a file is restored to one DIMM", "name it by nmem0 or its identifier");
  NVMECTL_ASSIGN(const std::size_t index, index_of(scene.topology, Object::dimm, scene.rows[0].device));
  const auto size = scene.topology.dimms[index].label_area_bytes;
  if (size && *size != bytes.size())
    return fail(
        make_error(ErrorKind::usage, fmt::format("{} does not fit {}", printable(options.file), scene.rows[0].device))
            .with_cause(fmt::format("it has {} bytes, the label area {}", bytes.size(), *size))
            .with_hint("is it of another DIMM?"));
  const Deadline deadline = pmem_deadline(context);
  return write_labels(context, scene, !options.no_backup, deadline, [&](Outcome& row) -> Result<> {
    NVMECTL_TRY(scene.manager->write_labels(row.device, bytes, deadline));
    row.detail = fmt::format("{} labels; nvmectl pmem region enable makes them count", area.labels.size());
    return {};
  });
}

constexpr auto check_arguments = dimm_arguments<CheckOptions>();
constexpr auto init_arguments = joined(
    dimm_arguments<InitOptions>(), backup_argument<InitOptions>(),
    std::array{option<&InitOptions::version>({.name = "label-version",
                                              .letter = 'V',
                                              .metavar = "VERSION",
                                              .doc = "Version of the labels: 1.1 or 1.2",
                                              .default_text = "1.2",
                                              .complete = Complete::choice,
                                              .choices = label_versions}),
               option<&InitOptions::force>({.name = "force", .letter = 'f', .doc = "Also when there are labels"})});
constexpr auto zero_arguments = joined(dimm_arguments<ZeroOptions>(), backup_argument<ZeroOptions>());
constexpr auto backup_arguments =
    joined(dimm_arguments<BackupOptions>(),
           std::array{option<&BackupOptions::file>({.name = "file",
                                                    .metavar = "FILE",
                                                    .doc = "Where to, for one DIMM",
                                                    .default_text = "a new file below /var/lib/nvmectl/labels",
                                                    .complete = Complete::file})});
constexpr std::array restore_arguments{
    positional<&RestoreOptions::target>({.name = "DIMM", .doc = "nmem0, 0 or its identifier", .required = true}),
    positional<&RestoreOptions::file>(
        {.name = "FILE", .doc = "What backup kept", .complete = Complete::file, .required = true}),
    option<&RestoreOptions::no_backup>({.name = "no-backup", .doc = "Do not keep what the labels are now"}),
    option<&RestoreOptions::force>({.name = "force", .letter = 'f', .doc = "Also a file without valid labels"}),
};

constexpr std::array check_examples{Example{"pmem labels check all", "are the index blocks and labels right?"}};
constexpr std::array init_examples{Example{"pmem labels init nmem0", "its regions must be disabled; see pmem init"}};
constexpr std::array zero_examples{Example{"pmem labels zero nmem0", "as if it had never had labels"}};
constexpr std::array backup_examples{Example{"pmem labels backup all", "a file for each DIMM"}};
constexpr std::array restore_examples{
    Example{"pmem labels restore nmem0 nmem0.labels", "brings the namespaces back, with their data"}};

}  // namespace

constinit const CommandSpec pmem_labels_check_command =
    command<CheckOptions, run_check>({.area = "pmem",
                                      .name = "labels check",
                                      .summary = "Check the label areas of DIMMs",
                                      .group = Group::pmem,
                                      .arguments = check_arguments,
                                      .examples = check_examples,
                                      .output = pmem_outcome_output});
constinit const CommandSpec pmem_labels_init_command =
    command<InitOptions, run_init>({.area = "pmem",
                                    .name = "labels init",
                                    .summary = "Write empty labels to DIMMs whose regions are disabled",
                                    .group = Group::pmem,
                                    .effect = Effect::destroys_data,
                                    .arguments = init_arguments,
                                    .examples = init_examples,
                                    .output = pmem_outcome_output});
constinit const CommandSpec pmem_labels_zero_command =
    command<ZeroOptions, run_zero>({.area = "pmem",
                                    .name = "labels zero",
                                    .summary = "Overwrite the label areas of DIMMs with zeros",
                                    .group = Group::pmem,
                                    .effect = Effect::destroys_data,
                                    .arguments = zero_arguments,
                                    .examples = zero_examples,
                                    .output = pmem_outcome_output});
constinit const CommandSpec pmem_labels_backup_command =
    command<BackupOptions, run_backup>({.area = "pmem",
                                        .name = "labels backup",
                                        .summary = "Keep the label areas of DIMMs in files",
                                        .group = Group::pmem,
                                        .arguments = backup_arguments,
                                        .examples = backup_examples,
                                        .output = pmem_outcome_output});
constinit const CommandSpec pmem_labels_restore_command =
    command<RestoreOptions, run_restore>({.area = "pmem",
                                          .name = "labels restore",
                                          .summary = "Write labels that were kept back to a DIMM",
                                          .group = Group::pmem,
                                          .effect = Effect::destroys_data,
                                          .arguments = restore_arguments,
                                          .examples = restore_examples,
                                          .output = pmem_outcome_output});

}  // namespace nvmectl
