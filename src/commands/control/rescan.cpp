#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

#include "commands/control/area.hpp"

namespace nvmectl {
namespace {

using Names = std::vector<std::string>;

struct Row {
  std::string device;
  bool done = false;
  Names namespaces, added, removed;
};
Value list_of(const Names& names) {
  List list;
  for (const std::string& name : names) list.items.emplace_back(name);
  return list;
}
constexpr std::array fields{
    field<&Row::device>({.key = "device", .title = "Controller", .kind = Kind::string, .show = Show::table}),
    field<&Row::done>({.key = "done",
                       .title = "Done",
                       .kind = Kind::boolean,
                       .show = Show::table,
                       .doc = "The kernel was told to look; false with --dry-run"}),
    field_of<Row, [](const Row& r) { return list_of(r.namespaces); }>({.key = "namespaces",
                                                                       .title = "Namespaces",
                                                                       .kind = Kind::list,
                                                                       .show = Show::table,
                                                                       .doc = "That the controller leads to now",
                                                                       .element_kind = Kind::string}),
    field_of<Row, [](const Row& r) { return list_of(r.added); }>(
        {.key = "added", .title = "New", .kind = Kind::list, .show = Show::table, .element_kind = Kind::string}),
    field_of<Row, [](const Row& r) { return list_of(r.removed); }>(
        {.key = "removed", .title = "Gone", .kind = Kind::list, .show = Show::table, .element_kind = Kind::string}),
};
constexpr Schema schema{"ns-rescan", "Rescan", fields};

struct Options {
  DeviceRef device;
};
constexpr std::array arguments{positional<&Options::device>(
    {.name = "DEVICE", .doc = "The controller, such as nvme0", .complete = Complete::controller, .required = true})};
constexpr std::array examples{Example{"ns-rescan nvme0", "look for new, changed and removed namespaces"}};

// Those that the controller leads to, in natural order; none where nothing can be listed.
Names namespaces_of(const std::string& controller, Context& context) {
  const auto source = context.capability(&Backend::topology, "local devices");
  if (!source) return {};
  ScanRequest request;
  request.deadline = context.deadline();
  request.addresses = request.identifiers = request.paths = false;
  const auto topology = (*source)->scan(request);
  Names names;
  if (!topology) return names;
  for (const Controller& c : topology->controllers)
    if (c.name == controller)
      for (const std::size_t n : c.namespaces) names.push_back(topology->namespaces[n].name);
  return names;
}

// The kernel looks in the background and does not say when it has done: until two looks see the same.
Names settled(const std::string& controller, const Names& before, Context& context) {
  constexpr std::chrono::milliseconds pause{100};
  constexpr int most_looks = 20;
  Names last = before;
  for (int look = 0; look < most_looks && *context.stop_signal == 0; ++look) {
    std::this_thread::sleep_for(pause);
    Names now = namespaces_of(controller, context);
    const bool same = now == last;
    last = std::move(now);
    if (same && look > 0) break;
  }
  return last;
}

Names missing_in(const Names& from, const Names& other) {
  Names names;
  std::copy_if(from.begin(), from.end(), std::back_inserter(names),
               [&](const std::string& name) { return std::find(other.begin(), other.end(), name) == other.end(); });
  return names;
}

Result<> run(const Options& options, Context& context) {
  NVMECTL_ASSIGN(ControllerControl * control, context.capability(&Backend::control, "controllers of this machine"));
  Row row;
  row.device = options.device.text;
  const Names before = namespaces_of(options.device.name, context);
  row.namespaces = before;
  if (!context.options.dry_run) {
    NVMECTL_TRY(control->rescan(options.device, context.deadline()));
    row.done = true;
    row.namespaces = settled(options.device.name, before, context);
    row.added = missing_in(row.namespaces, before);
    row.removed = missing_in(before, row.namespaces);
  }
  return context.out.document(to_record(schema, &row));
}

}  // namespace

constinit const CommandSpec ns_rescan_command = command<Options, run>(
    {.name = "ns-rescan",
     .summary = "Have the kernel look for namespaces again",
     .description = "The kernel does so by itself when the controller tells it of changes; this is for controllers "
                    "that do not.",
     .group = Group::control,
     .effect = Effect::changes_state,
     .arguments = arguments,
     .examples = examples,
     .output = {.schema = &schema}});

}  // namespace nvmectl
