#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <linux/ndctl.h>

#include "backends/pmem/scanner.hpp"
#include "core/model.hpp"
#include "core/text.hpp"

namespace nvmectl::pmem_backend {
namespace {

using Uuid = std::array<unsigned char, 16>;

PmemMode from_library(ndctl_namespace_mode mode) {
  switch (mode) {
    case NDCTL_NS_MODE_FSDAX: return PmemMode::fsdax;
    case NDCTL_NS_MODE_DEVDAX: return PmemMode::devdax;
    case NDCTL_NS_MODE_SECTOR: return PmemMode::sector;
    default: return PmemMode::raw;
  }
}

PmemMode label_mode_of(const Session& session, Ns ns) {
  return from_library(session.nd().namespace_get_enforce_mode(ns));
}

std::optional<PmemMap> map_of(ndctl_pfn_loc location) {
  if (location == NDCTL_PFN_LOC_PMEM) return PmemMap::device;
  if (location == NDCTL_PFN_LOC_RAM) return PmemMap::memory;
  return std::nullopt;
}

// What pfn and dax devices have alike; `begin` is where the usable part begins.
template <class Device, class Functions>
void read_mapped(Device* device, const Functions& f, PmemNamespace& n, std::optional<std::uint64_t>& begin) {
  n.map = map_of(f.location(device));
  n.align_bytes = f.align(device);
  Uuid uuid{};
  f.uuid(device, uuid.data());
  n.uuid = uuid_text(uuid);
  if (!n.enabled) return;
  n.usable_bytes = known(f.size(device));
  begin = known(f.resource(device));
}

struct Mapped {
  decltype(Ndctl::pfn_get_location) location;
  decltype(Ndctl::pfn_get_align) align;
  decltype(Ndctl::pfn_get_uuid) uuid;
  decltype(Ndctl::pfn_get_size) size;
  decltype(Ndctl::pfn_get_resource) resource;
};
struct MappedDax {
  decltype(Ndctl::dax_get_location) location;
  decltype(Ndctl::dax_get_align) align;
  decltype(Ndctl::dax_get_uuid) uuid;
  decltype(Ndctl::dax_get_size) size;
  decltype(Ndctl::dax_get_resource) resource;
};

// sysfs gives a namespace of fsdax or raw mode no sector size when its label has none: it is 512 then.
std::uint64_t sector_bytes(const Ndctl& nd, Ns ns) {
  const auto size = known(nd.namespace_get_sector_size(ns)).value_or(0);
  return size != 0 ? size : 512;
}

void read_sector_mode(const Ndctl& nd, ndctl_btt* btt, PmemNamespace& n) {
  Uuid uuid{};
  nd.btt_get_uuid(btt, uuid.data());
  n.uuid = uuid_text(uuid);
  n.sector_bytes = known(nd.btt_get_sector_size(btt));
  if (!n.enabled) return;
  n.usable_bytes = known(nd.btt_get_size(btt));
  n.block_device = printable(nd.btt_get_block_device(btt));
}

void read_plain(const Ndctl& nd, Ns ns, PmemNamespace& n) {
  if (n.mode == PmemMode::fsdax || n.mode == PmemMode::raw) n.sector_bytes = sector_bytes(nd, ns);
  if (!n.enabled) return;
  n.usable_bytes = n.reserved_bytes;
  // fsdax without an info block (e820, virtio-pmem): the kernel keeps its page array in RAM.
  if (n.mode == PmemMode::fsdax) n.map = PmemMap::memory;
  n.block_device = printable(nd.namespace_get_block_device(ns));
}

void read_mode(Scanner& scanner, Ns ns, const Personality& by, PmemNamespace& n, std::optional<std::uint64_t>& begin) {
  const Ndctl& nd = scanner.session.nd();
  if (by.btt != nullptr) return read_sector_mode(nd, by.btt, n);
  if (by.pfn != nullptr) {
    n.sector_bytes = sector_bytes(nd, ns);
    read_mapped(by.pfn,
                Mapped{nd.pfn_get_location, nd.pfn_get_align, nd.pfn_get_uuid, nd.pfn_get_size, nd.pfn_get_resource}, n,
                begin);
    if (n.enabled) n.block_device = printable(nd.pfn_get_block_device(by.pfn));
    return;
  }
  if (by.dax != nullptr) {
    read_mapped(by.dax,
                MappedDax{nd.dax_get_location, nd.dax_get_align, nd.dax_get_uuid, nd.dax_get_size, nd.dax_get_resource},
                n, begin);
    if (auto* region = nd.dax_get_daxctl_region(by.dax)) {
      const Daxctl& lib = scanner.session.dax();
      if (const char* path = lib.region_get_path(region)) scanner.dax_owner[path] = scanner.out.namespaces.size();
      if (auto* device = lib.dev_get_first(region)) n.character_device = printable(lib.dev_get_devname(device));
    }
    return;
  }
  read_plain(nd, ns, n);
}

PmemNamespace read_namespace(Scanner& scanner, Ns ns, std::size_t region) {
  const Ndctl& nd = scanner.session.nd();
  PmemNamespace n;
  n.device = printable(scanner.session.name(ns));
  n.region = region;
  if (const char* name = nd.namespace_get_alt_name(ns)) n.name = printable(name);
  if (nd.namespace_get_type(ns) != ND_DEVICE_NAMESPACE_IO) {
    Uuid uuid{};
    nd.namespace_get_uuid(ns, uuid.data());
    n.label_uuid = uuid_text(uuid);
  }
  const Personality by = personality_of(scanner.session, ns);
  n.mode = mode_of(scanner.session, ns, by);
  n.label_mode = label_mode_of(scanner.session, ns);
  n.reserved_bytes = nd.namespace_get_size(ns);
  n.resource = known(nd.namespace_get_resource(ns));
  n.enabled = by.enabled;
  n.numa_node = node(nd.namespace_get_numa_node(ns));
  n.target_node = node(nd.namespace_get_target_node(ns));
  std::optional<std::uint64_t> begin = n.resource;
  read_mode(scanner, ns, by, n, begin);
  const PmemRegion& in = scanner.out.regions[region];
  if (!in.bad_blocks.empty() && begin && in.resource)
    n.bad_blocks = bad_blocks_within(in.bad_blocks, *in.resource, *begin, n.usable_bytes.value_or(n.reserved_bytes));
  if (scanner.request.uses) {
    if (!n.block_device.empty()) n.uses = scanner.uses.of_block(n.block_device);
    if (!n.character_device.empty()) n.uses = scanner.uses.of_dax(n.character_device);
  }
  return n;
}

}  // namespace

PmemMode mode_of(const Session& session, Ns ns, const Personality& by) {
  if (by.btt != nullptr) return PmemMode::sector;
  if (by.pfn != nullptr) return PmemMode::fsdax;
  if (by.dax != nullptr) return PmemMode::devdax;
  // While disabled, the namespace's own mode is raw whatever it holds; its label keeps what it is for.
  if (!by.enabled && session.nd().namespace_get_type(ns) != ND_DEVICE_NAMESPACE_IO) return label_mode_of(session, ns);
  return from_library(session.nd().namespace_get_mode(ns));
}

PmemMode mode_of(const Session& session, Ns ns) {
  return mode_of(session, ns, personality_of(session, ns));
}

void Scanner::scan_namespaces() {
  if (request.only == "") return scan_names();
  if (request.only) {
    if (const auto ns = session.ns(*request.only))
      out.namespaces.push_back(read_namespace(*this, *ns, regions.at(session.nd().namespace_get_region(*ns))));
    return;
  }
  std::vector<std::pair<Ns, std::size_t>> found;
  for (const auto& [region, index] : regions)
    for (Ns ns : session.namespaces(region))
      if (is_configured(session, ns)) found.emplace_back(ns, index);
  std::sort(found.begin(), found.end(), [&](const auto& a, const auto& b) {
    return natural_less(session.nd().namespace_get_devname(a.first), session.nd().namespace_get_devname(b.first));
  });
  for (const auto& [ns, region] : found) {
    PmemNamespace read = read_namespace(*this, ns, region);
    out.namespaces.push_back(std::move(read));
  }
}

}  // namespace nvmectl::pmem_backend
