// Which part of the topology a command is about.
#pragma once

#include <string>
#include <vector>

#include "core/pmem.hpp"

namespace nvmectl::pmem {

/// Each may hold several words, each of which may be a list with commas. Empty = everything.
struct Filter {
  std::vector<std::string> buses = {}, dimms = {}, regions = {}, namespaces = {}, modes = {}, types = {},
                           numa_nodes = {};
  [[nodiscard]] bool empty() const;
};

/// One flag for each object of the topology.
struct Selection {
  std::vector<bool> buses, dimms, regions, namespaces, dax_regions, dax_devices;
};

/// A namespace counts when its region and mode do; what is above and beside it counts when it is connected to something
/// that was asked for. usage for a mode, type or number that is none, not_found for a name that nothing has.
[[nodiscard]] Result<Selection> select(const PmemTopology& topology, const Filter& filter);

/// The selected part alone, with its indices put right.
[[nodiscard]] PmemTopology part_of(const PmemTopology& topology, const Selection& selection);

}  // namespace nvmectl::pmem
