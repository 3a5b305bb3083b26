#include "pmem/dax.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/text.hpp"
#include "pmem/sizes.hpp"

namespace nvmectl::pmem {
namespace {

constexpr std::uint64_t kib = 1024, mib = kib * kib, gib = kib * mib;
constexpr std::array alignments{4 * kib, 2 * mib, gib};

std::string title(const DaxRegion& region) {
  return fmt::format("DAX region {} ({})", region.id, printable(dax_region_name(region)));
}

Result<> check_align(std::uint64_t align) {
  if (std::find(alignments.begin(), alignments.end(), align) != alignments.end()) return {};
  return fail(ErrorKind::usage, fmt::format("{} is not an alignment of DAX devices", format_iec(align)),
              "it is 4K, 2M or 1G");
}

Error indivisible(std::string subject) {
  return make_error(ErrorKind::unsupported, std::move(subject),
                    "nvmectl pmem create -m devdax makes devices of namespaces")
      .with_cause("it is a namespace of persistent memory, which is one device");
}

// Empty when nothing of it can be used.
std::optional<DaxCut> cut_from(const DaxRegion& region, std::optional<std::uint64_t> bytes,
                               std::optional<std::uint64_t> align) {
  DaxCut cut{region.id, 0, align.value_or(region.align_bytes)};
  const std::uint64_t granule = dax_granule(cut.align), free = round_down(region.available_bytes.value_or(0), granule);
  if (free == 0) return std::nullopt;
  cut.bytes = free;
  if (!bytes) return cut;
  if (*bytes > free) return std::nullopt;
  cut.bytes = round_up(*bytes, granule);
  return cut;
}

Error no_room(const std::vector<const DaxRegion*>& regions, std::optional<std::uint64_t> bytes,
              std::optional<std::uint64_t> align) {
  Error error = make_error(ErrorKind::no_space, "there is nothing left to cut a device from");
  if (bytes) error.message = fmt::format("{} does not fit", format_iec(*bytes));
  if (align) error.message += fmt::format(", in steps of {}", format_iec(dax_granule(*align)));
  for (const DaxRegion* region : regions)
    error.context.push_back(
        fmt::format("{}: {} are free", title(*region), format_iec(region->available_bytes.value_or(0))));
  error.cause = error.context.front();
  error.context.erase(error.context.begin());
  error.hint =
      "nvmectl pmem dax split and resize make room in a device, nvmectl pmem dax destroy gives its memory back";
  return error;
}

}  // namespace

std::string dax_region_name(const DaxRegion& region) {
  return region.path.substr(region.path.rfind('/') + 1);
}

Result<std::size_t> find_dax_region(const PmemTopology& topology, std::string_view text) {
  std::string names;
  for (std::size_t i = 0; i < topology.dax_regions.size(); ++i) {
    const DaxRegion& region = topology.dax_regions[i];
    if (text == fmt::format("{}", region.id) || text == dax_region_name(region)) return i;
    names += fmt::format("{}{}", names.empty() ? "" : ", ", title(region));
  }
  return fail(make_error(ErrorKind::not_found, fmt::format("there is no DAX region '{}'", printable(text)),
                         names.empty() ? "this machine has none" : fmt::format("there are: {}", names)));
}

std::uint64_t dax_granule(std::uint64_t align) {
  return std::max(align, 2 * mib);
}

Result<DaxCut> plan_dax(const PmemTopology& topology, std::string_view region, std::optional<std::uint64_t> bytes,
                        std::optional<std::uint64_t> align) {
  if (align) NVMECTL_TRY(check_align(*align));
  if (bytes == 0U) return fail(ErrorKind::usage, "a DAX device of nothing cannot be made", "leave out --size for all");
  std::vector<const DaxRegion*> regions;
  if (!region.empty()) {
    NVMECTL_ASSIGN(const std::size_t index, find_dax_region(topology, region));
    const DaxRegion& only = topology.dax_regions[index];
    if (!only.available_bytes) return fail(indivisible(fmt::format("{} cannot be divided", title(only))));
    regions.push_back(&only);
  } else {
    for (const DaxRegion& one : topology.dax_regions)
      if (one.available_bytes) regions.push_back(&one);
  }
  if (regions.empty())
    return fail(
        make_error(ErrorKind::unsupported, "this machine has no memory that DAX devices can be cut from",
                   "nvmectl pmem create -m devdax makes devices of persistent memory")
            .with_cause("there is none that is soft-reserved (hmem) and no CXL memory, or the driver dax_hmem is "
                        "not loaded"));
  std::optional<DaxCut> best;
  std::uint64_t best_free = 0;
  for (const DaxRegion* one : regions) {
    const auto cut = cut_from(*one, bytes, align);
    const std::uint64_t free = *one->available_bytes;
    // The tightest fit; without a size, the largest.
    if (!cut || (best && (bytes ? free >= best_free : free <= best_free))) continue;
    best = cut;
    best_free = free;
  }
  if (!best) return fail(no_room(regions, bytes, align));
  return *best;
}

Result<DaxCut> plan_dax_resize(const PmemTopology& topology, const DaxDevice& device, std::uint64_t bytes,
                               std::optional<std::uint64_t> align) {
  if (align) NVMECTL_TRY(check_align(*align));
  const auto region = std::find_if(topology.dax_regions.begin(), topology.dax_regions.end(),
                                   [&](const DaxRegion& r) { return r.id == device.region_id && r.ns == device.ns; });
  if (region == topology.dax_regions.end() || !region->available_bytes)
    return fail(indivisible(fmt::format("{} cannot be resized", device.name)).on(device.name));
  if (device.system_ram)
    return fail(make_error(ErrorKind::busy, fmt::format("{} cannot be resized", device.name),
                           fmt::format("nvmectl pmem dax reconfigure {} -m devdax takes it back", device.name))
                    .with_cause("it is system RAM")
                    .on(device.name));
  if (bytes == 0)
    return fail(ErrorKind::usage, fmt::format("{} cannot be resized to nothing", device.name),
                fmt::format("nvmectl pmem dax destroy {} gives it back", device.name));
  DaxRegion with_device = *region;
  *with_device.available_bytes += device.size_bytes;
  const auto cut = cut_from(with_device, bytes, align.value_or(device.align_bytes));
  if (!cut) return fail(no_room({&with_device}, bytes, align).on(device.name));
  return *cut;
}

Result<std::vector<std::uint64_t>> split_dax(const DaxDevice& device, std::uint64_t parts) {
  const std::uint64_t granule = dax_granule(device.align_bytes), granules = device.size_bytes / granule;
  if (parts < 2 || parts > granules)
    return fail(ErrorKind::usage, fmt::format("{} cannot be split into {}", device.name, parts),
                granules < 2 ? fmt::format("{} is as small as a device can be", format_iec(device.size_bytes))
                             : fmt::format("into 2 to {}, of at least {} each", granules, format_iec(granule)));
  std::vector<std::uint64_t> sizes(parts, granules / parts * granule);
  for (std::uint64_t i = 0; i < granules % parts; ++i) sizes[i] += granule;
  return sizes;
}

}  // namespace nvmectl::pmem
