#include "pmem/change.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/text.hpp"
#include "pmem/capacity.hpp"
#include "pmem/create.hpp"
#include "pmem/labels.hpp"
#include "pmem/lookup.hpp"
#include "pmem/outcome.hpp"

namespace nvmectl::pmem {
namespace {

Result<> check_lock(const PmemDimm& dimm) {
  if (is_locked(dimm))
    return fail(make_error(ErrorKind::permission, fmt::format("{} is locked", dimm.name),
                           fmt::format("nvmectl pmem security load-keys, then nvmectl pmem dimm enable {}", dimm.name))
                    .on(dimm.name));
  if (dimm.label_area_bytes == 0)
    return fail(make_error(ErrorKind::unsupported, fmt::format("{} cannot keep labels", dimm.name)).on(dimm.name));
  return {};
}

Result<> check_idle(const PmemNamespace& ns) {
  if (auto used = in_use(ns)) return fail(std::move(*used));
  return {};
}

tl::unexpected<Error> no_labels(const PmemTopology& topology, const PmemNamespace& ns, std::string_view what) {
  const PmemRegion& region = topology.regions[ns.region];
  return fail(make_error(ErrorKind::unsupported, fmt::format("{} cannot be {}", ns.device, what),
                         fmt::format("nvmectl pmem init {} writes labels, where its DIMMs can keep them", region.name))
                  .with_cause(fmt::format("{} has no labels: the namespace is the region", region.name))
                  .on(ns.device));
}

// Puts back what was on: an error of that is added to the first one.
Error enable_again(PmemManager& manager, const std::vector<std::string>& regions, Error error) {
  for (const std::string& name : regions)
    if (auto enabled = manager.set_region(name, true, Deadline::in(std::chrono::seconds(10))); !enabled)
      error.context.push_back(fmt::format("{} could not be enabled again: {}", name, enabled.error().message));
  return error;
}

// busy when one was made, or appeared, since somebody was asked about those that would be lost.
Result<> check_nothing_new(PmemManager& manager, const PmemTopology& seen, const InitPlan& plan,
                           const Deadline& deadline) {
  PmemScan scan;
  scan.deadline = deadline;
  scan.bad_blocks = scan.uses = false;
  scan.only = "";
  NVMECTL_ASSIGN(const PmemTopology now, manager.scan(scan));
  for (const PmemNamespace& ns : now.namespaces) {
    const std::string& region = now.regions[ns.region].name;
    const bool concerned = std::any_of(plan.regions.begin(), plan.regions.end(),
                                       [&](std::size_t i) { return seen.regions[i].name == region; });
    const bool known = std::any_of(plan.namespaces.begin(), plan.namespaces.end(), [&](std::size_t i) {
      return seen.namespaces[i].device == ns.device && seen.namespaces[i].label_uuid == ns.label_uuid;
    });
    if (concerned && !known)
      return fail(make_error(ErrorKind::busy, fmt::format("there is a new namespace in {}", region),
                             "look at it, and run this again if it may be lost")
                      .with_cause(fmt::format("another process has made {} in the meantime", label_of(ns)))
                      .on(region));
  }
  return {};
}

// Those of other regions, which are lost too, have labels on DIMMs that are not initialised: those are taken back.
Result<> destroy_others(PmemManager& manager, const PmemTopology& topology, std::size_t region, const InitPlan& plan,
                        const Deadline& deadline) {
  std::vector<std::string> names;
  for (const std::size_t ns : plan.namespaces)
    if (const std::size_t in = topology.namespaces[ns].region; in != region && topology.regions[in].labelled)
      names.push_back(topology.namespaces[ns].device);
  for (const std::string& name : names)
    if (auto gone = manager.destroy(name, deadline); !gone && gone.error().kind != ErrorKind::not_found) return gone;
  return {};
}

// What is free right behind it; all that is free where the addresses are not known.
std::uint64_t room_behind(const PmemTopology& topology, const PmemNamespace& ns) {
  const PmemRegion& region = topology.regions[ns.region];
  const auto holes = free_extents(topology, ns.region);
  if (!holes) return region.available_bytes;
  const std::uint64_t end = *ns.resource - *region.resource + ns.reserved_bytes;
  for (const Extent& hole : *holes)
    if (hole.offset == end) return hole.length;
  return 0;
}

Result<> check_name_free(const PmemTopology& topology, const PmemNamespace& ns, const std::string& name) {
  for (const std::size_t other : name.empty() ? std::vector<std::size_t>() : with_name(topology, name))
    if (const std::string& device = topology.namespaces[other].device; device != ns.device)
      return fail(make_error(ErrorKind::exists, fmt::format("there is a namespace '{}' already", printable(name)),
                             "choose another name, or add --allow-duplicate-name")
                      .with_cause(fmt::format("it is {}", device))
                      .on(ns.device));
  return {};
}

}  // namespace

Result<> if_same(PmemManager& manager, const PmemNamespace& seen, const Deadline& deadline,
                 const std::function<Result<>(const PmemTopology& now)>& act) {
  NVMECTL_ASSIGN(const auto lock, manager.lock(deadline));
  PmemScan scan;
  scan.deadline = deadline;
  scan.bad_blocks = scan.uses = false;
  scan.only = "";
  NVMECTL_ASSIGN(const PmemTopology now, manager.scan(scan));
  const bool same = std::any_of(now.namespaces.begin(), now.namespaces.end(), [&](const PmemNamespace& ns) {
    return ns.device == seen.device && ns.label_uuid == seen.label_uuid && ns.name == seen.name &&
           ns.reserved_bytes == seen.reserved_bytes;
  });
  if (same) return act(now);
  return fail(make_error(ErrorKind::not_found, fmt::format("{} is not there any more", label_of(seen)),
                         "nvmectl pmem list shows what is there now")
                  .with_cause("another process has changed it in the meantime")
                  .on(seen.device));
}

Result<> check_destroy(const PmemTopology& topology, std::size_t index) {
  const PmemNamespace& ns = topology.namespaces[index];
  NVMECTL_TRY(check_idle(ns));
  if (!topology.regions[ns.region].labelled) return no_labels(topology, ns, "destroyed");
  return {};
}

Result<> destroy(PmemManager& manager, const PmemTopology& topology, std::size_t index, PmemErase erase,
                 const PmemProgress& progress, const Deadline& deadline) {
  const PmemNamespace& ns = topology.namespaces[index];
  NVMECTL_TRY(check_destroy(topology, index));
  return if_same(manager, ns, deadline, [&](const PmemTopology&) -> Result<> {
    if (erase != PmemErase::none) {
      if (!ns.enabled) NVMECTL_TRY(manager.enable_namespace(ns.device, deadline));
      NVMECTL_TRY(manager.erase(ns.device, erase, progress, deadline));
    }
    return manager.destroy(ns.device, deadline);
  });
}

Result<bool> set_enabled(PmemManager& manager, const PmemTopology& topology, std::size_t index, bool enabled,
                         const Deadline& deadline) {
  const PmemNamespace& ns = topology.namespaces[index];
  if (ns.enabled == enabled) return false;
  if (enabled && !topology.regions[ns.region].enabled)
    return fail(make_error(ErrorKind::unsupported, fmt::format("{} cannot be enabled", ns.device),
                           fmt::format("nvmectl pmem region enable {} enables it with all in it",
                                       topology.regions[ns.region].name))
                    .with_cause("its region is disabled")
                    .on(ns.device));
  if (!enabled) NVMECTL_TRY(check_idle(ns));
  NVMECTL_TRY(enabled ? manager.enable_namespace(ns.device, deadline) : manager.disable_namespace(ns.device, deadline));
  return true;
}

Result<bool> check_rename(const PmemTopology& topology, std::size_t index, const std::string& name,
                          bool allow_duplicate) {
  const PmemNamespace& ns = topology.namespaces[index];
  NVMECTL_TRY(check_name(name));
  if (ns.name == name) return false;
  if (!topology.regions[ns.region].labelled) return no_labels(topology, ns, "renamed");
  if (!allow_duplicate) NVMECTL_TRY(check_name_free(topology, ns, name));
  NVMECTL_TRY(check_idle(ns));
  return true;
}

Result<bool> rename(PmemManager& manager, const PmemTopology& topology, std::size_t index, const std::string& name,
                    bool allow_duplicate, const Deadline& deadline) {
  const PmemNamespace& ns = topology.namespaces[index];
  NVMECTL_ASSIGN(const bool differs, check_rename(topology, index, name, allow_duplicate));
  if (!differs) return false;
  const auto steps = [&](const PmemTopology& now) -> Result<> {
    if (!allow_duplicate) {
      NVMECTL_TRY(check_name_free(now, ns, name));
      NVMECTL_TRY(check_hidden_name(manager, now, name, deadline));
    }
    return manager.rename(ns.device, name, deadline);
  };
  NVMECTL_TRY(if_same(manager, ns, deadline, steps));
  return true;
}

Result<std::uint64_t> check_resize(const PmemTopology& topology, std::size_t index, const SizeWish& wish) {
  const PmemNamespace& ns = topology.namespaces[index];
  const PmemRegion& region = topology.regions[ns.region];
  if (ns.mode != PmemMode::raw)
    return fail(make_error(ErrorKind::unsupported, fmt::format("{} cannot be resized", ns.device),
                           "make a new namespace and copy, or use volumes (nvmectl pmem volume)")
                    .with_cause(fmt::format("its mode is {}: the info block holds the size", to_string(ns.mode)))
                    .on(ns.device));
  if (!region.labelled) return no_labels(topology, ns, "resized");
  NVMECTL_TRY(check_idle(ns));
  NVMECTL_ASSIGN(const std::uint64_t bytes, reserved_for(region, {PmemMode::raw, PmemMap::device, 0, 0}, wish));
  const std::uint64_t behind = room_behind(topology, ns);
  if (bytes <= ns.reserved_bytes || bytes - ns.reserved_bytes <= behind) return bytes;
  return fail(make_error(ErrorKind::no_space, fmt::format("{} cannot grow to {}", ns.device, format_iec(bytes)),
                         fmt::format("{} bytes are the most that it can have: a namespace grows only where it is",
                                     ns.reserved_bytes + behind))
                  .with_cause(fmt::format("{} are free in {}, {} of them right behind it",
                                          format_iec(region.available_bytes), region.name, format_iec(behind)))
                  .on(ns.device));
}

Result<PmemNamespaceSpec> check_reconfigure(const PmemTopology& topology, std::size_t index, const CreateWish& wish) {
  const PmemNamespace& ns = topology.namespaces[index];
  const PmemRegion& region = topology.regions[ns.region];
  NVMECTL_TRY(check_wish(wish));
  NVMECTL_TRY(check_label_uuid(topology, wish.label_uuid, index));
  if (!wish.name.empty() && !region.labelled) return no_labels(topology, ns, "named");
  NVMECTL_TRY(check_idle(ns));
  const Shape shape = wish.shape();
  if (auto refusal = cannot_have(region, shape)) return fail(std::move(*refusal).on(ns.device));
  if (ns.reserved_bytes % granule(region, shape) != 0 && region.labelled)
    return fail(make_error(ErrorKind::usage, fmt::format("{} does not fit that alignment", ns.device),
                           "choose a smaller --align")
                    .with_cause(fmt::format("its {} bytes are no multiple of {}", ns.reserved_bytes,
                                            format_iec(granule(region, shape))))
                    .on(ns.device));
  if (usable_bytes(ns.reserved_bytes, shape) == 0)
    return fail(make_error(ErrorKind::no_space, fmt::format("{} is too small for {}", ns.device, to_string(wish.mode)))
                    .with_cause(fmt::format("{} would leave nothing usable", format_iec(ns.reserved_bytes)))
                    .on(ns.device));
  PmemNamespaceSpec spec = spec_for(wish, region, ns.reserved_bytes);
  if (wish.name.empty()) spec.name = ns.name;
  if (wish.label_uuid.empty() && !ns.label_uuid.empty()) spec.label_uuid = ns.label_uuid;
  return spec;
}

Result<> check_labels_free(const PmemTopology& topology, std::size_t dimm) {
  NVMECTL_TRY(check_lock(topology.dimms[dimm]));
  std::string active;
  for (const PmemRegion& region : topology.regions) {
    const bool on = std::any_of(region.mappings.begin(), region.mappings.end(),
                                [&](const PmemMapping& m) { return m.dimm == dimm; });
    if (on && region.enabled) active += fmt::format("{}{}", active.empty() ? "" : ",", region.name);
  }
  if (active.empty()) return {};
  const std::string& name = topology.dimms[dimm].name;
  return fail(make_error(ErrorKind::busy, fmt::format("the labels of {} are in use", name),
                         fmt::format("nvmectl pmem region disable {} first; pmem init does all of it", active))
                  .with_cause(fmt::format("{} is enabled", active))
                  .on(name));
}

Result<InitPlan> plan_init(const PmemTopology& topology, std::size_t region, bool force) {
  InitPlan plan;
  const PmemRegion& wanted = topology.regions[region];
  std::set<std::size_t> dimms;
  for (const PmemMapping& mapping : wanted.mappings) dimms.insert(mapping.dimm);
  if (dimms.empty())
    return fail(make_error(ErrorKind::unsupported, fmt::format("{} has no DIMMs that could keep labels", wanted.name),
                           "nvmectl pmem reconfigure gives its one namespace another mode")
                    .on(wanted.name));
  for (const std::size_t dimm : dimms) NVMECTL_TRY(check_lock(topology.dimms[dimm]));
  plan.dimms.assign(dimms.begin(), dimms.end());
  for (std::size_t i = 0; i < topology.regions.size(); ++i) {
    const auto& mappings = topology.regions[i].mappings;
    if (std::any_of(mappings.begin(), mappings.end(), [&](const auto& m) { return dimms.contains(m.dimm); }))
      plan.regions.push_back(i);
  }
  for (std::size_t i = 0; i < topology.namespaces.size(); ++i) {
    const PmemNamespace& ns = topology.namespaces[i];
    if (std::find(plan.regions.begin(), plan.regions.end(), ns.region) == plan.regions.end()) continue;
    plan.namespaces.push_back(i);
    NVMECTL_TRY(check_idle(ns));
    // The raw namespace that a region without labels is, is nothing that somebody made.
    const bool made = topology.regions[ns.region].labelled || ns.mode != PmemMode::raw;
    if (made && !force)
      return fail(make_error(ErrorKind::busy,
                             fmt::format("there are namespaces in {}", topology.regions[ns.region].name),
                             "destroy them first, or add --force to lose them")
                      .with_cause(fmt::format("{} is one of them", label_of(ns)))
                      .on(wanted.name));
  }
  return plan;
}

Result<> check_hidden_labels(PmemManager& manager, const PmemTopology& topology, const InitPlan& plan,
                             const Deadline& deadline) {
  for (const std::size_t i : plan.regions) {
    const PmemRegion& region = topology.regions[i];
    for (const PmemMapping& mapping : region.enabled ? std::vector<PmemMapping>() : region.mappings) {
      const std::string& dimm = topology.dimms[mapping.dimm].name;
      // Labels that are not valid hide nothing.
      const auto used = check_labels(manager, dimm, deadline);
      if (used && *used > 0)
        return fail(make_error(ErrorKind::busy, fmt::format("there may be namespaces in {}", region.name),
                               fmt::format("nvmectl pmem region enable {} shows them; --force loses them", region.name))
                        .with_cause(fmt::format("it is disabled, and {} has {} label{} in use", dimm, *used,
                                                *used == 1 ? "" : "s"))
                        .on(region.name));
    }
  }
  return {};
}

Result<> init_region(PmemManager& manager, const PmemTopology& topology, std::size_t index, const InitPlan& plan,
                     std::string_view version, const SaveLabels& save, const Deadline& deadline) {
  NVMECTL_ASSIGN(const auto lock, manager.lock(deadline));
  NVMECTL_TRY(check_nothing_new(manager, topology, plan, deadline));
  std::vector<std::string> disabled;
  const auto steps = [&]() -> Result<> {
    if (save)
      for (const std::size_t dimm : plan.dimms) NVMECTL_TRY(save(topology.dimms[dimm]));
    NVMECTL_TRY(destroy_others(manager, topology, index, plan, deadline));
    for (const std::size_t region : plan.regions) {
      if (!topology.regions[region].enabled) continue;
      NVMECTL_TRY(manager.set_region(topology.regions[region].name, false, deadline));
      disabled.push_back(topology.regions[region].name);
    }
    for (const std::size_t dimm : plan.dimms)
      NVMECTL_TRY(manager.init_labels(topology.dimms[dimm].name, version, deadline));
    return {};
  };
  if (Result<> done = steps(); !done) return fail(enable_again(manager, disabled, std::move(done).error()));
  // The region itself is to be usable in the end, also when it was off.
  const std::string& name = topology.regions[index].name;
  if (std::find(disabled.begin(), disabled.end(), name) == disabled.end()) disabled.push_back(name);
  // The labels are written: neither a signal nor the time keeps the regions off, or the outcome from being told.
  const auto to_the_end = Deadline::in(std::chrono::seconds(30));
  for (const std::string& region : disabled) NVMECTL_TRY(manager.set_region(region, true, to_the_end));
  PmemScan scan;
  scan.deadline = to_the_end;
  NVMECTL_ASSIGN(const PmemTopology after, manager.scan(scan));
  NVMECTL_ASSIGN(const std::size_t now, find_region(after, name));
  const PmemRegion& region = after.regions[now];
  if (region.enabled && region.labelled && region.available_bytes == region.size_bytes) return {};
  return fail(make_error(ErrorKind::io, fmt::format("{} is not free although its labels were initialised", name),
                         "the kernel's log tells why: dmesg | tail")
                  .with_cause(region.labelled ? fmt::format("{} of {} are free", format_iec(region.available_bytes),
                                                            format_iec(region.size_bytes))
                                              : "the kernel does not use the labels")
                  .on(name));
}

}  // namespace nvmectl::pmem
