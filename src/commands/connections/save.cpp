#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "commands/connections/area.hpp"
#include "commands/connections/carry_out.hpp"
#include "commands/known.hpp"
#include "core/text.hpp"

namespace nvmectl {
namespace {

using connections::Change;
using connections::Contents;
using connections::Store;
using Staged = std::vector<std::string>;

// The staged ones of those names, all without names; in the order in which they are saved.
Result<Staged> staged_of(const Contents& contents, const std::vector<std::string>& names) {
  Staged uuids;
  const auto changes = changes_of(contents);
  if (names.empty())
    for (const auto& row : changes) uuids.push_back(row.current->uuid);
  for (const std::string& name : names) {
    auto row = find_row(changes, name);
    if (!row && find_row(rows_of(contents), name))
      return fail(ErrorKind::not_found, fmt::format("nothing is staged for '{}'", printable(name)),
                  "nvmectl connection diff shows what is");
    NVMECTL_TRY(row);
    uuids.push_back((*row)->current->uuid);
  }
  return uuids;
}

struct SaveOptions {
  std::vector<std::string> connections;
  bool no_connect = false, force = false;
  [[nodiscard]] static Effect effect() { return Effect::changes_state; }  // asks by itself
};
constexpr std::array save_arguments{
    positional<&SaveOptions::connections>({.name = "CONNECTION", .doc = "Only these; all that is staged without"}),
    option<&SaveOptions::no_connect>(
        {.name = "no-connect", .doc = "Change the store alone: connect and disconnect nothing"}),
    option<&SaveOptions::force>({.name = "force", .doc = "Disconnect also what is mounted or held"}),
};
constexpr std::array save_examples{
    Example{"connection save", "remove, modify and add what is staged, and connect"},
    Example{"connection save --dry-run", "what would be done"},
    Example{"connection save --no-connect", "for the next boot"},
};

Result<> save(const SaveOptions& options, Context& context) {
  const Store store = Store::of(context.environment);
  NVMECTL_ASSIGN(
      const auto rows,
      save_in_one_step(context, store, [&](Contents& contents) { return staged_of(contents, options.connections); },
                       {.connect = !options.no_connect, .force = options.force}));
  if (rows.empty()) context.messages.note("there are no staged changes");
  return show_changes(context, rows);
}

struct DiscardOptions {
  std::vector<std::string> connections;
};
constexpr std::array discard_arguments{
    positional<&DiscardOptions::connections>({.name = "CONNECTION", .doc = "Only these; all that is staged without"}),
};
constexpr std::array discard_examples{
    Example{"connection discard", "forget all staged changes"},
    Example{"connection discard db", "forget those of one connection"},
};

Result<> discard_staged(const DiscardOptions& options, Context& context) {
  const Store store = Store::of(context.environment);
  std::vector<ChangeRow> rows;
  const auto forget = [&](Contents& contents) -> Result<> {
    const Contents before = contents;
    NVMECTL_ASSIGN(const Staged uuids, staged_of(before, options.connections));
    for (const auto& row : changes_of(before)) {
      if (std::find(uuids.begin(), uuids.end(), row.current->uuid) == uuids.end()) continue;
      rows.push_back({std::string(action_of(row.change)),
                      *row.current,
                      context.options.dry_run ? "planned" : "discarded",
                      "",
                      {}});
    }
    if (options.connections.empty()) discard(contents);
    else
      for (const std::string& uuid : uuids) discard(contents, uuid);
    return {};
  };
  if (context.options.dry_run) {
    NVMECTL_ASSIGN(Contents contents, load_store(context, store));
    NVMECTL_TRY(forget(contents));
  } else {
    NVMECTL_TRY(store.change(context.deadline(), forget));
  }
  if (rows.empty()) context.messages.note("there are no staged changes");
  return show_changes(context, rows);
}

struct Difference {
  Change change = Change::none;
  const connections::StoredConnection* of = nullptr;
  std::string_view parameter;
  std::optional<std::string> before, after;
};
constexpr std::array diff_fields{
    field_of<Difference, [](const Difference& d) { return Value(to_string(d.change)); }>(
        {.key = "change",
         .title = "Change",
         .kind = Kind::string,
         .show = Show::table,
         .doc = "added, modified or removed"}),
    field_of<Difference, [](const Difference& d) { return known(printable(d.of->name)); }>(
        {.key = "name", .title = "Name", .kind = Kind::string, .show = Show::table}),
    field_of<Difference, [](const Difference& d) { return Value(d.of->uuid); }>(
        {.key = "uuid", .title = "UUID", .kind = Kind::string, .show = Show::table}),
    field<&Difference::parameter>(
        {.key = "parameter", .title = "Parameter", .kind = Kind::string, .show = Show::table}),
    field<&Difference::before>({.key = "saved",
                                .title = "Saved",
                                .kind = Kind::string,
                                .show = Show::table,
                                .doc = "As text; null when it is not given"}),
    field<&Difference::after>({.key = "staged",
                               .title = "Staged",
                               .kind = Kind::string,
                               .show = Show::table,
                               .doc = "As text; null when it is not given"}),
};
constexpr Schema diff_schema{"connection-difference", "Staged changes", diff_fields};

std::optional<std::string> shown(const Parameter& parameter, const connections::StoredConnection* connection) {
  if (connection == nullptr) return std::nullopt;
  auto text = parameter.get(connection->parameters);
  if (!text) return std::nullopt;
  return parameter.type == Parameter::Type::secret ? masked_secret(*text) : printable(*text);
}

void add_differences(const connections::Row& row, std::vector<Difference>& to) {
  const auto* after = row.change == Change::removed ? nullptr : row.current;
  const auto add = [&](std::string_view key, std::optional<std::string> before, std::optional<std::string> now) {
    to.push_back({row.change, row.current, key, std::move(before), std::move(now)});
  };
  const auto name = [](const connections::StoredConnection* c) {
    return c == nullptr || c->name.empty() ? std::nullopt : std::optional(printable(c->name));
  };
  const std::size_t already = to.size();
  if (name(row.saved) != name(after)) add("name", name(row.saved), name(after));
  for (const Parameter& parameter : connect_parameters()) {
    const auto before = row.saved != nullptr ? parameter.get(row.saved->parameters) : std::nullopt;
    const auto now = after != nullptr ? parameter.get(after->parameters) : std::nullopt;
    if (before != now) add(parameter.key, shown(parameter, row.saved), shown(parameter, after));
  }
  if (to.size() == already) add("other", std::nullopt, std::nullopt);
}

struct DiffOptions {};
constexpr std::array diff_examples{
    Example{"connection diff", "what connection save would change"},
    Example{"connection diff -o json", "for a script"},
};

Result<> diff(const DiffOptions&, Context& context) {
  NVMECTL_ASSIGN(const Contents contents, load_store(context, Store::of(context.environment)));
  std::vector<Difference> differences;
  for (const auto& row : changes_of(contents)) add_differences(row, differences);
  if (differences.empty()) context.messages.note("there are no staged changes");
  return context.out.document(to_list(diff_schema, differences));
}

}  // namespace

constinit const CommandSpec connection_save_command = command<SaveOptions, save>(
    {.area = "connection",
     .name = "save",
     .summary = "Carry out and save the staged changes",
     .description =
         "Removes, modifies and adds, in that order: disconnects what is removed, connects again what is modified, "
         "connects what is new. Each row is told; what failed stays staged (exit 6 when some of several failed).\n"
         "Before anything is disconnected it is shown, with a question. What is mounted or held is not disconnected "
         "unless --force is given.",
     .group = Group::connections,
     .effect = Effect::disrupts_io,
     .arguments = save_arguments,
     .examples = save_examples,
     .output = {.schema = &change_schema, .list = true}});

constinit const CommandSpec connection_discard_command =
    command<DiscardOptions, discard_staged>({.area = "connection",
                                             .name = "discard",
                                             .summary = "Forget staged changes",
                                             .group = Group::connections,
                                             .effect = Effect::changes_state,
                                             .arguments = discard_arguments,
                                             .examples = discard_examples,
                                             .output = {.schema = &change_schema, .list = true}});

constinit const CommandSpec connection_diff_command =
    command<DiffOptions, diff>({.area = "connection",
                                .name = "diff",
                                .summary = "Show the staged changes, parameter by parameter",
                                .description = "Secrets are masked: that one differs can be seen, and not how.",
                                .group = Group::connections,
                                .examples = diff_examples,
                                .output = {.schema = &diff_schema, .list = true}});

}  // namespace nvmectl
