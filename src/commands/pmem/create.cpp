// pmem create: one command makes a usable volume, and running it again changes nothing.
#include "pmem/create.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <poll.h>
#include <unistd.h>

#include "commands/pmem/area.hpp"
#include "commands/pmem/create.hpp"
#include "commands/pmem/file_system.hpp"
#include "commands/pmem/rows.hpp"
#include "commands/pmem/session.hpp"
#include "commands/pmem/spec_file.hpp"
#include "commands/pmem/wish.hpp"
#include "core/text.hpp"
#include "pmem/capacity.hpp"

namespace nvmectl {
namespace {

constexpr std::array<std::string_view, 2> file_systems{"ext4", "xfs"};

using Options = PmemCreateOptions;

constexpr std::array own{
    filled_option<&Options::name>({.name = "name",
                                   .letter = 'n',
                                   .metavar = "NAME",
                                   .doc = "At most 63 bytes; kept in the label, so that it survives reboots"}),
    option<&Options::if_not_exists>(
        {.name = "if-not-exists", .doc = "One of that name that fits is success and stays as it is"}),
    option<&Options::allow_duplicate_name>(
        {.name = "allow-duplicate-name", .doc = "Make it also when there is one of that name"}),
    option<&Options::wipe>({.name = "wipe", .doc = "Overwrite what an older file system left there"}),
    option<&Options::mkfs>({.name = "mkfs",
                            .metavar = "TYPE",
                            .doc = "Make an ext4 or xfs file system on it; one that is there stays",
                            .complete = Complete::choice,
                            .choices = file_systems}),
    filled_option<&Options::mount>({.name = "mount",
                                    .metavar = "DIR",
                                    .doc = "Mount it there, with -o dax in fsdax mode",
                                    .complete = Complete::directory}),
    filled_option<&Options::uuid>({.name = "uuid", .letter = 'u', .metavar = "UUID", .doc = "The label's UUID"}),
    filled_option<&Options::from>(
        {.name = "from",
         .metavar = "FILE",
         .doc = "These options as a JSON object, - for standard input; what stands there wins",
         .complete = Complete::file}),
};
constexpr auto arguments =
    joined(own, pmem_size_arguments<Options>(), pmem_shape_arguments<Options>(), pmem_where_arguments<Options>());
constexpr std::array examples{
    Example{"pmem create --name vol-a --size 1.5G", "an fsdax namespace where it fits best"},
    Example{"pmem create --name vol-a --size 1.5G --mkfs ext4 --mount /srv/a --if-not-exists",
            "a mounted volume; a second time changes nothing"},
    Example{"pmem create --size 64M -m devdax --dry-run", "what would be made"},
    Example{"pmem create --from - -o json", "from a program: {\"name\": \"vol-a\", \"size\": 1610612736}"},
};

Result<Options> with_file(Options options) {
  if (options.from.empty()) return options;
  NVMECTL_ASSIGN(const std::string text, read_spec(options.from));
  const connections::Source source{text, options.from == "-" ? "standard input" : options.from, ErrorKind::usage,
                                   "the keys are the options of nvmectl pmem create, with _ for -"};
  NVMECTL_ASSIGN(const connections::JsonNode object, connections::parse_json(source));
  options.from.clear();
  NVMECTL_TRY(set_create_options(options, source, object));
  if (!options.from.empty()) return fail(ErrorKind::usage, "a file cannot name another file by 'from'");
  return options;
}

Result<> show_plan(Context& context, PmemManager& manager, const pmem::CreateOptions& create, const Options& options) {
  NVMECTL_ASSIGN(PmemTopology topology, pmem_scan(context, manager, {}));
  PmemCreatedRow row{"planned", options.mkfs, options.mount, {}};
  NVMECTL_ASSIGN(const auto there, pmem::existing(topology, create));
  if (there) {
    const PmemNamespace& ns = topology.namespaces[*there];
    PosixRunner runner(context.environment);
    NVMECTL_ASSIGN(const bool dressed,
                   has_file_system(runner, ns, {options.mkfs, options.mount}, pmem_deadline(context)));
    if (ns.enabled && !pmem::half_made(ns) && dressed) row.result = "unchanged";
    return context.out.document(pmem_created_record(topology, *there, row));
  }
  if (!create.allow_duplicate)
    NVMECTL_TRY(pmem::check_hidden_name(manager, topology, create.wish.name, pmem_deadline(context)));
  NVMECTL_TRY(pmem::check_label_uuid(topology, create.wish.label_uuid));
  NVMECTL_ASSIGN(const pmem::Plan plan, pmem::plan_create(topology, create.wish));
  if (!plan.feasible()) return fail(pmem::refusal_of(topology, plan, create.wish));
  topology.namespaces.push_back(planned_namespace(topology, plan, create.wish));
  return context.out.document(pmem_created_record(topology, topology.namespaces.size() - 1, row));
}

PmemCreatedRow created_row(const pmem::Created& made, const Options& options) {
  PmemCreatedRow row{std::string(to_string(made.result)), options.mkfs, options.mount, {}};
  for (const Error& error : made.passed_over)
    row.passed_over.push_back(fmt::format("{}: {}", error.device, error.message));
  return row;
}

Result<> run(const Options& given, Context& context) {
  NVMECTL_ASSIGN(const Options options, with_file(given));
  NVMECTL_ASSIGN(const pmem::CreateOptions create, checked_options(options));
  NVMECTL_ASSIGN(PmemManager * manager, pmem_manager(context));
  if (context.options.dry_run) return show_plan(context, *manager, create, options);
  const Deadline deadline = pmem_deadline(context);
  // Until the file system is there: another process that wants the same would make it as well.
  NVMECTL_ASSIGN(const auto lock, manager->lock(deadline));
  NVMECTL_ASSIGN(const pmem::Created made, pmem::create(*manager, create, deadline));
  if (made.result == pmem::CreateResult::created && options.mkfs.empty() && options.mount.empty()) {
    NVMECTL_ASSIGN(const std::size_t index, pmem::find_namespace(made.after, made.device));
    return context.out.document(pmem_created_record(made.after, index, created_row(made, options)));
  }
  NVMECTL_ASSIGN(const PmemTopology topology, made.result == pmem::CreateResult::created
                                                  ? Result<PmemTopology>(made.after)
                                                  : pmem_scan(context, *manager, pmem_afterwards()));
  NVMECTL_ASSIGN(const std::size_t index, pmem::find_namespace(topology, made.device));
  PosixRunner runner(context.environment);
  NVMECTL_TRY(
      with_file_system(*manager, runner, topology.namespaces[index], made, {options.mkfs, options.mount}, deadline));
  NVMECTL_ASSIGN(const PmemTopology after, pmem_scan(context, *manager, pmem_afterwards()));
  NVMECTL_ASSIGN(const std::size_t now, pmem::find_namespace(after, made.device));
  return context.out.document(pmem_created_record(after, now, created_row(made, options)));
}

}  // namespace

Result<pmem::CreateOptions> checked_options(const Options& options) {
  pmem::CreateOptions create;
  NVMECTL_ASSIGN(create.wish, wish_of(options));
  NVMECTL_TRY(add_size(create.wish, options));
  create.wish.name = options.name;
  create.wish.label_uuid = options.uuid;
  create.wish.where = options.filter();
  create.if_not_exists = options.if_not_exists;
  create.allow_duplicate = options.allow_duplicate_name;
  // What is made now cannot have a file system that somebody wants.
  create.wipe = options.wipe || !options.mkfs.empty();
  NVMECTL_TRY(pmem::check_wish(create.wish));
  if (create.wish.mode == PmemMode::devdax && !(options.mkfs.empty() && options.mount.empty()))
    return fail(ErrorKind::usage, "devdax is a character device: no file system can be on it", "use --mode fsdax");
  if (!options.mount.empty() && !options.mount.starts_with('/'))
    return fail(ErrorKind::usage, fmt::format("--mount: '{}' is not an absolute path", printable(options.mount)));
  return create;
}

Result<> set_create_options(Options& options, const connections::Source& source, const connections::JsonNode& object) {
  return set_from_json(arguments, &options, source, object);
}

std::string_view to_string(pmem::CreateResult result) {
  switch (result) {
    case pmem::CreateResult::created: return "created";
    case pmem::CreateResult::unchanged: return "unchanged";
    case pmem::CreateResult::completed: return "completed";
  }
  return "";
}

PmemNamespace planned_namespace(const PmemTopology& topology, const pmem::Plan& plan, const pmem::CreateWish& wish) {
  const pmem::Candidate& best = plan.candidates.front();
  PmemNamespace ns;
  ns.region = best.region;
  ns.name = wish.name;
  ns.mode = plan.shape.mode;
  ns.reserved_bytes = best.reserved_bytes;
  ns.usable_bytes = best.usable_bytes;
  if (plan.shape.align_bytes != 0) {
    ns.align_bytes = plan.shape.align_bytes;
    ns.map = plan.shape.map;
  }
  if (plan.shape.sector_bytes != 0) ns.sector_bytes = plan.shape.sector_bytes;
  ns.numa_node = topology.regions[best.region].numa_node;
  return ns;
}

void take_room(PmemTopology& topology, PmemNamespace ns) {
  PmemRegion& region = topology.regions[ns.region];
  if (const auto holes = pmem::free_extents(topology, ns.region); holes && region.resource)
    for (const pmem::Extent& hole : *holes)
      if (!ns.resource && hole.length >= ns.reserved_bytes) ns.resource = *region.resource + hole.offset;
  region.available_bytes -= ns.reserved_bytes;
  region.max_extent_bytes -= ns.reserved_bytes;
  topology.namespaces.push_back(std::move(ns));
  const auto left = pmem::free_extents(topology, topology.namespaces.back().region);
  if (!left) return;
  region.max_extent_bytes = 0;
  for (const pmem::Extent& hole : *left) region.max_extent_bytes = std::max(region.max_extent_bytes, hole.length);
}

Result<bool> has_file_system(ProgramRunner& runner, const PmemNamespace& ns, const WantedFileSystem& wanted,
                             const Deadline& deadline) {
  if (ns.block_device.empty()) return wanted.type.empty() && wanted.directory.empty();
  const std::string node = "/dev/" + ns.block_device;
  bool as_wanted = true;
  if (!wanted.type.empty()) {
    NVMECTL_ASSIGN(as_wanted, has_file_system(runner, node, wanted.type, deadline));
  }
  if (wanted.directory.empty()) return as_wanted;
  NVMECTL_ASSIGN(const bool mounted, is_mounted(node, wanted.directory));
  return as_wanted && mounted;
}

Result<bool> with_file_system(PmemManager& manager, ProgramRunner& runner, const PmemNamespace& ns,
                              const pmem::Created& made, const WantedFileSystem& wanted, const Deadline& deadline) {
  if (wanted.type.empty() && wanted.directory.empty()) return false;
  const std::string node = "/dev/" + ns.block_device;
  const bool dax = ns.mode == PmemMode::fsdax;
  const auto steps = [&]() -> Result<bool> {
    bool changed = false;
    if (ns.block_device.empty())
      return fail(make_error(ErrorKind::unsupported, fmt::format("{} has no block device", ns.device)).on(ns.device));
    // udev or devtmpfs may be a moment behind.
    for (int i = 0; i < 100 && ::access(node.c_str(), F_OK) != 0 && !deadline.passed(); ++i) ::poll(nullptr, 0, 20);
    if (!wanted.type.empty()) {
      NVMECTL_ASSIGN(changed, make_file_system(runner, node, wanted.type, dax, deadline));
    }
    if (!wanted.directory.empty()) {
      NVMECTL_ASSIGN(const bool mounted, mount_device(runner, node, wanted.directory, wanted.type, dax, deadline));
      changed = changed || mounted;
    }
    return changed;
  };
  Result<bool> done = steps();
  if (done || made.result != pmem::CreateResult::created) return done;
  Error error = std::move(done).error();
  if (auto undone = manager.destroy(ns.device, Deadline::in(std::chrono::seconds(10))); !undone)
    error.context.push_back(fmt::format("{} could not be taken back: {}", ns.device, undone.error().message));
  return fail(std::move(error));
}

constinit const CommandSpec pmem_create_command = command<Options, run>(
    {.area = "pmem",
     .name = "create",
     .summary = "Create a namespace, with file system and mount where asked, or change nothing",
     .description =
         "Regions are tried in order of fit: the smallest hole that is large enough first. The size is rounded to what "
         "the region and the alignment need, and the real one is reported. What fails on the way is taken back.\n"
         "With --if-not-exists a namespace of that name and of fitting parameters is success and is not touched: its "
         "file system is never made again. What an interrupted create left is completed. Another one of that name is "
         "an error that says what differs (exit 14).\n"
         "--mkfs uses blocks of 4096 bytes and stripes of 2 MiB, as DAX and huge pages need.",
     .group = Group::pmem,
     .effect = Effect::changes_state,
     .arguments = arguments,
     .examples = examples,
     .output = {.schema = &pmem_created_schema}});

}  // namespace nvmectl
