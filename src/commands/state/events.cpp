#include <array>

#include "commands/known.hpp"
#include "commands/state/area.hpp"
#include "commands/state/time.hpp"
#include "commands/state/watching.hpp"

namespace nvmectl {
namespace {

using Property = std::pair<std::string, std::string>;
constexpr std::array property_fields{
    field_of<Property, [](const Property& p) { return Value(p.first); }>(
        {.key = "name", .title = "Name", .kind = Kind::string, .show = Show::table}),
    field_of<Property, [](const Property& p) { return Value(p.second); }>(
        {.key = "value", .title = "Value", .kind = Kind::string, .show = Show::table}),
};
constexpr Schema property_schema{"property", "Properties", property_fields};

constexpr std::array fields{
    field_of<Event, [](const Event& e) { return Value(iso_time(e.time_ms)); }>(
        {.key = "time", .title = "Time", .kind = Kind::string, .show = Show::table, .doc = "ISO 8601, UTC"}),
    field<&Event::action>({.key = "action",
                           .title = "Action",
                           .kind = Kind::string,
                           .show = Show::table,
                           .doc = "add, remove, change …; lost where more came than could be kept"}),
    field_of<Event, [](const Event& e) { return known(e.subsystem); }>(
        {.key = "subsystem",
         .title = "Subsystem",
         .kind = Kind::string,
         .show = Show::table,
         .doc = "The kernel's: nvme, nvme-subsystem, nvme-generic or block"}),
    field_of<Event, [](const Event& e) { return known(e.device); }>(
        {.key = "device", .title = "Device", .kind = Kind::string, .show = Show::table}),
    field_of<Event, [](const Event& e) { return Value(event_kind(e)); }>(
        {.key = "kind",
         .title = "Kind",
         .kind = Kind::string,
         .show = Show::table,
         .doc = "What it means: controller_added, namespace_removed, discovery_log_changed, connected …"}),
    field_of<Event, [](const Event& e) { return value_or_null(asynchronous_event(e)); }>(
        {.key = "asynchronous_event",
         .title = "Asynchronous event",
         .hex = true,
         .doc = "Dword 0 of the controller's completion (NVME_AEN)"}),
    field_of<Event, [](const Event& e) { return Value(to_list(property_schema, e.properties)); }>(
        {.key = "properties",
         .title = "Properties",
         .kind = Kind::list,
         .doc = "As the kernel sent them",
         .element = &property_schema}),
};
constexpr Schema schema{"events", "The kernel's events", fields};

struct Options {
  std::optional<std::uint64_t> count;
};
constexpr std::array arguments{
    option<&Options::count>({.name = "count", .letter = 'c', .metavar = "N", .doc = "End after so many events"})};
constexpr std::array examples{
    Example{"events -o ndjson", "every event about NVMe, for a program"},
    Example{"events --count 1 --timeout 60s", "wait for the next one"},
};

Result<> run(const Options& options, Context& context) {
  NVMECTL_ASSIGN(EventSource * events, context.capability(&Backend::events, "the kernel's events"));
  const Deadline end = context.options.timeout_given ? context.deadline() : Deadline().or_when(context.stop_signal);
  if (options.count && *options.count == 0) return {};
  std::uint64_t shown = 0;
  return events->listen(end, [&](const Event& event) -> Result<bool> {
    NVMECTL_TRY(context.out.event(to_record(schema, &event)));
    return !options.count || ++shown < *options.count;
  });
}

}  // namespace

constinit const CommandSpec events_command = command<Options, run>(
    {.name = "events",
     .summary = "Show the kernel's events about NVMe as they come",
     .description =
         "The uevents that udev gets, decoded; nothing is polled and no root is needed. 'nvmectl watch' says "
         "what they changed.\n"
         "Ends when interrupted, after --count events, or at --timeout, each with exit status 0. JSON is a "
         "line for each event.",
     .group = Group::state,
     .long_running = true,
     .arguments = arguments,
     .examples = examples,
     .output = {.schema = &schema, .list = true}});

}  // namespace nvmectl
