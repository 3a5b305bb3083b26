// What block devices did between two looks at their counters. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/capabilities.hpp"

namespace nvmectl {

/// A namespace or a controller with its counters; those of a controller are the sum over its paths (or, without native
/// multipath, its namespaces).
struct CountedDevice {
  std::string name;
  bool controller = false;
  std::string nqn;  ///< of its subsystem
  IoCounters counters;
};

/// The devices whose counters are needed for a topology: namespaces, then paths.
[[nodiscard]] std::vector<std::string> counted_names(const Topology& topology);
/// `counters` in the order of counted_names(). Devices without counters are left out; a controller has them when any of
/// its paths or namespaces has. Controllers first, in natural order.
[[nodiscard]] std::vector<CountedDevice> counted_devices(const Topology& topology,
                                                         const std::vector<std::optional<IoCounters>>& counters);

/// One row of `stats`.
struct StatsRow {
  CountedDevice device;
  std::string time;                        ///< ISO 8601, UTC
  std::optional<double> interval_seconds;  ///< empty: since the device appeared
  std::optional<double> operations_per_second;
  std::optional<double> average_request_bytes;
  std::optional<std::uint64_t> total_bytes;
  std::optional<double> read_bytes_per_second, write_bytes_per_second;
  std::optional<double> milliseconds_per_operation;
};

/// From the device's counters alone: averages over its life, no rates.
[[nodiscard]] StatsRow row_since_start(const CountedDevice& device);
/// Since `before`, `seconds` ago. A counter that went backwards (the device is another one of the same name) gives null
/// where it is needed.
[[nodiscard]] StatsRow row_since(const CountedDevice& device, const IoCounters& before, double seconds);

/// "1.500 MiB": base 2, three decimals.
[[nodiscard]] std::string three_decimals(double bytes);

}  // namespace nvmectl
