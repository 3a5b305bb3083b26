#include "pmem/outcome.hpp"

#include <fmt/format.h>

#include <utility>

#include "core/uses.hpp"

namespace nvmectl::pmem {

Outcome outcome_for(const PmemTopology& topology, Object kind, std::size_t index, std::string action) {
  Outcome row{std::move(action), std::string(word_for(kind)), name_of(topology, kind, index), "", ""};
  if (kind == Object::ns) {
    row.name = topology.namespaces[index].name;
    row.bytes = topology.namespaces[index].reserved_bytes;
  } else if (kind == Object::region) {
    row.bytes = topology.regions[index].size_bytes;
  } else if (kind == Object::dax) {
    row.bytes = topology.dax_devices[index].size_bytes;
  }
  return row;
}

void settle(Outcome& row, Result<> result) {
  if (result) {
    if (row.result.empty()) row.result = "done";
    return;
  }
  row.result = "failed";
  row.error = std::move(result).error().on(row.device).during(row.action);
}

std::optional<Error> in_use(const PmemNamespace& ns) {
  if (ns.uses.empty()) return std::nullopt;
  Error error = make_error(ErrorKind::busy, fmt::format("{} is in use", label_of(ns)), ways_out(ns.uses));
  error.cause = fmt::format("{} is {}", ns.uses.front().device, ns.uses.front().how);
  for (std::size_t i = 1; i < ns.uses.size(); ++i)
    error.context.push_back(fmt::format("{} is {}", ns.uses[i].device, ns.uses[i].how));
  error.device = ns.device;
  return error;
}

void carry_out(std::vector<Outcome>& rows, const Deadline& deadline, const std::function<Result<>(Outcome&)>& act) {
  for (Outcome& row : rows) {
    if (row.failed() || !row.result.empty()) continue;
    if (deadline.passed()) {
      settle(row, fail(ErrorKind::cancelled, "not done: the time was up, or it was interrupted before"));
      continue;
    }
    settle(row, act(row));
  }
}

}  // namespace nvmectl::pmem
