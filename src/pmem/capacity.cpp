#include "pmem/capacity.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/text.hpp"
#include "pmem/lookup.hpp"

namespace nvmectl::pmem {

std::optional<std::vector<Extent>> free_extents(const PmemTopology& topology, std::size_t index) {
  const PmemRegion& region = topology.regions[index];
  std::vector<Extent> used;
  for (const PmemNamespace& ns : topology.namespaces) {
    if (ns.region != index) continue;
    if (!region.resource || !ns.resource || *ns.resource < *region.resource) return std::nullopt;
    used.push_back({*ns.resource - *region.resource, ns.reserved_bytes});
  }
  std::sort(used.begin(), used.end(), [](const Extent& a, const Extent& b) { return a.offset < b.offset; });
  std::vector<Extent> holes;
  std::uint64_t at = 0;
  for (const Extent& extent : used) {
    if (extent.offset > at) holes.push_back({at, extent.offset - at});
    at = std::max(at, extent.offset + extent.length);
  }
  if (at < region.size_bytes) holes.push_back({at, region.size_bytes - at});
  return holes;
}

namespace {

std::string sizes_text(const std::vector<std::uint64_t>& sizes) {
  std::string text;
  for (const std::uint64_t size : sizes) text += (text.empty() ? "" : ", ") + format_iec(size);
  return text;
}

// "nmem4 (failed_save, failed_arm)" for the region's first DIMM that failed; "" when none did.
std::string failed_dimm(const PmemTopology& topology, const PmemRegion& region) {
  for (const PmemMapping& mapping : region.mappings) {
    const PmemDimm& dimm = topology.dimms[mapping.dimm];
    std::string failures;
    for (const std::string& flag : dimm.flags)
      if (flag.starts_with("failed_")) failures += (failures.empty() ? "" : ", ") + flag;
    if (!failures.empty()) return fmt::format("{} ({})", dimm.name, failures);
  }
  return {};
}

}  // namespace

std::optional<Error> cannot_create_in(const PmemTopology& topology, std::size_t index) {
  const PmemRegion& region = topology.regions[index];
  const auto refusal = [&](ErrorKind kind, std::string cause, std::string hint) {
    return make_error(kind, fmt::format("no namespace can be made in {}", region.name), std::move(hint))
        .with_cause(std::move(cause))
        .on(region.name);
  };
  if (region.type == "volatile") return refusal(ErrorKind::unsupported, "its memory is volatile", "");
  for (const PmemMapping& mapping : region.mappings) {
    const PmemDimm& dimm = topology.dimms[mapping.dimm];
    if (is_locked(dimm))
      return refusal(ErrorKind::permission, fmt::format("its DIMM {} is locked", dimm.name),
                     fmt::format("nvmectl pmem security load-keys, then nvmectl pmem dimm enable {}", dimm.name));
    if (!dimm.enabled)
      return refusal(ErrorKind::not_running, fmt::format("its DIMM {} is disabled", dimm.name),
                     fmt::format("nvmectl pmem dimm enable {}", dimm.name));
  }
  if (!region.enabled)
    return refusal(ErrorKind::not_running, "it is disabled",
                   fmt::format("nvmectl pmem region enable {} enables it", region.name));
  if (region.read_only) {
    const std::string failed = failed_dimm(topology, region);
    return refusal(ErrorKind::permission, "it is read-only" + (failed.empty() ? "" : ", for " + failed),
                   failed.empty() ? "its attribute read_only in sysfs says so"
                                  : "what is written to such a DIMM may be lost with the power: have it replaced");
  }
  if (!region.labelled)
    return refusal(ErrorKind::unsupported, "it has no labels: one namespace fills it",
                   fmt::format("nvmectl pmem reconfigure gives that one another mode; where the DIMMs can keep labels, "
                               "nvmectl pmem init {} makes room for several",
                               region.name));
  return std::nullopt;
}

std::optional<Error> cannot_have(const PmemRegion& region, const Shape& shape) {
  static const std::vector<std::uint64_t> usual{page_bytes, default_align, std::uint64_t{1} << 30U};
  const auto lacks = [](const std::vector<std::uint64_t>& in, std::uint64_t value) {
    return std::find(in.begin(), in.end(), value) == in.end();
  };
  const bool has_pages = shape.mode == PmemMode::fsdax || shape.mode == PmemMode::devdax;
  const auto& told = shape.mode == PmemMode::fsdax ? region.fsdax_alignments : region.devdax_alignments;
  const auto& alignments = told.empty() ? usual : told;
  if (has_pages && lacks(alignments, shape.align_bytes))
    return make_error(ErrorKind::usage,
                      fmt::format("{} has no alignment of {}", to_string(shape.mode), format_iec(shape.align_bytes)),
                      fmt::format("the alignments are {}", sizes_text(alignments)))
        .on(region.name);
  if (shape.mode == PmemMode::sector && !region.sector_sizes.empty() && lacks(region.sector_sizes, shape.sector_bytes))
    return make_error(ErrorKind::usage, fmt::format("there are no sectors of {} bytes", shape.sector_bytes),
                      fmt::format("the sizes are {}", fmt::join(region.sector_sizes, ", ")))
        .on(region.name);
  return std::nullopt;
}

Capacity capacity(const PmemTopology& topology, const Shape& wanted) {
  Capacity all;
  Shape shape = wanted;
  if (shape.align_bytes == 0) shape.align_bytes = default_align;
  for (std::size_t i = 0; i < topology.regions.size(); ++i) {
    const PmemRegion& region = topology.regions[i];
    RegionCapacity one;
    one.region = i;
    one.total_bytes = region.size_bytes;
    one.available_bytes = region.labelled ? std::min(region.available_bytes, region.size_bytes) : 0;
    one.used_bytes = one.total_bytes - one.available_bytes;
    one.largest_extent_bytes = region.labelled ? region.max_extent_bytes : 0;
    one.holes = region.labelled ? free_extents(topology, i) : std::vector<Extent>();
    one.refusal = cannot_create_in(topology, i);
    if (!one.refusal) one.refusal = cannot_have(region, shape);
    if (!one.refusal) one.largest_reserved_bytes = largest_reserved(region, shape, one.largest_extent_bytes);
    if (!one.refusal && one.largest_reserved_bytes == 0)
      one.refusal =
          make_error(ErrorKind::no_space, fmt::format("no namespace can be made in {}", region.name))
              .with_cause(fmt::format("its largest hole has {}, the smallest namespace needs {}",
                                      format_iec(one.largest_extent_bytes), format_iec(least_reserved(region, shape))))
              .on(region.name);
    if (one.largest_reserved_bytes > 0) one.largest_usable_bytes = usable_bytes(one.largest_reserved_bytes, shape);
    all.total_bytes += one.total_bytes;
    all.used_bytes += one.used_bytes;
    all.available_bytes += one.available_bytes;
    all.largest_reserved_bytes = std::max(all.largest_reserved_bytes, one.largest_reserved_bytes);
    all.largest_usable_bytes = std::max(all.largest_usable_bytes, one.largest_usable_bytes);
    all.regions.push_back(std::move(one));
  }
  return all;
}

}  // namespace nvmectl::pmem
