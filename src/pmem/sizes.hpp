// How large a namespace can be: what the kernel takes, what its own structures cost, and rounding between the two.
// Linux drivers/nvdimm/pfn_devs.c and btt.c; Documentation/driver-api/nvdimm/btt.rst.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/pmem.hpp"

namespace nvmectl::pmem {

/// What a size depends on besides the region.
struct Shape {
  PmemMode mode = PmemMode::fsdax;
  PmemMap map = PmemMap::device;
  std::uint64_t align_bytes = 0;   ///< fsdax, devdax
  std::uint64_t sector_bytes = 0;  ///< sector; 0 for others: the kernel's
  friend bool operator==(const Shape&, const Shape&) = default;
};

inline constexpr std::uint64_t page_bytes = 4096;
inline constexpr std::uint64_t default_align = std::uint64_t{2} << 20U;
inline constexpr std::uint64_t least_bytes = std::uint64_t{16} << 20U;  ///< of all modes but raw
inline constexpr std::uint64_t most_bytes = std::uint64_t{1} << 60U;    ///< that a request may name

[[nodiscard]] std::uint64_t round_down(std::uint64_t bytes, std::uint64_t to);
/// `bytes` must be at most most_bytes.
[[nodiscard]] std::uint64_t round_up(std::uint64_t bytes, std::uint64_t to);

/// What sizes in the region are multiples of: LCM(alignment × ways, the region's alignment). A region that does not
/// tell its alignment has the kernel's default: 16 MiB, times the ways when those do not divide it.
[[nodiscard]] std::uint64_t granule(const PmemRegion& region, const Shape& shape);

/// What a namespace of `reserved` bytes offers; 0 when its own structures leave nothing. fsdax and devdax keep 64 bytes
/// for each page on the device with PmemMap::device, 8 KiB else, rounded up to the alignment; sector keeps info blocks,
/// log and map of each arena (BTT 1.1's, which is 4 KiB less than what BTT 2.0 offers).
[[nodiscard]] std::uint64_t usable_bytes(std::uint64_t reserved, const Shape& shape);
/// Where in the reserved bytes the first of the usable ones lies; of sector the start of its first arena, which moves
/// blocks about.
[[nodiscard]] std::uint64_t data_offset(std::uint64_t reserved, const Shape& shape);

/// The smallest namespace of that shape that the kernel makes, in reserved bytes.
[[nodiscard]] std::uint64_t least_reserved(const PmemRegion& region, const Shape& shape);
/// The largest namespace in a hole of `bytes`; 0 when none fits.
[[nodiscard]] std::uint64_t largest_reserved(const PmemRegion& region, const Shape& shape, std::uint64_t bytes);

enum class SizePolicy : std::uint8_t { up, down, exact };
[[nodiscard]] Result<SizePolicy> parse_size_policy(std::string_view text);

struct SizeWish {
  std::uint64_t bytes = 0;
  bool usable = false;  ///< of the device that appears, not of what is taken from the region
  SizePolicy policy = SizePolicy::up;
};

/// The valid sizes next to a wish, in the wish's own measure (reserved or usable); empty when there is none.
struct Neighbours {
  std::optional<std::uint64_t> below, above;
};
[[nodiscard]] Neighbours neighbours(const PmemRegion& region, const Shape& shape, const SizeWish& wish);

/// The size to reserve for a wish. usage, naming the nearest valid sizes, when the policy is exact and the wish is not
/// one of them, or when it rounds to nothing.
[[nodiscard]] Result<std::uint64_t> reserved_for(const PmemRegion& region, const Shape& shape, const SizeWish& wish);

/// True when `reserved` is what `wish` would be rounded to in that region, or more where it may be rounded up.
[[nodiscard]] bool satisfies(std::uint64_t reserved, const PmemRegion& region, const Shape& shape,
                             const SizeWish& wish);

}  // namespace nvmectl::pmem
