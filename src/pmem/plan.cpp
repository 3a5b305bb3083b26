#include "pmem/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/text.hpp"
#include "pmem/capacity.hpp"

namespace nvmectl::pmem {
namespace {

bool has_pages(PmemMode mode) {
  return mode == PmemMode::fsdax || mode == PmemMode::devdax;
}

// Sizes that read the same when rounded are told in bytes.
std::string free_and_needed(std::uint64_t free, std::uint64_t needed) {
  const bool same = format_iec(free) == format_iec(needed);
  const auto text = [&](std::uint64_t bytes) { return same ? fmt::format("{} bytes", bytes) : format_iec(bytes); };
  return fmt::format("{} are free and {} are needed", text(free), text(needed));
}

// What the kernel calls namespaces and their devices: "namespace0.1", "0.1", "pmem0", "pmem0.1s", "dax0.1".
bool is_kernel_name(std::string_view name) {
  const auto take = [&](std::string_view prefix) {
    const bool has = name.starts_with(prefix);
    if (has) name.remove_prefix(prefix.size());
    return has;
  };
  const auto number = [](std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  };
  const bool block = take("pmem");
  if (block && name.ends_with('s')) name.remove_suffix(1);
  if (!block && !take("namespace")) take("dax");
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) return block && number(name);
  return number(name.substr(0, dot)) && number(name.substr(dot + 1));
}

Error no_room(const PmemRegion& region, std::uint64_t needed) {
  Error error =
      make_error(ErrorKind::no_space, fmt::format("{} does not fit into {}", format_iec(needed), region.name));
  if (region.available_bytes >= needed) {
    error.cause = fmt::format("{} are free, but the largest hole has {}", format_iec(region.available_bytes),
                              format_iec(region.max_extent_bytes));
    error.hint = "destroying a namespace between two holes joins them";
  } else {
    error.cause = free_and_needed(region.available_bytes, needed);
  }
  error.device = region.name;
  return error;
}

Candidate candidate(const PmemTopology& topology, std::size_t index, const CreateWish& wish, const Shape& shape) {
  const PmemRegion& region = topology.regions[index];
  Candidate result;
  result.region = index;
  result.refusal = cannot_create_in(topology, index);
  if (!result.refusal) result.refusal = cannot_have(region, shape);
  if (result.refusal) return result;
  if (wish.bytes) {
    auto reserved = reserved_for(region, shape, {*wish.bytes, wish.usable, wish.policy});
    if (reserved) result.reserved_bytes = *reserved;
    else result.refusal = std::move(reserved).error().on(region.name);
  } else {
    result.reserved_bytes = largest_reserved(region, shape, region.max_extent_bytes);
    if (result.reserved_bytes == 0) result.refusal = no_room(region, least_reserved(region, shape));
  }
  if (!result.refusal && result.reserved_bytes > region.max_extent_bytes)
    result.refusal = no_room(region, result.reserved_bytes);
  result.usable_bytes = usable_bytes(result.reserved_bytes, shape);
  return result;
}

class Alternatives {
 public:
  Alternatives(const PmemTopology& topology, Plan& plan) : topology_(topology), plan_(plan) {}

  void add(std::size_t region, const Shape& shape, std::uint64_t reserved, std::string why) {
    if (reserved == 0 || reserved > topology_.regions[region].max_extent_bytes) return;
    const bool there = std::any_of(plan_.alternatives.begin(), plan_.alternatives.end(), [&](const Alternative& a) {
      return a.region == region && a.mode == shape.mode && a.reserved_bytes == reserved;
    });
    if (there) return;
    plan_.alternatives.push_back({region, shape.mode, reserved, usable_bytes(reserved, shape), std::move(why)});
  }

  // The sizes next to the wished one, and the largest.
  void of_region(std::size_t index, const CreateWish& wish, const Shape& shape) {
    const PmemRegion& region = topology_.regions[index];
    if (cannot_create_in(topology_, index) || cannot_have(region, shape)) return;
    if (wish.bytes && *wish.bytes > 0 && *wish.bytes <= most_bytes) {
      const SizeWish down{*wish.bytes, wish.usable, SizePolicy::down}, up{*wish.bytes, wish.usable, SizePolicy::up};
      if (const auto below = reserved_for(region, shape, down)) add(index, shape, *below, "the next smaller size");
      if (const auto above = reserved_for(region, shape, up)) add(index, shape, *above, "the next larger size");
    }
    add(index, shape, largest_reserved(region, shape, region.max_extent_bytes), "the largest that fits");
  }

  void other_modes(std::size_t index, const CreateWish& wish) {
    for (const PmemMode mode : {PmemMode::fsdax, PmemMode::devdax, PmemMode::sector, PmemMode::raw}) {
      CreateWish other = wish;
      other.mode = mode;
      other.map.reset();
      other.align_bytes.reset();
      other.sector_bytes.reset();
      if (other.shape() == wish.shape()) continue;
      const Candidate found = candidate(topology_, index, other, other.shape());
      if (!found.refusal)
        add(index, other.shape(), found.reserved_bytes,
            mode == wish.mode ? "with the usual alignment" : "another mode");
    }
  }

 private:
  const PmemTopology& topology_;
  Plan& plan_;
};

}  // namespace

Shape CreateWish::shape() const {
  Shape shape{mode, map.value_or(PmemMap::device), 0, 0};
  if (has_pages(mode)) shape.align_bytes = align_bytes.value_or(default_align);
  shape.sector_bytes = sector_bytes.value_or(mode == PmemMode::sector ? page_bytes : 0);
  return shape;
}

Result<> check_name(const std::string& name) {
  if (name.size() > most_name_bytes)
    return fail(ErrorKind::usage, fmt::format("the name has {} bytes", name.size()),
                fmt::format("a name has at most {} bytes", most_name_bytes));
  if (printable(name) != name || name != trim(name))
    return fail(ErrorKind::usage, "the name has characters that cannot be shown, or blanks around it");
  if (name.find_first_of("/,*?") != std::string::npos || name == "all" || name.starts_with("pmem:"))
    return fail(ErrorKind::usage, fmt::format("'{}' cannot be a name", name),
                "a name has no commas, slashes, * and ?, is not 'all', and does not begin with 'pmem:'");
  if (is_kernel_name(name))
    return fail(make_error(ErrorKind::usage, fmt::format("'{}' cannot be a name", name), "choose another one")
                    .with_cause("the kernel names devices so: it would be taken for one of them"));
  return {};
}

Result<> check_wish(const CreateWish& wish) {
  NVMECTL_TRY(check_name(wish.name));
  if (!has_pages(wish.mode) && wish.map)
    return fail(ErrorKind::usage, fmt::format("{} has no page array, so --map means nothing", to_string(wish.mode)),
                "leave out --map, or use fsdax or devdax");
  if (!has_pages(wish.mode) && wish.align_bytes)
    return fail(ErrorKind::usage, fmt::format("{} has no alignment", to_string(wish.mode)),
                "leave out --align, or use fsdax or devdax");
  if (wish.mode == PmemMode::devdax && wish.sector_bytes)
    return fail(ErrorKind::usage, "devdax has no sectors", "leave out --sector-size");
  if (wish.mode != PmemMode::sector && wish.sector_bytes && *wish.sector_bytes != 512 && *wish.sector_bytes != 4096)
    return fail(ErrorKind::usage,
                fmt::format("{} has no sectors of {} bytes", to_string(wish.mode), *wish.sector_bytes),
                "the sizes are 512 and 4096");
  if (wish.bytes && *wish.bytes == 0)
    return fail(ErrorKind::usage, "a namespace of no bytes cannot be made", "give a --size above 0");
  if (wish.label_uuid.empty()) return {};
  NVMECTL_ASSIGN(const Bytes uuid, parse_uuid(wish.label_uuid));
  if (std::all_of(uuid.begin(), uuid.end(), [](std::byte b) { return b == std::byte{0}; }))
    return fail(ErrorKind::usage, "a UUID of zeros stands for none", "leave out --uuid: each namespace gets its own");
  return {};
}

Result<Plan> plan_create(const PmemTopology& topology, const CreateWish& wish) {
  NVMECTL_TRY(check_wish(wish));
  NVMECTL_ASSIGN(const Selection chosen, select(topology, wish.where));
  Plan plan;
  plan.shape = wish.shape();
  for (std::size_t i = 0; i < topology.regions.size(); ++i)
    if (chosen.regions[i] && topology.regions[i].type != "volatile")
      plan.candidates.push_back(candidate(topology, i, wish, plan.shape));
  std::stable_sort(plan.candidates.begin(), plan.candidates.end(), [&](const Candidate& a, const Candidate& b) {
    if (a.refusal.has_value() != b.refusal.has_value()) return b.refusal.has_value();
    const auto hole = [&](const Candidate& c) { return topology.regions[c.region].max_extent_bytes; };
    if (a.refusal) return false;
    return wish.bytes ? hole(a) < hole(b) : a.reserved_bytes > b.reserved_bytes;
  });
  Alternatives alternatives(topology, plan);
  if (plan.feasible()) {
    const std::size_t best = plan.candidates.front().region;
    if (wish.bytes) alternatives.other_modes(best, wish);
    return plan;
  }
  for (const Candidate& refused : plan.candidates) {
    alternatives.of_region(refused.region, wish, plan.shape);
    alternatives.other_modes(refused.region, wish);
  }
  for (std::size_t i = 0; i < topology.regions.size(); ++i) {
    if (chosen.regions[i]) continue;
    const Candidate other = candidate(topology, i, wish, plan.shape);
    if (!other.refusal) alternatives.add(i, plan.shape, other.reserved_bytes, "another region");
  }
  return plan;
}

Error refusal_of(const PmemTopology& topology, const Plan& plan, const CreateWish& wish) {
  if (topology.regions.empty()) {
    Error error = make_error(ErrorKind::not_found, "there is no region of persistent memory to make a namespace in",
                             "nvmectl doctor tells what is missing")
                      .with_cause("this machine has no persistent memory that its kernel knows of");
    if (topology.dimms.empty()) return error;
    error.cause = fmt::format("no region is made of what {} has", topology.dimms.front().name);
    error.hint = "cxl create-region -t pmem makes one of CXL memory; of other DIMMs the platform's firmware makes them";
    return error;
  }
  if (plan.candidates.empty())
    return make_error(ErrorKind::not_found, "no region fits --bus, --region and --numa-node",
                      "nvmectl pmem capacity -o wide shows the regions with their buses and NUMA nodes");
  // Of several reasons the one that tells most: a lack of room, then what is wrong with the request.
  const auto rank = [](const Candidate& c) {
    static constexpr std::array order{ErrorKind::no_space, ErrorKind::usage, ErrorKind::unsupported};
    return std::find(order.begin(), order.end(), c.refusal->kind) - order.begin();
  };
  Error error = *std::min_element(plan.candidates.begin(), plan.candidates.end(), [&](const auto& a, const auto& b) {
                   return rank(a) < rank(b);
                 })->refusal;
  if (plan.candidates.size() > 1) {
    for (const Candidate& c : plan.candidates)
      error.context.push_back(fmt::format("{}: {}", topology.regions[c.region].name,
                                          c.refusal->cause.empty() ? c.refusal->message : c.refusal->cause));
    if (error.kind == ErrorKind::no_space) {
      error.message = wish.bytes ? fmt::format("{} do not fit into any region", format_iec(*wish.bytes))
                                 : "no region has room for a namespace";
      error.cause = "no region has a hole that is large enough";
      error.device.clear();
    }
  }
  if (error.kind == ErrorKind::no_space && !plan.alternatives.empty()) {
    const auto largest = std::max_element(
        plan.alternatives.begin(), plan.alternatives.end(), [&](const Alternative& a, const Alternative& b) {
          return std::pair(a.mode == wish.mode, a.reserved_bytes) < std::pair(b.mode == wish.mode, b.reserved_bytes);
        });
    error.hint = fmt::format("{} as {} would fit into {} ({} usable), {}", format_iec(largest->reserved_bytes),
                             to_string(largest->mode), topology.regions[largest->region].name,
                             format_iec(largest->usable_bytes), largest->why);
  } else if (error.kind == ErrorKind::no_space && error.hint.empty()) {
    error.hint = "nvmectl pmem capacity shows what is free, nvmectl pmem destroy makes room";
  }
  return error;
}

}  // namespace nvmectl::pmem
