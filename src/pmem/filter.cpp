#include "pmem/filter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "core/text.hpp"
#include "pmem/lookup.hpp"

namespace nvmectl::pmem {
namespace {

std::vector<std::string_view> words_of(const std::vector<std::string>& lists) {
  std::vector<std::string_view> words;
  for (const std::string& list : lists)
    for (const std::string_view part : split(list, ','))
      if (const auto word = trim(part); !word.empty() && word != "all") words.push_back(word);
  return words;
}

// What a filter of one kind lets pass; everything when it is empty or "all".
class Pass {
 public:
  static Result<Pass> of(const PmemTopology& topology, Object kind, const std::vector<std::string>& lists) {
    Pass pass;
    if (words_of(lists).empty()) return pass;
    NVMECTL_ASSIGN(const auto found, find_all(topology, kind, lists));
    pass.allowed_.emplace(found.begin(), found.end());
    return pass;
  }
  [[nodiscard]] bool restricts() const { return allowed_.has_value(); }
  [[nodiscard]] bool operator()(std::size_t index) const { return !allowed_ || allowed_->contains(index); }

 private:
  std::optional<std::set<std::size_t>> allowed_;
};

struct Passes {
  Pass bus, dimm, region, ns;
  std::set<PmemMode> modes;
  std::set<std::string_view> types;
  std::set<std::int64_t> numa_nodes;

  [[nodiscard]] bool by_namespace() const { return ns.restricts() || !modes.empty(); }
  [[nodiscard]] bool by_region() const {
    return by_namespace() || region.restricts() || !types.empty() || !numa_nodes.empty();
  }
  [[nodiscard]] bool lets_region(const PmemRegion& r, std::size_t index) const {
    if (!bus(r.bus) || !region(index)) return false;
    if (!types.empty() && !types.contains(r.type)) return false;
    if (!numa_nodes.empty() && (!r.numa_node || !numa_nodes.contains(*r.numa_node))) return false;
    return !dimm.restricts() ||
           std::any_of(r.mappings.begin(), r.mappings.end(), [&](const PmemMapping& m) { return dimm(m.dimm); });
  }
  [[nodiscard]] bool lets_namespace(const PmemNamespace& n, std::size_t index) const {
    return ns(index) && (modes.empty() || modes.contains(n.mode));
  }
};

// An empty word, as of a shell's variable that nobody set, does not mean everything.
Result<> check_words(const Filter& filter) {
  const std::array all{std::pair("bus", &filter.buses),           std::pair("dimm", &filter.dimms),
                       std::pair("region", &filter.regions),      std::pair("namespace", &filter.namespaces),
                       std::pair("mode", &filter.modes),          std::pair("type", &filter.types),
                       std::pair("numa-node", &filter.numa_nodes)};
  for (const auto& [option, lists] : all)
    for (const std::string& list : *lists)
      if (list.find_first_not_of(", ") == std::string::npos)
        return fail(ErrorKind::usage, fmt::format("--{} is empty", option), "leave it out, or say all");
  return {};
}

Result<Passes> passes_of(const PmemTopology& topology, const Filter& filter) {
  NVMECTL_TRY(check_words(filter));
  Passes passes;
  NVMECTL_ASSIGN(passes.bus, Pass::of(topology, Object::bus, filter.buses));
  NVMECTL_ASSIGN(passes.dimm, Pass::of(topology, Object::dimm, filter.dimms));
  NVMECTL_ASSIGN(passes.region, Pass::of(topology, Object::region, filter.regions));
  NVMECTL_ASSIGN(passes.ns, Pass::of(topology, Object::ns, filter.namespaces));
  for (const std::string_view word : words_of(filter.modes)) {
    NVMECTL_ASSIGN(const PmemMode mode, parse_pmem_mode(word));
    passes.modes.insert(mode);
  }
  for (const std::string_view word : words_of(filter.types)) {
    if (word != "pmem" && word != "volatile")
      return fail(ErrorKind::usage, fmt::format("'{}' is not a type of region", printable(word)),
                  "the types are pmem and volatile");
    passes.types.insert(word);
  }
  for (const std::string_view word : words_of(filter.numa_nodes)) {
    NVMECTL_ASSIGN(const std::uint64_t node, parse_number(word, "the NUMA node", 65535));
    passes.numa_nodes.insert(static_cast<std::int64_t>(node));
  }
  return passes;
}

void select_below(const PmemTopology& topology, const Passes& passes, Selection& chosen) {
  for (std::size_t i = 0; i < topology.regions.size(); ++i)
    chosen.regions[i] = passes.lets_region(topology.regions[i], i);
  std::vector<bool> occupied(topology.regions.size());
  for (std::size_t i = 0; i < topology.namespaces.size(); ++i) {
    const PmemNamespace& ns = topology.namespaces[i];
    chosen.namespaces[i] = chosen.regions[ns.region] && passes.lets_namespace(ns, i);
    if (chosen.namespaces[i]) occupied[ns.region] = true;
  }
  if (passes.by_namespace())
    for (std::size_t i = 0; i < topology.regions.size(); ++i) chosen.regions[i] = chosen.regions[i] && occupied[i];
}

void select_dimms(const PmemTopology& topology, const Passes& passes, Selection& chosen) {
  std::vector<bool> below(topology.dimms.size());
  for (std::size_t i = 0; i < topology.regions.size(); ++i)
    if (chosen.regions[i])
      for (const PmemMapping& m : topology.regions[i].mappings) below[m.dimm] = true;
  for (std::size_t i = 0; i < topology.dimms.size(); ++i)
    chosen.dimms[i] = passes.bus(topology.dimms[i].bus) && passes.dimm(i) && (!passes.by_region() || below[i]);
}

template <class T>
std::vector<std::optional<std::size_t>> keep(std::vector<T>& objects, const std::vector<bool>& chosen) {
  std::vector<std::optional<std::size_t>> moved(objects.size());
  std::vector<T> kept;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    if (!chosen[i]) continue;
    moved[i] = kept.size();
    kept.push_back(std::move(objects[i]));
  }
  objects = std::move(kept);
  return moved;
}

}  // namespace

bool Filter::empty() const {
  for (const auto* lists : {&buses, &dimms, &regions, &namespaces, &modes, &types, &numa_nodes})
    if (!words_of(*lists).empty()) return false;
  return true;
}

Result<Selection> select(const PmemTopology& topology, const Filter& filter) {
  NVMECTL_ASSIGN(const Passes passes, passes_of(topology, filter));
  Selection chosen{std::vector<bool>(topology.buses.size()),       std::vector<bool>(topology.dimms.size()),
                   std::vector<bool>(topology.regions.size()),     std::vector<bool>(topology.namespaces.size()),
                   std::vector<bool>(topology.dax_regions.size()), std::vector<bool>(topology.dax_devices.size())};
  select_below(topology, passes, chosen);
  select_dimms(topology, passes, chosen);
  const bool only_buses = !passes.by_region() && !passes.dimm.restricts();
  for (std::size_t i = 0; i < topology.buses.size(); ++i) chosen.buses[i] = only_buses && passes.bus(i);
  for (std::size_t i = 0; i < topology.regions.size(); ++i)
    if (chosen.regions[i]) chosen.buses[topology.regions[i].bus] = true;
  for (std::size_t i = 0; i < topology.dimms.size(); ++i)
    if (chosen.dimms[i]) chosen.buses[topology.dimms[i].bus] = true;
  const bool all = filter.empty();
  const auto with_namespace = [&](const auto& objects, std::vector<bool>& which) {
    for (std::size_t i = 0; i < objects.size(); ++i) which[i] = objects[i].ns ? chosen.namespaces[*objects[i].ns] : all;
  };
  with_namespace(topology.dax_regions, chosen.dax_regions);
  with_namespace(topology.dax_devices, chosen.dax_devices);
  return chosen;
}

PmemTopology part_of(const PmemTopology& topology, const Selection& selection) {
  PmemTopology part = topology;
  const auto buses = keep(part.buses, selection.buses);
  const auto dimms = keep(part.dimms, selection.dimms);
  const auto regions = keep(part.regions, selection.regions);
  const auto namespaces = keep(part.namespaces, selection.namespaces);
  keep(part.dax_regions, selection.dax_regions);
  keep(part.dax_devices, selection.dax_devices);
  for (PmemDimm& dimm : part.dimms) dimm.bus = buses[dimm.bus].value_or(0);
  for (PmemRegion& region : part.regions) {
    region.bus = buses[region.bus].value_or(0);
    std::erase_if(region.mappings, [&](const PmemMapping& m) { return !dimms[m.dimm]; });
    for (PmemMapping& mapping : region.mappings) mapping.dimm = *dimms[mapping.dimm];
  }
  for (PmemNamespace& ns : part.namespaces) ns.region = regions[ns.region].value_or(0);
  for (DaxRegion& region : part.dax_regions)
    if (region.ns) region.ns = namespaces[*region.ns];
  for (DaxDevice& dax : part.dax_devices)
    if (dax.ns) dax.ns = namespaces[*dax.ns];
  return part;
}

}  // namespace nvmectl::pmem
