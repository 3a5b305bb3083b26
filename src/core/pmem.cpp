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

namespace {

tl::unexpected<Error> cannot(std::string_view what) {
  return fail(ErrorKind::unsupported, fmt::format("{} is not possible with this backend", what));
}

}  // namespace

Result<std::vector<BadBlocks>> PmemManager::injected_errors(const std::string&, const Deadline&) {
  return cannot("listing injected errors");
}
Result<Bytes> PmemManager::read_infoblock(const std::string&, const Deadline&) {
  return cannot("reading info blocks");
}
Result<> PmemManager::write_infoblock(const std::string&, std::span<const std::byte>, const Deadline&) {
  return cannot("writing info blocks");
}
Result<std::vector<PmemFinding>> PmemManager::check_namespace(const std::string&, bool, const Deadline&) {
  return cannot("checking namespaces");
}
Result<> PmemManager::listen(std::span<const std::string>, const Deadline&,
                             const std::function<Result<bool>(const PmemEvent&)>&) {
  return cannot("listening for events of DIMMs");
}
Result<std::string> PmemManager::create_dax(std::uint32_t, std::uint64_t, std::uint64_t, const Deadline&) {
  return cannot("creating DAX devices");
}
Result<> PmemManager::resize_dax(const std::string&, std::uint64_t, std::uint64_t, const Deadline&) {
  return cannot("resizing DAX devices");
}
Result<> PmemManager::destroy_dax(const std::string&, const Deadline&) {
  return cannot("destroying DAX devices");
}
Result<> PmemManager::set_dax_enabled(const std::string&, bool, const Deadline&) {
  return cannot("enabling and disabling DAX devices");
}

}  // namespace nvmectl
