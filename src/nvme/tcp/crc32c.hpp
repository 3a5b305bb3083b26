// CRC32C (Castagnoli), the digest of NVMe/TCP. NVM Express TCP Transport Specification 1.0, section 3.3.1.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace nvmectl::tcp {

/// The CRC32C of `bytes`; `previous` is the result for the bytes before them, so that a digest can be taken in parts.
/// Uses the processor's own instruction where there is one.
[[nodiscard]] std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t previous = 0);

/// The portable form of the same, for comparison in tests.
[[nodiscard]] std::uint32_t crc32c_portable(std::span<const std::byte> bytes, std::uint32_t previous = 0);

}  // namespace nvmectl::tcp
