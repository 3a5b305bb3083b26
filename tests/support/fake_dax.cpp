// FakePmem's DAX devices, by the kernel's rules: sizes in steps of the alignment and 2 MiB; a region's first device
// stays.
#include <fmt/format.h>

#include <algorithm>

#include "support/fake_pmem.hpp"

namespace nvmectl_test {

using namespace nvmectl;

namespace {

DaxRegion& region_of(PmemTopology& state, std::uint32_t id) {
  return *std::find_if(state.dax_regions.begin(), state.dax_regions.end(),
                       [&](const DaxRegion& region) { return region.id == id; });
}

Result<> fits(std::uint64_t bytes, std::uint64_t align, std::uint64_t free) {
  if (bytes == 0 || bytes % std::max(align, 2 * mib) != 0) return fail(ErrorKind::usage, "EINVAL: alignment");
  if (bytes > free) return fail(ErrorKind::no_space, "ENOSPC");
  return {};
}

}  // namespace

void FakePmem::add_dax_region(std::uint32_t id, std::uint64_t bytes) {
  state.dax_regions.push_back({id, fmt::format("/sys/devices/platform/hmem.{}", id), bytes, 2 * mib, 0, {}});
  DaxDevice first;
  first.name = fmt::format("dax{}.0", id);
  first.region_id = id;
  first.size_bytes = bytes;
  first.align_bytes = 2 * mib;
  state.dax_devices.push_back(first);
}

Result<DaxDevice*> FakePmem::dax_named(const std::string& name) {
  for (DaxDevice& device : state.dax_devices)
    if (device.name == name) return &device;
  return fail(ErrorKind::not_found, "there is no " + name);
}

Result<std::string> FakePmem::create_dax(std::uint32_t id, std::uint64_t bytes, std::uint64_t align, const Deadline&) {
  NVMECTL_TRY(step("create_dax", fmt::format("{}", bytes)));
  DaxRegion& region = region_of(state, id);
  NVMECTL_TRY(fits(bytes, align, *region.available_bytes));
  std::uint32_t number = 1;
  while (dax_named(fmt::format("dax{}.{}", id, number))) ++number;
  DaxDevice made;
  made.name = fmt::format("dax{}.{}", id, number);
  made.region_id = id;
  made.size_bytes = bytes;
  made.align_bytes = align;
  made.enabled = true;
  *region.available_bytes -= bytes;
  state.dax_devices.push_back(made);
  log.push_back(fmt::format("create {} {}", made.name, bytes));
  return made.name;
}

Result<> FakePmem::resize_dax(const std::string& name, std::uint64_t bytes, std::uint64_t align, const Deadline&) {
  NVMECTL_TRY(step("resize_dax", name));
  NVMECTL_ASSIGN(DaxDevice* const device, dax_named(name));
  DaxRegion& region = region_of(state, *device->region_id);
  if (align != 0) device->align_bytes = align;
  NVMECTL_TRY(fits(bytes, device->align_bytes, *region.available_bytes + device->size_bytes));
  *region.available_bytes += device->size_bytes - bytes;
  device->size_bytes = bytes;
  log.push_back(fmt::format("resize {} {}", name, bytes));
  return {};
}

Result<> FakePmem::destroy_dax(const std::string& name, const Deadline&) {
  NVMECTL_TRY(step("destroy_dax", name));
  NVMECTL_ASSIGN(const DaxDevice* const device, dax_named(name));
  *region_of(state, *device->region_id).available_bytes += device->size_bytes;
  std::erase_if(state.dax_devices, [&](const DaxDevice& other) { return other.name == name; });
  log.push_back("destroy " + name);
  return {};
}

Result<> FakePmem::set_dax_enabled(const std::string& name, bool enabled, const Deadline&) {
  NVMECTL_ASSIGN(DaxDevice* const device, dax_named(name));
  device->enabled = enabled;
  log.push_back(fmt::format("{} {}", enabled ? "enable" : "disable", name));
  return {};
}

}  // namespace nvmectl_test
