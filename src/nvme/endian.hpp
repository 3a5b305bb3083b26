// Explicit little-endian loads and stores by offset. NVMe structures are never read through struct casts: alignment,
// padding and the host's byte order then do not matter.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

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

/// The T at `offset`, or 0 when it does not lie wholly within `data`.
template <std::unsigned_integral T>
[[nodiscard]] constexpr T load_le(std::span<const std::byte> data, std::size_t offset = 0) {
  if (offset > data.size() || data.size() - offset < sizeof(T)) return 0;
  return static_cast<T>(load_le_bytes(data.subspan(offset, sizeof(T))));
}

/// Stores `value` at `offset`; false, and nothing written, when it does not fit wholly within `data`.
template <std::unsigned_integral T>
constexpr bool store_le(std::span<std::byte> data, std::size_t offset, T value) {
  if (offset > data.size() || data.size() - offset < sizeof(T)) return false;
  store_le_bytes(data.subspan(offset, sizeof(T)), value);
  return true;
}

}  // namespace nvmectl::nvme
