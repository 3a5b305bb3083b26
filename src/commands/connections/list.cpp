#include <fmt/format.h>

#include <array>
#include <utility>

#include "commands/connections/area.hpp"
#include "commands/connections/live.hpp"
#include "commands/connections/outcome.hpp"
#include "commands/known.hpp"
#include "core/fabrics_table.hpp"
#include "core/text.hpp"

namespace nvmectl {
namespace {

struct Row {
  connections::Row it;
  std::string status;
  std::vector<std::string> controllers, devices;
};

const ConnectParameters& parameters(const Row& row) {
  return row.it.current->parameters;
}
Value texts(const std::vector<std::string>& items) {
  List list;
  for (const std::string& item : items) list.items.emplace_back(item);
  return list;
}
Value text(const std::string& raw) {
  return known(printable(raw));
}

constexpr Field name_field = field_of<Row, [](const Row& r) { return text(r.it.current->name); }>(
    {.key = "name", .title = "Name", .kind = Kind::string, .show = Show::table});
constexpr Field uuid_field = field_of<Row, [](const Row& r) { return Value(r.it.current->uuid); }>(
    {.key = "uuid", .title = "UUID", .kind = Kind::string, .show = Show::table});
constexpr Field status_field = field<&Row::status>({.key = "status",
                                                    .title = "Status",
                                                    .kind = Kind::string,
                                                    .show = Show::table,
                                                    .doc = "connected, connecting or disconnected"});
constexpr Field change_field =
    field_of<Row,
             [](const Row& r) {
               return r.it.change == connections::Change::none ? Value() : Value(to_string(r.it.change));
             }>({.key = "staged",
                 .title = "Staged",
                 .kind = Kind::string,
                 .show = Show::table,
                 .doc = "added, modified or removed, which is not saved yet; null when nothing is"});
constexpr Field controllers_field =
    field_of<Row, [](const Row& r) { return texts(r.controllers); }>({.key = "controllers",
                                                                      .title = "Controllers",
                                                                      .kind = Kind::list,
                                                                      .show = Show::table,
                                                                      .element_kind = Kind::string});
constexpr Field devices_field =
    field_of<Row, [](const Row& r) { return texts(r.devices); }>({.key = "devices",
                                                                  .title = "Devices",
                                                                  .kind = Kind::list,
                                                                  .show = Show::table,
                                                                  .doc = "The namespaces' block devices",
                                                                  .element_kind = Kind::string});

constexpr std::array list_fields{
    name_field,
    uuid_field,
    status_field,
    change_field,
    field_of<Row, [](const Row& r) { return text(parameters(r).transport); }>(
        {.key = "transport", .title = "Transport", .kind = Kind::string, .show = Show::table, .mnemonic = "trtype"}),
    field_of<Row, [](const Row& r) { return text(parameters(r).address); }>(
        {.key = "address", .title = "Address", .kind = Kind::string, .show = Show::table, .mnemonic = "traddr"}),
    field_of<Row, [](const Row& r) { return text(parameters(r).effective_service()); }>(
        {.key = "service", .title = "Service", .kind = Kind::string, .show = Show::table, .mnemonic = "trsvcid"}),
    field_of<Row, [](const Row& r) { return text(parameters(r).nqn); }>(
        {.key = "nqn", .title = "NQN", .kind = Kind::string, .show = Show::table, .mnemonic = "subnqn"}),
    controllers_field,
    devices_field,
};
constexpr Schema list_schema{"stored-connection", "Stored connections", list_fields};

Row make_row(const connections::Row& stored, const Live& live) {
  // A modified one is connected as it was saved.
  const auto& where = stored.saved != nullptr ? *stored.saved : *stored.current;
  const auto controllers = live.of(where.parameters);
  Row row{stored, std::string(Live::status(controllers)), {}, live.devices(controllers)};
  for (const FabricsController* controller : controllers) row.controllers.push_back(controller->name);
  return row;
}

struct ListOptions {};
constexpr std::array list_examples{
    Example{"connection list", "what is stored, whether it is connected, and its devices"},
    Example{"connection list -o value --fields name,status", "for a script"},
};

Result<> list(const ListOptions&, Context& context) {
  const auto store = connections::Store::of(context.environment);
  NVMECTL_ASSIGN(const connections::Contents contents, load_store(context, store));
  const Live live(context);
  std::vector<Row> rows;
  for (const connections::Row& row : rows_of(contents)) rows.push_back(make_row(row, live));
  if (rows.empty()) context.messages.note("no connections configured; nvmectl connection add adds one");
  if (!contents.edits.empty())
    context.messages.note(
        fmt::format("{} change(s) are not saved yet: nvmectl connection diff, save or discard", contents.edits.size()));
  return context.out.document(to_list(list_schema, rows));
}

// All parameters, by the table.
template <std::size_t Index>
Value parameter_of(const void* object) {
  return parameter_value(connect_parameter_table[Index], parameters(*static_cast<const Row*>(object)));
}
constexpr Kind kind_of(Parameter::Type type) {
  switch (type) {
    case Parameter::Type::number: return Kind::unsigned_integer;
    case Parameter::Type::signed_number: return Kind::integer;
    case Parameter::Type::flag: return Kind::boolean;
    case Parameter::Type::text:
    case Parameter::Type::secret: break;
  }
  return Kind::string;
}
template <std::size_t Index>
constexpr Field parameter_field() {
  const Parameter& parameter = connect_parameter_table[Index];
  Field made{.key = parameter.key, .title = parameter.option, .kind = kind_of(parameter.type), .doc = parameter.doc};
  made.get = parameter_of<Index>;
  return made;
}
template <std::size_t... Index>
constexpr auto show_fields_of(std::index_sequence<Index...>) {
  return std::array{name_field,        uuid_field,   status_field, change_field, parameter_field<Index>()...,
                    controllers_field, devices_field};
}
constexpr auto show_fields = show_fields_of(std::make_index_sequence<connect_parameter_table.size()>());
constexpr Schema show_schema{"stored-connection-details", "A stored connection", show_fields};

struct ShowOptions {
  std::string name;
};
constexpr std::array show_arguments{
    positional<&ShowOptions::name>(
        {.name = "CONNECTION", .doc = "Name, UUID or the beginning of a UUID", .required = true}),
};
constexpr std::array show_examples{
    Example{"connection show db", "all parameters of the connection named db"},
    Example{"connection show 1b2c --json", "by the beginning of its UUID"},
};

Result<> show(const ShowOptions& options, Context& context) {
  const auto store = connections::Store::of(context.environment);
  NVMECTL_ASSIGN(const connections::Contents contents, load_store(context, store));
  const auto rows = rows_of(contents);
  NVMECTL_ASSIGN(const connections::Row* found, find_row(rows, options.name));
  const Row row = make_row(*found, Live(context));
  return context.out.document(to_record(show_schema, &row));
}

}  // namespace

constinit const CommandSpec connection_list_command = command<ListOptions, list>(
    {.area = "connection",
     .name = "list",
     .summary = "List the stored connections with their status and devices",
     .description = "Changes that are not saved yet are marked. Where a host name is stored, every connection of its "
                    "port and NQN counts as this one.\n"
                    "The store is /etc/nvmectl/connections.json; the environment variable NVMECTL_CONNECTIONS names "
                    "another file.",
     .group = Group::connections,
     .examples = list_examples,
     .output = {.schema = &list_schema, .list = true}});

constinit const CommandSpec connection_show_command =
    command<ShowOptions, show>({.area = "connection",
                                .name = "show",
                                .summary = "Show a stored connection with all of its parameters",
                                .description = "A staged change is shown as it would be saved. Secrets are masked.",
                                .group = Group::connections,
                                .arguments = show_arguments,
                                .examples = show_examples,
                                .output = {.schema = &show_schema}});

}  // namespace nvmectl
