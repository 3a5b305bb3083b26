#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>
#include <unordered_map>

#include "commands/columns.hpp"
#include "commands/known.hpp"
#include "commands/state/area.hpp"
#include "commands/state/rates.hpp"
#include "commands/state/selection.hpp"
#include "commands/state/time.hpp"
#include "core/text.hpp"

namespace nvmectl {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::array fields{
    field<&StatsRow::time>({.key = "time", .title = "Time", .kind = Kind::string, .doc = "ISO 8601, UTC"}),
    field_of<StatsRow, [](const StatsRow& r) { return Value(r.device.name); }>(
        {.key = "name", .title = "Device", .kind = Kind::string, .show = Show::table}),
    field_of<StatsRow, [](const StatsRow& r) { return Value(r.device.controller ? "controller" : "namespace"); }>(
        {.key = "kind", .title = "Kind", .kind = Kind::string, .doc = "controller or namespace"}),
    field_of<StatsRow, [](const StatsRow& r) { return known(r.device.nqn); }>(
        {.key = "nqn", .title = "Subsystem NQN", .kind = Kind::string, .mnemonic = "subnqn"}),
    field<&StatsRow::operations_per_second>({.key = "operations_per_second",
                                             .title = "Operations/s",
                                             .kind = Kind::number,
                                             .show = Show::table,
                                             .doc = "Reads, writes, discards and flushes; null without --interval"}),
    field<&StatsRow::average_request_bytes>({.key = "average_request_bytes",
                                             .title = "Average request",
                                             .kind = Kind::number,
                                             .unit = Unit::bytes,
                                             .show = Show::table,
                                             .doc = "Of reads and writes; null when there were none"}),
    field<&StatsRow::total_bytes>({.key = "total_bytes",
                                   .title = "Total",
                                   .unit = Unit::bytes,
                                   .show = Show::table,
                                   .doc = "Read and written since the device appeared"}),
    field<&StatsRow::read_bytes_per_second>({.key = "read_bytes_per_second",
                                             .title = "Read/s",
                                             .kind = Kind::number,
                                             .unit = Unit::bytes,
                                             .show = Show::table}),
    field<&StatsRow::write_bytes_per_second>({.key = "write_bytes_per_second",
                                              .title = "Written/s",
                                              .kind = Kind::number,
                                              .unit = Unit::bytes,
                                              .show = Show::table}),
    field_of<StatsRow, [](const StatsRow& r) { return Value(r.device.counters.read_operations); }>(
        {.key = "read_operations", .title = "Reads", .show = Show::table, .doc = "Since the device appeared"}),
    field_of<StatsRow, [](const StatsRow& r) { return Value(r.device.counters.write_operations); }>(
        {.key = "write_operations", .title = "Writes", .show = Show::table, .doc = "Since the device appeared"}),
    field<&StatsRow::milliseconds_per_operation>({.key = "milliseconds_per_operation",
                                                  .title = "ms/operation",
                                                  .kind = Kind::number,
                                                  .unit = Unit::milliseconds,
                                                  .show = Show::table,
                                                  .doc = "Queue time: from submission to completion"}),
    field_of<StatsRow, [](const StatsRow& r) { return Value(r.device.counters.in_flight); }>(
        {.key = "in_flight", .title = "In flight", .show = Show::table, .doc = "Requests at this moment"}),
    field_of<StatsRow, [](const StatsRow& r) { return Value(r.device.counters.read_bytes); }>(
        {.key = "read_bytes", .title = "Bytes read", .unit = Unit::bytes, .show = Show::wide}),
    field_of<StatsRow, [](const StatsRow& r) { return Value(r.device.counters.write_bytes); }>(
        {.key = "write_bytes", .title = "Bytes written", .unit = Unit::bytes, .show = Show::wide}),
    field_of<StatsRow, [](const StatsRow& r) { return Value(r.device.counters.discard_operations); }>(
        {.key = "discard_operations", .title = "Discards", .show = Show::wide}),
    field_of<StatsRow, [](const StatsRow& r) { return Value(r.device.counters.flush_operations); }>(
        {.key = "flush_operations", .title = "Flushes", .show = Show::wide}),
    field<&StatsRow::interval_seconds>({.key = "interval_seconds",
                                        .title = "Interval",
                                        .kind = Kind::number,
                                        .unit = Unit::seconds,
                                        .doc = "What rates and averages are over; null: the life of the device"}),
};
constexpr Schema schema{"stats", "I/O statistics", fields};

std::string text_of(const Record& record, const Field& column, const TextOptions& options) {
  const Value& value = record.at(column.key);
  if (value.is_null()) return "-";
  const auto* number = value.as<double>();
  if (column.unit == Unit::bytes && !options.exact_bytes)
    return three_decimals(number != nullptr ? *number : static_cast<double>(value.number()));
  return number != nullptr ? fmt::format("{:.3f}", *number) : cell(value);
}

// Names to the left, figures to the right.
std::string text(const Value& data, const TextOptions& options) {
  std::vector<const Field*> columns;
  for (const Field& column : fields)
    if (column.show == Show::table || (options.wide && column.show == Show::wide)) columns.push_back(&column);
  std::vector<std::vector<std::string>> rows;
  if (options.headers) {
    auto& row = rows.emplace_back();
    for (const Field* column : columns) row.emplace_back(column->title);
  }
  for (const Value& item : data.as<List>()->items) {
    auto& row = rows.emplace_back();
    for (const Field* column : columns) row.push_back(text_of(*item.as<Record>(), *column, options));
  }
  std::vector<std::size_t> widths(columns.size(), 0);
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  std::string out;
  for (const auto& row : rows) {
    out += pad(row[0], widths[0]);
    for (std::size_t i = 1; i < row.size(); ++i)
      out += "  " + std::string(widths[i] - display_width(row[i]), ' ') + row[i];
    out += '\n';
  }
  return out;
}

struct Options {
  std::vector<std::string> names;
  std::string interval;
  std::optional<std::uint64_t> count;
};
constexpr std::array arguments{
    positional<&Options::names>({.name = "NAME",
                                 .doc = "Only this controller, namespace, or subsystem (nvme0, nvme0n1, an NQN)",
                                 .complete = Complete::device}),
    option<&Options::interval>({.name = "interval",
                                .letter = 'i',
                                .metavar = "SECONDS",
                                .doc = "Show rates, again each time so long has passed, until interrupted"}),
    option<&Options::count>({.name = "count", .letter = 'c', .metavar = "N", .doc = "End after so many intervals"}),
};
constexpr std::array examples{
    Example{"stats", "what was transferred since the devices appeared"},
    Example{"stats --interval 1", "rates, every second"},
    Example{"stats nvme0n1 --interval 5 --count 1 -o json", "the rates of five seconds, for a script"},
};

struct Sample {
  Clock::time_point at;
  std::string time;
  std::vector<CountedDevice> devices;
};

bool chosen(const CountedDevice& device, const std::vector<std::string>& names) {
  return names.empty() || std::any_of(names.begin(), names.end(), [&](const std::string& word) {
           const std::string_view plain = std::string_view(word).substr(word.starts_with("/dev/") ? 5 : 0);
           return device.name == namespace_of_name(plain) || device.nqn == word;
         });
}

Result<Sample> take_sample(TopologySource& source, const Options& options, Context& context) {
  ScanRequest request;
  request.deadline = context.deadline();
  request.addresses = request.identifiers = request.paths = false;
  NVMECTL_ASSIGN(const Topology topology, source.scan(request));
  const auto names = counted_names(topology);
  Sample sample{Clock::now(), iso_time(wall_clock_ms()), {}};
  NVMECTL_ASSIGN(const auto counters, source.counters(names));
  for (CountedDevice& device : counted_devices(topology, counters))
    if (chosen(device, options.names)) sample.devices.push_back(std::move(device));
  return sample;
}

std::vector<StatsRow> rows_between(const Sample& before, const Sample& after) {
  std::unordered_map<std::string, const IoCounters*> earlier;
  for (const CountedDevice& device : before.devices) earlier[device.name] = &device.counters;
  const double seconds = std::chrono::duration<double>(after.at - before.at).count();
  std::vector<StatsRow> rows;
  for (const CountedDevice& device : after.devices) {
    const auto known_before = earlier.find(device.name);
    rows.push_back(known_before == earlier.end() ? row_since_start(device)
                                                 : row_since(device, *known_before->second, seconds));
    rows.back().time = after.time;
  }
  return rows;
}

// False when a signal came before.
bool sleep_until(Clock::time_point when, const Context& context) {
  using namespace std::chrono_literals;
  while (*context.stop_signal == 0) {
    const auto left = when - Clock::now();
    if (left <= 0ns) return true;
    std::this_thread::sleep_for(std::min<Clock::duration>(left, 50ms));
  }
  return false;
}

Result<> show(const std::vector<StatsRow>& rows, Context& context) {
  // Tables for people; for programs a line for each row, as the time goes by.
  if (context.out.brief()) return context.out.document(to_list(schema, rows));
  for (const StatsRow& row : rows) NVMECTL_TRY(context.out.event(to_record(schema, &row)));
  return {};
}

Result<> show_intervals(TopologySource& source, Sample before, std::chrono::milliseconds interval,
                        const Options& options, Context& context) {
  Clock::time_point next = before.at;
  for (std::uint64_t shown = 0; !options.count || shown < *options.count; ++shown) {
    next += interval;
    if (!sleep_until(next, context)) return {};
    NVMECTL_ASSIGN(Sample now, take_sample(source, options, context));
    if (shown > 0 && context.out.brief()) {
      constexpr std::array<std::byte, 1> blank{std::byte{'\n'}};
      NVMECTL_TRY(context.out.raw(blank));
    }
    NVMECTL_TRY(show(rows_between(before, now), context));
    before = std::move(now);
  }
  return {};
}

Result<std::chrono::milliseconds> interval_of(const Options& options) {
  using std::chrono::milliseconds;
  if (options.interval.empty()) {
    if (options.count) return fail(ErrorKind::usage, "--count: it counts intervals", "give --interval SECONDS as well");
    return milliseconds(0);
  }
  NVMECTL_ASSIGN(const std::uint64_t ms, parse_duration(options.interval, "--interval"));
  constexpr std::uint64_t least = 10, most = 86'400'000;
  if (ms < least || ms > most)
    return fail(ErrorKind::usage, "--interval: it must be from 10ms to a day", "write it as 1, 0.5 or 500ms");
  return milliseconds(ms);
}

Result<> run(const Options& options, Context& context) {
  NVMECTL_ASSIGN(const auto interval, interval_of(options));
  NVMECTL_ASSIGN(TopologySource * source, context.capability(&Backend::topology, "I/O statistics"));
  NVMECTL_ASSIGN(Sample sample, take_sample(*source, options, context));
  if (sample.devices.empty() && !options.names.empty())
    return fail(make_error(ErrorKind::not_found,
                           fmt::format("there are no statistics of {}", printable(options.names.front())),
                           "nvmectl stats shows what has some; a controller without namespaces has none")
                    .on(printable(options.names.front())));
  if (interval.count() > 0) return show_intervals(*source, std::move(sample), interval, options, context);
  std::vector<StatsRow> rows;
  for (const CountedDevice& device : sample.devices) {
    rows.push_back(row_since_start(device));
    rows.back().time = sample.time;
  }
  return context.out.document(to_list(schema, rows));
}

}  // namespace

constinit const CommandSpec stats_command = command<Options, run>(
    {.name = "stats",
     .summary = "Show I/O statistics of controllers and namespaces",
     .description =
         "From the kernel's counters of block devices. A controller's are the sum over its paths, or without "
         "native multipath\n"
         "over its namespaces. Without --interval: totals and averages since the devices appeared, and no "
         "rates.\n"
         "With --interval, JSON and NDJSON give a line for each row.",
     .group = Group::state,
     .long_running = true,
     .arguments = arguments,
     .examples = examples,
     .output = {.schema = &schema, .list = true, .text = text}});

}  // namespace nvmectl
