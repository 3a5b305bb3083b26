// The store of connections on disk: what this machine is to be connected to.
#pragma once

#include <functional>
#include <string>

#include "connections/contents.hpp"
#include "connections/files.hpp"
#include "core/context.hpp"

namespace nvmectl::connections {

inline constexpr std::string_view default_store = "/etc/nvmectl/connections.json";
/// Names another file than default_store.
inline constexpr std::string_view store_variable = "NVMECTL_CONNECTIONS";

/// connections.json and, beside it, connections.json.staged (edits not saved yet), .lock and .save.lock.
class Store {
 public:
  explicit Store(std::string path, BeforeStep before = {});
  /// The file that NVMECTL_CONNECTIONS names, else default_store.
  [[nodiscard]] static Store of(const Environment& environment);

  [[nodiscard]] const std::string& path() const { return path_; }
  /// Without a lock: each file is whole at any moment. No file is an empty store. A file that cannot be understood is
  /// an io error which names line and column (unsupported for an unknown version).
  [[nodiscard]] Result<Contents> load() const;
  /// Reads, lets `edit` change it, and writes what has changed, all under the lock. Nothing is written when `edit` or
  /// the reading fails, or when nothing has changed. busy when the lock is not free by the deadline.
  [[nodiscard]] Result<> change(const Deadline& deadline, const std::function<Result<>(Contents&)>& edit) const;
  /// For what connects and disconnects as well: keeps two such commands apart. change() may be used meanwhile.
  [[nodiscard]] Result<FileLock> lock_for_save(const Deadline& deadline) const;

 private:
  std::string path_, staged_;
  BeforeStep before_;
};

/// The saved connections: for connect-all, conn:NAME and units that run at boot.
[[nodiscard]] Result<std::vector<StoredConnection>> load_saved(const Environment& environment);
/// One of them, by name, UUID or a UUID's beginning.
[[nodiscard]] Result<StoredConnection> load_one(const Environment& environment, std::string_view name_or_uuid);
/// Adds and saves in one step, other edits stay staged. Returns the UUID; that of the saved connection to the same
/// controller when there is one already.
[[nodiscard]] Result<std::string> add_saved(const Environment& environment, StoredConnection connection,
                                            const Deadline& deadline);

}  // namespace nvmectl::connections
