// System RAM made of a devdax namespace, as a file wants it: what daxctl keeps in /etc/daxctl.conf.d.
#pragma once

#include <optional>

#include "connections/json_tree.hpp"
#include "core/pmem.hpp"

namespace nvmectl {

struct PmemWantedRam {
  bool system_ram = true;  ///< false: a DAX device
  bool online = true, movable = true;
};

/// Takes the members system_ram, no_online and no_movable out of a namespace's object; empty when it says nothing of
/// system RAM. usage with line and column for values that are neither true nor false, and for the latter two alone.
[[nodiscard]] Result<std::optional<PmemWantedRam>> take_wanted_ram(const connections::Source& source,
                                                                   connections::JsonNode& object);

/// True when the namespace's DAX device is as wanted; false also when there is none yet.
[[nodiscard]] bool is_as_wanted(const PmemTopology& topology, std::size_t ns, const PmemWantedRam& wanted);
/// Makes it so; true when there was something to do.
[[nodiscard]] Result<bool> make_as_wanted(PmemManager& manager, const PmemTopology& topology, std::size_t ns,
                                          const PmemWantedRam& wanted, const Deadline& deadline);

}  // namespace nvmectl
