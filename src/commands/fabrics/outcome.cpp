#include "commands/fabrics/outcome.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "commands/columns.hpp"
#include "commands/known.hpp"
#include "commands/secret.hpp"
#include "core/text.hpp"
#include "nvme/auth/dhchap_secret.hpp"

namespace nvmectl {
namespace {

constexpr std::array namespace_fields{
    field<&Namespace::name>({.key = "name", .title = "Namespace", .kind = Kind::string, .show = Show::table}),
    field_of<Namespace, [](const Namespace& n) { return known(n.device_path); }>(
        {.key = "device_path", .title = "Device", .kind = Kind::string, .show = Show::table}),
    field<&Namespace::nsid>({.key = "nsid", .title = "NSID", .show = Show::table}),
    field<&Namespace::size_bytes>({.key = "size_bytes", .title = "Size", .unit = Unit::bytes, .show = Show::table}),
};
constexpr Schema namespace_schema{"connected-namespace", "Namespaces of the controller", namespace_fields};

using Row = ConnectRow;

constexpr std::array fields{
    field<&Row::result>({.key = "result",
                         .title = "Result",
                         .kind = Kind::string,
                         .show = Show::table,
                         .doc = "connected, already_connected, failed or would_connect"}),
    field_of<Row, [](const Row& r) { return known(r.controller); }>(
        {.key = "device", .title = "Device", .kind = Kind::string, .show = Show::table, .doc = "The controller"}),
    field_of<Row, [](const Row& r) { return Value(r.target.transport); }>(
        {.key = "transport", .title = "Transport", .kind = Kind::string, .show = Show::table, .mnemonic = "trtype"}),
    field_of<Row, [](const Row& r) { return known(r.target.address); }>(
        {.key = "address", .title = "Address", .kind = Kind::string, .show = Show::table, .mnemonic = "traddr"}),
    field_of<Row, [](const Row& r) { return known(r.target.effective_service()); }>(
        {.key = "service", .title = "Service", .kind = Kind::string, .show = Show::table, .mnemonic = "trsvcid"}),
    field_of<Row, [](const Row& r) { return known(r.target.nqn); }>(
        {.key = "nqn", .title = "NQN", .kind = Kind::string, .show = Show::table, .mnemonic = "subnqn"}),
    field_of<Row, [](const Row& r) { return value_or_null(r.authenticated); }>(
        {.key = "authenticated",
         .title = "Authenticated",
         .kind = Kind::boolean,
         .show = Show::wide,
         .doc = "By DH-HMAC-CHAP, as the kernel's log says; null when not asked for or when it cannot be told"}),
    field_of<Row, [](const Row& r) { return value_or_null(r.tls); }>(
        {.key = "tls",
         .title = "TLS",
         .kind = Kind::boolean,
         .show = Show::wide,
         .doc = "The connection is encrypted; null when not asked for or when it cannot be told"}),
    field_of<Row, [](const Row& r) { return Value(r.target.header_digest); }>(
        {.key = "header_digest", .title = "Header digest", .kind = Kind::boolean, .show = Show::wide}),
    field_of<Row, [](const Row& r) { return Value(r.target.data_digest); }>(
        {.key = "data_digest", .title = "Data digest", .kind = Kind::boolean, .show = Show::wide}),
    field_of<Row, [](const Row& r) { return Value(to_list(namespace_schema, r.namespaces)); }>(
        {.key = "namespaces",
         .title = "Namespaces",
         .kind = Kind::list,
         .doc = "All of them with --wait, else those that are there already",
         .element = &namespace_schema}),
    field_of<Row, [](const Row& r) { return known(r.connect_string); }>(
        {.key = "connect_string",
         .title = "Connect string",
         .kind = Kind::string,
         .doc = "What the kernel would be told; with --dry-run only"}),
    field_of<Row, [](const Row& r) { return known(r.stored); }>({.key = "stored",
                                                                 .title = "Stored as",
                                                                 .kind = Kind::string,
                                                                 .show = Show::wide,
                                                                 .doc = "UUID of the stored connection, with quick"}),
    field_of<Row, [](const Row& r) { return r.error ? Value(to_string(r.error->kind)) : Value(); }>(
        {.key = "error", .title = "Error", .kind = Kind::string, .show = Show::wide, .doc = "The kind of error"}),
    field_of<Row, [](const Row& r) { return r.error ? Value(r.error->message) : Value(); }>(
        {.key = "message", .title = "Message", .kind = Kind::string, .doc = "What failed"}),
};

std::string security_text(const Record& row) {
  std::string text;
  const auto add = [&](std::string_view key, std::string_view yes, std::string_view no) {
    const bool* value = row.at(key).as<bool>();
    if (value == nullptr || (!*value && no.empty())) return;
    text += fmt::format("{}{}", text.empty() ? "" : ", ", *value ? yes : no);
  };
  add("authenticated", "authenticated", "not authenticated: the target did not ask for it");
  add("tls", "encrypted by TLS", "not encrypted");
  add("header_digest", "header digest", "");
  add("data_digest", "data digest", "");
  return text;
}

}  // namespace

constinit const Schema connect_schema{"connection", "A connection", fields};

std::string connect_text(const Value& data, const TextOptions& options) {
  const Record& row = *data.as<Record>();
  if (!row.at("connect_string").is_null()) return cell(row.at("connect_string")) + "\n";
  const bool already = row.at("result").text() == "already_connected";
  std::string text =
      fmt::format("{} to device: {}\n", already ? "already connected" : "connecting", cell(row.at("device")));
  if (const std::string security = security_text(row); !security.empty()) text += "security: " + security + "\n";
  for (const Value& item : row.at("namespaces").as<List>()->items) {
    const Record& ns = *item.as<Record>();
    const std::uint64_t size = ns.at("size_bytes").number();
    text +=
        fmt::format("namespace: {} (NSID {}{})\n",
                    cell(ns.at("device_path").is_null() ? ns.at("name") : ns.at("device_path")), ns.at("nsid").number(),
                    size == 0 ? "" : ", " + (options.exact_bytes ? fmt::format("{}", size) : format_iec(size)));
  }
  return text;
}

void take_outcome(ConnectRow& row, Result<Connection> outcome) {
  if (!outcome) {
    row.result = "failed";
    row.error = std::move(outcome).error();
    return;
  }
  row.result = outcome->already ? "already_connected" : "connected";
  row.controller = outcome->controller;
  row.authenticated = outcome->authenticated;
  row.tls = outcome->tls;
}

std::vector<Error> errors_of(const std::vector<ConnectRow>& rows) {
  std::vector<Error> errors;
  for (const ConnectRow& row : rows)
    if (row.error) errors.push_back(*row.error);
  return errors;
}

Result<> show_outcomes(Context& context, const std::vector<ConnectRow>& rows, std::string_view verb) {
  const std::vector<Error> errors = errors_of(rows);
  context.messages.progress("");
  NVMECTL_TRY(context.out.document(to_list(connect_schema, rows), errors));
  if (errors.empty()) return {};
  if (rows.size() == 1) return fail(errors.front());
  for (const Error& error : errors)
    context.messages.warning(fmt::format("{}{}{}", error.message, error.cause.empty() ? "" : ": ", error.cause));
  return fail(ErrorKind::partial, fmt::format("{} of {} could not be {}", errors.size(), rows.size(), verb),
              "the rows marked 'failed' say which; -o json has each one's cause");
}

void connect_rows(Context& context, FabricsInitiator& initiator, std::vector<ConnectRow>& rows,
                  const Deadline& deadline) {
  std::vector<std::size_t> open;
  std::vector<ConnectParameters> targets;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows[i].result.empty()) {
      open.push_back(i);
      targets.push_back(rows[i].target);
    }
  std::size_t finished = 0;
  BatchOptions options;
  options.deadline = deadline;
  initiator.connect(targets, options, [&](std::size_t index, Result<Connection> outcome) {
    take_outcome(rows[open[index]], std::move(outcome));
    if (targets.size() > 1) context.messages.progress(fmt::format("connecting: {} of {}", ++finished, targets.size()));
  });
}

Deadline batch_deadline(const Context& context, std::size_t targets) {
  const auto more = std::chrono::seconds(context.options.timeout_given ? 0 : targets);
  return Deadline::in(context.options.timeout + more).or_when(context.stop_signal);
}

Result<> resolve_secrets(Context& context, ConnectParameters& parameters) {
  const SecretAccess access = secret_access(context);
  const auto resolve = [&](std::string& secret, std::string_view what) -> Result<> {
    if (secret.empty()) return {};
    NVMECTL_ASSIGN(secret, resolve_secret(secret, what, access));
    if (auto parsed = nvme::parse_dhchap_secret(secret); !parsed) {
      Error error = std::move(parsed).error();
      error.message = fmt::format("{}: {}", what, error.message);
      return fail(std::move(error));
    }
    return {};
  };
  NVMECTL_TRY(resolve(parameters.dhchap_secret, "--dhchap-secret"));
  return resolve(parameters.dhchap_ctrl_secret, "--dhchap-ctrl-secret");
}

}  // namespace nvmectl
