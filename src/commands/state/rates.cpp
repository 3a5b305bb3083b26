#include "commands/state/rates.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace nvmectl {
namespace {

void add(IoCounters& sum, const IoCounters& part) {
  sum.read_operations += part.read_operations;
  sum.read_bytes += part.read_bytes;
  sum.write_operations += part.write_operations;
  sum.write_bytes += part.write_bytes;
  sum.discard_operations += part.discard_operations;
  sum.discard_bytes += part.discard_bytes;
  sum.flush_operations += part.flush_operations;
  sum.in_flight += part.in_flight;
  sum.busy_milliseconds += part.busy_milliseconds;
  sum.queue_milliseconds += part.queue_milliseconds;
}

std::uint64_t operations(const IoCounters& io) {
  return io.read_operations + io.write_operations + io.discard_operations + io.flush_operations;
}

// What a counter grew by; empty when it shrank.
std::optional<double> growth(std::uint64_t before, std::uint64_t after) {
  if (after < before) return std::nullopt;
  return static_cast<double>(after - before);
}

std::optional<double> quotient(std::optional<double> a, std::optional<double> b) {
  if (!a || !b || *b <= 0) return std::nullopt;
  return *a / *b;
}

void set_averages(StatsRow& row, const IoCounters& from) {
  const IoCounters& to = row.device.counters;
  const auto all = growth(operations(from), operations(to));
  const auto transfers = growth(from.read_operations + from.write_operations, to.read_operations + to.write_operations);
  const auto bytes = growth(from.read_bytes + from.write_bytes, to.read_bytes + to.write_bytes);
  row.total_bytes = to.read_bytes + to.write_bytes;
  row.average_request_bytes = quotient(bytes, transfers);
  row.milliseconds_per_operation = quotient(growth(from.queue_milliseconds, to.queue_milliseconds), all);
}

}  // namespace

std::vector<std::string> counted_names(const Topology& topology) {
  std::vector<std::string> names;
  names.reserve(topology.namespaces.size() + topology.paths.size());
  for (const Namespace& ns : topology.namespaces) names.push_back(ns.name);
  for (const Path& path : topology.paths) names.push_back(path.name);
  return names;
}

std::vector<CountedDevice> counted_devices(const Topology& topology,
                                           const std::vector<std::optional<IoCounters>>& counters) {
  const auto at = [&](std::size_t index) { return index < counters.size() ? counters[index] : std::nullopt; };
  const auto nqn = [&](std::size_t subsystem) {
    return subsystem < topology.subsystems.size() ? topology.subsystems[subsystem].nqn : std::string();
  };
  std::vector<std::optional<IoCounters>> controllers(topology.controllers.size());
  const auto count_for = [&](std::size_t controller, const std::optional<IoCounters>& part) {
    if (!part) return;
    if (!controllers[controller]) controllers[controller].emplace();
    add(*controllers[controller], *part);
  };
  std::vector<CountedDevice> namespaces;
  for (std::size_t n = 0; n < topology.namespaces.size(); ++n) {
    const Namespace& ns = topology.namespaces[n];
    std::optional<IoCounters> own = at(n);
    IoCounters paths;
    for (const std::size_t p : ns.paths) {
      const auto part = at(topology.namespaces.size() + p);
      count_for(topology.paths[p].controller, part);
      if (part) add(paths, *part);
    }
    if (ns.paths.empty())
      for (const std::size_t c : ns.controllers) count_for(c, own);
    // Before Linux 6.0 the head of a multipath namespace counts nothing itself.
    if (own && operations(*own) == 0) own = paths;
    if (own) namespaces.push_back({ns.name, false, nqn(ns.subsystem), *own});
  }
  std::vector<CountedDevice> devices;
  for (std::size_t c = 0; c < controllers.size(); ++c)
    if (controllers[c])
      devices.push_back({topology.controllers[c].name, true, nqn(topology.controllers[c].subsystem), *controllers[c]});
  devices.insert(devices.end(), namespaces.begin(), namespaces.end());
  return devices;
}

StatsRow row_since_start(const CountedDevice& device) {
  StatsRow row;
  row.device = device;
  set_averages(row, {});
  return row;
}

StatsRow row_since(const CountedDevice& device, const IoCounters& before, double seconds) {
  StatsRow row;
  row.device = device;
  row.interval_seconds = seconds;
  set_averages(row, before);
  const IoCounters& now = device.counters;
  row.operations_per_second = quotient(growth(operations(before), operations(now)), seconds);
  row.read_bytes_per_second = quotient(growth(before.read_bytes, now.read_bytes), seconds);
  row.write_bytes_per_second = quotient(growth(before.write_bytes, now.write_bytes), seconds);
  return row;
}

std::string three_decimals(double bytes) {
  constexpr std::array<std::string_view, 7> units{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  std::size_t unit = 0;
  for (; bytes >= 1024 && unit + 1 < units.size(); ++unit) bytes /= 1024;
  return fmt::format("{:.3f} {}", bytes, units[unit]);
}

}  // namespace nvmectl
