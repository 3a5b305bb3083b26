#include "commands/state/time.hpp"

#include <fmt/format.h>

#include <chrono>

namespace nvmectl {

std::string iso_time(std::uint64_t milliseconds) {
  using namespace std::chrono;
  constexpr std::uint64_t last_year_9999 = 253'402'300'799'999;
  if (milliseconds > last_year_9999) return {};
  const sys_time<std::chrono::milliseconds> point{std::chrono::milliseconds(milliseconds)};
  const auto day = floor<days>(point);
  const year_month_day date(day);
  const hh_mm_ss time(point - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count(), time.subseconds().count());
}

std::uint64_t wall_clock_ms() {
  using std::chrono::milliseconds;
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<milliseconds>(since).count());
}

}  // namespace nvmectl
