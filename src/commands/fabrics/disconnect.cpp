#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "commands/fabrics/area.hpp"
#include "commands/fabrics/outcome.hpp"
#include "commands/fabrics/select.hpp"
#include "commands/known.hpp"
#include "core/text.hpp"

namespace nvmectl {
namespace {

struct Row {
  FabricsController controller;
  std::string result;  // "disconnected", "in_use", "failed", "would_disconnect"
  std::vector<Use> uses;
  std::optional<Error> error;
};

constexpr std::array use_fields{
    field<&Use::device>({.key = "device", .title = "Device", .kind = Kind::string, .show = Show::table}),
    field<&Use::how>({.key = "use",
                      .title = "Use",
                      .kind = Kind::string,
                      .show = Show::table,
                      .doc = "mounted at …, used as swap, held by …"}),
};
constexpr Schema use_schema{"use", "Who uses a device", use_fields};

constexpr std::array fields{
    field<&Row::result>({.key = "result",
                         .title = "Result",
                         .kind = Kind::string,
                         .show = Show::table,
                         .doc = "disconnected, in_use, failed or would_disconnect"}),
    field_of<Row, [](const Row& r) { return Value(r.controller.name); }>(
        {.key = "device", .title = "Device", .kind = Kind::string, .show = Show::table, .doc = "The controller"}),
    field_of<Row, [](const Row& r) { return Value(r.controller.parameters.transport); }>(
        {.key = "transport", .title = "Transport", .kind = Kind::string, .show = Show::table}),
    field_of<Row, [](const Row& r) { return known(r.controller.parameters.address); }>(
        {.key = "address", .title = "Address", .kind = Kind::string, .show = Show::table}),
    field_of<Row, [](const Row& r) { return known(r.controller.parameters.service); }>(
        {.key = "service", .title = "Service", .kind = Kind::string, .show = Show::table}),
    field_of<Row, [](const Row& r) { return known(r.controller.parameters.nqn); }>(
        {.key = "nqn", .title = "NQN", .kind = Kind::string, .show = Show::table}),
    field_of<Row, [](const Row& r) { return Value(to_list(use_schema, r.uses)); }>(
        {.key = "uses",
         .title = "In use",
         .kind = Kind::list,
         .doc = "Who uses its namespaces, where no other path leads to them",
         .element = &use_schema}),
    field_of<Row, [](const Row& r) { return r.error ? Value(to_string(r.error->kind)) : Value(); }>(
        {.key = "error", .title = "Error", .kind = Kind::string, .show = Show::wide, .doc = "The kind of error"}),
    field_of<Row, [](const Row& r) { return r.error ? Value(r.error->message) : Value(); }>(
        {.key = "message", .title = "Message", .kind = Kind::string, .doc = "What failed"}),
};
constexpr Schema schema{"disconnection", "Disconnected controllers", fields};

// nvme-cli's line for each subsystem.
std::string text(const Value& data, const TextOptions&) {
  std::vector<std::pair<std::string, std::size_t>> counts;
  std::string out;
  for (const Value& item : data.as<List>()->items) {
    const Record& row = *item.as<Record>();
    const std::string nqn(row.at("nqn").text());
    auto at = std::find_if(counts.begin(), counts.end(), [&](const auto& c) { return c.first == nqn; });
    if (at == counts.end()) at = counts.insert(counts.end(), {nqn, 0});
    if (row.at("result").text() == "disconnected") ++at->second;
    if (row.at("result").text() == "would_disconnect")
      out += fmt::format("would disconnect {}\n", row.at("device").text());
  }
  if (!out.empty()) return out;
  for (const auto& [nqn, count] : counts) out += fmt::format("NQN:{} disconnected {} controller(s)\n", nqn, count);
  return out;
}

// Marks what is in use: a namespace counts when none of its paths would stay.
Result<> find_uses(FabricsInitiator& initiator, std::vector<Row>& rows, bool force) {
  std::vector<std::string> names;
  for (const Row& row : rows) names.push_back(row.controller.name);
  NVMECTL_ASSIGN(const std::vector<Use> uses, initiator.uses(names));
  for (Row& row : rows) {
    for (const Use& use : uses)
      if (use.nqn == row.controller.parameters.nqn) row.uses.push_back(use);
    if (row.uses.empty() || force) continue;
    row.result = "in_use";
    Error error = make_error(ErrorKind::busy, fmt::format("{} is in use and was not disconnected", row.controller.name),
                             "unmount or release it first; --force disconnects all the same, and loses what is not "
                             "written yet");
    error.cause = fmt::format("{} is {}", row.uses.front().device, row.uses.front().how);
    for (std::size_t i = 1; i < row.uses.size(); ++i)
      error.context.push_back(fmt::format("{} is {}", row.uses[i].device, row.uses[i].how));
    row.error = std::move(error).on(row.controller.name).during("disconnect");
  }
  return {};
}

void disconnect_rows(Context& context, FabricsInitiator& initiator, std::vector<Row>& rows) {
  std::vector<std::size_t> open;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].result.empty()) continue;
    open.push_back(i);
    names.push_back(rows[i].controller.name);
  }
  BatchOptions options;
  options.deadline = batch_deadline(context, names.size());
  // Taking a connection down is waiting in the kernel, nothing else: many at a time.
  options.workers = 64;
  std::size_t finished = 0;
  initiator.disconnect(names, options, [&](std::size_t index, Result<> outcome) {
    Row& row = rows[open[index]];
    row.result = outcome ? "disconnected" : "failed";
    if (!outcome) row.error = std::move(outcome).error();
    if (names.size() > 1) context.messages.progress(fmt::format("disconnecting: {} of {}", ++finished, names.size()));
  });
}

Result<> show(Context& context, const std::vector<Row>& rows) {
  std::vector<Error> errors;
  for (const Row& row : rows)
    if (row.error) errors.push_back(*row.error);
  context.messages.progress("");
  NVMECTL_TRY(context.out.document(to_list(schema, rows), errors));
  if (errors.empty()) return {};
  const bool all_busy = std::all_of(rows.begin(), rows.end(), [](const Row& row) { return row.result == "in_use"; });
  if (rows.size() == 1 || all_busy) return fail(errors.front());
  for (const Error& error : errors)
    context.messages.warning(fmt::format("{}{}{}", error.message, error.cause.empty() ? "" : ": ", error.cause));
  return fail(ErrorKind::partial, fmt::format("{} of {} controllers were not disconnected", errors.size(), rows.size()),
              "-o json has each one's cause");
}

Result<> disconnect(Context& context, FabricsInitiator& initiator, std::vector<FabricsController> chosen, bool force,
                    bool ask) {
  std::vector<Row> rows;
  for (FabricsController& controller : chosen) rows.push_back({std::move(controller), "", {}, {}});
  NVMECTL_TRY(find_uses(initiator, rows, force));
  if (context.options.dry_run) {
    for (Row& row : rows)
      if (row.result.empty()) row.result = "would_disconnect";
    return show(context, rows);
  }
  if (ask) {
    std::string details;
    for (const Row& row : rows) {
      details += fmt::format("  {}  {}\n", row.controller.name, row.controller.parameters.shown());
      for (const Use& use : row.uses) details += fmt::format("      {} is {}\n", use.device, use.how);
    }
    NVMECTL_TRY(context.guard_with(Effect::disrupts_io, "this machine", details));
  }
  disconnect_rows(context, initiator, rows);
  return show(context, rows);
}

struct Options {
  std::vector<std::string> targets, nqns, devices;
  std::string transport, address, service;
  bool force = false;
  [[nodiscard]] static Effect effect() { return Effect::changes_state; }  // asks by itself
};

constexpr std::array arguments{
    positional<&Options::targets>({.name = "TARGET", .doc = "A device, an NQN, tcp://HOST[:PORT][/NQN], conn:NAME"}),
    option<&Options::nqns>(
        {.name = "nqn", .letter = 'n', .metavar = "NQN", .doc = "Every controller of the subsystem; NQN,NQN for more"}),
    option<&Options::devices>(
        {.name = "device", .letter = 'd', .metavar = "DEV", .doc = "A controller: nvme3; DEV,DEV for more"}),
    option<&Options::transport>(
        {.name = "transport", .letter = 't', .metavar = "TYPE", .doc = "Only of that transport"}),
    option<&Options::address>({.name = "traddr", .letter = 'a', .metavar = "ADDR", .doc = "Only at that address"}),
    option<&Options::service>({.name = "trsvcid", .letter = 's', .metavar = "PORT", .doc = "Only at that port"}),
    option<&Options::force>({.name = "force", .doc = "Also what is mounted or held"}),
};
constexpr std::array examples{
    Example{"disconnect -n nqn.2014-08.org.example:disk", "all paths to a subsystem"},
    Example{"disconnect nvme3", "one controller"},
    Example{"disconnect -a 192.0.2.7", "everything at an address"},
};

Result<> run(const Options& options, Context& context) {
  NVMECTL_ASSIGN(FabricsInitiator * initiator, context.capability(&Backend::fabrics, "connections of the kernel"));
  Selection selection;
  selection.targets = options.targets;
  selection.nqns = options.nqns;
  selection.devices = options.devices;
  selection.transport = options.transport;
  selection.address = options.address;
  selection.service = options.service;
  if (selection.empty())
    return fail(ErrorKind::usage, "disconnect: from what?",
                "give a device, an NQN or an address; disconnect-all takes all");
  NVMECTL_ASSIGN(std::vector<FabricsController> present, initiator->controllers());
  NVMECTL_ASSIGN(std::vector<FabricsController> chosen, select_controllers(context, std::move(present), selection));
  return disconnect(context, *initiator, std::move(chosen), options.force, false);
}

struct AllOptions {
  std::string transport;
  bool force = false;
  [[nodiscard]] static Effect effect() { return Effect::changes_state; }  // asks by itself
};
constexpr std::array all_arguments{
    option<&AllOptions::transport>({.name = "transport",
                                    .letter = 'r',
                                    .metavar = "TYPE",
                                    .doc = "Only of that transport: tcp, rdma, fc or loop"}),
    option<&AllOptions::force>({.name = "force", .doc = "Also what is mounted or held"}),
};
constexpr std::array all_examples{
    Example{"disconnect-all", "asks first, showing what goes"},
    Example{"disconnect-all -r tcp --yes", "every TCP connection, for a script"},
};

Result<> run_all(const AllOptions& options, Context& context) {
  NVMECTL_ASSIGN(FabricsInitiator * initiator, context.capability(&Backend::fabrics, "connections of the kernel"));
  NVMECTL_ASSIGN(std::vector<FabricsController> chosen, initiator->controllers());
  if (!options.transport.empty())
    std::erase_if(chosen, [&](const FabricsController& c) { return c.parameters.transport != options.transport; });
  if (chosen.empty()) {
    context.messages.note("nothing is connected");
    return context.out.document(List{});
  }
  return disconnect(context, *initiator, std::move(chosen), options.force, true);
}

}  // namespace

constinit const CommandSpec disconnect_command = command<Options, run>(
    {.name = "disconnect",
     .summary = "Disconnect the kernel from NVMe-oF controllers",
     .description = "Refuses (exit 10) while a namespace to which no other path would remain is mounted, used as swap "
                    "or held by LVM, device mapper or md, and shows by what. Nothing that fits is exit 3.",
     .group = Group::fabrics,
     .effect = Effect::disrupts_io,
     .arguments = arguments,
     .examples = examples,
     .output = {.schema = &schema, .list = true, .text = text}});

constinit const CommandSpec disconnect_all_command = command<AllOptions, run_all>(
    {.name = "disconnect-all",
     .summary = "Disconnect the kernel from all NVMe-oF controllers",
     .description = "Shows what goes and asks. What is mounted or held stays, unless --force is given.",
     .group = Group::fabrics,
     .effect = Effect::disrupts_io,
     .arguments = all_arguments,
     .examples = all_examples,
     .output = {.schema = &schema, .list = true, .text = text}});

}  // namespace nvmectl
