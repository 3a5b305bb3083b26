// Little-endian numbers of any size, for the tables of layouts. Fixed places are read with core/endian.hpp, which this
// header brings along: load_le<T>(bytes, offset), store_le<T>(bytes, offset, value), checked by the caller.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/endian.hpp"

namespace nvmectl::nvme {

/// The unsigned little-endian number in `bytes` (at most 8; further bytes are ignored). 0 for no bytes.
[[nodiscard]] constexpr std::uint64_t load_le_bytes(std::span<const std::byte> bytes) {
  std::uint64_t value = 0;
  const std::size_t count = bytes.size() < 8 ? bytes.size() : 8;
  for (std::size_t i = 0; i < count; ++i) value |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
  return value;
}

/// Writes the low bytes of `value` into all of `bytes`, least significant first; bytes behind the eighth become 0.
constexpr void store_le_bytes(std::span<std::byte> bytes, std::uint64_t value) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = i < 8 ? static_cast<std::byte>((value >> (8 * i)) & 0xffU) : std::byte{0};
  }
}

}  // namespace nvmectl::nvme
