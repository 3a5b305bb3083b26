#include <fmt/format.h>

#include <algorithm>
#include <dirent.h>
#include <memory>

#include "backends/pmem/manager.hpp"
#include "backends/pmem/scanner.hpp"
#include "backends/pmem/sysfs.hpp"
#include "core/text.hpp"

namespace nvmectl::pmem_backend {
namespace {

std::string persistence(ndctl_persistence_domain domain) {
  switch (domain) {
    case PERSISTENCE_CPU_CACHE: return "cpu_cache";
    case PERSISTENCE_MEM_CTRL: return "memory_controller";
    case PERSISTENCE_NONE: return "none";
    default: return {};
  }
}

std::string firmware_state(ndctl_fwa_state state) {
  switch (state) {
    case NDCTL_FWA_IDLE: return "idle";
    case NDCTL_FWA_ARMED: return "armed";
    case NDCTL_FWA_BUSY: return "busy";
    case NDCTL_FWA_ARM_OVERFLOW: return "overflow";
    default: return {};
  }
}

std::string firmware_method(ndctl_fwa_method method) {
  switch (method) {
    case NDCTL_FWA_METHOD_RESET: return "reset";
    case NDCTL_FWA_METHOD_SUSPEND: return "suspend";
    case NDCTL_FWA_METHOD_LIVE: return "live";
    default: return {};
  }
}

// What the device to be taken next supports: "512 [4096]" as 512 and 4096. The library would open all there are.
std::vector<std::uint64_t> supported(const std::string& region, std::string_view seed, std::string_view list) {
  std::vector<std::uint64_t> found;
  const std::string text = attribute(attribute(region, seed), list);
  for (std::string_view word : split(text, ' ')) {
    if (word.starts_with('[') && word.ends_with(']')) word = word.substr(1, word.size() - 2);
    if (const auto number = parse_number(word, list)) found.push_back(*number);
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<PmemMapping> mappings_of(const Scanner& scanner, Region region) {
  const Ndctl& nd = scanner.session.nd();
  std::vector<PmemMapping> found;
  for (auto* one = nd.mapping_get_first(region); one != nullptr; one = nd.mapping_get_next(one))
    if (const auto dimm = scanner.dimms.find(nd.mapping_get_dimm(one)); dimm != scanner.dimms.end())
      found.push_back({.dimm = dimm->second,
                       .offset = nd.mapping_get_offset(one),
                       .length = nd.mapping_get_length(one),
                       .position = nd.mapping_get_position(one)});
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.dimm < b.dimm; });
  return found;
}

PmemRegion read_region(const Scanner& scanner, Region region) {
  const Ndctl& nd = scanner.session.nd();
  PmemRegion r;
  r.name = printable(scanner.session.name(region));
  r.bus = scanner.buses.at(nd.region_get_bus(region));
  r.type = printable(nd.region_get_type_name(region));
  r.size_bytes = nd.region_get_size(region);
  r.available_bytes = known(nd.region_get_available_size(region)).value_or(0);
  r.max_extent_bytes = known(nd.region_get_max_available_extent(region)).value_or(r.available_bytes);
  r.align_bytes = known(nd.region_get_align(region)).value_or(0);
  r.interleave_ways = std::max(1U, nd.region_get_interleave_ways(region));
  r.resource = known(nd.region_get_resource(region));
  r.labelled = is_labelled(scanner.session, region);
  r.enabled = nd.region_is_enabled(region) != 0;
  r.read_only = nd.region_get_ro(region) == 1;
  r.numa_node = node(nd.region_get_numa_node(region));
  r.target_node = node(nd.region_get_target_node(region));
  if (auto* set = nd.region_get_interleave_set(region)) r.interleave_set = nd.interleave_set_get_cookie(set);
  r.persistence_domain = persistence(nd.region_get_persistence_domain(region));
  r.mappings = mappings_of(scanner, region);
  r.fsdax_alignments = supported(r.name, "pfn_seed", "supported_alignments");
  r.devdax_alignments = supported(r.name, "dax_seed", "supported_alignments");
  r.sector_sizes = supported(r.name, "btt_seed", "sector_size");
  if (scanner.request.bad_blocks)
    for (const badblock* bad = nd.region_get_first_badblock(region); bad != nullptr;
         bad = nd.region_get_next_badblock(region))
      r.bad_blocks.push_back({bad->offset, bad->len, dimms_behind(scanner.session, region, bad->offset, bad->len)});
  return r;
}

// Most machines have none of it: they need not load the libraries to be told so.
bool is_empty(const char* directory) {
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(directory), ::closedir);
  if (!dir) return true;
  while (const dirent* entry = ::readdir(dir.get()))
    if (entry->d_name[0] != '.') return false;
  return true;
}

}  // namespace

std::string uuid_text(std::span<const unsigned char, 16> uuid) {
  if (std::all_of(uuid.begin(), uuid.end(), [](unsigned char byte) { return byte == 0; })) return {};
  return format_uuid(std::as_bytes(uuid));
}

std::vector<BadBlocks> bad_blocks_within(std::span<const BadBlocks> region, std::uint64_t region_begin,
                                         std::uint64_t begin, std::uint64_t size) {
  constexpr std::uint64_t sector = 512;
  std::vector<BadBlocks> found;
  for (const BadBlocks& bad : region) {
    const std::uint64_t from = std::max(region_begin + bad.offset * sector, begin);
    const std::uint64_t to = std::min(region_begin + (bad.offset + bad.length) * sector, begin + size);
    if (from < to) found.push_back({(from - begin) / sector, (to - from + sector - 1) / sector, bad.dimms});
  }
  return found;
}

void Scanner::scan_buses() {
  const Ndctl& nd = session.nd();
  for (Bus bus : session.buses()) {
    buses[bus] = out.buses.size();
    PmemBus b;
    b.name = printable(session.name(bus));
    b.provider = printable(nd.bus_get_provider(bus));
    if (nd.bus_has_nfit(bus) != 0)
      if (const int state = nd.bus_get_scrub_state(bus); state >= 0) b.scrub_state = state != 0 ? "active" : "idle";
    if (request.firmware) {
      b.firmware_activate_method = firmware_method(nd.bus_get_fw_activate_method(bus));
      b.firmware_activate_state = firmware_state(nd.bus_get_fw_activate_state(bus));
    }
    out.buses.push_back(std::move(b));
  }
}

void Scanner::scan_regions() {
  for (Region region : session.regions()) {
    regions[region] = out.regions.size();
    out.regions.push_back(read_region(*this, region));
  }
}

Result<PmemTopology> Manager::scan(const PmemScan& request) {
  if (request.deadline.passed())
    return fail(ErrorKind::timeout, "listing persistent memory was stopped before its end");
  if (is_empty("/sys/bus/nd/devices") && is_empty("/sys/bus/dax/devices")) return PmemTopology{};
  NVMECTL_ASSIGN(Session opened, kept_session());
  PmemTopology topology;
  Scanner scanner{.session = opened, .request = request, .out = topology};
  using Step = void (Scanner::*)();
  for (const Step step : {&Scanner::scan_buses, &Scanner::scan_dimms, &Scanner::scan_regions, &Scanner::scan_namespaces,
                          &Scanner::scan_dax}) {
    if (request.deadline.passed())
      return fail(ErrorKind::timeout, "listing persistent memory was stopped before its end");
    if (step != &Scanner::scan_dax || !request.only) (scanner.*step)();
  }
  keep(std::move(opened));
  return topology;
}

}  // namespace nvmectl::pmem_backend
