// Stored connections and the edits that wait to be saved, without files: what `connection add`, `edit`, `remove`,
// `diff`, `save` and `discard` do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/fabrics.hpp"
#include "core/result.hpp"

namespace nvmectl::connections {

/// A JSON member that this program does not act on: its name and its value as JSON text.
using Kept = std::pair<std::string, std::string>;

struct StoredConnection {
  std::string uuid;  ///< lower case; identifies the connection for ever
  std::string name;  ///< unique; "" = none
  ConnectParameters parameters;
  std::vector<Kept> kept;  ///< members of a newer version, and what an imported file said beside
  friend bool operator==(const StoredConnection&, const StoredConnection&) = default;

  /// The name, else the UUID: what a person types to name it.
  [[nodiscard]] const std::string& label() const { return name.empty() ? uuid : name; }
  /// Without the secrets, for people: "db (1b2c…): tcp 192.0.2.7:4420 nqn.…".
  [[nodiscard]] std::string shown() const;
};

enum class Change : std::uint8_t { none, added, modified, removed };
[[nodiscard]] std::string_view to_string(Change change);

/// An edit: what the connection of this UUID is to become.
struct Edit {
  StoredConnection connection;  ///< removed: only its UUID counts
  bool removed = false;
};

struct Contents {
  std::vector<StoredConnection> saved;
  std::vector<Edit> edits;
  std::vector<Kept> kept, edits_kept;  ///< of the two files as wholes; edits_kept become kept when all edits are saved
  std::vector<std::string> notes;      ///< what was found and not understood: for a warning
};

/// One line of what there is and what is to be. Points into the Contents, which must outlive it unchanged.
struct Row {
  Change change = Change::none;
  const StoredConnection* saved = nullptr;    ///< null for additions
  const StoredConnection* current = nullptr;  ///< with the edit; of a removed one as it is saved
};

/// Drops edits that change nothing (any more).
void normalize(Contents& contents);

/// Everything, saved ones first, each in the order in which they came.
[[nodiscard]] std::vector<Row> rows_of(const Contents& contents);
/// Only those with edits, in the order in which they are saved: removed, modified, added.
[[nodiscard]] std::vector<Row> changes_of(const Contents& contents);

/// The row of that name, UUID, or beginning of a UUID (at least 4 characters). not_found, or usage error when several
/// fit.
[[nodiscard]] Result<const Row*> find_row(const std::vector<Row>& rows, std::string_view name_or_uuid);
/// The same among saved connections alone.
[[nodiscard]] Result<const StoredConnection*> find_saved(const std::vector<StoredConnection>& saved,
                                                         std::string_view name_or_uuid);

/// At most 64 bytes, printable, no blanks, slashes and commas, no leading '-', not the form of a UUID. "" is none.
[[nodiscard]] Result<> check_name(std::string_view name);
/// What every stored connection must be: name, parameters, and no secret that only this run could read.
[[nodiscard]] Result<> check_connection(const StoredConnection& connection);

/// Stages a new connection; gives it a UUID when it has none. Usage error when another one has its
/// name, UUID, or leads to the same controller. Returns the UUID.
[[nodiscard]] Result<std::string> stage_add(Contents& contents, StoredConnection connection);
/// The same for many; one outcome for each, in their order.
[[nodiscard]] std::vector<Result<std::string>> stage_all(Contents& contents, std::vector<StoredConnection> connections);
/// Stages `connection` in place of the one with its UUID (saved or added).
[[nodiscard]] Result<> stage_edit(Contents& contents, StoredConnection connection);
/// Stages the removal; an addition that was not saved yet simply goes.
[[nodiscard]] Result<> stage_remove(Contents& contents, const std::string& uuid);
/// That no two connections have one name or lead to one controller; for edits that were put in by hand.
[[nodiscard]] Result<> check_unique(const Contents& contents);
/// Forgets the edit of one connection; of all with "". How many went.
std::size_t discard(Contents& contents, std::string_view uuid = {});

/// Saves the edits of `rows` (which may be of an older reading of the same store), but not one that has changed since:
/// its place in the answer is false.
std::vector<bool> commit(Contents& contents, std::span<const Row> rows);

/// A random UUID, version 4.
[[nodiscard]] std::string new_uuid();

}  // namespace nvmectl::connections
