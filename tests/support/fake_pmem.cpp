#include "support/fake_pmem.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "pmem/sizes.hpp"

namespace nvmectl_test {

using namespace nvmectl;

struct FakePmem::Held : PmemManager::Lock {
  explicit Held(int& count) : count_(count) { ++count_; }
  ~Held() override { --count_; }
  int& count_;
};

std::size_t FakePmem::add_region(std::uint64_t bytes, std::uint32_t ways, bool labelled, const std::string& provider) {
  auto bus =
      std::find_if(state.buses.begin(), state.buses.end(), [&](const PmemBus& b) { return b.provider == provider; });
  if (bus == state.buses.end()) {
    state.buses.push_back({fmt::format("ndbus{}", state.buses.size()), provider, "idle", "", ""});
    bus = state.buses.end() - 1;
  }
  PmemRegion region;
  const std::size_t index = state.regions.size();
  region.name = fmt::format("region{}", index);
  region.bus = static_cast<std::size_t>(bus - state.buses.begin());
  region.type = "pmem";
  region.size_bytes = bytes;
  region.interleave_ways = ways;
  region.align_bytes = 16 * mib % ways == 0 ? 16 * mib : 16 * mib * ways;
  region.resource = (index + 1) * 64 * gib;
  region.labelled = labelled;
  region.enabled = true;
  region.numa_node = static_cast<std::int64_t>(index % 2);
  region.persistence_domain = "memory_controller";
  region.fsdax_alignments = region.devdax_alignments = {4096, 2 * mib, gib};
  region.sector_sizes = {512, 520, 528, 4096, 4104, 4160, 4224};
  for (std::uint32_t i = 0; i < ways; ++i) {
    PmemDimm dimm;
    dimm.name = fmt::format("nmem{}", state.dimms.size());
    dimm.unique_id = fmt::format("8680-{:08x}", state.dimms.size());
    dimm.bus = region.bus;
    dimm.enabled = dimm.active = true;
    dimm.label_area_bytes = 128 * 1024;
    dimm.free_label_slots = 510;
    labels[dimm.name] = Bytes(128 * 1024);
    region.mappings.push_back({state.dimms.size(), 0, bytes / ways, i});
    state.dimms.push_back(std::move(dimm));
  }
  state.regions.push_back(std::move(region));
  recount(index);
  return index;
}

std::vector<std::pair<std::uint64_t, std::uint64_t>> FakePmem::holes(std::size_t index) const {
  const PmemRegion& region = state.regions[index];
  std::vector<std::pair<std::uint64_t, std::uint64_t>> used, free;
  for (const PmemNamespace& ns : state.namespaces)
    if (ns.region == index) used.emplace_back(*ns.resource - *region.resource, ns.reserved_bytes);
  std::sort(used.begin(), used.end());
  std::uint64_t at = 0;
  for (const auto& [offset, length] : used) {
    if (offset > at) free.emplace_back(at, offset - at);
    at = offset + length;
  }
  if (at < region.size_bytes) free.emplace_back(at, region.size_bytes - at);
  return free;
}

void FakePmem::recount(std::size_t index) {
  PmemRegion& region = state.regions[index];
  region.available_bytes = region.max_extent_bytes = 0;
  for (const auto& [offset, length] : holes(index)) {
    region.available_bytes += length;
    region.max_extent_bytes = std::max(region.max_extent_bytes, length);
  }
}

void FakePmem::dress(PmemNamespace& ns, const PmemNamespaceSpec& spec) {
  ns.mode = spec.mode;
  ns.map.reset();
  ns.align_bytes.reset();
  ns.sector_bytes.reset();
  ns.uuid = spec.mode == PmemMode::raw ? "" : spec.uuid;
  ns.block_device = ns.character_device = "";
  const std::string number = ns.device.substr(9);
  if (spec.mode == PmemMode::devdax) ns.character_device = "dax" + number;
  else ns.block_device = "pmem" + number + (spec.mode == PmemMode::sector ? "s" : "");
  if (spec.mode == PmemMode::fsdax || spec.mode == PmemMode::devdax) {
    ns.map = spec.map;
    ns.align_bytes = spec.align_bytes;
  }
  if (spec.mode != PmemMode::devdax) ns.sector_bytes = spec.sector_bytes == 0 ? 512 : spec.sector_bytes;
  ns.usable_bytes = short_of_usable ? 0
                                    : pmem::usable_bytes(ns.reserved_bytes,
                                                         {spec.mode, spec.map, spec.align_bytes, spec.sector_bytes});
  ns.enabled = true;
}

std::size_t FakePmem::add_namespace(std::size_t region, std::uint64_t bytes, const std::string& name, PmemMode mode) {
  PmemNamespaceSpec spec;
  spec.region = state.regions[region].name;
  spec.reserved_bytes = bytes;
  spec.mode = mode;
  spec.align_bytes = mode == PmemMode::fsdax || mode == PmemMode::devdax ? 2 * mib : 0;
  spec.sector_bytes = mode == PmemMode::sector ? 4096 : 0;
  spec.name = name;
  spec.label_uuid = fmt::format("00000000-0000-4000-8000-{:012}", ++next_number_);
  spec.uuid = fmt::format("11111111-0000-4000-8000-{:012}", next_number_);
  PmemNamespace ns;
  std::size_t number = 0;
  for (const PmemNamespace& other : state.namespaces) number += other.region == region ? 1 : 0;
  ns.device = fmt::format("namespace{}.{}", region, number);
  while (std::any_of(state.namespaces.begin(), state.namespaces.end(),
                     [&](const PmemNamespace& other) { return other.device == ns.device; }))
    ns.device = fmt::format("namespace{}.{}", region, ++number);
  ns.region = region;
  ns.reserved_bytes = bytes;
  ns.name = state.regions[region].labelled ? name : "";
  ns.label_uuid = state.regions[region].labelled ? spec.label_uuid : "";
  ns.numa_node = state.regions[region].numa_node;
  for (const auto& [offset, length] : holes(region)) {
    if (length < bytes) continue;
    ns.resource = *state.regions[region].resource + offset;
    break;
  }
  dress(ns, spec);
  state.namespaces.push_back(std::move(ns));
  recount(region);
  return state.namespaces.size() - 1;
}

void FakePmem::use(std::size_t ns, const std::string& how) {
  const PmemNamespace& it = state.namespaces[ns];
  state.namespaces[ns].uses.push_back({it.block_device.empty() ? it.character_device : it.block_device, how});
}

void FakePmem::renumber() {
  std::vector<std::size_t> counts(state.regions.size());
  std::sort(state.namespaces.begin(), state.namespaces.end(), [](const PmemNamespace& a, const PmemNamespace& b) {
    return std::pair(a.region, a.resource) < std::pair(b.region, b.resource);
  });
  for (PmemNamespace& ns : state.namespaces) ns.device = fmt::format("namespace{}.{}", ns.region, counts[ns.region]++);
}

Result<> FakePmem::step(const std::string& name, const std::string& device) {
  for (const std::string& key : {name, name + " " + device}) {
    const auto planned = fails.find(key);
    if (planned != fails.end())
      return fail(make_error(planned->second, fmt::format("{} failed", key)).with_cause("it was to fail"));
  }
  if (!root && name != "scan") return fail(ErrorKind::permission, "only root may change persistent memory");
  return {};
}

Result<PmemTopology> FakePmem::scan(const PmemScan&) {
  NVMECTL_TRY(step("scan"));
  PmemTopology seen = state;
  for (PmemNamespace& ns : seen.namespaces) {
    if (!root) ns.resource.reset();
    if (seen.regions[ns.region].labelled) ns.label_mode = ns.mode;
    if (ns.enabled && ns.uuid.empty() && seen.regions[ns.region].labelled) ns.mode = PmemMode::raw;
    if (!ns.enabled) {  // the kernel has not looked at its info block
      ns.usable_bytes.reset();
      ns.uuid.clear();
      ns.block_device = ns.character_device = "";
    }
  }
  if (!root)
    for (PmemRegion& region : seen.regions) region.resource.reset();
  std::sort(seen.namespaces.begin(), seen.namespaces.end(),
            [](const PmemNamespace& a, const PmemNamespace& b) { return a.device < b.device; });
  for (std::size_t i = 0; i < seen.namespaces.size() && state.dax_devices.empty(); ++i) {
    DaxDevice device;
    device.name = seen.namespaces[i].character_device;
    device.enabled = true;
    device.ns = i;
    device.system_ram = ram.contains(device.name);
    if (device.system_ram) device.online_blocks = device.total_blocks = 4;
    if (!device.name.empty()) seen.dax_devices.push_back(std::move(device));
  }
  return seen;
}

Result<std::unique_ptr<PmemManager::Lock>> FakePmem::lock(const Deadline&) {
  NVMECTL_TRY(step("lock"));
  return std::make_unique<Held>(locks);
}

Result<std::size_t> FakePmem::ns_named(const std::string& device) {
  for (std::size_t i = 0; i < state.namespaces.size(); ++i)
    if (state.namespaces[i].device == device) return i;
  return fail(ErrorKind::not_found, "there is no " + device);
}
Result<std::size_t> FakePmem::dimm_named(const std::string& name) {
  for (std::size_t i = 0; i < state.dimms.size(); ++i)
    if (state.dimms[i].name == name) return i;
  return fail(ErrorKind::not_found, "there is no " + name);
}

// The kernel's own rules: a bare EINVAL or ENOSPC for each.
Result<> FakePmem::check_spec(std::size_t index, const PmemNamespaceSpec& spec) {
  const PmemRegion& region = state.regions[index];
  const bool pages = spec.mode == PmemMode::fsdax || spec.mode == PmemMode::devdax;
  const std::uint64_t remembered = seed_align.contains(region.name) ? seed_align[region.name] : 2 * mib;
  const std::uint64_t align = !pages ? 4096 : spec.align_bytes == 0 ? remembered : spec.align_bytes;
  if (spec.reserved_bytes % region.align_bytes != 0) return fail(ErrorKind::usage, "EINVAL: region alignment");
  if (spec.reserved_bytes % (align * region.interleave_ways) != 0) return fail(ErrorKind::usage, "EINVAL: alignment");
  if (spec.mode != PmemMode::raw && spec.reserved_bytes < 16 * mib) return fail(ErrorKind::usage, "EINVAL: too small");
  if (spec.mode == PmemMode::sector && spec.sector_bytes == 0) return fail(ErrorKind::usage, "EINVAL: sector size");
  if (spec.label_uuid.empty() || spec.uuid.empty()) return fail(ErrorKind::usage, "EINVAL: no UUID");
  return {};
}

Result<std::string> FakePmem::create(const PmemNamespaceSpec& spec, const Deadline& deadline) {
  wanted = spec;
  if (deadline.passed()) return fail(ErrorKind::timeout, "too late");
  const auto region = std::find_if(state.regions.begin(), state.regions.end(),
                                   [&](const PmemRegion& r) { return r.name == spec.region; });
  if (region == state.regions.end()) return fail(ErrorKind::not_found, "there is no " + spec.region);
  const auto index = static_cast<std::size_t>(region - state.regions.begin());
  if (!region->labelled || !region->enabled) return fail(ErrorKind::unsupported, "ENXIO");
  NVMECTL_TRY(check_spec(index, spec));
  if (region->max_extent_bytes < spec.reserved_bytes) return fail(ErrorKind::no_space, "ENOSPC");
  for (const char* name : {"uuid", "size", "mode", "align", "enable"}) {
    auto done = step(name, spec.region);
    if (done) continue;
    if (!rolls_back) seed_align[spec.region] = spec.align_bytes;
    return fail(std::move(done).error());
  }
  log.push_back(fmt::format("create {} {} {} {}", spec.region, spec.reserved_bytes, to_string(spec.mode), spec.name));
  const std::size_t made = add_namespace(index, spec.reserved_bytes, spec.name, spec.mode);
  PmemNamespace& ns = state.namespaces[made];
  ns.label_uuid = spec.label_uuid;
  dress(ns, spec);
  return ns.device;
}

Result<> FakePmem::idle(std::size_t ns) {
  if (state.namespaces[ns].uses.empty()) return {};
  return fail(ErrorKind::busy, "EBUSY");
}

Result<std::string> FakePmem::reconfigure(const std::string& device, const PmemNamespaceSpec& spec, const Deadline&) {
  NVMECTL_ASSIGN(const std::size_t index, ns_named(device));
  NVMECTL_TRY(idle(index));
  NVMECTL_TRY(step("reconfigure", device));
  wanted = spec;
  log.push_back(fmt::format("reconfigure {} {}", device, to_string(spec.mode)));
  if (state.regions[state.namespaces[index].region].labelled) {
    state.namespaces[index].name = spec.name;
    state.namespaces[index].label_uuid = spec.label_uuid;
  }
  dress(state.namespaces[index], spec);
  return device;
}

Result<Bytes> FakePmem::read_infoblock(const std::string& device, const Deadline&) {
  NVMECTL_TRY(ns_named(device));
  NVMECTL_TRY(step("read-infoblock", device));
  const auto found = info.find(device);
  return found == info.end() ? Bytes(8192) : found->second;
}

Result<> FakePmem::enable_namespace(const std::string& device, const Deadline&) {
  NVMECTL_ASSIGN(const std::size_t index, ns_named(device));
  NVMECTL_TRY(step("enable-namespace", device));
  log.push_back("enable " + device);
  state.namespaces[index].enabled = true;
  return {};
}
Result<> FakePmem::disable_namespace(const std::string& device, const Deadline&) {
  NVMECTL_ASSIGN(const std::size_t index, ns_named(device));
  NVMECTL_TRY(idle(index));
  NVMECTL_TRY(step("disable", device));
  log.push_back("disable " + device);
  state.namespaces[index].enabled = false;
  return {};
}
Result<> FakePmem::destroy(const std::string& device, const Deadline&) {
  NVMECTL_ASSIGN(const std::size_t index, ns_named(device));
  NVMECTL_TRY(idle(index));
  NVMECTL_TRY(step("destroy", device));
  log.push_back("destroy " + device);
  const std::size_t region = state.namespaces[index].region;
  if (!state.regions[region].labelled) return fail(ErrorKind::unsupported, "it is the whole region");
  state.namespaces.erase(state.namespaces.begin() + static_cast<std::ptrdiff_t>(index));
  recount(region);
  return {};
}
Result<> FakePmem::erase(const std::string& device, PmemErase how, const PmemProgress& progress, const Deadline&) {
  NVMECTL_ASSIGN(const std::size_t index, ns_named(device));
  NVMECTL_TRY(idle(index));
  if (!state.namespaces[index].enabled) return fail(ErrorKind::usage, "it is not enabled");
  NVMECTL_TRY(step("erase", device));
  log.push_back(fmt::format("erase {} {}", device, how == PmemErase::full ? "full" : "head"));
  if (progress) progress(1, 1);
  return {};
}
Result<> FakePmem::rename(const std::string& device, const std::string& name, const Deadline&) {
  NVMECTL_ASSIGN(const std::size_t index, ns_named(device));
  NVMECTL_TRY(idle(index));
  NVMECTL_TRY(step("rename", device));
  log.push_back("rename " + device + " " + name);
  state.namespaces[index].name = name;
  return {};
}
Result<> FakePmem::resize(const std::string& device, std::uint64_t bytes, const Deadline&) {
  NVMECTL_ASSIGN(const std::size_t index, ns_named(device));
  NVMECTL_TRY(idle(index));
  NVMECTL_TRY(step("resize", device));
  PmemNamespace& ns = state.namespaces[index];
  if (bytes % state.regions[ns.region].align_bytes != 0) return fail(ErrorKind::usage, "EINVAL");
  log.push_back(fmt::format("resize {} {}", device, bytes));
  ns.reserved_bytes = bytes;
  ns.usable_bytes = bytes;
  recount(ns.region);
  return {};
}

Result<> FakePmem::set_region(const std::string& name, bool enabled, const Deadline&) {
  const auto region =
      std::find_if(state.regions.begin(), state.regions.end(), [&](const PmemRegion& r) { return r.name == name; });
  if (region == state.regions.end()) return fail(ErrorKind::not_found, "there is no " + name);
  const auto index = static_cast<std::size_t>(region - state.regions.begin());
  if (!enabled)
    for (std::size_t i = 0; i < state.namespaces.size(); ++i)
      if (state.namespaces[i].region == index) NVMECTL_TRY(idle(i));
  NVMECTL_TRY(step(enabled ? "enable-region" : "disable-region", name));
  log.push_back(fmt::format("{} {}", enabled ? "enable" : "disable", name));
  region->enabled = enabled;
  for (const PmemMapping& mapping : region->mappings) state.dimms[mapping.dimm].active = enabled;
  for (PmemNamespace& ns : state.namespaces)
    if (ns.region == index) ns.enabled = enabled;
  return {};
}
Result<> FakePmem::set_dimm(const std::string& name, bool enabled, const Deadline&) {
  NVMECTL_ASSIGN(const std::size_t index, dimm_named(name));
  if (!enabled && state.dimms[index].active) return fail(ErrorKind::busy, "EBUSY: active");
  NVMECTL_TRY(step(enabled ? "enable-dimm" : "disable-dimm", name));
  log.push_back(fmt::format("{} {}", enabled ? "enable" : "disable", name));
  state.dimms[index].enabled = enabled;
  return {};
}

Result<Bytes> FakePmem::read_labels(const std::string& dimm, const Deadline&) {
  NVMECTL_TRY(dimm_named(dimm));
  NVMECTL_TRY(step("read-labels", dimm));
  return labels[dimm];
}
Result<> FakePmem::write_labels(const std::string& dimm, std::span<const std::byte> bytes, const Deadline&) {
  NVMECTL_ASSIGN(const std::size_t index, dimm_named(dimm));
  if (state.dimms[index].active) return fail(ErrorKind::busy, "EBUSY: active");
  NVMECTL_TRY(step("write-labels", dimm));
  log.push_back("write-labels " + dimm);
  labels[dimm].assign(bytes.begin(), bytes.end());
  return {};
}
Result<std::uint64_t> FakePmem::init_labels(const std::string& dimm, std::string_view version, const Deadline&) {
  NVMECTL_ASSIGN(const std::size_t index, dimm_named(dimm));
  if (state.dimms[index].active) return fail(ErrorKind::busy, "EBUSY: active");
  NVMECTL_TRY(step("init-labels", dimm));
  log.push_back(fmt::format("init-labels {} {}", dimm, version));
  labels[dimm].assign(128 * 1024, std::byte{1});
  for (std::size_t r = 0; r < state.regions.size(); ++r) {
    PmemRegion& region = state.regions[r];
    const bool on = std::any_of(region.mappings.begin(), region.mappings.end(),
                                [&](const PmemMapping& m) { return m.dimm == index; });
    if (!on) continue;
    region.labelled = true;
    std::erase_if(state.namespaces, [&](const PmemNamespace& ns) { return ns.region == r; });
    recount(r);
  }
  return version == "1.1" ? 1020 : 510;
}
Result<> FakePmem::zero_labels(const std::string& dimm, const Deadline&) {
  NVMECTL_ASSIGN(const std::size_t index, dimm_named(dimm));
  if (state.dimms[index].active) return fail(ErrorKind::busy, "EBUSY: active");
  NVMECTL_TRY(step("zero-labels", dimm));
  log.push_back("zero-labels " + dimm);
  std::fill(labels[dimm].begin(), labels[dimm].end(), std::byte{});
  return {};
}
Result<std::uint64_t> FakePmem::clear_errors(const std::string& device, const Deadline&) {
  NVMECTL_ASSIGN(const std::size_t index, ns_named(device));
  NVMECTL_TRY(step("clear-errors", device));
  std::uint64_t cleared = 0;
  for (const BadBlocks& bad : state.namespaces[index].bad_blocks) cleared += bad.length;
  state.namespaces[index].bad_blocks.clear();
  return cleared;
}
Result<> FakePmem::start_scrub(const std::string& bus, const Deadline&) {
  NVMECTL_TRY(step("start-scrub", bus));
  log.push_back("start-scrub " + bus);
  return {};
}
Result<> FakePmem::wait_scrub(const std::string& bus, const Deadline&) {
  NVMECTL_TRY(step("wait-scrub", bus));
  log.push_back("wait-scrub " + bus);
  return {};
}
Result<> FakePmem::operate(const std::string& verb, const std::string& device,
                           std::span<const std::pair<std::string, std::string>> arguments, const PmemProgress& progress,
                           const Deadline&) {
  if (cannot.contains(verb)) return fail(ErrorKind::unsupported, device + " cannot do that");
  NVMECTL_TRY(step(verb, device));
  std::string line = verb + " " + device;
  for (const auto& [name, value] : arguments) line += fmt::format(" {}={}", name, value);
  log.push_back(line);
  if (progress) progress(1, 1);
  return {};
}
Result<> FakePmem::reconfigure_dax(const std::string& dax, bool system_ram, bool online, bool movable,
                                   const Deadline&) {
  NVMECTL_TRY(step("reconfigure-dax", dax));
  log.push_back(fmt::format("dax {} {} {} {}", dax, system_ram ? "system-ram" : "devdax", online, movable));
  if (system_ram) ram.insert(dax);
  else ram.erase(dax);
  return {};
}
Result<> FakePmem::set_dax_online(const std::string& dax, bool online, bool movable, const Deadline&) {
  NVMECTL_TRY(step("set-dax-online", dax));
  log.push_back(fmt::format("dax {} {} {}", dax, online ? "online" : "offline", movable));
  return {};
}

}  // namespace nvmectl_test
