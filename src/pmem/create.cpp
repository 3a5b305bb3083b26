#include "pmem/create.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <random>

#include "core/text.hpp"
#include "pmem/infoblock.hpp"
#include "pmem/labels.hpp"
#include "pmem/lookup.hpp"
#include "pmem/outcome.hpp"

namespace nvmectl::pmem {
namespace {

// `only` as in PmemScan: names do, unless an existing namespace may be what was asked for.
Result<PmemTopology> look(PmemManager& manager, std::optional<std::string> only, const Deadline& deadline) {
  PmemScan scan;
  scan.deadline = deadline;
  scan.bad_blocks = false;
  scan.only = std::move(only);
  return manager.scan(scan);
}

// Failures that no other region can mend.
bool is_final(const Error& error) {
  return error.kind == ErrorKind::permission || error.kind == ErrorKind::cancelled ||
         error.kind == ErrorKind::timeout || error.kind == ErrorKind::internal;
}

// It must be there, be enabled and offer something: a namespace as large as its own alignment has 0 usable bytes.
Result<PmemTopology> check_made(PmemManager& manager, const std::string& device, const Deadline& deadline) {
  NVMECTL_ASSIGN(PmemTopology topology, look(manager, device, deadline));
  const auto found = std::find_if(topology.namespaces.begin(), topology.namespaces.end(),
                                  [&](const PmemNamespace& ns) { return ns.device == device; });
  if (found == topology.namespaces.end())
    return fail(ErrorKind::io, fmt::format("{} is not there after it was made", device));
  if (!found->enabled)
    return fail(ErrorKind::io, fmt::format("{} is not enabled after it was made", device),
                "the kernel's log tells why: dmesg | tail");
  if (found->usable_bytes.value_or(0) == 0)
    return fail(ErrorKind::no_space, fmt::format("{} offers no usable byte", device),
                "ask for a larger --size or a smaller --align");
  return topology;
}

// Makes one in that region, or leaves nothing there.
Result<> make_in(PmemManager& manager, const PmemNamespaceSpec& spec, bool wipe, const Deadline& deadline,
                 Created& done) {
  NVMECTL_ASSIGN(const std::string device, manager.create(spec, deadline));
  auto after = check_made(manager, device, deadline);
  Result<> good = after ? Result<>() : fail(std::move(after).error());
  if (good && wipe) good = manager.erase(device, PmemErase::head, {}, deadline);
  if (good) {
    done.device = device;
    done.after = std::move(*after);
    return {};
  }
  Error error = std::move(good).error();
  // Taken back also when the deadline has passed: half a namespace is worse than a moment more.
  if (auto undone = manager.destroy(device, Deadline::in(std::chrono::seconds(10))); !undone)
    error.context.push_back(fmt::format("{} could not be taken back: {}", device, undone.error().message));
  return fail(std::move(error));
}

// What an interrupted create left has nothing in the place of its info block. One that is damaged is somebody's data.
Result<> check_unwritten(PmemManager& manager, const PmemNamespace& ns, const Deadline& deadline) {
  const bool sector = ns.label_mode == PmemMode::sector;
  NVMECTL_ASSIGN(const Bytes start, manager.read_infoblock(ns.device, deadline));
  const auto info = decode_infoblock(start);
  // A good one with another parent is what an older namespace left there; the kernel does not take it either.
  if (info && info->checksum_ok && info->parent_uuid != ns.label_uuid) return {};
  bool damaged = info.has_value();
  if (sector && !damaged) {
    NVMECTL_ASSIGN(const auto findings, manager.check_namespace(ns.device, false, deadline));
    damaged = std::any_of(findings.begin(), findings.end(), [](const PmemFinding& one) { return one.ok; });
  }
  if (!damaged) return {};
  return fail(make_error(ErrorKind::exists, fmt::format("there is a namespace '{}' already", printable(ns.name)),
                         sector ? fmt::format("nvmectl pmem check {} --repair may restore it", ns.device)
                                : fmt::format("nvmectl pmem destroy {} gives its data up", ns.device))
                  .with_cause("its info block is damaged")
                  .on(ns.device));
}

// Whether it has an info block can only be told while it is enabled.
Result<Created> complete(PmemManager& manager, PmemTopology topology, std::size_t index, const CreateOptions& options,
                         const Deadline& deadline) {
  Created done{CreateResult::completed, topology.namespaces[index].device, {}, {}};
  if (!topology.namespaces[index].enabled) {
    NVMECTL_TRY(manager.enable_namespace(done.device, deadline));
    NVMECTL_ASSIGN(topology, look(manager, std::nullopt, deadline));
    NVMECTL_ASSIGN(index, find_namespace(topology, done.device));
  }
  const PmemNamespace& ns = topology.namespaces[index];
  if (half_made(ns)) {
    if (const auto used = in_use(ns)) return fail(*used);
    NVMECTL_TRY(check_unwritten(manager, ns, deadline));
    PmemNamespaceSpec spec = spec_for(options.wish, topology.regions[ns.region], ns.reserved_bytes);
    spec.name = ns.name;
    if (options.wipe) spec.wipe_at = data_offset(ns.reserved_bytes, options.wish.shape());
    if (!ns.label_uuid.empty()) spec.label_uuid = ns.label_uuid;
    NVMECTL_ASSIGN(done.device, manager.reconfigure(ns.device, spec, deadline));
    if (options.wipe) NVMECTL_TRY(manager.erase(done.device, PmemErase::head, {}, deadline));
  }
  NVMECTL_TRY(check_made(manager, done.device, deadline));
  return done;
}

std::string size_difference(const PmemTopology& topology, const PmemNamespace& ns, const CreateWish& wish) {
  if (!wish.bytes) return "";
  Shape shape = wish.shape();
  const SizeWish size{*wish.bytes, wish.usable, wish.policy};
  const PmemRegion& region = topology.regions[ns.region];
  // In a region without labels the namespace is the region, whatever was asked for.
  if (!region.labelled || satisfies(ns.reserved_bytes, region, shape, size)) return "";
  if (wish.usable && ns.usable_bytes == wish.bytes) return "";
  return fmt::format("it has {} bytes ({} usable), and {} were asked for", ns.reserved_bytes,
                     ns.usable_bytes.value_or(usable_bytes(ns.reserved_bytes, shape)), *wish.bytes);
}

}  // namespace

bool half_made(const PmemNamespace& ns) {
  return ns.enabled && ns.mode == PmemMode::raw && ns.label_mode != PmemMode::raw;
}

std::string difference(const PmemTopology& topology, const PmemNamespace& ns, const CreateWish& wish) {
  const PmemMode mode = half_made(ns) ? ns.label_mode : ns.mode;
  if (mode != wish.mode) return fmt::format("its mode is {}, not {}", to_string(mode), to_string(wish.mode));
  if (!half_made(ns)) {
    if (wish.map && ns.map && *ns.map != *wish.map)
      return fmt::format("its page array is {}", *ns.map == PmemMap::device ? "on the device" : "in memory");
    if (wish.align_bytes && ns.align_bytes && *ns.align_bytes != *wish.align_bytes)
      return fmt::format("its alignment is {}, not {}", format_iec(*ns.align_bytes), format_iec(*wish.align_bytes));
    if (wish.sector_bytes && ns.sector_bytes && *ns.sector_bytes != *wish.sector_bytes)
      return fmt::format("its sectors have {} bytes, not {}", *ns.sector_bytes, *wish.sector_bytes);
  }
  if (!wish.label_uuid.empty() && !ns.label_uuid.empty() && ns.label_uuid != wish.label_uuid)
    return fmt::format("its label's UUID is {}", ns.label_uuid);
  if (!wish.where.empty()) {
    const auto chosen = select(topology, wish.where);
    if (chosen && !chosen->regions[ns.region])
      return fmt::format("it is in {}, where it was not asked for", topology.regions[ns.region].name);
  }
  return size_difference(topology, ns, wish);
}

Result<std::optional<std::size_t>> existing(const PmemTopology& topology, const CreateOptions& options) {
  const CreateWish& wish = options.wish;
  if (wish.name.empty()) {
    if (options.if_not_exists)
      return fail(ErrorKind::usage, "--if-not-exists needs a --name to look for", "add --name NAME");
    return std::optional<std::size_t>();
  }
  const auto found = with_name(topology, wish.name);
  if (found.empty() || (options.allow_duplicate && !options.if_not_exists)) return std::optional<std::size_t>();
  const PmemNamespace& first = topology.namespaces[found.front()];
  const auto clash = [&](std::string cause, std::string hint) {
    return fail(make_error(ErrorKind::exists, fmt::format("there is a namespace '{}' already", printable(wish.name)),
                           std::move(hint))
                    .with_cause(std::move(cause))
                    .on(first.device));
  };
  if (!options.if_not_exists)
    return clash(fmt::format("it is {}", first.device),
                 "--if-not-exists takes it when it fits, --allow-duplicate-name makes another one");
  for (const std::size_t i : found)
    if (difference(topology, topology.namespaces[i], wish).empty()) return std::optional(i);
  return clash(fmt::format("{}: {}", first.device, difference(topology, first, wish)),
               "choose another --name, or ask for what it is");
}

Result<> check_hidden_name(PmemManager& manager, const PmemTopology& topology, const std::string& name,
                           const Deadline& deadline) {
  constexpr std::uint32_t updating = 8;
  for (const PmemRegion& region : topology.regions) {
    if (region.enabled || name.empty()) continue;
    for (const PmemMapping& mapping : region.mappings) {
      const auto bytes = manager.read_labels(topology.dimms[mapping.dimm].name, deadline);
      const auto area = bytes ? decode_labels(*bytes) : Result<LabelArea>();
      if (!bytes || !area) continue;
      const bool there = std::any_of(area->labels.begin(), area->labels.end(), [&](const NamespaceLabel& label) {
        return label.name == name && (label.flags & updating) == 0;
      });
      if (there)
        return fail(make_error(ErrorKind::exists, fmt::format("there is a namespace '{}' already", printable(name)),
                               fmt::format("nvmectl pmem region enable {} makes it visible", region.name))
                        .with_cause(fmt::format("it is in {}, which is disabled", region.name))
                        .on(region.name));
    }
  }
  return {};
}

PmemNamespaceSpec spec_for(const CreateWish& wish, const PmemRegion& region, std::uint64_t reserved) {
  const Shape shape = wish.shape();
  PmemNamespaceSpec spec;
  spec.region = region.name;
  spec.reserved_bytes = reserved;
  spec.mode = shape.mode;
  spec.map = shape.map;
  spec.align_bytes = shape.align_bytes;
  spec.sector_bytes = shape.sector_bytes;
  spec.name = wish.name;
  spec.label_uuid = wish.label_uuid.empty() ? new_uuid() : wish.label_uuid;
  spec.uuid = new_uuid();
  return spec;
}

Result<Created> create(PmemManager& manager, const CreateOptions& options, const Deadline& deadline) {
  NVMECTL_TRY(check_wish(options.wish));
  NVMECTL_ASSIGN(const auto lock, manager.lock(deadline));
  const auto only = options.if_not_exists ? std::nullopt : std::optional<std::string>("");
  NVMECTL_ASSIGN(const PmemTopology topology, look(manager, only, deadline));
  NVMECTL_ASSIGN(const auto there, existing(topology, options));
  if (there) {
    const PmemNamespace& ns = topology.namespaces[*there];
    if (ns.enabled && !half_made(ns)) return Created{CreateResult::unchanged, ns.device, {}, {}};
    return complete(manager, topology, *there, options, deadline);
  }
  if (!options.allow_duplicate) NVMECTL_TRY(check_hidden_name(manager, topology, options.wish.name, deadline));
  NVMECTL_TRY(check_label_uuid(topology, options.wish.label_uuid));
  NVMECTL_ASSIGN(const Plan plan, plan_create(topology, options.wish));
  if (!plan.feasible()) return fail(refusal_of(topology, plan, options.wish));
  Created done;
  for (const Candidate& candidate : plan.candidates) {
    if (candidate.refusal) break;
    const PmemRegion& region = topology.regions[candidate.region];
    PmemNamespaceSpec spec = spec_for(options.wish, region, candidate.reserved_bytes);
    if (options.wipe) spec.wipe_at = data_offset(spec.reserved_bytes, options.wish.shape());
    auto made = make_in(manager, spec, options.wipe, deadline, done);
    if (made) return done;
    done.passed_over.push_back(std::move(made).error().on(region.name));
    if (is_final(done.passed_over.back()) || deadline.passed()) break;
  }
  Error error = done.passed_over.front();
  for (const Error& other : done.passed_over) {
    if (is_final(other)) error = other;
    if (done.passed_over.size() > 1) error.context.push_back(fmt::format("{}: {}", other.device, other.message));
  }
  return fail(std::move(error).during("create"));
}

std::string new_uuid() {
  std::random_device random;
  std::array<std::byte, 16> bytes{};
  for (std::byte& b : bytes) b = static_cast<std::byte>(random() & 0xffU);
  bytes[6] = (bytes[6] & std::byte{0x0f}) | std::byte{0x40};
  bytes[8] = (bytes[8] & std::byte{0x3f}) | std::byte{0x80};
  return format_uuid(bytes);
}

}  // namespace nvmectl::pmem
