// pmem apply, pmem snapshot-config: persistent memory as a file says.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "commands/pmem/area.hpp"
#include "commands/pmem/config.hpp"
#include "commands/pmem/file_system.hpp"
#include "commands/pmem/label_store.hpp"
#include "commands/pmem/session.hpp"
#include "commands/pmem/spec_file.hpp"
#include "commands/pmem/targets.hpp"
#include "core/text.hpp"
#include "pmem/capacity.hpp"
#include "pmem/change.hpp"

namespace nvmectl {
namespace {

using pmem::Object;
using pmem::Outcome;

struct Options {
  std::string file;
  bool prune = false;
  [[nodiscard]] static Effect effect() { return Effect::changes_state; }  // asks by itself
};
constexpr std::array arguments{
    positional<&Options::file>(
        {.name = "FILE", .doc = "The wanted state; - is standard input", .complete = Complete::file, .required = true}),
    option<&Options::prune>({.name = "prune", .doc = "Destroy namespaces that are not in FILE"}),
};
constexpr std::array examples{
    Example{"pmem apply memory.json --dry-run", "what would be done"},
    Example{"pmem apply memory.json --prune --yes", "exactly what the file says, for a configuration system"},
};

class Application {
 public:
  Application(Context& context, PmemManager& manager, PmemConfig config)
      : context_(context), manager_(manager), runner_(context.environment), config_(std::move(config)) {}

  Result<std::vector<Outcome>> run(bool prune) {
    NVMECTL_ASSIGN(topology_, pmem_scan(context_, manager_));
    planned_ = topology_;
    NVMECTL_TRY(plan_regions());
    if (prune) plan_prune();
    for (const PmemWanted& wanted : config_.namespaces) plan_namespace(wanted);
    NVMECTL_TRY(ask());
    if (!context_.options.dry_run) carry_out();
    std::vector<Outcome> rows;
    for (Job& job : jobs_) rows.push_back(std::move(job.row));
    return rows;
  }

 private:
  struct Job {
    Outcome row;
    bool destroys = false;
    std::function<Result<>(Outcome&, const Deadline&)> act = {};
  };

  Result<> plan_regions() {
    for (const std::string& name : config_.init_regions) {
      NVMECTL_ASSIGN(const std::size_t index, pmem::find_region(topology_, name));
      Job job{pmem::outcome_for(topology_, Object::region, index, "init"), true, {}};
      auto plan = pmem::plan_init(topology_, index, false);
      if (topology_.regions[index].labelled) {
        job.row.result = "unchanged";
      } else if (!plan) {
        pmem::settle(job.row, fail(std::move(plan).error()));
      } else {
        empty_region(index);
        job.act = [this, index, plan = *plan](Outcome&, const Deadline& deadline) {
          LabelStore store(context_, manager_);
          const auto save = [&](const PmemDimm& dimm) { return store.save(dimm, deadline); };
          return pmem::init_region(manager_, topology_, index, plan, "1.2", save, deadline);
        };
      }
      jobs_.push_back(std::move(job));
    }
    return {};
  }

  // Before anything is made, since it makes room.
  void plan_prune() {
    std::set<std::string> wanted;
    for (const PmemWanted& options : config_.namespaces) wanted.insert(options.name);
    for (std::size_t i = 0; i < topology_.namespaces.size(); ++i) {
      const PmemNamespace& ns = topology_.namespaces[i];
      if (wanted.contains(ns.name) || !topology_.regions[ns.region].labelled) continue;
      Job job{pmem::outcome_for(topology_, Object::ns, i, "destroy"), true, {}};
      if (auto good = pmem::check_destroy(topology_, i); !good) pmem::settle(job.row, std::move(good));
      else give_room(ns);
      job.act = [this, i](Outcome&, const Deadline& deadline) {
        return pmem::destroy(manager_, topology_, i, PmemErase::none, {}, deadline);
      };
      jobs_.push_back(std::move(job));
    }
  }

  // What regions and namespaces would be by then, for a dry run.
  void empty_region(std::size_t index) {
    PmemRegion& region = planned_.regions[index];
    std::erase_if(planned_.namespaces, [&](const PmemNamespace& ns) { return ns.region == index; });
    region.labelled = region.enabled = true;
    region.available_bytes = region.max_extent_bytes = region.size_bytes;
  }
  void give_room(const PmemNamespace& gone) {
    PmemRegion& region = planned_.regions[gone.region];
    std::erase_if(planned_.namespaces, [&](const PmemNamespace& ns) { return ns.device == gone.device; });
    region.available_bytes += gone.reserved_bytes;
    region.max_extent_bytes = std::max(region.max_extent_bytes, gone.reserved_bytes);
    if (const auto holes = pmem::free_extents(planned_, gone.region))
      for (const pmem::Extent& hole : *holes) region.max_extent_bytes = std::max(region.max_extent_bytes, hole.length);
  }
  Result<> plan_room(Outcome& row, const pmem::CreateWish& wish) {
    NVMECTL_TRY(pmem::check_hidden_name(manager_, planned_, wish.name, context_.deadline()));
    NVMECTL_TRY(pmem::check_label_uuid(planned_, wish.label_uuid));
    NVMECTL_ASSIGN(const pmem::Plan plan, pmem::plan_create(planned_, wish));
    if (!plan.feasible()) return fail(pmem::refusal_of(planned_, plan, wish));
    const PmemNamespace ns = planned_namespace(planned_, plan, wish);
    row.bytes = ns.reserved_bytes;
    take_room(planned_, ns);
    return {};
  }

  void plan_namespace(const PmemWanted& wanted) {
    Job job{{"create",
             "namespace",
             "",
             wanted.name,
             "",
             wanted.size ? std::optional(wanted.size->bytes) : std::nullopt,
             "",
             {}},
            false,
            {}};
    const auto options = checked_options(wanted);  // it was good when the file was read
    const auto there = options ? pmem::existing(topology_, *options) : fail(options.error());
    if (!there) {
      pmem::settle(job.row, fail(there.error()));
    } else if (*there) {
      const PmemNamespace& ns = topology_.namespaces[**there];
      job.row.device = ns.device;
      job.row.bytes = ns.reserved_bytes;
      const auto good = as_wanted(**there, wanted);
      if (!good) pmem::settle(job.row, fail(good.error()));
      else if (*good && ns.enabled && !pmem::half_made(ns)) job.row.result = "unchanged";
    } else if (context_.options.dry_run) {
      if (auto room = plan_room(job.row, options->wish); !room) pmem::settle(job.row, std::move(room));
    }
    if (options)
      job.act = [this, wanted, create = *options](Outcome& row, const Deadline& deadline) {
        return make(row, wanted, create, deadline);
      };
    jobs_.push_back(std::move(job));
  }

  // False also for what cannot be told, since it may come with the namespace's being enabled.
  Result<bool> as_wanted(std::size_t index, const PmemWanted& wanted) {
    if (wanted.ram && !is_as_wanted(topology_, index, *wanted.ram)) return false;
    auto dressed =
        has_file_system(runner_, topology_.namespaces[index], {wanted.mkfs, wanted.mount}, context_.deadline());
    if (!dressed && dressed.error().kind != ErrorKind::exists) return false;
    return dressed;
  }

  Result<> make(Outcome& row, const PmemWanted& wanted, const pmem::CreateOptions& create, const Deadline& deadline) {
    // Until the file system is there: another process that wants the same would make it as well.
    NVMECTL_ASSIGN(const auto lock, manager_.lock(deadline));
    NVMECTL_ASSIGN(const pmem::Created made, pmem::create(manager_, create, deadline));
    PmemScan request;
    request.deadline = deadline;
    NVMECTL_ASSIGN(const PmemTopology now, manager_.scan(request));
    NVMECTL_ASSIGN(const std::size_t index, index_of(now, Object::ns, made.device));
    row.device = made.device;
    row.bytes = now.namespaces[index].reserved_bytes;
    NVMECTL_ASSIGN(bool changed, with_file_system(manager_, runner_, now.namespaces[index], made,
                                                  {wanted.mkfs, wanted.mount}, deadline));
    if (wanted.ram) {
      NVMECTL_ASSIGN(const bool made_ram, make_as_wanted(manager_, now, index, *wanted.ram, deadline));
      changed = changed || made_ram;
      row.detail = wanted.ram->system_ram ? "system RAM" : "DAX device";
    }
    if (made.result == pmem::CreateResult::unchanged && !changed) row.result = "unchanged";
    if (!wanted.mount.empty()) row.detail = fmt::format("mounted at {}", printable(wanted.mount));
    return {};
  }

  Result<> ask() {
    std::string details;
    bool destroys = false;
    for (Job& job : jobs_) {
      if (job.row.failed() || !job.row.result.empty()) continue;
      if (context_.options.dry_run) job.row.result = "planned";
      destroys = destroys || job.destroys;
      const auto index = index_of(topology_, Object::ns, job.row.device);
      if (job.destroys && index && job.row.kind == "namespace")
        details += "  destroy" + describe_namespace(topology_, topology_.namespaces[*index]) + "\n";
      else
        details += fmt::format("  {} {} {}\n", job.row.action, job.row.kind,
                               printable(job.row.name.empty() ? job.row.device : job.row.name));
    }
    if (details.empty() || context_.options.dry_run) return {};
    return context_.guard_with(destroys ? Effect::destroys_data : Effect::changes_state, "this machine", details);
  }

  void carry_out() {
    const Deadline deadline = pmem_deadline(context_, std::chrono::minutes(10));
    for (Job& job : jobs_) {
      std::vector<Outcome> one{std::move(job.row)};
      pmem::carry_out(one, deadline, [&](Outcome& row) { return job.act(row, deadline); });
      job.row = std::move(one.front());
    }
  }

  Context& context_;
  PmemManager& manager_;
  PosixRunner runner_;
  PmemConfig config_;
  PmemTopology topology_, planned_;
  std::vector<Job> jobs_;
};

Result<> run(const Options& options, Context& context) {
  NVMECTL_ASSIGN(const std::string text, read_spec(options.file));
  NVMECTL_ASSIGN(PmemConfig config, parse_pmem_config({text, options.file == "-" ? "standard input" : options.file,
                                                       ErrorKind::usage, "nvmectl pmem apply --help shows the form"}));
  if (options.prune && !config.lists_namespaces)
    return fail(ErrorKind::usage, "--prune destroys what is not in the file's list of namespaces, and it has none",
                "\"namespaces\": [] says that there are to be none");
  NVMECTL_ASSIGN(PmemManager * manager, pmem_manager(context));
  NVMECTL_ASSIGN(const std::vector<Outcome> rows, Application(context, *manager, std::move(config)).run(options.prune));
  if (rows.empty()) return context.out.document(to_list(pmem_outcome_schema, rows));
  if (std::all_of(rows.begin(), rows.end(), [](const Outcome& row) { return row.result == "unchanged"; }))
    context.messages.note("everything is as the file says; nothing was changed");
  return show_outcomes(context, rows);
}

struct SnapshotOptions {};
constexpr std::array snapshot_examples{Example{"pmem snapshot-config > memory.json", "for apply, here or elsewhere"}};

Result<> run_snapshot(const SnapshotOptions&, Context& context) {
  NVMECTL_ASSIGN(PmemManager * manager, pmem_manager(context));
  NVMECTL_ASSIGN(const PmemTopology topology, pmem_scan(context, *manager));
  PosixRunner runner(context.environment);
  return context.out.document(pmem_config_of(topology, runner, context.deadline(),
                                             [&](std::string_view text) { context.messages.warning(text); }));
}

}  // namespace

constinit const CommandSpec pmem_apply_command = command<Options, run>(
    {.area = "pmem",
     .name = "apply",
     .summary = "Make regions, namespaces, file systems and mounts match a file",
     .description =
         "FILE is {\"version\": 1, \"regions\": [{\"region\": \"region0\", \"init\": true}], \"namespaces\": "
         "[{\"name\": \"vol-a\", \"size\": \"1.5G\", \"mode\": \"fsdax\", \"mkfs\": \"ext4\", \"mount\": "
         "\"/srv/a\"}]}. The members of a namespace are the options of pmem create, with _ for -; it is found again by "
         "its name. One of mode devdax may also have \"system_ram\": true, and with it no_online and no_movable, as "
         "in pmem dax reconfigure.\n"
         "What is missing is made; a second run changes nothing. A namespace that is there and differs is named "
         "and left alone (its data would be lost). A region is initialised only when it has no labels. Without "
         "--prune, what is not in FILE stays.",
     .group = Group::pmem,
     .effect = Effect::destroys_data,
     .arguments = arguments,
     .examples = examples,
     .output = pmem_outcome_output});
constinit const CommandSpec pmem_snapshot_config_command = command<SnapshotOptions, run_snapshot>(
    {.area = "pmem",
     .name = "snapshot-config",
     .summary = "Write the present state in the form that apply takes",
     .description = "The text is the file itself; apply takes the JSON document (-o json) as well.",
     .group = Group::pmem,
     .examples = snapshot_examples,
     .output = {.schema = &pmem_config_schema, .text = pmem_config_text}});

}  // namespace nvmectl
