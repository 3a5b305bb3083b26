// pmem monitor: events of DIMMs as they happen.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "commands/known.hpp"
#include "commands/pmem/area.hpp"
#include "commands/pmem/dimm_rows.hpp"
#include "commands/pmem/targets.hpp"
#include "commands/state/time.hpp"
#include "core/text.hpp"

namespace nvmectl {
namespace {

constexpr std::string_view ndctl_prefix = "dimm-";  // ndctl's words for events begin with it
constexpr std::array<std::string_view, 11> event_names{"all",
                                                       "health-state",
                                                       "spares-remaining",
                                                       "media-temperature",
                                                       "controller-temperature",
                                                       "unclean-shutdown",
                                                       "dimm-health-state",
                                                       "dimm-spares-remaining",
                                                       "dimm-media-temperature",
                                                       "dimm-controller-temperature",
                                                       "dimm-unclean-shutdown"};

struct Options : PmemFilterOptions {
  std::vector<std::string> events;
  std::optional<std::uint64_t> count;
  bool enable_alarms = false;
};
constexpr auto arguments = joined(
    std::array{inherited<Options, &Options::dimms>(
        {.name = "dimm", .letter = 'd', .metavar = "DIMM", .doc = "Only these DIMMs: nmem0, 0, their identifiers"})},
    pmem_where_arguments<Options>(),
    std::array{
        inherited<Options, &Options::namespaces>(
            {.name = "namespace", .letter = 'n', .metavar = "NS", .doc = "Only the DIMMs below these namespaces"}),
        option<&Options::events>(
            {.name = "dimm-event",
             .letter = 'D',
             .metavar = "EVENT",
             .doc = "Only these events: health-state, spares-remaining, media-temperature, controller-temperature "
                    "or unclean-shutdown",
             .complete = Complete::choice,
             .choices = event_names}),
        option<&Options::count>({.name = "count", .letter = 'c', .metavar = "N", .doc = "End after so many events"}),
        option<&Options::enable_alarms>(
            {.name = "enable-alarms", .doc = "Switch the DIMMs' alarms on first, and leave them on"}),
    });
constexpr std::array examples{
    Example{"pmem monitor -o ndjson", "one line of JSON for each event"},
    Example{"pmem monitor -n vol-a -D media-temperature --count 1", "wait for the DIMMs below vol-a to become hot"},
};

struct EventRow {
  const PmemEvent& it;
};
constexpr std::array event_fields{
    field_of<EventRow, [](const EventRow& e) { return Value(iso_time(e.it.time_ms)); }>(
        {.key = "time", .title = "Time", .kind = Kind::string, .show = Show::table, .doc = "ISO 8601, UTC"}),
    field_of<EventRow, [](const EventRow& e) { return Value(e.it.time_ms); }>(
        {.key = "time_ms", .title = "Time", .doc = "Milliseconds since 1970"}),
    field_of<EventRow, [](const EventRow& e) { return Value(e.it.dimm); }>(
        {.key = "dimm", .title = "DIMM", .kind = Kind::string, .show = Show::table}),
    field_of<EventRow, [](const EventRow& e) { return known(printable(e.it.unique_id)); }>(
        {.key = "id", .title = "Identifier", .kind = Kind::string, .show = Show::table}),
    field_of<EventRow, [](const EventRow& e) { return e.it.health ? known(e.it.health->state) : Value(); }>(
        {.key = "state",
         .title = "State",
         .kind = Kind::string,
         .show = Show::table,
         .doc = "ok, non-critical, critical or fatal"}),
    field_of<EventRow, [](const EventRow& e) { return Value(pmem_words(e.it.alarms)); }>(
        {.key = "alarms",
         .title = "Alarms",
         .kind = Kind::list,
         .show = Show::table,
         .doc = "health-state (it changed), spares-remaining, media-temperature, controller-temperature, "
                "unclean-shutdown",
         .element_kind = Kind::string}),
    field_of<EventRow,
             [](const EventRow& e) {
               return e.it.health ? Value(to_record(pmem_health_schema, &*e.it.health)) : Value();
             }>({.key = "health", .title = "Health", .kind = Kind::record, .element = &pmem_health_schema}),
};
constexpr Schema event_schema{"pmem-event", "Events", event_fields};

bool wanted(const Options& options, const PmemEvent& event) {
  if (options.events.empty()) return true;
  return std::any_of(options.events.begin(), options.events.end(), [&](std::string_view name) {
    if (name == "all") return true;
    if (name.starts_with(ndctl_prefix)) name.remove_prefix(ndctl_prefix.size());
    return std::find(event.alarms.begin(), event.alarms.end(), name) != event.alarms.end();
  });
}

Result<std::vector<std::string>> chosen_dimms(const Options& options, const PmemTopology& topology) {
  NVMECTL_ASSIGN(const pmem::Selection chosen, pmem::select(topology, options.filter()));
  std::vector<std::string> names;
  for (std::size_t i = 0; i < topology.dimms.size(); ++i)
    if (chosen.dimms[i]) names.push_back(topology.dimms[i].name);
  if (names.empty())
    return fail(ErrorKind::not_found, "there are no DIMMs to listen to", "nvmectl pmem list shows what is there");
  return names;
}

// Those that have alarms; what another one lacks is no error, as long as it can be listened to.
Result<> enable_alarms(PmemManager& manager, const std::vector<std::string>& dimms, const Deadline& deadline) {
  const std::vector<std::pair<std::string, std::string>> all{
      {"media_temperature_alarm", "on"}, {"controller_temperature_alarm", "on"}, {"spares_alarm", "on"}};
  for (const std::string& dimm : dimms)
    if (auto set = manager.operate("inject-smart", dimm, all, {}, deadline);
        !set && set.error().kind != ErrorKind::unsupported)
      return set;
  return {};
}

Result<> run(const Options& options, Context& context) {
  NVMECTL_ASSIGN(PmemManager * manager, pmem_manager(context));
  NVMECTL_ASSIGN(const PmemTopology topology, pmem_scan(context, *manager));
  NVMECTL_ASSIGN(const std::vector<std::string> names, chosen_dimms(options, topology));
  if (options.count && *options.count == 0) return {};
  if (options.enable_alarms) NVMECTL_TRY(enable_alarms(*manager, names, pmem_deadline(context)));
  const Deadline end = context.options.timeout_given ? context.deadline() : Deadline().or_when(context.stop_signal);
  std::uint64_t shown = 0;
  return manager->listen(names, end, [&](const PmemEvent& event) -> Result<bool> {
    if (!wanted(options, event)) return true;
    const EventRow row{event};
    NVMECTL_TRY(context.out.event(to_record(event_schema, &row)));
    return !options.count || ++shown < *options.count;
  });
}

}  // namespace

constinit const CommandSpec pmem_monitor_command = command<Options, run>(
    {.area = "pmem",
     .name = "monitor",
     .summary = "Show events of DIMMs as they happen",
     .description =
         "First the alarms that DIMMs have already, then an event whenever the kernel says that a DIMM's health "
         "changed. An alarm stands in every event for as long as it holds.\n"
         "A DIMM raises only those alarms that are switched on: see alarm_enabled_ in nvmectl pmem health, and "
         "--enable-alarms.\n"
         "Ends when interrupted, after --count events, or at --timeout, each with exit status 0. JSON is a line for "
         "each event.",
     .group = Group::pmem,
     .long_running = true,
     .arguments = arguments,
     .examples = examples,
     .output = {.schema = &event_schema, .list = true}});

}  // namespace nvmectl
