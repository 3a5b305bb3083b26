#include "commands/pmem/targets.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/text.hpp"

namespace nvmectl {

using pmem::Object;
using pmem::Outcome;

Result<std::vector<Outcome>> namespace_rows(const PmemTopology& topology, const PmemTargetOptions& options,
                                            const std::string& action, bool missing_ok) {
  NVMECTL_ASSIGN(const pmem::Selection chosen, pmem::select(topology, options.filter()));
  std::vector<Outcome> rows;
  std::vector<bool> taken(topology.namespaces.size());
  for (const std::string& list : options.targets) {
    for (const std::string_view part : split(list, ',')) {
      const std::string word(trim(part));
      if (word.empty()) continue;
      auto found = pmem::find_all(topology, Object::ns, {word});
      if (!found && missing_ok && found.error().kind == ErrorKind::not_found) {
        rows.push_back({action, "namespace", word, "", "unchanged", {}, "it does not exist", {}});
        continue;
      }
      if (!found) return fail(std::move(found).error());
      for (const std::size_t i : *found) {
        if (!chosen.namespaces[i] || taken[i]) continue;
        taken[i] = true;
        rows.push_back(pmem::outcome_for(topology, Object::ns, i, action));
      }
    }
  }
  return rows;
}

Result<std::vector<Outcome>> object_rows(const PmemTopology& topology, Object kind,
                                         const std::vector<std::string>& words, const std::vector<std::string>& buses,
                                         const std::string& action) {
  NVMECTL_ASSIGN(const auto found, pmem::find_all(topology, kind, words));
  PmemFilterOptions only;
  only.buses = buses;
  NVMECTL_ASSIGN(const pmem::Selection chosen, pmem::select(topology, only.filter()));
  std::vector<Outcome> rows;
  for (const std::size_t i : found) {
    const bool in = kind == Object::bus      ? chosen.buses[i]
                    : kind == Object::dimm   ? chosen.dimms[i]
                    : kind == Object::region ? chosen.regions[i]
                                             : true;
    if (in) rows.push_back(pmem::outcome_for(topology, kind, i, action));
  }
  return rows;
}

Result<std::size_t> index_of(const PmemTopology& topology, Object kind, const std::string& device) {
  NVMECTL_ASSIGN(const auto found, pmem::find_all(topology, kind, {"all"}));
  for (const std::size_t i : found)
    if (pmem::name_of(topology, kind, i) == device) return i;
  return fail(make_error(ErrorKind::not_found, fmt::format("{} is not there any more", device)).on(device));
}

}  // namespace nvmectl
