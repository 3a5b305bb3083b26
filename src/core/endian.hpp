// Little-endian loads and stores by offset: how every wire structure is read and written (no struct casts).
// The caller has checked that the bytes are there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace nvmectl {

template <class Unsigned>
[[nodiscard]] constexpr Unsigned load_le(std::span<const std::byte> bytes, std::size_t offset) {
  std::uint64_t value = 0;
  for (std::size_t i = sizeof(Unsigned); i-- > 0;)
    value = (value << 8U) | std::to_integer<std::uint64_t>(bytes[offset + i]);
  return static_cast<Unsigned>(value);
}

template <class Unsigned>
constexpr void store_le(std::span<std::byte> bytes, std::size_t offset, Unsigned value) {
  std::uint64_t rest = value;
  for (std::size_t i = 0; i < sizeof(Unsigned); ++i) {
    bytes[offset + i] = static_cast<std::byte>(rest & 0xffU);
    rest >>= 8U;
  }
}

[[nodiscard]] constexpr std::uint8_t load_u8(std::span<const std::byte> bytes, std::size_t offset) {
  return std::to_integer<std::uint8_t>(bytes[offset]);
}
[[nodiscard]] constexpr std::uint16_t load_le16(std::span<const std::byte> bytes, std::size_t offset) {
  return load_le<std::uint16_t>(bytes, offset);
}
[[nodiscard]] constexpr std::uint32_t load_le32(std::span<const std::byte> bytes, std::size_t offset) {
  return load_le<std::uint32_t>(bytes, offset);
}
[[nodiscard]] constexpr std::uint64_t load_le64(std::span<const std::byte> bytes, std::size_t offset) {
  return load_le<std::uint64_t>(bytes, offset);
}

}  // namespace nvmectl
