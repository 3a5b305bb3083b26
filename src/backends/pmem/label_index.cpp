#include "backends/pmem/label_index.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <string>
#include <string_view>

#include "core/endian.hpp"
#include "core/value.hpp"

namespace nvmectl::pmem_backend {
namespace {

constexpr std::string_view signature("NAMESPACE_INDEX\0", 16);
constexpr std::size_t least_block = 256;  // block sizes are multiples of it

struct Index {
  std::uint32_t sequence = 0;
  std::uint64_t used = 0;
};

std::size_t block_size(std::span<const std::byte> area) {
  return area.size() < 72 ? 0 : static_cast<std::size_t>(std::min<std::uint64_t>(load_le64(area, 32), area.size()));
}

// "" and the index, or why the block at `offset` is none.
std::optional<Index> read(std::span<const std::byte> area, std::size_t offset, std::size_t size, std::string& why) {
  if (size < least_block || size % least_block != 0 || offset + size > area.size()) {
    why = "has no sensible size";
    return std::nullopt;
  }
  const auto block = area.subspan(offset, size);
  if (!std::equal(signature.begin(), signature.end(), block.begin(),
                  [](char a, std::byte b) { return std::byte(static_cast<unsigned char>(a)) == b; })) {
    why = "has no signature";
    return std::nullopt;
  }
  Bytes copy(block.begin(), block.end());
  store_le<std::uint64_t>(copy, 64, 0);
  if (fletcher64(copy) != load_le64(block, 64)) {
    why = "has a wrong checksum";
    return std::nullopt;
  }
  const std::uint32_t slots = load_le32(block, 56);
  if (72 + (std::uint64_t{slots} + 7) / 8 > size) {
    why = "has more slots than bits for them";
    return std::nullopt;
  }
  const std::uint64_t label_code = load_u8(block, 19);  // 0: 128 bytes, 1: 256
  if (label_code > 1 || 2 * std::uint64_t{size} + slots * (std::uint64_t{128} << label_code) > area.size()) {
    why = "has more slots than the area has room for";
    return std::nullopt;
  }
  if (load_le64(block, 24) != offset || load_le64(block, 32) != size) {
    why = "is meant for another place";
    return std::nullopt;
  }
  if ((load_le32(block, 20) & 3U) == 0) {
    why = "has no sequence number";
    return std::nullopt;
  }
  std::uint64_t free = 0;  // a set bit is a free slot
  for (std::uint32_t slot = 0; slot < slots; ++slot) free += load_u8(block, 72 + slot / 8) >> (slot % 8) & 1U;
  return Index{.sequence = load_le32(block, 20) & 3U, .used = slots - free};
}

// Sequence numbers go 1, 2, 3, 1, …
bool newer(std::uint32_t a, std::uint32_t b) {
  return a == b % 3 + 1;
}

}  // namespace

std::uint64_t fletcher64(std::span<const std::byte> bytes) {
  std::uint32_t low = 0;
  std::uint64_t high = 0;
  for (std::size_t at = 0; at + 4 <= bytes.size(); at += 4) {
    low += load_le32(bytes, at);
    high += low;
  }
  return high << 32U | low;
}

Result<std::uint64_t> used_label_slots(std::span<const std::byte> area) {
  std::array<std::string, 2> why;
  std::size_t size = block_size(area);
  const auto first = read(area, 0, size, why[0]);
  // Without a first block its copy is looked for at every place where it may begin.
  std::optional<Index> second;
  if (first) {
    second = read(area, size, size, why[1]);
  } else {
    for (std::size_t at = least_block; !second && at * 2 <= area.size() && at <= 128 * least_block; at += least_block)
      second = read(area, at, at, why[1]);
  }
  if (!first && !second)
    return fail(make_error(ErrorKind::io, "the label area is not valid", "write labels: nvmectl pmem init")
                    .with_cause(fmt::format("its first index block {}, and there is no valid copy", why[0])));
  if (first && second) return newer(second->sequence, first->sequence) ? second->used : first->used;
  return first ? first->used : second->used;
}

}  // namespace nvmectl::pmem_backend
