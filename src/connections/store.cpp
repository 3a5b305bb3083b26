#include "connections/store.hpp"

#include <climits>
#include <fmt/format.h>

#include <cstdlib>
#include <utility>

#include "connections/index.hpp"
#include "connections/store_json.hpp"

namespace nvmectl::connections {
namespace {

Source source_of(const std::string& text, const std::string& path) {
  return {.text = text,
          .name = path,
          .kind = ErrorKind::io,
          .hint = "repair the file, or move it away; nothing is written over it"};
}

// A link is followed, so that the file behind it is replaced and not the link.
std::string resolved(std::string path) {
  if (char* real = ::realpath(path.c_str(), nullptr)) {
    path = real;
    std::free(real);
  }
  return path;
}

}  // namespace

Store::Store(std::string path, BeforeStep before)
    : path_(resolved(std::move(path))), staged_(path_ + ".staged"), before_(std::move(before)) {}

Store Store::of(const Environment& environment) {
  const std::string named = environment.variable(store_variable).value_or("");
  return Store(named.empty() ? std::string(default_store) : named);
}

Result<Contents> Store::load() const {
  Contents contents;
  // Staged ones first: who saves writes the other file first, so that nothing can be missing from both.
  NVMECTL_ASSIGN(const auto staged, read_file(staged_, most_file_bytes));
  NVMECTL_ASSIGN(const auto saved, read_file(path_, most_file_bytes));
  if (staged) NVMECTL_TRY(parse_edits(source_of(*staged, staged_), contents));
  if (saved) {
    NVMECTL_ASSIGN(Document document, parse_connections(source_of(*saved, path_)));
    contents.saved = std::move(document.connections);
    contents.kept = std::move(document.kept);
    contents.notes.insert(contents.notes.begin(), document.notes.begin(), document.notes.end());
  }
  normalize(contents);
  return contents;
}

Result<> Store::change(const Deadline& deadline, const std::function<Result<>(Contents&)>& edit) const {
  NVMECTL_ASSIGN(const FileLock lock, FileLock::take(path_ + ".lock", deadline, "the store of connections"));
  NVMECTL_ASSIGN(Contents contents, load());
  const std::string saved_before = print_connections(contents.saved, contents.kept);
  const std::string edits_before = print_edits(contents);
  NVMECTL_TRY(edit(contents));
  normalize(contents);
  const std::string saved = print_connections(contents.saved, contents.kept);
  const std::string edits = print_edits(contents);
  // Saved ones first: an edit that is in both files changes nothing any more, one in neither would be lost.
  if (saved != saved_before) NVMECTL_TRY(replace_file(path_, saved, before_));
  if (edits == edits_before) return {};
  if (contents.edits.empty() && contents.edits_kept.empty()) return remove_file(staged_, before_);
  return replace_file(staged_, edits, before_);
}

Result<FileLock> Store::lock_for_save(const Deadline& deadline) const {
  return FileLock::take(path_ + ".save.lock", deadline, "the store of connections");
}

Result<std::vector<StoredConnection>> load_saved(const Environment& environment) {
  NVMECTL_ASSIGN(Contents contents, Store::of(environment).load());
  return std::move(contents.saved);
}

Result<StoredConnection> load_one(const Environment& environment, std::string_view name_or_uuid) {
  NVMECTL_ASSIGN(const std::vector<StoredConnection> saved, load_saved(environment));
  NVMECTL_ASSIGN(const StoredConnection* found, find_saved(saved, name_or_uuid));
  return *found;
}

Result<std::string> add_saved(const Environment& environment, StoredConnection connection, const Deadline& deadline) {
  std::string uuid;
  NVMECTL_TRY(Store::of(environment).change(deadline, [&](Contents& contents) -> Result<> {
    const auto save = [&](const Row& row) { commit(contents, std::span(&row, 1)); };
    std::vector<Row> rows = rows_of(contents);
    ControllerIndex index;
    for (std::size_t i = 0; i < rows.size(); ++i)
      if (rows[i].change != Change::removed) index.add(rows[i].current->parameters, i);
    if (const auto same = index.find(connection.parameters); !same.empty()) {
      const Row& row = rows[same.front()];
      uuid = row.current->uuid;
      if (row.change == Change::added) save(row);
      return {};
    }
    NVMECTL_ASSIGN(uuid, stage_add(contents, connection));
    save(rows_of(contents).back());
    return {};
  }));
  return uuid;
}

}  // namespace nvmectl::connections
