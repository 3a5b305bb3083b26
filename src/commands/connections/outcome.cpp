#include "commands/connections/outcome.hpp"

#include <fmt/format.h>

#include <array>

#include "commands/known.hpp"
#include "core/text.hpp"

namespace nvmectl {
namespace {

using Row = ChangeRow;

constexpr std::array fields{
    field<&Row::action>({.key = "action",
                         .title = "Action",
                         .kind = Kind::string,
                         .show = Show::table,
                         .doc = "add, modify, remove, connect or none"}),
    field<&Row::result>({.key = "result",
                         .title = "Result",
                         .kind = Kind::string,
                         .show = Show::table,
                         .doc = "staged, saved, connected, discarded, unchanged, failed or planned"}),
    field_of<Row, [](const Row& r) { return known(printable(r.connection.name)); }>(
        {.key = "name", .title = "Name", .kind = Kind::string, .show = Show::table}),
    field_of<Row, [](const Row& r) { return known(r.connection.uuid); }>(
        {.key = "uuid", .title = "UUID", .kind = Kind::string, .show = Show::table}),
    field_of<Row, [](const Row& r) { return known(printable(r.connection.parameters.transport)); }>(
        {.key = "transport", .title = "Transport", .kind = Kind::string, .show = Show::table, .mnemonic = "trtype"}),
    field_of<Row, [](const Row& r) { return known(printable(r.connection.parameters.address)); }>(
        {.key = "address", .title = "Address", .kind = Kind::string, .show = Show::table, .mnemonic = "traddr"}),
    field_of<Row, [](const Row& r) { return known(printable(r.connection.parameters.effective_service())); }>(
        {.key = "service", .title = "Service", .kind = Kind::string, .show = Show::table, .mnemonic = "trsvcid"}),
    field_of<Row, [](const Row& r) { return known(printable(r.connection.parameters.nqn)); }>(
        {.key = "nqn", .title = "NQN", .kind = Kind::string, .show = Show::table, .mnemonic = "subnqn"}),
    field_of<Row, [](const Row& r) { return known(r.device); }>(
        {.key = "device",
         .title = "Device",
         .kind = Kind::string,
         .show = Show::table,
         .doc = "The controller that was, or would be, connected or disconnected"}),
    field_of<Row, [](const Row& r) { return r.error ? Value(to_string(r.error->kind)) : Value(); }>(
        {.key = "error", .title = "Error", .kind = Kind::string, .show = Show::wide, .doc = "The kind of error"}),
    field_of<Row, [](const Row& r) { return r.error ? Value(r.error->message) : Value(); }>(
        {.key = "message", .title = "Message", .kind = Kind::string, .show = Show::wide, .doc = "What failed"}),
};

}  // namespace

constinit const Schema change_schema{"connection-change", "Changes of stored connections", fields};

std::string_view action_of(connections::Change change) {
  switch (change) {
    case connections::Change::none: return "connect";
    case connections::Change::added: return "add";
    case connections::Change::modified: return "modify";
    case connections::Change::removed: return "remove";
  }
  return "none";
}

Result<connections::Contents> load_store(Context& context, const connections::Store& store) {
  NVMECTL_ASSIGN(connections::Contents contents, store.load());
  for (const std::string& note : contents.notes) context.messages.warning(note);
  return contents;
}

Result<> show_changes(Context& context, const std::vector<ChangeRow>& rows) {
  std::vector<Error> errors;
  for (const ChangeRow& row : rows) {
    if (!row.error) continue;
    errors.push_back(*row.error);
    if (errors.back().device.empty()) errors.back().device = printable(row.connection.label());
  }
  context.messages.progress("");
  if (rows.size() == 1 && !errors.empty()) return fail(errors.front());
  NVMECTL_TRY(context.out.document(to_list(change_schema, rows), errors));
  if (errors.empty()) return {};
  for (const Error& error : errors)
    context.messages.warning(
        fmt::format("{}: {}{}{}", error.device, error.message, error.cause.empty() ? "" : ": ", error.cause));
  return fail(ErrorKind::partial, fmt::format("{} of {} connections failed", errors.size(), rows.size()),
              "the rows marked 'failed' say which; -o json has each one's cause");
}

}  // namespace nvmectl
