// Why the kernel would refuse a namespace, said before it does: its own answer is EINVAL to all of it.
#include <fmt/format.h>

#include <algorithm>
#include <linux/ndctl.h>
#include <numeric>

#include "backends/pmem/changes.hpp"
#include "backends/pmem/scanner.hpp"
#include "core/text.hpp"

namespace nvmectl::pmem_backend {
namespace {

constexpr std::uint64_t least_size = 16 << 20;  // but for raw: nd_namespace_store() of the kernel
constexpr std::size_t most_name_bytes = 63;

std::string list(const std::vector<std::uint64_t>& sizes) {
  std::vector<std::string> words;
  for (const std::uint64_t size : sizes)
    words.push_back(size < 4096        ? fmt::format("{}", size)
                    : size % 1024 == 0 ? format_iec(size)
                                       : fmt::format("{}", size));
  return fmt::format("{}", fmt::join(words, ", "));
}

template <class Object, class Count, class Number>
std::vector<std::uint64_t> numbers(Object* from, Count count, Number number) {
  std::vector<std::uint64_t> found;
  for (int i = 0, end = from != nullptr ? count(from) : 0; i < end; ++i) found.push_back(number(from, i));
  std::sort(found.begin(), found.end());
  return found;
}

Result<> check_align(const Session& session, Region region, const PmemNamespaceSpec& spec) {
  const Ndctl& nd = session.nd();
  std::vector<std::uint64_t> supported;
  if (spec.mode == PmemMode::fsdax) {
    auto* const seed = nd.region_get_pfn_seed(region);
    supported = numbers(seed, nd.pfn_get_num_alignments, nd.pfn_get_supported_alignment);
  } else if (spec.mode == PmemMode::devdax) {
    auto* const seed = nd.region_get_dax_seed(region);
    supported = numbers(seed, nd.dax_get_num_alignments, nd.dax_get_supported_alignment);
  } else {
    return {};
  }
  const std::string name = session.name(region);
  if (supported.empty())
    return fail(ErrorKind::unsupported, fmt::format("{} cannot have namespaces of mode {}", name, to_string(spec.mode)),
                "the kernel lacks support for it (CONFIG_NVDIMM_PFN, CONFIG_NVDIMM_DAX); sector and raw may work");
  if (std::find(supported.begin(), supported.end(), spec.align_bytes) == supported.end())
    return fail(ErrorKind::usage,
                fmt::format("{} does not support an alignment of {}", name, format_iec(spec.align_bytes)),
                fmt::format("supported are {}", list(supported)));
  return {};
}

Result<> check_sector(const Session& session, Region region, const PmemNamespaceSpec& spec, Ns existing) {
  const Ndctl& nd = session.nd();
  if (spec.sector_bytes == 0) return {};
  std::vector<std::uint64_t> supported;
  if (spec.mode == PmemMode::sector) {
    auto* const seed = nd.region_get_btt_seed(region);
    supported = numbers(seed, nd.btt_get_num_sector_sizes, nd.btt_get_supported_sector_size);
  } else if (spec.mode != PmemMode::devdax) {
    Ns const from = existing != nullptr ? existing : nd.region_get_namespace_seed(region);
    supported = numbers(from, nd.namespace_get_num_sector_sizes, nd.namespace_get_supported_sector_size);
    if (supported.empty()) supported = {512};  // no label to keep another one in
  }
  if (std::find(supported.begin(), supported.end(), spec.sector_bytes) != supported.end()) return {};
  return fail(ErrorKind::usage,
              fmt::format("{} does not support sectors of {} bytes in mode {}", session.name(region), spec.sector_bytes,
                          to_string(spec.mode)),
              supported.empty() ? "leave the sector size out" : fmt::format("supported are {}", list(supported)));
}

Result<> check_size(const Session& session, Region region, const PmemNamespaceSpec& spec, std::uint64_t most) {
  const Ndctl& nd = session.nd();
  const std::string name = session.name(region);
  const std::uint64_t ways = std::max(1U, nd.region_get_interleave_ways(region));
  const std::uint64_t region_align = known(nd.region_get_align(region)).value_or(0);
  const std::uint64_t step =
      std::lcm(std::max<std::uint64_t>(1, spec.align_bytes) * ways, std::max<std::uint64_t>(1, region_align));
  const std::uint64_t size = spec.reserved_bytes;
  if (size % step != 0 || size == 0) {
    const std::uint64_t down = size / step * step;
    const std::string nearest =
        down == 0 ? format_iec(step) : fmt::format("{} or {}", format_iec(down), format_iec(down + step));
    return fail(make_error(ErrorKind::usage, fmt::format("{} is no size for a namespace of {}", format_iec(size), name),
                           fmt::format("the nearest valid sizes are {}", nearest))
                    .with_cause(fmt::format("sizes must be multiples of {}", format_iec(step))));
  }
  if (spec.mode != PmemMode::raw && size < least_size)
    return fail(ErrorKind::usage, fmt::format("a namespace of mode {} has at least 16 MiB", to_string(spec.mode)),
                "only raw ones may be smaller");
  if (size <= most) return {};
  const std::uint64_t free = known(nd.region_get_available_size(region)).value_or(0);
  Error error = make_error(ErrorKind::no_space, fmt::format("{} has no room for {}", name, format_iec(size)),
                           most == 0 ? "destroy a namespace, or use another region"
                                     : fmt::format("at most {} fit", format_iec(most / step * step)));
  error.cause = free >= size ? fmt::format("{} are free, but in pieces: the largest hole has {}", format_iec(free),
                                           format_iec(most))
                             : fmt::format("{} are free", format_iec(free));
  return fail(std::move(error));
}

// The info block, and 64 bytes of page array for every 4 KiB when it lies there, are in front of the data, which begin
// at a multiple of the alignment.
Result<> check_usable(const PmemNamespaceSpec& spec) {
  if (spec.align_bytes == 0 || (spec.mode != PmemMode::fsdax && spec.mode != PmemMode::devdax)) return {};
  const std::uint64_t before = 8192 + (spec.map == PmemMap::device ? spec.reserved_bytes / 4096 * 64 : 0);
  const std::uint64_t data = (before + spec.align_bytes - 1) / spec.align_bytes * spec.align_bytes;
  if (data < spec.reserved_bytes) return {};
  return fail(make_error(ErrorKind::no_space,
                         fmt::format("nothing of {} would be usable", format_iec(spec.reserved_bytes)),
                         "make it larger, or choose a smaller alignment")
                  .with_cause(fmt::format("the data would begin behind {}, at a multiple of {}",
                                          spec.map == PmemMap::device ? "the page array" : "the info block",
                                          format_iec(spec.align_bytes))));
}

}  // namespace

Result<> check_region(const Session& session, Region region) {
  const Ndctl& nd = session.nd();
  const std::string name = session.name(region);
  for (Dimm dimm : session.dimms_of(region)) {
    if (is_locked(session, dimm)) return fail(locked_error(session, dimm, fmt::format("{} cannot be changed", name)));
    if (nd.dimm_is_enabled(dimm) == 0)
      return fail(make_error(ErrorKind::not_running,
                             fmt::format("{} cannot be changed: {} is disabled", name, session.name(dimm)),
                             fmt::format("nvmectl pmem dimm enable {}", session.name(dimm))));
  }
  if (nd.region_is_enabled(region) == 0)
    return fail(ErrorKind::not_running, fmt::format("{} is disabled", name),
                fmt::format("nvmectl pmem region enable {}", name));
  if (nd.region_get_ro(region) == 1)
    return fail(make_error(ErrorKind::permission, fmt::format("{} is read-only", name),
                           "a DIMM that could not arm its saving is read-only: see its flags in nvmectl pmem list"));
  return {};
}

Result<> check_spec(const Session& session, Region region, const PmemNamespaceSpec& spec, Ns existing) {
  const Ndctl& nd = session.nd();
  const bool labelled = is_labelled(session, region);
  if (spec.name.size() > most_name_bytes)
    return fail(ErrorKind::usage, fmt::format("the name '{}' is too long", printable(spec.name)),
                "a label holds 63 bytes");
  if (!labelled && existing == nullptr)
    return fail(make_error(ErrorKind::unsupported,
                           fmt::format("{} has no labels, so it cannot be divided", session.name(region)),
                           "write labels first (nvmectl pmem init), or use all of it: nvmectl pmem reconfigure")
                    .with_cause("its one namespace fills it"));
  if (!labelled && !spec.name.empty())
    return fail(make_error(ErrorKind::unsupported,
                           fmt::format("a namespace of {} cannot have a name", session.name(region)),
                           "leave out the name, or write labels first: nvmectl pmem init")
                    .with_cause("names are kept in labels, which this region has not"));
  NVMECTL_TRY(check_align(session, region, spec));
  NVMECTL_TRY(check_sector(session, region, spec, existing));
  const std::uint64_t hole = known(nd.region_get_max_available_extent(region))
                                 .value_or(known(nd.region_get_available_size(region)).value_or(0));
  const std::uint64_t own = existing != nullptr ? nd.namespace_get_size(existing) : 0;
  // What is there was made by other rules perhaps: it may keep its size.
  if (existing != nullptr && spec.reserved_bytes == own) {
    if (spec.mode == PmemMode::raw || own >= least_size) return check_usable(spec);
  } else if (!labelled) {
    return fail(ErrorKind::usage,
                fmt::format("the namespace of {} has all of it: {}", session.name(region), format_iec(own)),
                "without labels its size cannot be changed");
  }
  NVMECTL_TRY(check_size(session, region, spec, existing != nullptr ? hole + own : hole));
  return check_usable(spec);
}

}  // namespace nvmectl::pmem_backend
