// A DIMM's label area, made for tests.
#pragma once

#include <algorithm>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "core/endian.hpp"
#include "core/text.hpp"
#include "pmem/labels.hpp"

namespace nvmectl_test {

using Area = std::vector<std::byte>;
inline constexpr std::size_t index_bytes = 256, first_label = 512;

inline void put_text(std::span<std::byte> area, std::size_t at, std::string_view text) {
  std::memcpy(area.data() + at, text.data(), text.size());
}
inline void seal_index(Area& area, std::size_t at) {
  nvmectl::store_le(area, at + 64, nvmectl::pmem::fletcher64(std::span(area).subspan(at, index_bytes), 64));
}
inline void put_index(Area& area, std::size_t at, std::uint32_t sequence, std::uint32_t slots, bool large) {
  put_text(area, at, std::string_view("NAMESPACE_INDEX\0", 16));
  area[at + 19] = std::byte{large ? std::uint8_t{1} : std::uint8_t{0}};
  nvmectl::store_le<std::uint32_t>(area, at + 20, sequence);
  nvmectl::store_le<std::uint64_t>(area, at + 24, at);
  nvmectl::store_le<std::uint64_t>(area, at + 32, index_bytes);
  nvmectl::store_le<std::uint64_t>(area, at + 40, at == 0 ? index_bytes : 0);
  nvmectl::store_le<std::uint64_t>(area, at + 48, first_label);
  nvmectl::store_le<std::uint32_t>(area, at + 56, slots);
  nvmectl::store_le<std::uint16_t>(area, at + 60, 1);
  nvmectl::store_le<std::uint16_t>(area, at + 62, large ? 2 : 1);
  for (std::size_t i = 0; i < (slots + 7) / 8; ++i) area[at + 72 + i] = std::byte{0xff};
  seal_index(area, at);
}
inline void use_slot(Area& area, std::size_t index, std::uint32_t slot) {
  area[index + 72 + slot / 8] &= ~std::byte{static_cast<std::uint8_t>(1U << (slot % 8))};
  seal_index(area, index);
}
inline void put_label(Area& area, std::uint32_t slot, std::string_view name, bool large) {
  const std::size_t bytes = large ? 256 : 128, at = first_label + slot * bytes;
  for (std::size_t i = 0; i < 16; ++i) area[at + i] = static_cast<std::byte>(i + slot);
  put_text(area, at + 16, name);
  nvmectl::store_le<std::uint16_t>(area, at + 84, 2);
  nvmectl::store_le<std::uint16_t>(area, at + 86, 1);
  nvmectl::store_le<std::uint64_t>(area, at + 104, 0x1000000);
  nvmectl::store_le<std::uint64_t>(area, at + 112, 128U << 20U);
  nvmectl::store_le<std::uint32_t>(area, at + 120, slot);
  if (!large) return;
  // 266400ba-fb9f-4677-bcb0-968f11d0d225 as a GUID: what makes it fsdax.
  const auto guid = nvmectl::parse_uuid("ba006426-9ffb-7746-bcb0-968f11d0d225").value();
  std::copy(guid.begin(), guid.end(), area.begin() + static_cast<std::ptrdiff_t>(at + 144));
  nvmectl::store_le(area, at + 248, nvmectl::pmem::fletcher64(std::span(area).subspan(at, 256), 248));
}

// vol-a and vol-b in use, and one that no index tells of.
inline Area two_labels(bool large) {
  Area area(16384);
  const std::uint32_t slots = large ? 60 : 120;
  put_index(area, 0, 1, slots, large);
  put_index(area, index_bytes, 2, slots, large);
  put_label(area, 0, "vol-a", large);
  put_label(area, 9, "vol-b", large);
  put_label(area, 3, "stale", large);  // no index says that it is used
  for (const std::uint32_t slot : {0U, 9U}) use_slot(area, index_bytes, slot);
  return area;
}

}  // namespace nvmectl_test
