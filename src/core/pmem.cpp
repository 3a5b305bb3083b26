#include "core/pmem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/text.hpp"

namespace nvmectl {
namespace {

struct ModeName {
  std::string_view name;
  PmemMode mode;
};
// The first name of a mode is the one that is shown; the others are ndctl's older ones.
constexpr std::array modes{ModeName{"raw", PmemMode::raw},       ModeName{"fsdax", PmemMode::fsdax},
                           ModeName{"devdax", PmemMode::devdax}, ModeName{"sector", PmemMode::sector},
                           ModeName{"memory", PmemMode::fsdax},  ModeName{"dax", PmemMode::devdax},
                           ModeName{"safe", PmemMode::sector}};

}  // namespace

std::string_view to_string(PmemMode mode) {
  return std::find_if(modes.begin(), modes.end(), [&](const ModeName& m) { return m.mode == mode; })->name;
}

Result<PmemMode> parse_pmem_mode(std::string_view text) {
  const auto found = std::find_if(modes.begin(), modes.end(), [&](const ModeName& m) { return m.name == text; });
  if (found != modes.end()) return found->mode;
  return fail(ErrorKind::usage, fmt::format("'{}' is not a mode of persistent memory", printable(text)),
              "the modes are fsdax, devdax, sector and raw");
}

}  // namespace nvmectl
