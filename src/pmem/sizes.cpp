#include "pmem/sizes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "core/text.hpp"

namespace nvmectl::pmem {
namespace {

constexpr std::uint64_t struct_page_bytes = 64;
constexpr std::uint64_t pfn_info_bytes = 8192;
constexpr std::uint64_t subsection_bytes = std::uint64_t{2} << 20U;  // what the kernel maps pages of PMEM by

// Behind the info block and the page array; `reserved` is more than the former.
std::uint64_t pfn_offset(std::uint64_t reserved, const Shape& shape) {
  const std::uint64_t pages = (reserved - pfn_info_bytes) / page_bytes;
  const std::uint64_t kept = pfn_info_bytes + (shape.map == PmemMap::device ? pages * struct_page_bytes : 0);
  return round_up(kept, std::max(shape.align_bytes, subsection_bytes));
}

std::uint64_t pfn_usable(std::uint64_t reserved, const Shape& shape) {
  if (reserved <= pfn_info_bytes) return 0;
  const std::uint64_t offset = pfn_offset(reserved, shape);
  const std::uint64_t tail = reserved % std::max(shape.align_bytes, subsection_bytes);
  return offset + tail < reserved ? reserved - offset - tail : 0;
}

constexpr std::uint64_t btt_initial_offset = 4096;
constexpr std::uint64_t most_in_arena = std::uint64_t{512} << 30U;
constexpr std::uint64_t free_blocks = 256;
constexpr std::uint64_t log_group_bytes = 64;
constexpr std::uint64_t map_entry_bytes = 4;

std::uint64_t arena_blocks(std::uint64_t bytes, std::uint64_t sector) {
  const std::uint64_t internal = round_up(sector, 64);
  const std::uint64_t available =
      round_down(bytes, page_bytes) - 2 * page_bytes - round_up(free_blocks * log_group_bytes, page_bytes);
  const std::uint64_t blocks = (available - page_bytes) / (internal + map_entry_bytes);
  return blocks > free_blocks ? blocks - free_blocks : 0;
}

std::uint64_t btt_usable(std::uint64_t reserved, const Shape& shape) {
  const std::uint64_t sector = shape.sector_bytes == 0 ? page_bytes : shape.sector_bytes;
  std::uint64_t left = reserved > btt_initial_offset ? reserved - btt_initial_offset : 0, blocks = 0;
  // What does not make an arena of 16 MiB is left over.
  while (left >= least_bytes) {
    const std::uint64_t arena = std::min(left, most_in_arena);
    blocks += arena_blocks(arena, sector);
    left -= arena;
  }
  return blocks * (sector >= page_bytes ? page_bytes : 512);  // what is beyond is each block's metadata
}

// In the wish's own measure.
std::uint64_t measure(std::uint64_t reserved, const Shape& shape, const SizeWish& wish) {
  return wish.usable ? usable_bytes(reserved, shape) : reserved;
}

// The smallest valid reserved size whose measure is at least the wish's.
std::uint64_t least_with(const PmemRegion& region, const Shape& shape, const SizeWish& wish) {
  const std::uint64_t step = granule(region, shape);
  std::uint64_t low = 1, high = round_up(wish.bytes, step) / step;
  const auto enough = [&](std::uint64_t steps) { return measure(steps * step, shape, wish) >= wish.bytes; };
  for (high = std::max<std::uint64_t>(high, 1); !enough(high) && high * step < 2 * most_bytes; high *= 2) low = high;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (enough(middle)) high = middle;
    else low = middle + 1;
  }
  return std::max(high * step, least_reserved(region, shape));
}

std::string multiples(const PmemRegion& region, const Shape& shape) {
  std::string text = fmt::format("sizes in {} are multiples of {}", region.name, format_iec(granule(region, shape)));
  if (region.interleave_ways > 1) text += fmt::format(" ({} DIMMs are interleaved)", region.interleave_ways);
  return text;
}

std::string nearest(const Neighbours& near) {
  const auto text = [](std::uint64_t bytes) { return fmt::format("{} ({} bytes)", format_iec(bytes), bytes); };
  if (near.below && near.above)
    return fmt::format("the nearest sizes are {} and {}; --size-policy up or down picks one", text(*near.below),
                       text(*near.above));
  if (near.above) return fmt::format("the smallest size is {}", text(*near.above));
  return near.below ? fmt::format("the nearest size is {}", text(*near.below)) : std::string();
}

}  // namespace

std::uint64_t round_down(std::uint64_t bytes, std::uint64_t to) {
  return to == 0 ? bytes : bytes - bytes % to;
}
std::uint64_t round_up(std::uint64_t bytes, std::uint64_t to) {
  return to == 0 || bytes % to == 0 ? bytes : round_down(bytes, to) + to;
}

std::uint64_t granule(const PmemRegion& region, const Shape& shape) {
  const std::uint64_t ways = std::max<std::uint64_t>(region.interleave_ways, 1);
  const bool pfn = shape.mode == PmemMode::fsdax || shape.mode == PmemMode::devdax;
  const std::uint64_t own = (pfn && shape.align_bytes != 0 ? shape.align_bytes : page_bytes) * ways;
  std::uint64_t of_region = region.align_bytes;
  if (of_region <= 1) of_region = least_bytes % ways == 0 ? least_bytes : least_bytes * ways;
  return std::lcm(own, of_region);
}

std::uint64_t usable_bytes(std::uint64_t reserved, const Shape& shape) {
  switch (shape.mode) {
    case PmemMode::raw: return reserved;
    case PmemMode::fsdax:
    case PmemMode::devdax: return pfn_usable(reserved, shape);
    case PmemMode::sector: return btt_usable(reserved, shape);
  }
  return 0;
}

std::uint64_t data_offset(std::uint64_t reserved, const Shape& shape) {
  const bool pfn = shape.mode == PmemMode::fsdax || shape.mode == PmemMode::devdax;
  return pfn && reserved > pfn_info_bytes ? pfn_offset(reserved, shape) : 0;
}

std::uint64_t least_reserved(const PmemRegion& region, const Shape& shape) {
  const std::uint64_t step = granule(region, shape);
  if (shape.mode == PmemMode::raw) return step;
  std::uint64_t bytes = round_up(least_bytes, step);
  while (usable_bytes(bytes, shape) == 0) bytes += step;
  return bytes;
}

std::uint64_t largest_reserved(const PmemRegion& region, const Shape& shape, std::uint64_t bytes) {
  const std::uint64_t fits = round_down(bytes, granule(region, shape));
  return fits >= least_reserved(region, shape) ? fits : 0;
}

Result<SizePolicy> parse_size_policy(std::string_view text) {
  if (text == "up") return SizePolicy::up;
  if (text == "down") return SizePolicy::down;
  if (text == "exact") return SizePolicy::exact;
  return fail(ErrorKind::usage, fmt::format("'{}' is not a way to round sizes", printable(text)),
              "the ways are up, down and exact");
}

Neighbours neighbours(const PmemRegion& region, const Shape& shape, const SizeWish& wish) {
  const std::uint64_t step = granule(region, shape), least = least_reserved(region, shape);
  const std::uint64_t above = least_with(region, shape, wish);
  Neighbours near;
  near.above = measure(above, shape, wish);
  if (*near.above == wish.bytes) near.below = near.above;
  else if (above > least) near.below = measure(above - step, shape, wish);
  return near;
}

Result<std::uint64_t> reserved_for(const PmemRegion& region, const Shape& shape, const SizeWish& wish) {
  if (wish.bytes == 0) return fail(ErrorKind::usage, "a namespace of no bytes cannot be made", "give a --size above 0");
  if (wish.bytes > most_bytes)
    return fail(ErrorKind::usage, fmt::format("{} bytes are more than any memory", wish.bytes),
                "nvmectl pmem capacity shows what is free");
  const std::uint64_t above = least_with(region, shape, wish);
  if (wish.policy == SizePolicy::up || measure(above, shape, wish) == wish.bytes) return above;
  const Neighbours near = neighbours(region, shape, wish);
  if (wish.policy == SizePolicy::down && near.below) return above - granule(region, shape);
  return fail(make_error(ErrorKind::usage,
                         near.below ? fmt::format("{} bytes are not a size that {} can have", wish.bytes,
                                                  wish.usable ? "a device here" : "a namespace here")
                                    : fmt::format("{} bytes are less than the smallest {} namespace", wish.bytes,
                                                  to_string(shape.mode)),
                         nearest(near))
                  .with_cause(multiples(region, shape)));
}

bool satisfies(std::uint64_t reserved, const PmemRegion& region, const Shape& shape, const SizeWish& wish) {
  if (measure(reserved, shape, wish) == wish.bytes) return true;
  const auto wanted = reserved_for(region, shape, wish);
  if (!wanted) return false;
  return wish.policy == SizePolicy::up ? reserved >= *wanted : reserved == *wanted;
}

}  // namespace nvmectl::pmem
