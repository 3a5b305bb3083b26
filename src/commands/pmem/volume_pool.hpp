// Which volume group a new volume goes into, and making one where there is none.
#pragma once

#include <optional>
#include <string>

#include "commands/pmem/lvm.hpp"
#include "pmem/filter.hpp"

namespace nvmectl {

/// The names of the region and the namespace below a group's physical volume; "" when it is none of this machine's.
[[nodiscard]] std::string pool_region(const PmemTopology& topology, const PmemPool& pool);
[[nodiscard]] std::string pool_namespace(const PmemTopology& topology, const PmemPool& pool);

struct PoolWish {
  std::uint64_t bytes = 0;
  std::optional<std::uint64_t> pool_bytes;  ///< of a group that is made; empty: the largest that fits
  pmem::Filter where;
};

/// Whether a group has room for it or one could be made: no_space, or what plan_create refuses for.
[[nodiscard]] Result<> check_pool_for(const PmemTopology& topology, const PmemVolumes& all, const PoolWish& wish);
/// A group with room for it: the one with the least that suffices; else one is made in a region, and taken back when
/// that fails. no_space when there is none.
[[nodiscard]] Result<std::string> pool_for(PmemManager& manager, ProgramRunner& runner, const PmemTopology& topology,
                                           const PmemVolumes& all, const PoolWish& wish, const Deadline& deadline);

}  // namespace nvmectl
