#include <fmt/format.h>

#include <algorithm>
#include <unistd.h>

#include "backends/pmem/scanner.hpp"
#include "core/model.hpp"
#include "core/text.hpp"

namespace nvmectl::pmem_backend {
namespace {

// Only a region that may be divided says how much of it is free.
std::optional<std::uint64_t> available(const Daxctl& dax, daxctl_region* region, const std::string& path) {
  if (::access((path + "/dax_region/available_size").c_str(), R_OK) != 0) return std::nullopt;
  return dax.region_get_available_size(region);
}

DaxDevice read_device(const Daxctl& dax, daxctl_region* region, daxctl_dev* device) {
  DaxDevice d;
  d.name = printable(dax.dev_get_devname(device));
  d.region_id = static_cast<std::uint32_t>(dax.region_get_id(region));
  d.size_bytes = dax.dev_get_size(device);
  d.align_bytes = dax.dev_get_align(device);
  d.target_node = node(dax.dev_get_target_node(device));
  d.enabled = dax.dev_is_enabled(device) != 0;
  d.mappings = dax_mappings(dax, device);
  daxctl_memory* const memory = dax.dev_get_memory(device);
  d.system_ram = memory != nullptr;
  if (memory == nullptr) return d;
  const auto count = [](int number) {
    return number < 0 ? std::nullopt : std::optional<std::uint64_t>(static_cast<std::uint64_t>(number));
  };
  d.total_blocks = count(dax.memory_num_sections(memory));
  d.online_blocks = count(dax.memory_is_online(memory));
  if (const int movable = dax.memory_is_movable(memory); movable >= 0) d.movable = movable == 1;
  return d;
}

}  // namespace

std::vector<DaxMapping> dax_mappings(const Daxctl& dax, daxctl_dev* device) {
  static const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  std::vector<DaxMapping> mappings;
  for (auto* one = dax.mapping_get_first(device); one != nullptr; one = dax.mapping_get_next(one))
    if (const std::uint64_t start = dax.mapping_get_start(one); start != 0)  // without root it is 0
      mappings.push_back({dax.mapping_get_offset(one) * page, start, dax.mapping_get_size(one)});
  std::sort(mappings.begin(), mappings.end(),
            [](const DaxMapping& a, const DaxMapping& b) { return a.offset < b.offset; });
  return mappings;
}

void Scanner::scan_dax() {
  const Daxctl& dax = session.dax();
  daxctl_ctx* const ctx = session.daxctl();
  for (auto* region = dax.region_get_first(ctx); region != nullptr; region = dax.region_get_next(region)) {
    const char* const raw = dax.region_get_path(region);
    const std::string path = raw != nullptr ? raw : "";
    const auto owner = dax_owner.find(path);
    const auto ns = owner != dax_owner.end() ? std::optional(owner->second) : std::nullopt;
    out.dax_regions.push_back({.id = static_cast<std::uint32_t>(dax.region_get_id(region)),
                               .path = printable(path),
                               .size_bytes = known(dax.region_get_size(region)).value_or(0),
                               .align_bytes = known(dax.region_get_align(region)).value_or(0),
                               .available_bytes = available(dax, region, path),
                               .ns = ns});
    for (auto* device = dax.dev_get_first(region); device != nullptr; device = dax.dev_get_next(device)) {
      DaxDevice d = read_device(dax, region, device);
      if (d.size_bytes == 0) continue;  // a seed
      d.ns = ns;
      if (d.system_ram && d.ns && request.uses)
        out.namespaces[*d.ns].uses.push_back(
            {d.name, d.online_blocks && d.total_blocks
                         ? fmt::format("system RAM, {} of {} blocks online", *d.online_blocks, *d.total_blocks)
                         : "system RAM"});
      out.dax_devices.push_back(std::move(d));
    }
  }
  std::sort(out.dax_devices.begin(), out.dax_devices.end(),
            [](const DaxDevice& a, const DaxDevice& b) { return natural_less(a.name, b.name); });
  std::sort(out.dax_regions.begin(), out.dax_regions.end(),
            [](const DaxRegion& a, const DaxRegion& b) { return natural_less(a.path, b.path); });
}

}  // namespace nvmectl::pmem_backend
