// SHA-256 (FIPS 180-4), for deriving identifiers that must not reveal what they come from. Not for bulk data.
#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace nvmectl {

[[nodiscard]] std::array<std::byte, 32> sha256(std::span<const std::byte> data);

}  // namespace nvmectl
