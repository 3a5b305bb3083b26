#include "commands/fabrics/present.hpp"

#include <map>
#include <string>

namespace nvmectl {

Result<> mark_present(FabricsInitiator& initiator, std::vector<ConnectRow>& rows) {
  NVMECTL_ASSIGN(const std::vector<FabricsController> present, initiator.controllers());
  std::multimap<std::string, const FabricsController*> by_nqn;
  for (const FabricsController& c : present) by_nqn.emplace(c.parameters.nqn, &c);
  for (ConnectRow& row : rows) {
    if (!row.result.empty() || row.target.duplicate_connect) continue;
    const auto [first, last] = by_nqn.equal_range(row.target.nqn);
    for (auto at = first; at != last && row.result.empty(); ++at)
      if (same_controller(row.target, at->second->parameters))
        take_outcome(row, Connection{at->second->name, true, {}, {}, {}});
  }
  return {};
}

void wait_for_rows(Context& context, FabricsInitiator& initiator, const OptionalTime& wait,
                   std::vector<ConnectRow>& rows) {
  const Deadline deadline =
      wait.time ? Deadline::in(*wait.time).or_when(context.stop_signal) : batch_deadline(context, rows.size());
  for (ConnectRow& row : rows) {
    if (row.controller.empty()) continue;
    if (auto ready = initiator.wait_ready(row.controller, deadline); !ready) {
      row.result = "failed";
      row.error = std::move(ready).error();
    }
    if (auto namespaces = initiator.namespaces(row.controller)) row.namespaces = std::move(*namespaces);
  }
}

}  // namespace nvmectl
