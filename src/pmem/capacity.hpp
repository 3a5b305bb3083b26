// How much room there is, and for what.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "pmem/sizes.hpp"

namespace nvmectl::pmem {

/// A part of a region that no namespace uses.
struct Extent {
  std::uint64_t offset = 0, length = 0;  ///< from the region's start
};

/// Where the region is free, in order; empty optional when the kernel does not tell where things lie (not root).
[[nodiscard]] std::optional<std::vector<Extent>> free_extents(const PmemTopology& topology, std::size_t region);

/// Why no namespace can be made in the region whatever its size; empty when one can.
[[nodiscard]] std::optional<Error> cannot_create_in(const PmemTopology& topology, std::size_t region);

/// Why the region has no namespaces of that alignment or sector size, whatever their size; empty when it has.
[[nodiscard]] std::optional<Error> cannot_have(const PmemRegion& region, const Shape& shape);

struct RegionCapacity {
  std::size_t region = 0;
  std::uint64_t total_bytes = 0, used_bytes = 0, available_bytes = 0, largest_extent_bytes = 0;
  std::uint64_t largest_reserved_bytes = 0;  ///< of a namespace that can be made, after alignment
  std::uint64_t largest_usable_bytes = 0;    ///< what that one offers
  std::optional<std::vector<Extent>> holes;
  std::optional<Error> refusal;  ///< why nothing can be made
};

/// Over all regions: sums, and the largest namespace that can be made in any of them.
struct Capacity {
  std::uint64_t total_bytes = 0, used_bytes = 0, available_bytes = 0;
  std::uint64_t largest_reserved_bytes = 0, largest_usable_bytes = 0;
  std::vector<RegionCapacity> regions;
};

/// For namespaces of this shape. An alignment of 0 is the default.
[[nodiscard]] Capacity capacity(const PmemTopology& topology, const Shape& shape);

}  // namespace nvmectl::pmem
