// Points in time as text.
#pragma once

#include <cstdint>
#include <string>

namespace nvmectl {

/// "2026-11-02T15:04:05.678Z" from milliseconds since 1970; "" for a year behind 9999.
[[nodiscard]] std::string iso_time(std::uint64_t milliseconds);
/// Milliseconds since 1970, now.
[[nodiscard]] std::uint64_t wall_clock_ms();

}  // namespace nvmectl
