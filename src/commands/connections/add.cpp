#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "commands/connections/area.hpp"
#include "commands/connections/carry_out.hpp"
#include "commands/fabrics/parameters.hpp"
#include "core/text.hpp"

namespace nvmectl {
namespace {

using connections::Contents;
using connections::Store;
using connections::StoredConnection;
using Staged = std::vector<std::string>;

Result<> act(Context& context, bool save, bool connect, bool force, std::string_view action, const Stage& stage) {
  const Store store = Store::of(context.environment);
  if (save) {
    NVMECTL_ASSIGN(const auto rows, save_in_one_step(context, store, stage, {.connect = connect, .force = force}));
    return show_changes(context, rows);
  }
  if (!connect || force)
    return fail(ErrorKind::usage, fmt::format("{} goes with --save", force ? "--force" : "--no-connect"),
                "add --save; without it nothing is connected or disconnected");
  NVMECTL_ASSIGN(const auto rows, stage_only(context, store, action, stage));
  return show_changes(context, rows);
}

struct AddOptions {
  ConnectParameters target;
  std::string name;
  bool save = false, no_connect = false;
};
constexpr std::array add_own{
    option<&AddOptions::name>(
        {.name = "name", .metavar = "NAME", .doc = "A name for it, to be used instead of its UUID"}),
    option<&AddOptions::save>({.name = "save", .doc = "Save and connect at once"}),
    option<&AddOptions::no_connect>({.name = "no-connect", .doc = "With --save: change the store alone"}),
};
constexpr auto add_arguments = join(add_own, parameter_arguments<AddOptions, &AddOptions::target, true>());
constexpr std::array add_examples{
    Example{"connection add --name db -t tcp -a 192.0.2.7 -n nqn.2014-08.org.example:db",
            "stage it; connection save connects"},
    Example{"connection add -a 192.0.2.7 -n nqn.2014-08.org.example:db -S file:/etc/nvmectl/db.key --save",
            "with authentication, stored and connected in one step"},
    Example{"connection add -a 192.0.2.7 -n nqn.2014-08.org.nvmexpress.discovery --save",
            "a discovery controller, for connect-all to ask"},
};

Result<> add(const AddOptions& options, Context& context) {
  StoredConnection wanted;
  wanted.uuid = connections::new_uuid();
  wanted.name = options.name;
  wanted.parameters = options.target;
  NVMECTL_TRY(check_parameters(wanted.parameters));
  NVMECTL_TRY(settle_secrets(context, wanted.parameters));
  return act(context, options.save, !options.no_connect, false, "add", [&](Contents& contents) -> Result<Staged> {
    NVMECTL_ASSIGN(std::string uuid, stage_add(contents, wanted));
    return Staged{std::move(uuid)};
  });
}

ConnectParameters nothing() {
  ConnectParameters parameters;
  parameters.transport.clear();
  return parameters;
}

struct EditOptions {
  std::string connection;
  ConnectParameters target = nothing();  // what is given, and nothing else
  std::optional<std::string> name;
  std::vector<std::string> unset;
  bool save = false, no_connect = false, force = false;
  [[nodiscard]] static Effect effect() { return Effect::changes_state; }  // asks by itself
};
constexpr std::array edit_own{
    positional<&EditOptions::connection>(
        {.name = "CONNECTION", .doc = "Name, UUID or the beginning of a UUID", .required = true}),
    option<&EditOptions::name>({.name = "name", .metavar = "NAME", .doc = "Another name"}),
    option<&EditOptions::unset>(
        {.name = "unset", .metavar = "PARAMETER", .doc = "Back to the default: an option's name without dashes"}),
    option<&EditOptions::save>({.name = "save", .doc = "Save and connect again at once"}),
    option<&EditOptions::no_connect>({.name = "no-connect", .doc = "With --save: change the store alone"}),
    option<&EditOptions::force>({.name = "force", .doc = "With --save: disconnect also what is mounted or held"}),
};
constexpr auto edit_arguments = join(edit_own, parameter_arguments<EditOptions, &EditOptions::target, true>());
constexpr std::array edit_examples{
    Example{"connection edit db -s 4421 --unset queue-size", "another port, and the default queue size"},
    Example{"connection edit db --name archive --save", "another name, in one step"},
};

Result<> unset(StoredConnection& connection, std::string_view what) {
  if (what == "name") {
    connection.name.clear();
    return {};
  }
  const auto all = connect_parameters();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Parameter& p) {
    return p.option == what || p.key == what || (!p.alias.empty() && p.alias == what);
  });
  if (found == all.end())
    return fail(ErrorKind::usage, fmt::format("--unset: '{}' is no parameter of a connection", printable(what)),
                "nvmectl connection edit --help lists them");
  found->clear(connection.parameters);
  return {};
}

Result<> edit(const EditOptions& options, Context& context) {
  ConnectParameters given = options.target;
  NVMECTL_TRY(settle_secrets(context, given));
  const auto stage = [&](Contents& contents) -> Result<Staged> {
    const auto rows = rows_of(contents);
    NVMECTL_ASSIGN(const connections::Row* row, find_row(rows, options.connection));
    if (row->change == connections::Change::removed)
      return fail(make_error(ErrorKind::usage, fmt::format("{} is to be removed", printable(row->current->label())),
                             "nvmectl connection discard takes that back"));
    StoredConnection changed = *row->current;
    for (const std::string& what : options.unset) NVMECTL_TRY(unset(changed, what));
    if (options.name) changed.name = *options.name;
    for (const Parameter& parameter : connect_parameters())
      if (const auto text = parameter.get(given))
        NVMECTL_TRY(parameter.set(changed.parameters, *text, "--" + std::string(parameter.option)));
    std::string uuid = changed.uuid;
    NVMECTL_TRY(stage_edit(contents, std::move(changed)));
    return Staged{std::move(uuid)};
  };
  return act(context, options.save, !options.no_connect, options.force, "modify", stage);
}

struct RemoveOptions {
  std::vector<std::string> connections;
  bool save = false, no_connect = false, force = false;
  [[nodiscard]] static Effect effect() { return Effect::changes_state; }  // asks by itself
};
constexpr std::array remove_arguments{
    positional<&RemoveOptions::connections>(
        {.name = "CONNECTION", .doc = "Name, UUID or the beginning of a UUID", .required = true}),
    option<&RemoveOptions::save>({.name = "save", .doc = "Disconnect and remove at once"}),
    option<&RemoveOptions::no_connect>({.name = "no-connect", .doc = "With --save: change the store alone"}),
    option<&RemoveOptions::force>({.name = "force", .doc = "With --save: disconnect also what is mounted or held"}),
};
constexpr std::array remove_examples{
    Example{"connection remove db", "stage it; connection save disconnects and removes"},
    Example{"connection remove db --save --yes", "at once, without being asked"},
};

Result<> remove(const RemoveOptions& options, Context& context) {
  const auto stage = [&](Contents& contents) -> Result<Staged> {
    Staged uuids;
    const auto rows = rows_of(contents);
    for (const std::string& name : options.connections) {
      NVMECTL_ASSIGN(const connections::Row* row, find_row(rows, name));
      if (std::find(uuids.begin(), uuids.end(), row->current->uuid) == uuids.end()) uuids.push_back(row->current->uuid);
    }
    for (const std::string& uuid : uuids) NVMECTL_TRY(stage_remove(contents, uuid));
    return uuids;
  };
  return act(context, options.save, !options.no_connect, options.force, "remove", stage);
}

}  // namespace

constinit const CommandSpec connection_add_command = command<AddOptions, add>(
    {.area = "connection",
     .name = "add",
     .summary = "Stage a new stored connection",
     .description =
         "Everything is checked before it is stored. What is stored already, by its name or because it leads "
         "to the same controller, is refused (--duplicate-connect allows a second one to a controller).\n"
         "A secret that is given as file:, env: or keyring: is stored as that place and read when "
         "connecting.",
     .group = Group::connections,
     .effect = Effect::changes_state,
     .arguments = add_arguments,
     .examples = add_examples,
     .output = {.schema = &change_schema, .list = true}});

constinit const CommandSpec connection_edit_command = command<EditOptions, edit>(
    {.area = "connection",
     .name = "edit",
     .summary = "Stage changes of a stored connection",
     .description =
         "What is not given stays as it is. Saving connects again with the new parameters; where that fails, "
         "the connection is made as it was, and the change stays staged.",
     .group = Group::connections,
     .effect = Effect::disrupts_io,
     .arguments = edit_arguments,
     .examples = edit_examples,
     .output = {.schema = &change_schema, .list = true}});

constinit const CommandSpec connection_remove_command = command<RemoveOptions, remove>(
    {.area = "connection",
     .name = "remove",
     .summary = "Stage the removal of stored connections",
     .description =
         "Saving disconnects, after a question that shows what goes, and refuses (exit 10) while a namespace "
         "is mounted or held.",
     .group = Group::connections,
     .effect = Effect::disrupts_io,
     .arguments = remove_arguments,
     .examples = remove_examples,
     .output = {.schema = &change_schema, .list = true}});

}  // namespace nvmectl
