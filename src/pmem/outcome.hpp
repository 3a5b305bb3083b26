// What became of each object that an operation was about. Nothing is claimed that did not happen.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/pmem.hpp"
#include "pmem/lookup.hpp"

namespace nvmectl::pmem {

struct Outcome {
  std::string action;                       ///< "destroy", "enable", "init-labels" …
  std::string kind;                         ///< "namespace", "region", "DIMM", "bus", "DAX device", "volume", "mount"
  std::string device;                       ///< "namespace0.0"
  std::string name;                         ///< the label's; "" = none
  std::string result;                       ///< "done", "unchanged", "planned", "failed", "skipped"
  std::optional<std::uint64_t> bytes = {};  ///< of what there is now, or was
  std::string detail = {};                  ///< in words: "510 label slots"
  std::optional<Error> error = {};
  [[nodiscard]] bool failed() const { return error.has_value(); }
};

/// A row for an object, before anything is done.
[[nodiscard]] Outcome outcome_for(const PmemTopology& topology, Object kind, std::size_t index, std::string action);

/// Ends a row: done, or failed with the error.
void settle(Outcome& row, Result<> result);

/// "pmem0 is mounted at /srv" and so on as a busy error of that namespace; empty when nobody uses it.
[[nodiscard]] std::optional<Error> in_use(const PmemNamespace& ns);

/// Calls `act` for each row that has not failed yet, until the deadline passes; the rest is then cancelled.
void carry_out(std::vector<Outcome>& rows, const Deadline& deadline, const std::function<Result<>(Outcome&)>& act);

}  // namespace nvmectl::pmem
