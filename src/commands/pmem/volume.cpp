// pmem volume create|list|delete|resize: many small volumes in a volume group per region, which does not fragment it.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unistd.h>

#include "commands/known.hpp"
#include "commands/pmem/area.hpp"
#include "commands/pmem/file_system.hpp"
#include "commands/pmem/lvm.hpp"
#include "commands/pmem/session.hpp"
#include "commands/pmem/volume_pool.hpp"
#include "core/text.hpp"
#include "pmem/sizes.hpp"

namespace nvmectl {
namespace {

using pmem::Outcome;

constexpr std::array<std::string_view, 2> file_systems{"ext4", "xfs"};

struct VolumeRow {
  const PmemVolume& it;
  std::string region, ns, mounted_at;
};
constexpr std::array volume_fields{
    field_of<VolumeRow, [](const VolumeRow& v) { return Value(v.it.name); }>(
        {.key = "name", .title = "Volume", .kind = Kind::string, .show = Show::table}),
    field_of<VolumeRow, [](const VolumeRow& v) { return Value(v.it.size_bytes); }>(
        {.key = "size_bytes", .title = "Size", .unit = Unit::bytes, .show = Show::table}),
    field_of<VolumeRow, [](const VolumeRow& v) { return known(v.it.path); }>(
        {.key = "device_path", .title = "Device", .kind = Kind::string, .show = Show::table}),
    field_of<VolumeRow, [](const VolumeRow& v) { return Value(v.it.group); }>(
        {.key = "group", .title = "Group", .kind = Kind::string, .show = Show::table}),
    field_of<VolumeRow, [](const VolumeRow& v) { return known(v.region); }>(
        {.key = "region", .title = "Region", .kind = Kind::string, .show = Show::table}),
    field_of<VolumeRow, [](const VolumeRow& v) { return known(v.ns); }>(
        {.key = "namespace", .title = "Namespace", .kind = Kind::string, .show = Show::wide}),
    field_of<VolumeRow, [](const VolumeRow& v) { return Value(v.it.open); }>(
        {.key = "in_use", .title = "In use", .kind = Kind::boolean, .show = Show::table}),
    field_of<VolumeRow, [](const VolumeRow& v) { return known(printable(v.mounted_at)); }>(
        {.key = "mounted_at", .title = "Mounted at", .kind = Kind::string, .show = Show::table}),
};
constexpr Schema volume_schema{"pmem-volume", "Volumes", volume_fields};

struct PoolRow {
  const PmemPool& it;
  std::string region;
};
constexpr std::array pool_fields{
    field_of<PoolRow, [](const PoolRow& p) { return Value(p.it.group); }>(
        {.key = "group", .title = "Group", .kind = Kind::string, .show = Show::table}),
    field_of<PoolRow, [](const PoolRow& p) { return known(p.it.device); }>(
        {.key = "device_path", .title = "On", .kind = Kind::string, .show = Show::table}),
    field_of<PoolRow, [](const PoolRow& p) { return known(p.region); }>(
        {.key = "region", .title = "Region", .kind = Kind::string, .show = Show::table}),
    field_of<PoolRow, [](const PoolRow& p) { return Value(p.it.size_bytes); }>(
        {.key = "size_bytes", .title = "Size", .unit = Unit::bytes, .show = Show::table}),
    field_of<PoolRow, [](const PoolRow& p) { return Value(p.it.free_bytes); }>(
        {.key = "free_bytes", .title = "Free", .unit = Unit::bytes, .show = Show::table}),
};
constexpr Schema pool_schema{"pmem-pool", "Volume groups", pool_fields};
constexpr std::array list_fields{
    Field{.key = "groups", .title = "Volume groups", .kind = Kind::list, .element = &pool_schema},
    Field{.key = "volumes", .title = "Volumes", .kind = Kind::list, .element = &volume_schema},
};
constexpr Schema list_schema{"pmem-volumes", "Volumes", list_fields};

struct Scene {
  PmemManager* manager;
  PmemTopology topology;
  PmemVolumes all;
};
Result<Scene> look(Context& context, ProgramRunner& runner) {
  Scene scene;
  NVMECTL_ASSIGN(scene.manager, pmem_manager(context));
  if (::geteuid() != 0) return fail(ErrorKind::permission, "LVM tells only root of volumes", "run it as root (sudo)");
  NVMECTL_ASSIGN(scene.topology, pmem_scan(context, *scene.manager));
  NVMECTL_ASSIGN(scene.all, read_volumes(runner, pmem_deadline(context)));
  return scene;
}

std::string region_of(const Scene& scene, const PmemVolume& volume) {
  for (const PmemPool& pool : scene.all.pools)
    if (pool.group == volume.group) return pool_region(scene.topology, pool);
  return "";
}

struct ListOptions {};
constexpr std::array list_examples{Example{"pmem volume list", "volumes and the groups that they are in"}};
Result<> run_list(const ListOptions&, Context& context) {
  PosixRunner runner(context.environment);
  NVMECTL_ASSIGN(const Scene scene, look(context, runner));
  const std::string mounts = read_mountinfo();
  List pools, volumes;
  for (const PmemPool& pool : scene.all.pools) {
    const PoolRow row{pool, pool_region(scene.topology, pool)};
    pools.items.emplace_back(to_record(pool_schema, &row));
  }
  for (const PmemVolume& volume : scene.all.volumes) {
    VolumeRow row{volume, "", "", mount_of(mounts, volume)};
    for (const PmemPool& pool : scene.all.pools)
      if (pool.group == volume.group) {
        row.region = pool_region(scene.topology, pool);
        row.ns = pool_namespace(scene.topology, pool);
      }
    volumes.items.emplace_back(to_record(volume_schema, &row));
  }
  return context.out.document(Record{&list_schema, {std::move(pools), std::move(volumes)}});
}

struct CreateOptions : PmemFilterOptions {
  std::string name, mkfs, mount;
  std::optional<SizeArgument> size, pool_size;
  [[nodiscard]] static Effect effect() { return Effect::changes_state; }
};
constexpr auto create_arguments = joined(
    std::array{
        positional<&CreateOptions::name>(
            {.name = "NAME", .doc = "One that is there and fits is success", .required = true}),
        option<&CreateOptions::size>({.name = "size",
                                      .letter = 's',
                                      .metavar = "SIZE",
                                      .doc = "Rounded up to LVM's extents (4 MiB)",
                                      .required = true}),
        option<&CreateOptions::pool_size>({.name = "pool-size",
                                           .metavar = "SIZE",
                                           .doc = "Where a region gets its volume group now: so much of it",
                                           .default_text = "all that is free"}),
        option<&CreateOptions::mkfs>({.name = "mkfs",
                                      .metavar = "TYPE",
                                      .doc = "Make an ext4 or xfs file system on it; one that is there stays",
                                      .complete = Complete::choice,
                                      .choices = file_systems}),
        filled_option<&CreateOptions::mount>(
            {.name = "mount", .metavar = "DIR", .doc = "Mount it there with -o dax", .complete = Complete::directory}),
    },
    pmem_where_arguments<CreateOptions>());
constexpr std::array create_examples{
    Example{"pmem volume create vol-a --size 100M --mkfs ext4 --mount /srv/a", "a second time changes nothing"}};

Result<> dress(ProgramRunner& runner, const CreateOptions& options, const std::string& path, const Deadline& deadline,
               bool& changed) {
  if (!options.mkfs.empty()) {
    NVMECTL_ASSIGN(const bool made, make_file_system(runner, path, options.mkfs, true, deadline));
    changed = changed || made;
  }
  if (!options.mount.empty()) {
    NVMECTL_ASSIGN(const bool mounted, mount_device(runner, path, options.mount, options.mkfs, true, deadline));
    changed = changed || mounted;
  }
  return {};
}

PoolWish pool_wish(const CreateOptions& options) {
  return {options.size->bytes, options.pool_size ? std::optional(options.pool_size->bytes) : std::nullopt,
          options.filter()};
}

Result<> check_there(const Scene& scene, const PmemVolume& volume, const CreateOptions& options) {
  const auto differs = [&](std::string cause, std::string hint) {
    return fail(
        make_error(ErrorKind::exists, fmt::format("there is a volume '{}' already", options.name), std::move(hint))
            .with_cause(std::move(cause))
            .on(volume.path));
  };
  if (volume.size_bytes < options.size->bytes)
    return differs(fmt::format("it has {} bytes, {} were asked for", volume.size_bytes, options.size->bytes),
                   "nvmectl pmem volume resize makes it larger");
  const pmem::Filter where = options.filter();
  NVMECTL_ASSIGN(const pmem::Selection chosen, pmem::select(scene.topology, where));
  const std::string region = region_of(scene, volume);
  for (std::size_t i = 0; i < scene.topology.regions.size(); ++i)
    if (!where.empty() && scene.topology.regions[i].name == region && !chosen.regions[i])
      return differs(fmt::format("it is in {}, where it was not asked for", region), "choose another name");
  return {};
}

// Whether there is nothing left to do.
Result<bool> is_dressed(ProgramRunner& runner, const PmemVolume& volume, const CreateOptions& options,
                        const Deadline& deadline) {
  bool dressed = true;
  if (!options.mkfs.empty()) {
    NVMECTL_ASSIGN(dressed, has_file_system(runner, volume.path, options.mkfs, deadline));
  }
  if (options.mount.empty()) return dressed;
  NVMECTL_ASSIGN(const bool mounted, is_mounted(volume.path, options.mount));
  return dressed && mounted;
}

Result<> make(Scene& scene, ProgramRunner& runner, const CreateOptions& options, const Deadline& deadline,
              Outcome& row) {
  const bool there = !row.device.empty();
  bool changed = !there;
  if (!there) {
    NVMECTL_ASSIGN(const std::string group,
                   pool_for(*scene.manager, runner, scene.topology, scene.all, pool_wish(options), deadline));
    NVMECTL_TRY(make_volume(runner, group, options.name, options.size->bytes, deadline));
    row.device = fmt::format("/dev/{}/{}", group, options.name);
  }
  auto dressed = dress(runner, options, row.device, deadline, changed);
  if (!dressed && !there) {
    Error error = std::move(dressed).error();
    const std::string group = row.device.substr(5, row.device.rfind('/') - 5);
    if (auto undone = remove_volume(runner, {options.name, group, row.device, 0, false}, deadline); !undone)
      error.context.push_back(fmt::format("{} could not be taken back: {}", row.device, undone.error().message));
    return fail(std::move(error));
  }
  if (dressed && !changed) row.result = "unchanged";
  if (const auto now = read_volumes(runner, deadline))  // rounded up to LVM's extents
    if (const PmemVolume* volume = volume_named(*now, options.name)) row.bytes = volume->size_bytes;
  return dressed;
}

Result<> run_create(const CreateOptions& options, Context& context) {
  NVMECTL_TRY(check_volume_name(options.name));
  if (options.size->bytes == 0) return fail(ErrorKind::usage, "a volume of no bytes cannot be made", "give a --size");
  PosixRunner runner(context.environment);
  NVMECTL_ASSIGN(PmemManager* const manager, pmem_manager(context));
  const Deadline deadline = pmem_deadline(context, std::chrono::minutes(2));
  // From the look on: another process that wants the same would make a group of its own.
  std::unique_ptr<PmemManager::Lock> lock;
  if (!context.options.dry_run) {
    NVMECTL_ASSIGN(lock, manager->lock(deadline));
  }
  NVMECTL_ASSIGN(Scene scene, look(context, runner));
  std::vector<Outcome> rows{{"create", "volume", "", options.name, "", options.size->bytes, "", {}}};
  Outcome& row = rows.front();
  const PmemVolume* there = volume_named(scene.all, options.name);
  if (there != nullptr) {
    row.device = there->path;
    row.bytes = there->size_bytes;
    NVMECTL_TRY(check_there(scene, *there, options));
  }
  if (context.options.dry_run && there != nullptr) {
    NVMECTL_ASSIGN(const bool dressed, is_dressed(runner, *there, options, deadline));
    row.result = dressed ? "unchanged" : "planned";
  } else if (context.options.dry_run) {
    NVMECTL_TRY(check_pool_for(scene.topology, scene.all, pool_wish(options)));
    row.result = "planned";
  }
  pmem::carry_out(rows, deadline, [&](Outcome& made) { return make(scene, runner, options, deadline, made); });
  return show_outcomes(context, rows);
}

struct DeleteOptions {
  std::vector<std::string> names;
  bool if_exists = false;
  [[nodiscard]] static Effect effect() { return Effect::changes_state; }
};
constexpr std::array delete_arguments{
    positional<&DeleteOptions::names>({.name = "NAME", .doc = "Of the volume", .required = true}),
    option<&DeleteOptions::if_exists>({.name = "if-exists", .doc = "One that is not there is success"}),
};
constexpr std::array delete_examples{Example{"pmem volume delete vol-a --if-exists --yes", "gone afterwards"}};

Result<> run_delete(const DeleteOptions& options, Context& context) {
  PosixRunner runner(context.environment);
  NVMECTL_ASSIGN(const Scene scene, look(context, runner));
  const std::string mounts = read_mountinfo();
  std::vector<Outcome> rows;
  for (const std::string& name : options.names) {
    const PmemVolume* volume = volume_named(scene.all, name);
    if (std::any_of(rows.begin(), rows.end(), [&](const Outcome& row) { return row.name == name; })) continue;
    Outcome row{"delete", "volume", volume != nullptr ? volume->path : std::string(), name, "", {}, "", {}};
    if (volume == nullptr && !options.if_exists)
      return fail(make_error(ErrorKind::not_found, fmt::format("there is no volume '{}'", printable(name)),
                             "nvmectl pmem volume list shows them")
                      .on(printable(name)));
    if (volume == nullptr) {
      row.result = "unchanged";
      row.detail = "it does not exist";
    } else {
      row.bytes = volume->size_bytes;
      const std::string mounted = mount_of(mounts, *volume);
      if (volume->open)
        pmem::settle(row, fail(make_error(ErrorKind::busy, fmt::format("{} is in use", name), "unmount it first")
                                   .with_cause(mounted.empty() ? "something has its device open"
                                                               : "it is mounted at " + printable(mounted))));
    }
    rows.push_back(std::move(row));
  }
  NVMECTL_TRY(confirm_outcomes(context, scene.topology, Effect::destroys_data, rows));
  const Deadline deadline = pmem_deadline(context);
  pmem::carry_out(rows, deadline, [&](Outcome& row) -> Result<> {
    return remove_volume(runner, *volume_named(scene.all, row.name), deadline);
  });
  return show_outcomes(context, rows);
}

struct ResizeOptions {
  std::string name;
  std::optional<SizeArgument> size;
  bool file_system = false;
  [[nodiscard]] static Effect effect() { return Effect::changes_state; }
};
constexpr std::array resize_arguments{
    positional<&ResizeOptions::name>({.name = "NAME", .doc = "Of the volume", .required = true}),
    option<&ResizeOptions::size>(
        {.name = "size", .letter = 's', .metavar = "SIZE", .doc = "The new one", .required = true}),
    option<&ResizeOptions::file_system>({.name = "file-system", .doc = "Its file system too (fsadm)"}),
};
constexpr std::array resize_examples{
    Example{"pmem volume resize vol-a --size 200M --file-system", "grows with its file system"}};

Result<> run_resize(const ResizeOptions& options, Context& context) {
  PosixRunner runner(context.environment);
  NVMECTL_ASSIGN(const Scene scene, look(context, runner));
  const PmemVolume* volume = volume_named(scene.all, options.name);
  if (volume == nullptr)
    return fail(ErrorKind::not_found, fmt::format("there is no volume '{}'", printable(options.name)),
                "nvmectl pmem volume list shows them");
  std::uint64_t extent = std::uint64_t{4} << 20U, free = 0;
  for (const PmemPool& pool : scene.all.pools)
    if (pool.group == volume->group) extent = std::max<std::uint64_t>(pool.extent_bytes, 1), free = pool.free_bytes;
  if (options.size->bytes == 0 || options.size->bytes > pmem::most_bytes)
    return fail(ErrorKind::usage, fmt::format("a volume cannot have {} bytes", options.size->bytes));
  const std::uint64_t bytes = pmem::round_up(options.size->bytes, extent);
  if (bytes > volume->size_bytes && bytes - volume->size_bytes > free)
    return fail(make_error(ErrorKind::no_space, fmt::format("{} cannot grow to {}", options.name, format_iec(bytes)),
                           "a volume cannot leave its group; nvmectl pmem volume list shows the room in each")
                    .with_cause(fmt::format("{} are free in {}", format_iec(free), volume->group))
                    .on(volume->path));
  if (bytes < volume->size_bytes && volume->open) {
    const std::string mounted = mount_of(read_mountinfo(), *volume);
    return fail(
        make_error(ErrorKind::busy, fmt::format("{} is in use and cannot be made smaller", options.name),
                   "unmount it first; --file-system makes its file system smaller with it")
            .with_cause(mounted.empty() ? "something has its device open" : "it is mounted at " + printable(mounted))
            .on(volume->path));
  }
  std::vector<Outcome> rows{{"resize", "volume", volume->path, options.name, "", bytes, "", {}}};
  rows[0].detail = fmt::format("was {}", format_iec(volume->size_bytes));
  if (bytes == volume->size_bytes) rows[0].result = "unchanged";
  NVMECTL_TRY(confirm_outcomes(context, scene.topology,
                               bytes < volume->size_bytes ? Effect::destroys_data : Effect::changes_state, rows));
  const Deadline deadline = pmem_deadline(context, std::chrono::minutes(10));
  pmem::carry_out(rows, deadline, [&](Outcome&) -> Result<> {
    return resize_volume(runner, *volume, bytes, options.file_system, deadline);
  });
  return show_outcomes(context, rows);
}

}  // namespace

constinit const CommandSpec pmem_volume_list_command =
    command<ListOptions, run_list>({.area = "pmem",
                                    .name = "volume list",
                                    .summary = "List volumes and their volume groups",
                                    .group = Group::pmem,
                                    .examples = list_examples,
                                    .output = {.schema = &list_schema}});
constinit const CommandSpec pmem_volume_create_command = command<CreateOptions, run_create>(
    {.area = "pmem",
     .name = "volume create",
     .summary = "Create a volume in a region's volume group, or change nothing when it is there",
     .description =
         "Small volumes in one namespace do not fragment a region. The group with the least room that suffices is "
         "taken; where none does, a region gets one: an fsdax namespace and a volume group on it, by LVM's tools.",
     .group = Group::pmem,
     .effect = Effect::changes_state,
     .arguments = create_arguments,
     .examples = create_examples,
     .output = pmem_outcome_output});
constinit const CommandSpec pmem_volume_delete_command =
    command<DeleteOptions, run_delete>({.area = "pmem",
                                        .name = "volume delete",
                                        .summary = "Delete volumes",
                                        .description = "Their volume group stays, for others. vgremove and nvmectl "
                                                       "pmem destroy give its namespace back.",
                                        .group = Group::pmem,
                                        .effect = Effect::destroys_data,
                                        .arguments = delete_arguments,
                                        .examples = delete_examples,
                                        .output = pmem_outcome_output});
constinit const CommandSpec pmem_volume_resize_command =
    command<ResizeOptions, run_resize>({.area = "pmem",
                                        .name = "volume resize",
                                        .summary = "Resize a volume",
                                        .group = Group::pmem,
                                        .effect = Effect::destroys_data,
                                        .arguments = resize_arguments,
                                        .examples = resize_examples,
                                        .output = pmem_outcome_output});

}  // namespace nvmectl
