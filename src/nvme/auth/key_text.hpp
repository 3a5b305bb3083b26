// The text form that NVMe's two kinds of keys share: PREFIX:HH:BASE64(key and its CRC-32):
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/value.hpp"
#include "nvme/auth/crypto.hpp"

namespace nvmectl::nvme {

/// A key as its text form carries it. Kept away from messages.
struct KeyText {
  KeyHash hash = KeyHash::none;
  Bytes key = {};
  std::uint32_t crc = 0;  ///< of `key`
  friend bool operator==(const KeyText&, const KeyText&) = default;
};

/// Takes the form apart: strict base64, CRC-32 (IEEE 802.3, little endian) checked. `what` names the kind of key for
/// messages, which never hold any of it. Usage error for anything else; nothing is allocated beyond the longest key.
[[nodiscard]] Result<KeyText> parse_key_text(std::string_view text, std::string_view prefix, std::string_view what);
/// The inverse; `hash` and `key` are as the kind of key demands.
[[nodiscard]] std::string format_key_text(std::string_view prefix, KeyHash hash, std::span<const std::byte> key);

/// CRC-32 of ISO/IEC/IEEE 8802-3 (polynomial 04C11DB7h, reflected).
[[nodiscard]] std::uint32_t crc32(std::span<const std::byte> data);

/// Bytes from hexadecimal digits, blanks not allowed, at most 64; usage error with `what` in it.
[[nodiscard]] Result<Bytes> parse_hex_key(std::string_view text, std::string_view what);

inline constexpr std::size_t max_key_bytes = 64;

}  // namespace nvmectl::nvme
