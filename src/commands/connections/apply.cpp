// connection apply: makes the store and the system match a file.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>

#include "commands/connections/area.hpp"
#include "commands/connections/carry_out.hpp"
#include "connections/index.hpp"
#include "connections/store_json.hpp"
#include "core/text.hpp"

namespace nvmectl {
namespace {

using connections::Change;
using connections::Contents;
using connections::Store;
using connections::StoredConnection;

struct Options {
  std::string file;
  bool prune = false, no_connect = false, force = false;
  [[nodiscard]] static Effect effect() { return Effect::changes_state; }  // asks by itself
};
constexpr std::array arguments{
    positional<&Options::file>(
        {.name = "FILE", .doc = "The wanted state; - is standard input", .complete = Complete::file, .required = true}),
    option<&Options::prune>({.name = "prune", .doc = "Disconnect and remove what is stored and not in FILE"}),
    option<&Options::no_connect>({.name = "no-connect", .doc = "Make the store alone match"}),
    option<&Options::force>({.name = "force", .doc = "Disconnect also what is mounted or held"}),
};
constexpr std::array examples{
    Example{"connection apply storage.json --dry-run", "what would be done"},
    Example{"connection apply storage.json --prune --yes", "exactly what the file says, for a configuration system"},
};

Result<std::vector<StoredConnection>> read_wanted(Context& context, const std::string& file) {
  const bool input = file == "-";
  NVMECTL_ASSIGN(const auto text,
                 connections::read_file(input ? "/dev/stdin" : file, connections::most_file_bytes, true));
  if (!text)
    return fail(ErrorKind::not_found, fmt::format("there is no file {}", printable(file)), "is the path right?");
  NVMECTL_ASSIGN(connections::Document document,
                 connections::parse_connections({*text, input ? "standard input" : file, ErrorKind::usage,
                                                 "nvmectl connection apply --help shows the form"},
                                                false));
  for (const std::string& note : document.notes) context.messages.warning(note);
  for (StoredConnection& connection : document.connections) {
    auto valid = check_connection(connection);
    if (!valid)
      return fail(std::move(valid).error().on(
          printable(connection.label().empty() ? connection.parameters.shown() : connection.label())));
  }
  return std::move(document.connections);
}

/// Finds which stored connection a wanted one means: by UUID, else by name, else by where it leads.
class Matcher {
 public:
  explicit Matcher(const std::vector<StoredConnection>& saved) : saved_(saved) {
    for (std::size_t i = 0; i < saved.size(); ++i) {
      uuids_.emplace(saved[i].uuid, i);
      if (!saved[i].name.empty()) names_.emplace(saved[i].name, i);
      index_.add(saved[i].parameters, i);
    }
  }
  [[nodiscard]] std::optional<std::size_t> find(const StoredConnection& wanted) const {
    if (const auto same = lookup(uuids_, wanted.uuid)) return same;
    if (const auto named = lookup(names_, wanted.name)) return named;
    for (const std::size_t i : index_.find(wanted.parameters))
      if (wanted.name.empty() || saved_[i].name.empty()) return i;
    return std::nullopt;
  }

 private:
  using Map = std::unordered_map<std::string_view, std::size_t>;
  static std::optional<std::size_t> lookup(const Map& in, std::string_view key) {
    const auto found = in.find(key);
    return found == in.end() ? std::nullopt : std::optional(found->second);
  }
  const std::vector<StoredConnection>& saved_;
  Map uuids_, names_;
  connections::ControllerIndex index_;
};

class Application {
 public:
  Application(const Options& options, std::vector<StoredConnection> wanted)
      : options_(options), wanted_(std::move(wanted)) {}

  /// Puts the edits in; what is to stay goes to `stays`.
  Result<> stage(Contents& contents, std::vector<std::string>& stays) {
    if (!contents.edits.empty())
      return fail(make_error(ErrorKind::busy,
                             fmt::format("{} staged change(s) are not saved yet", contents.edits.size()),
                             "nvmectl connection save or discard settles them first"));
    const Matcher matcher(contents.saved);
    std::vector<bool> meant(contents.saved.size());
    for (StoredConnection& wanted : wanted_) {
      const auto match = matcher.find(wanted);
      if (!match) {
        if (wanted.uuid.empty()) wanted.uuid = connections::new_uuid();
        contents.edits.push_back({wanted, false});
        continue;
      }
      StoredConnection changed = contents.saved[*match];
      if (meant[*match])
        return fail(ErrorKind::usage, fmt::format("two connections of the file mean the stored {}", changed.shown()),
                    "give each a name of its own");
      meant[*match] = true;
      if (!wanted.name.empty()) changed.name = wanted.name;
      changed.parameters = wanted.parameters;
      for (const connections::Kept& kept : wanted.kept) set(changed.kept, kept);
      if (changed == contents.saved[*match]) stays.push_back(changed.uuid);
      else contents.edits.push_back({std::move(changed), false});
    }
    for (std::size_t i = 0; i < meant.size(); ++i)
      if (!meant[i] && options_.prune) NVMECTL_TRY(stage_remove(contents, contents.saved[i].uuid));
    if (contents.saved.size() + contents.edits.size() > 2 * connections::most_connections)
      return fail(ErrorKind::usage, "there are too many connections", "at most 20000 can be stored");
    return check_unique(contents);
  }

  Result<std::vector<ChangeRow>> run(Context& context, const Store& store) {
    NVMECTL_ASSIGN(Contents seen, load_store(context, store));
    std::vector<std::string> stays;
    NVMECTL_TRY(stage(seen, stays));
    std::vector<Task> tasks;
    const auto changes = changes_of(seen);
    for (const auto& row : changes) tasks.push_back({row.change, row.saved, row.current});
    const std::unordered_set<std::string> staying(stays.begin(), stays.end());
    for (const StoredConnection& connection : seen.saved)
      if (staying.contains(connection.uuid)) tasks.push_back({Change::none, &connection, &connection});
    NVMECTL_ASSIGN(auto rows, carry_out(context, tasks, {.connect = !options_.no_connect, .force = options_.force}));
    for (ChangeRow& row : rows)
      if (row.result.empty() && row.action == "connect") row.result = "connected";
    if (context.options.dry_run || changes.empty()) return rows;
    NVMECTL_TRY(save(context, store, changes, rows));
    return rows;
  }

 private:
  static void set(std::vector<connections::Kept>& in, const connections::Kept& kept) {
    const auto found = std::find_if(in.begin(), in.end(), [&](const auto& k) { return k.first == kept.first; });
    if (found == in.end()) in.push_back(kept);
    else *found = kept;
  }

  // A new one that cannot be connected yet is stored all the same: the next run tries it again. One that could not be
  // changed or removed stays as it is stored, for the same reason. The first rows are the changes'.
  Result<> save(Context& context, const Store& store, const std::vector<connections::Row>& changes,
                std::vector<ChangeRow>& rows) {
    return store.change(context.deadline(), [&](Contents& contents) -> Result<> {
      std::vector<std::string> stays;
      if (auto staged = stage(contents, stays); !staged) return staged;
      std::vector<connections::Row> good;
      for (std::size_t i = 0; i < changes.size(); ++i) {
        if (!rows[i].error || changes[i].change == Change::added) good.push_back(changes[i]);
        else discard(contents, changes[i].current->uuid);
        if (rows[i].result.empty()) rows[i].result = "saved";
      }
      commit(contents, good);
      return {};
    });
  }

  const Options& options_;
  std::vector<StoredConnection> wanted_;
};

Result<> run(const Options& options, Context& context) {
  NVMECTL_ASSIGN(std::vector<StoredConnection> wanted, read_wanted(context, options.file));
  const Store store = Store::of(context.environment);
  std::optional<connections::FileLock> lock;
  if (!context.options.dry_run) {
    auto taken = store.lock_for_save(context.deadline());
    if (!taken) return fail(std::move(taken).error());
    lock.emplace(std::move(*taken));
  }
  NVMECTL_ASSIGN(const std::vector<ChangeRow> rows, Application(options, std::move(wanted)).run(context, store));
  if (std::all_of(rows.begin(), rows.end(), [](const ChangeRow& row) { return row.result == "unchanged"; }))
    context.messages.note("everything is as the file says; nothing was changed");
  return show_changes(context, rows);
}

}  // namespace

constinit const CommandSpec connection_apply_command = command<Options, run>(
    {.area = "connection",
     .name = "apply",
     .summary = "Make the stored connections and the system match a file",
     .description =
         "FILE is {\"version\": 1, \"connections\": [{\"name\": \"db\", \"transport\": \"tcp\", \"address\": "
         "\"192.0.2.7\", \"nqn\": \"nqn…\"}]}; further members of a connection are the keys of 'connection show -o "
         "json', numbers and true as such. A connection is found again by its uuid, else its name, else where it "
         "leads.\n"
         "What is missing is added and connected, what differs is changed and connected again, what is stored but not "
         "connected is connected. A second run changes nothing. Without --prune, what is not in FILE is left alone.\n"
         "What cannot be connected is told (exit 6 when some of several failed) and tried again by the next run.",
     .group = Group::connections,
     .effect = Effect::disrupts_io,
     .arguments = arguments,
     .examples = examples,
     .output = {.schema = &change_schema, .list = true}});

}  // namespace nvmectl
