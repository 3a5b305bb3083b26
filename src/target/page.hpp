// A page of a data structure under construction: numbers and texts by byte offset.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/endian.hpp"

namespace nvmectl::target {

/// Zeroes at first. The offsets are those of the specification's figures; all lie within the page by construction.
template <std::size_t Size>
class Page {
 public:
  void u8(std::size_t offset, std::uint8_t value) { bytes_[offset] = std::byte{value}; }
  void u16(std::size_t offset, std::uint16_t value) { store_le(std::span<std::byte>(bytes_), offset, value); }
  void u32(std::size_t offset, std::uint32_t value) { store_le(std::span<std::byte>(bytes_), offset, value); }
  void u64(std::size_t offset, std::uint64_t value) { store_le(std::span<std::byte>(bytes_), offset, value); }
  void bytes(std::size_t offset, std::span<const std::byte> value) {
    std::copy(value.begin(), value.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(offset));
  }
  /// Text in a field of `length` bytes, cut when longer, filled up with `fill`.
  void text(std::size_t offset, std::size_t length, std::string_view value, char fill) {
    const auto field = std::span<std::byte>(bytes_).subspan(offset, length);
    const auto used = std::as_bytes(std::span(value)).first(std::min(length, value.size()));
    const auto rest = std::copy(used.begin(), used.end(), field.begin());
    std::fill(rest, field.end(), static_cast<std::byte>(fill));
  }
  [[nodiscard]] std::span<const std::byte> view() const { return bytes_; }

 private:
  std::array<std::byte, Size> bytes_{};
};

}  // namespace nvmectl::target
