// What became of each stored connection that a command was about.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connections/store.hpp"
#include "core/context.hpp"
#include "core/schema.hpp"

namespace nvmectl {

struct ChangeRow {
  std::string action;  ///< "add", "modify", "remove", "connect", "none"
  connections::StoredConnection connection;
  std::string result;  ///< "staged", "saved", "connected", "discarded", "unchanged", "failed", "planned"
  std::string device;  ///< the controller that was connected or disconnected
  std::optional<Error> error;
};

extern const Schema change_schema;

[[nodiscard]] std::string_view action_of(connections::Change change);

/// Reads the store and warns of what is not understood in it.
[[nodiscard]] Result<connections::Contents> load_store(Context& context, const connections::Store& store);

/// Puts the rows out; the row's error when there was but one, partial when some of several failed.
[[nodiscard]] Result<> show_changes(Context& context, const std::vector<ChangeRow>& rows);

}  // namespace nvmectl
