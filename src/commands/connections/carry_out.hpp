// Connects and disconnects what edits of stored connections ask for, and saves those that came about.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "commands/connections/live.hpp"
#include "commands/connections/outcome.hpp"

namespace nvmectl {

/// One connection's change; Change::none only connects.
struct Task {
  connections::Change change = connections::Change::none;
  const connections::StoredConnection* saved = nullptr;  ///< null for additions
  const connections::StoredConnection* current = nullptr;
};

struct CarryOutOptions {
  bool connect = true;  ///< false: the kernel's connections stay as they are
  bool force = false;   ///< disconnect also what is in use
};

/// The kernel's part, in the order remove, modify, add: a row for each task, with an error where it failed and an
/// empty result where it may be saved. Asks before anything is disconnected; then the answer may be not_confirmed, and
/// nothing was done. With --dry-run the results are "planned".
[[nodiscard]] Result<std::vector<ChangeRow>> carry_out(Context& context, const std::vector<Task>& tasks,
                                                       const CarryOutOptions& options);

/// Changes what is staged and returns the UUIDs of the connections whose edits those are.
using Stage = std::function<Result<std::vector<std::string>>(connections::Contents&)>;

/// Stages and tells; nothing is written with --dry-run.
[[nodiscard]] Result<std::vector<ChangeRow>> stage_only(Context& context, const connections::Store& store,
                                                        std::string_view action, const Stage& stage);

/// Stages, carries those edits out and saves them. What failed stays
/// staged; nothing is staged when the person at the terminal says no.
[[nodiscard]] Result<std::vector<ChangeRow>> save_in_one_step(Context& context, const connections::Store& store,
                                                              const Stage& stage, const CarryOutOptions& options);

/// A stored connection's secret references made absolute and standard input read; literal secrets warn.
[[nodiscard]] Result<> settle_secrets(Context& context, ConnectParameters& parameters);

}  // namespace nvmectl
