// DAX devices that are cut from memory which may be divided (hmem, CXL): where they fit, how sizes are rounded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/pmem.hpp"
#include "core/result.hpp"

namespace nvmectl::pmem {

/// "hmem.1", the last part of its path.
[[nodiscard]] std::string dax_region_name(const DaxRegion& region);
/// By number or name: "1", "hmem.1". not_found with the ones there are.
[[nodiscard]] Result<std::size_t> find_dax_region(const PmemTopology& topology, std::string_view text);

/// Sizes are multiples of this: the alignment, and at least what Linux maps device memory by (SUBSECTION_SIZE in
/// include/linux/mmzone.h).
[[nodiscard]] std::uint64_t dax_granule(std::uint64_t align);

struct DaxCut {
  std::uint32_t region = 0;  ///< DaxRegion::id
  std::uint64_t bytes = 0, align = 0;
};
/// Where a device goes. `region` "" = the one that it fills best; no `bytes` = all that is free there; the size is
/// rounded up. not_found, unsupported (nothing may be divided), no_space with what each region has.
[[nodiscard]] Result<DaxCut> plan_dax(const PmemTopology& topology, std::string_view region,
                                      std::optional<std::uint64_t> bytes, std::optional<std::uint64_t> align);
/// What an existing device is to become, likewise. unsupported for a namespace's, busy for system RAM.
[[nodiscard]] Result<DaxCut> plan_dax_resize(const PmemTopology& topology, const DaxDevice& device, std::uint64_t bytes,
                                             std::optional<std::uint64_t> align);
/// The sizes of `parts` devices that take a device's place: as equal as the granule lets them be, the first the
/// largest. usage when there are more parts than granules.
[[nodiscard]] Result<std::vector<std::uint64_t>> split_dax(const DaxDevice& device, std::uint64_t parts);

}  // namespace nvmectl::pmem
