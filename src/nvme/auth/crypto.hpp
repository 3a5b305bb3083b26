// Keyed hashes for authentication and TLS keys: OpenSSL's libcrypto, loaded when first needed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/result.hpp"
#include "core/value.hpp"

namespace nvmectl::nvme {

/// The hash of a key's text form: the two digits behind the first colon. NVM Express Base Specification 2.0d, section
/// 8.13.5.7; NVMe/TCP Transport Specification 1.0d, section 3.6.1.5 (which has no SHA-512).
enum class KeyHash : std::uint8_t { none = 0, sha256 = 1, sha384 = 2, sha512 = 3 };

/// Bytes of a digest; 0 for none.
[[nodiscard]] constexpr std::size_t digest_size(KeyHash hash) {
  return hash == KeyHash::none ? 0 : 16U + 16U * static_cast<std::size_t>(hash);
}
/// "SHA-256", "none" …
[[nodiscard]] std::string_view to_string(KeyHash hash);

/// HMAC (RFC 2104). `hash` is not none. unsupported when this machine has no libcrypto.so.3.
[[nodiscard]] Result<Bytes> hmac(KeyHash hash, std::span<const std::byte> key, std::span<const std::byte> data);
/// HKDF-Extract with a salt of zeros (RFC 5869, section 2.2).
[[nodiscard]] Result<Bytes> hkdf_extract(KeyHash hash, std::span<const std::byte> input);
/// HKDF-Expand (RFC 5869, section 2.3) to `length` bytes, at most 255 digests.
[[nodiscard]] Result<Bytes> hkdf_expand(KeyHash hash, std::span<const std::byte> key, std::span<const std::byte> info,
                                        std::size_t length);

/// Bytes that nobody can guess, from the operating system.
[[nodiscard]] Result<Bytes> random_bytes(std::size_t count);

/// The bytes of `text`, for hashing.
[[nodiscard]] std::span<const std::byte> bytes_of(std::string_view text);

}  // namespace nvmectl::nvme
