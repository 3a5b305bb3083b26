#include "connections/contents.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <iterator>
#include <unistd.h>
#include <unordered_map>
#include <unordered_set>

#include "connections/index.hpp"
#include "connections/json_tree.hpp"
#include "connections/layers.hpp"
#include "core/text.hpp"

namespace nvmectl::connections {
namespace {

constexpr std::size_t least_prefix = 4;

std::unordered_map<std::string_view, const Edit*> edits_by_uuid(const Contents& contents) {
  std::unordered_map<std::string_view, const Edit*> found;
  for (const Edit& edit : contents.edits) found.emplace(edit.connection.uuid, &edit);
  return found;
}

bool looks_like_uuid(std::string_view text) {
  return text.size() == 36 && parse_uuid(text).has_value();
}

template <class Item, class Of>
Result<const Item*> find_in(const std::vector<Item>& items, std::string_view wanted, Of connection_of) {
  std::string lower(wanted);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  std::vector<const Item*> prefixed;
  for (const Item& item : items) {
    const StoredConnection& connection = connection_of(item);
    if ((!wanted.empty() && connection.name == wanted) || connection.uuid == lower) return &item;
    if (wanted.size() >= least_prefix && connection.uuid.starts_with(lower)) prefixed.push_back(&item);
  }
  if (prefixed.size() == 1) return prefixed.front();
  if (prefixed.empty())
    return fail(ErrorKind::not_found, fmt::format("there is no stored connection '{}'", printable(wanted)),
                "nvmectl connection list shows them; a name, a UUID or the beginning of one is taken");
  std::string some;
  for (std::size_t i = 0; i < std::min<std::size_t>(prefixed.size(), 3); ++i)
    some += (i > 0 ? ", " : "") + printable(connection_of(*prefixed[i]).label());
  return fail(make_error(ErrorKind::usage,
                         fmt::format("'{}' is the beginning of {} UUIDs", printable(wanted), prefixed.size()),
                         "give more of it")
                  .with_cause(fmt::format("{}{} begin with it", some, prefixed.size() > 3 ? " and others" : "")));
}

tl::unexpected<Error> taken(const StoredConnection& connection, std::string_view what, const StoredConnection& by) {
  return fail(make_error(ErrorKind::usage, fmt::format("{} is stored already", printable(what)),
                         fmt::format("nvmectl connection edit {} changes it", printable(by.label())))
                  .with_cause("it is " + by.shown())
                  .on(connection.label()));
}

/// Who has which UUID, name and place. Points to what it is told of.
class Taken {
 public:
  explicit Taken(const Contents& contents) {
    for (const Row& row : rows_of(contents)) {
      if (row.change == Change::removed) uuids_.emplace(row.current->uuid, row.current);
      else add(*row.current);
    }
  }

  [[nodiscard]] Result<> check(const StoredConnection& connection) const {
    if (!connection.name.empty()) {
      const auto found = names_.find(connection.name);
      if (found != names_.end() && found->second->uuid != connection.uuid)
        return taken(connection, "the name " + connection.name, *found->second);
    }
    if (connection.parameters.duplicate_connect) return {};
    for (const std::size_t i : index_.find(connection.parameters))
      if (all_[i]->uuid != connection.uuid) return taken(connection, "a connection to the same controller", *all_[i]);
    return {};
  }
  [[nodiscard]] const StoredConnection* by_uuid(const std::string& uuid) const {
    const auto found = uuids_.find(uuid);
    return found == uuids_.end() ? nullptr : found->second;
  }
  [[nodiscard]] std::size_t size() const { return uuids_.size(); }
  void add(const StoredConnection& connection) {
    uuids_.emplace(connection.uuid, &connection);
    if (!connection.name.empty()) names_.emplace(connection.name, &connection);
    index_.add(connection.parameters, all_.size());
    all_.push_back(&connection);
  }

 private:
  std::unordered_map<std::string_view, const StoredConnection*> uuids_, names_;
  std::vector<const StoredConnection*> all_;
  ControllerIndex index_;
};

Result<std::string> check_new(const Taken& all, StoredConnection& connection) {
  if (all.size() >= most_connections)
    return fail(ErrorKind::usage, fmt::format("there are {} stored connections already, which is the most", all.size()),
                "remove what is not needed");
  if (connection.uuid.empty()) connection.uuid = new_uuid();
  NVMECTL_TRY(check_connection(connection));
  if (const StoredConnection* by = all.by_uuid(connection.uuid))
    return taken(connection, "the UUID " + connection.uuid, *by);
  NVMECTL_TRY(all.check(connection));
  return connection.uuid;
}

// A secret that is no longer the connection's does not stay behind in what an imported file said.
void forget_old_secrets(const ConnectParameters& before, StoredConnection& now) {
  for (const Parameter& parameter : connect_parameters()) {
    const auto old = parameter.get(before);
    if (parameter.type != Parameter::Type::secret || !old || old == parameter.get(now.parameters)) continue;
    for (auto& [key, value] : now.kept) {
      auto tree = parse_json({value, key, ErrorKind::io, ""});
      if (tree && forget_secret(*tree, *old)) value = dump_json(*tree);
    }
  }
}

// What came with imported files beside their connections.
void take_kept(Contents& contents) {
  for (Kept& kept : contents.edits_kept) {
    const auto same =
        std::find_if(contents.kept.begin(), contents.kept.end(), [&](const Kept& k) { return k.first == kept.first; });
    if (same == contents.kept.end()) contents.kept.push_back(std::move(kept));
    else *same = std::move(kept);
  }
  contents.edits_kept.clear();
}

}  // namespace

std::string_view to_string(Change change) {
  switch (change) {
    case Change::none: return "none";
    case Change::added: return "added";
    case Change::modified: return "modified";
    case Change::removed: return "removed";
  }
  return "none";
}

std::string StoredConnection::shown() const {
  return fmt::format("{}{}: {}", name.empty() ? "" : printable(name) + " ", name.empty() ? uuid : "(" + uuid + ")",
                     parameters.shown());
}

void normalize(Contents& contents) {
  std::unordered_map<std::string_view, const StoredConnection*> saved;
  for (const StoredConnection& connection : contents.saved) saved.emplace(connection.uuid, &connection);
  std::erase_if(contents.edits, [&](const Edit& edit) {
    const auto found = saved.find(edit.connection.uuid);
    if (edit.removed) return found == saved.end();
    return found != saved.end() && *found->second == edit.connection;
  });
}

std::vector<Row> rows_of(const Contents& contents) {
  auto edits = edits_by_uuid(contents);
  std::vector<Row> rows;
  rows.reserve(contents.saved.size() + contents.edits.size());
  for (const StoredConnection& connection : contents.saved) {
    const auto edit = edits.find(connection.uuid);
    if (edit == edits.end()) rows.push_back({Change::none, &connection, &connection});
    else if (edit->second->removed) rows.push_back({Change::removed, &connection, &connection});
    else rows.push_back({Change::modified, &connection, &edit->second->connection});
    if (edit != edits.end()) edits.erase(edit);
  }
  for (const Edit& edit : contents.edits)
    if (!edit.removed && edits.contains(edit.connection.uuid))
      rows.push_back({Change::added, nullptr, &edit.connection});
  return rows;
}

std::vector<Row> changes_of(const Contents& contents) {
  std::vector<Row> rows = rows_of(contents), ordered;
  for (const Change change : {Change::removed, Change::modified, Change::added})
    for (const Row& row : rows)
      if (row.change == change) ordered.push_back(row);
  return ordered;
}

Result<const Row*> find_row(const std::vector<Row>& rows, std::string_view name_or_uuid) {
  return find_in(rows, name_or_uuid, [](const Row& row) -> const StoredConnection& { return *row.current; });
}

Result<const StoredConnection*> find_saved(const std::vector<StoredConnection>& saved, std::string_view name_or_uuid) {
  return find_in(saved, name_or_uuid, [](const StoredConnection& c) -> const StoredConnection& { return c; });
}

Result<> check_name(std::string_view name) {
  if (name.empty()) return {};
  const std::string shown = printable(name.substr(0, 64));
  const std::string_view hint = "a name has at most 64 bytes, without blanks, commas and slashes";
  if (name.size() > 64 || shown != name || name.front() == '-' ||
      name.find_first_of(" ,/\\\"'") != std::string_view::npos)
    return fail(ErrorKind::usage, fmt::format("'{}' cannot be a connection's name", shown), std::string(hint));
  if (looks_like_uuid(name))
    return fail(ErrorKind::usage, fmt::format("'{}' looks like a UUID and cannot be a connection's name", shown),
                "each connection gets a UUID by itself");
  return {};
}

Result<> check_connection(const StoredConnection& connection) {
  NVMECTL_TRY(check_name(connection.name));
  for (const std::string& secret : {connection.parameters.dhchap_secret, connection.parameters.dhchap_ctrl_secret})
    if (secret == "-" || (secret.starts_with("file:") && !secret.starts_with("file:/")))
      return fail(ErrorKind::usage, "a stored connection's secret is read later and elsewhere",
                  "give file: with an absolute path, env:NAME or keyring:NAME");
  return check_parameters(connection.parameters);
}

Result<std::string> stage_add(Contents& contents, StoredConnection connection) {
  std::vector<StoredConnection> one;
  one.push_back(std::move(connection));
  return std::move(stage_all(contents, std::move(one)).front());
}

std::vector<Result<std::string>> stage_all(Contents& contents, std::vector<StoredConnection> connections) {
  std::vector<Result<std::string>> outcomes;
  {
    Taken all(contents);
    for (StoredConnection& connection : connections) {
      outcomes.push_back(check_new(all, connection));
      if (outcomes.back()) all.add(connection);
    }
  }
  for (std::size_t i = 0; i < connections.size(); ++i)
    if (outcomes[i]) contents.edits.push_back({std::move(connections[i]), false});
  return outcomes;
}

Result<> stage_edit(Contents& contents, StoredConnection connection) {
  NVMECTL_TRY(check_connection(connection));
  {
    const Taken all(contents);
    const StoredConnection* before = all.by_uuid(connection.uuid);
    if (before == nullptr)
      return fail(ErrorKind::not_found, fmt::format("there is no stored connection {}", connection.uuid));
    forget_old_secrets(before->parameters, connection);
    NVMECTL_TRY(all.check(connection));
  }
  const auto edit = std::find_if(contents.edits.begin(), contents.edits.end(),
                                 [&](const Edit& e) { return e.connection.uuid == connection.uuid; });
  if (edit != contents.edits.end()) *edit = {std::move(connection), false};
  else contents.edits.push_back({std::move(connection), false});
  normalize(contents);
  return {};
}

Result<> stage_remove(Contents& contents, const std::string& uuid) {
  const bool saved = std::any_of(contents.saved.begin(), contents.saved.end(),
                                 [&](const StoredConnection& c) { return c.uuid == uuid; });
  const std::size_t edits = std::erase_if(contents.edits, [&](const Edit& e) { return e.connection.uuid == uuid; });
  if (!saved && edits == 0) return fail(ErrorKind::not_found, fmt::format("there is no stored connection {}", uuid));
  if (!saved) return {};
  StoredConnection gone;
  gone.uuid = uuid;
  contents.edits.push_back({std::move(gone), true});
  return {};
}

Result<> check_unique(const Contents& contents) {
  const Taken all(contents);
  for (const Row& row : rows_of(contents))
    if (row.change != Change::removed) NVMECTL_TRY(all.check(*row.current));
  return {};
}

std::size_t discard(Contents& contents, std::string_view uuid) {
  const std::size_t count =
      std::erase_if(contents.edits, [&](const Edit& e) { return uuid.empty() || e.connection.uuid == uuid; });
  if (uuid.empty()) contents.edits_kept.clear();
  return count;
}

std::vector<bool> commit(Contents& contents, std::span<const Row> rows) {
  std::unordered_map<std::string_view, std::size_t> edits, saved;
  for (std::size_t i = 0; i < contents.edits.size(); ++i) edits.emplace(contents.edits[i].connection.uuid, i);
  for (std::size_t i = 0; i < contents.saved.size(); ++i) saved.emplace(contents.saved[i].uuid, i);
  std::vector<bool> done;
  std::vector<StoredConnection> added;
  std::vector<std::pair<std::size_t, const StoredConnection*>> changed;
  std::unordered_set<std::string> gone, settled;
  for (const Row& row : rows) {
    const std::string& uuid = row.current->uuid;
    const bool removed = row.change == Change::removed;
    const auto edit = edits.find(uuid);
    const bool as_it_was = edit != edits.end() && contents.edits[edit->second].removed == removed &&
                           (removed || contents.edits[edit->second].connection == *row.current);
    done.push_back(as_it_was);
    if (!as_it_was) continue;
    settled.insert(uuid);
    const auto there = saved.find(uuid);
    if (removed) gone.insert(uuid);
    else if (there != saved.end()) changed.emplace_back(there->second, row.current);
    else added.push_back(*row.current);
  }
  for (const auto& [index, connection] : changed) contents.saved[index] = *connection;
  std::erase_if(contents.saved, [&](const StoredConnection& c) { return gone.contains(c.uuid); });
  std::move(added.begin(), added.end(), std::back_inserter(contents.saved));
  std::erase_if(contents.edits, [&](const Edit& e) { return settled.contains(e.connection.uuid); });
  if (contents.edits.empty()) take_kept(contents);
  return done;
}

std::string new_uuid() {
  std::array<std::byte, 16> bytes{};
  static_cast<void>(::getentropy(bytes.data(), bytes.size()));
  bytes[6] = (bytes[6] & std::byte{0x0f}) | std::byte{0x40};
  bytes[8] = (bytes[8] & std::byte{0x3f}) | std::byte{0x80};
  return format_uuid(bytes);
}

}  // namespace nvmectl::connections
