#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "commands/columns.hpp"
#include "commands/known.hpp"
#include "commands/state/area.hpp"
#include "commands/state/selection.hpp"
#include "commands/topology/source.hpp"
#include "core/text.hpp"

namespace nvmectl {
namespace {

struct PathRow {
  const Topology& all;
  const Path& it;
};
constexpr std::array path_fields{
    field_of<PathRow, [](const PathRow& p) { return Value(p.it.name); }>(
        {.key = "name", .title = "Path", .kind = Kind::string, .show = Show::table}),
    field_of<PathRow, [](const PathRow& p) { return Value(p.all.namespaces[p.it.ns].name); }>(
        {.key = "namespace", .title = "Namespace", .kind = Kind::string, .show = Show::table}),
    field_of<PathRow, [](const PathRow& p) { return known(p.it.ana_state); }>(
        {.key = "ana_state", .title = "ANA state", .kind = Kind::string, .show = Show::table}),
    field_of<PathRow, [](const PathRow& p) { return value_or_null(p.it.ana_group); }>(
        {.key = "ana_group", .title = "ANA group"}),
};
constexpr Schema path_schema{"path", "Path", path_fields};

struct ControllerRow {
  const Topology& all;
  std::size_t index;
  [[nodiscard]] const Controller& it() const { return all.controllers[index]; }
  [[nodiscard]] const ConnectionState& connection() const { return it().connection; }
};

Value paths_of(const ControllerRow& c) {
  List list;
  for (const std::size_t n : c.it().namespaces)
    for (const std::size_t p : c.all.namespaces[n].paths)
      if (const PathRow row{c.all, c.all.paths[p]}; row.it.controller == c.index)
        list.items.emplace_back(to_record(path_schema, &row));
  return list;
}

constexpr std::array controller_fields{
    field_of<ControllerRow, [](const ControllerRow& c) { return Value(c.it().name); }>(
        {.key = "name", .title = "Controller", .kind = Kind::string, .show = Show::table}),
    field_of<ControllerRow, [](const ControllerRow& c) { return known(c.all.subsystems[c.it().subsystem].name); }>(
        {.key = "subsystem", .title = "Subsystem", .kind = Kind::string, .show = Show::table}),
    field_of<ControllerRow, [](const ControllerRow& c) { return known(c.all.subsystems[c.it().subsystem].nqn); }>(
        {.key = "nqn", .title = "Subsystem NQN", .kind = Kind::string, .mnemonic = "subnqn"}),
    field_of<ControllerRow, [](const ControllerRow& c) { return known(c.it().transport); }>(
        {.key = "transport", .title = "Transport", .kind = Kind::string, .show = Show::table}),
    field_of<ControllerRow, [](const ControllerRow& c) { return known(c.it().address); }>(
        {.key = "address", .title = "Address", .kind = Kind::string, .doc = "As the kernel prints it"}),
    field_of<ControllerRow,
             [](const ControllerRow& c) { return known(std::string(address_part(c.it().address, "traddr"))); }>(
        {.key = "transport_address",
         .title = "Transport address",
         .kind = Kind::string,
         .show = Show::table,
         .mnemonic = "traddr"}),
    field_of<ControllerRow,
             [](const ControllerRow& c) { return known(std::string(address_part(c.it().address, "trsvcid"))); }>(
        {.key = "service_id", .title = "Service", .kind = Kind::string, .show = Show::table, .mnemonic = "trsvcid"}),
    field_of<ControllerRow, [](const ControllerRow& c) { return known(c.it().type); }>(
        {.key = "type", .title = "Type", .kind = Kind::string, .doc = "io, discovery or admin"}),
    field_of<ControllerRow, [](const ControllerRow& c) { return known(c.it().state); }>(
        {.key = "state",
         .title = "State",
         .kind = Kind::string,
         .show = Show::table,
         .doc = "live, connecting, resetting, deleting, dead …"}),
    field_of<ControllerRow, [](const ControllerRow& c) { return known(ana_summary(c.all, c.index)); }>(
        {.key = "ana_state",
         .title = "ANA state",
         .kind = Kind::string,
         .show = Show::table,
         .doc = "Of its paths; with their number each where they differ"}),
    field_of<ControllerRow, [](const ControllerRow& c) { return value_or_null(c.it().queue_count); }>(
        {.key = "queue_count", .title = "Queues", .show = Show::table, .doc = "Queue pairs, the admin queue included"}),
    field_of<ControllerRow, [](const ControllerRow& c) { return value_or_null(c.connection().queue_size); }>(
        {.key = "queue_size", .title = "Queue size", .show = Show::wide, .doc = "Entries of the admin queue"}),
    field_of<ControllerRow, [](const ControllerRow& c) { return value_or_null(c.connection().reconnects); }>(
        {.key = "reconnects",
         .title = "Reconnects",
         .show = Show::table,
         .doc = "Attempts to connect again; null where the kernel does not count them"}),
    field_of<ControllerRow, [](const ControllerRow& c) { return value_or_null(c.connection().keep_alive_seconds); }>(
        {.key = "keep_alive_seconds",
         .title = "Keep-alive",
         .unit = Unit::seconds,
         .show = Show::table,
         .doc = "Keep Alive Timeout, 0 when there is none",
         .mnemonic = "kato"}),
    field_of<ControllerRow,
             [](const ControllerRow& c) { return value_or_null(c.connection().reconnect_delay_seconds); }>(
        {.key = "reconnect_delay_seconds",
         .title = "Reconnect delay",
         .unit = Unit::seconds,
         .show = Show::wide,
         .doc = "Between two attempts"}),
    field_of<ControllerRow, [](const ControllerRow& c) { return value_or_null(c.connection().ctrl_loss_seconds); }>(
        {.key = "ctrl_loss_seconds",
         .title = "Loss timeout",
         .kind = Kind::integer,
         .unit = Unit::seconds,
         .show = Show::wide,
         .doc = "How long the kernel tries before it removes the controller, -1 for ever",
         .mnemonic = "ctrl_loss_tmo"}),
    field_of<ControllerRow, [](const ControllerRow& c) { return value_or_null(c.connection().fast_io_fail_seconds); }>(
        {.key = "fast_io_fail_seconds",
         .title = "Fast I/O fail",
         .kind = Kind::integer,
         .unit = Unit::seconds,
         .show = Show::wide,
         .doc = "How long I/O waits for the connection before it fails, -1: as long as the controller is there",
         .mnemonic = "fast_io_fail_tmo"}),
    field_of<ControllerRow, [](const ControllerRow& c) { return value_or_null(c.connection().authentication); }>(
        {.key = "authentication",
         .title = "Authentication",
         .kind = Kind::boolean,
         .show = Show::table,
         .doc = "The connection has a DH-HMAC-CHAP secret; null where the kernel does not tell"}),
    field_of<ControllerRow, [](const ControllerRow& c) { return value_or_null(c.connection().tls); }>(
        {.key = "tls",
         .title = "TLS",
         .kind = Kind::boolean,
         .show = Show::table,
         .doc = "Encrypted; null for transports without TLS and where the kernel does not tell"}),
    field_of<ControllerRow, [](const ControllerRow& c) { return known(c.connection().tls_key); }>(
        {.key = "tls_key",
         .title = "TLS key",
         .kind = Kind::string,
         .show = Show::wide,
         .doc = "Serial number of the key in use, hexadecimal"}),
    field_of<ControllerRow, [](const ControllerRow& c) { return known(c.it().host_nqn); }>(
        {.key = "host_nqn", .title = "Host NQN", .kind = Kind::string, .mnemonic = "hostnqn"}),
    field_of<ControllerRow, [](const ControllerRow& c) { return known(c.it().host_id); }>(
        {.key = "host_id", .title = "Host identifier", .kind = Kind::string, .mnemonic = "hostid"}),
    field_of<ControllerRow, paths_of>({.key = "paths",
                                       .title = "Paths",
                                       .kind = Kind::list,
                                       .doc = "To each namespace under native multipath, else empty",
                                       .element = &path_schema}),
};
constexpr Schema controller_schema{"controller", "Controllers", controller_fields};

struct SubsystemRow {
  const Topology& all;
  const Subsystem& it;
};
template <class T>
Value names(const std::vector<T>& objects, const std::vector<std::size_t>& indices) {
  List list;
  for (const std::size_t index : indices) list.items.emplace_back(objects[index].name);
  return list;
}
Value count_live(const SubsystemRow& s) {
  return Value(
      static_cast<std::uint64_t>(std::count_if(s.it.controllers.begin(), s.it.controllers.end(),
                                               [&](std::size_t c) { return s.all.controllers[c].state == "live"; })));
}
constexpr std::array subsystem_fields{
    field_of<SubsystemRow, [](const SubsystemRow& s) { return known(s.it.name); }>(
        {.key = "name", .title = "Subsystem", .kind = Kind::string, .show = Show::table}),
    field_of<SubsystemRow, [](const SubsystemRow& s) { return known(s.it.nqn); }>(
        {.key = "nqn", .title = "NQN", .kind = Kind::string, .show = Show::table, .mnemonic = "subnqn"}),
    field_of<SubsystemRow, [](const SubsystemRow& s) { return Value(connection_word(s.all, s.it)); }>(
        {.key = "status",
         .title = "Status",
         .kind = Kind::string,
         .show = Show::table,
         .doc = "connected (a controller is live), connecting or disconnected"}),
    field_of<SubsystemRow, [](const SubsystemRow& s) { return Value(is_local(s.all, s.it)); }>(
        {.key = "local", .title = "Local", .kind = Kind::boolean, .doc = "A drive of this machine"}),
    field_of<SubsystemRow, count_live>({.key = "live_controllers", .title = "Live", .show = Show::table}),
    field_of<SubsystemRow, [](const SubsystemRow& s) { return known(s.it.io_policy); }>(
        {.key = "io_policy", .title = "I/O policy", .kind = Kind::string}),
    field_of<SubsystemRow, [](const SubsystemRow& s) { return names(s.all.controllers, s.it.controllers); }>(
        {.key = "controllers", .title = "Controllers", .kind = Kind::list, .element_kind = Kind::string}),
    field_of<SubsystemRow, [](const SubsystemRow& s) { return names(s.all.namespaces, s.it.namespaces); }>(
        {.key = "namespaces", .title = "Namespaces", .kind = Kind::list, .element_kind = Kind::string}),
};
constexpr Schema subsystem_schema{"subsystem", "Subsystems", subsystem_fields};

constexpr std::array fields{
    Field{.key = "subsystems", .title = "Subsystems", .kind = Kind::list, .element = &subsystem_schema},
    Field{.key = "controllers",
          .title = "Controllers",
          .kind = Kind::list,
          .show = Show::table,
          .element = &controller_schema},
};
constexpr Schema schema{"status", "Connections and their state", fields};

const std::vector<Value>& items(const Record& record, std::string_view key) {
  return record.at(key).as<List>()->items;
}

std::string seconds_cell(const Value& value) {
  if (value.is_null()) return "-";
  const auto* number = value.as<std::int64_t>();
  return number != nullptr && *number < 0 ? "off" : fmt::format("{} s", value.number());
}

std::string word_cell(const Value& value) {
  if (value.is_null()) return "-";
  if (const auto* flag = value.as<bool>()) return *flag ? "yes" : "no";
  return cell(value);
}

std::vector<std::string> header(bool wide) {
  std::vector<std::string> row{"Controller", "Transport",  "Address",    "State", "ANA state",
                               "Queues",     "Reconnects", "Keep-alive", "Auth",  "TLS"};
  if (wide)
    for (const char* const title : {"Queue size", "Reconnect", "Loss", "Fast I/O fail"}) row.emplace_back(title);
  return row;
}

std::vector<std::string> row_of(const Record& c, bool wide) {
  Controller address;
  address.transport = c.at("transport").text();
  address.address = c.at("address").text();
  const std::string shown = shown_address(address);
  std::vector<std::string> row{word_cell(c.at("name")),           word_cell(c.at("transport")),
                               shown.empty() ? "-" : shown,       word_cell(c.at("state")),
                               word_cell(c.at("ana_state")),      word_cell(c.at("queue_count")),
                               word_cell(c.at("reconnects")),     seconds_cell(c.at("keep_alive_seconds")),
                               word_cell(c.at("authentication")), word_cell(c.at("tls"))};
  if (!wide) return row;
  row.push_back(word_cell(c.at("queue_size")));
  for (const char* const key : {"reconnect_delay_seconds", "ctrl_loss_seconds", "fast_io_fail_seconds"})
    row.push_back(seconds_cell(c.at(key)));
  return row;
}

std::string headline(const Record& s) {
  const std::size_t all = items(s, "controllers").size(), namespaces = items(s, "namespaces").size();
  std::string line = fmt::format("{}  {}  {}, {} of {} controller{} live, {} namespace{}", word_cell(s.at("name")),
                                 word_cell(s.at("nqn")), cell(s.at("status")), s.at("live_controllers").number(), all,
                                 all == 1 ? "" : "s", namespaces, namespaces == 1 ? "" : "s");
  if (all > 1 && !s.at("io_policy").is_null()) line += fmt::format(", {}", cell(s.at("io_policy")));
  return line + "\n";
}

// A line for each subsystem, its controllers below it, in columns that are the same throughout.
std::string text(const Value& data, const TextOptions& options) {
  const Record& record = *data.as<Record>();
  std::vector<std::vector<std::string>> rows{header(options.wide)};
  for (const Value& item : items(record, "controllers")) rows.push_back(row_of(*item.as<Record>(), options.wide));
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  const auto line = [&](const std::vector<std::string>& row) {
    std::string drawn;
    for (std::size_t i = 0; i < row.size(); ++i)
      drawn += "  " + (i + 1 == row.size() ? row[i] : pad(row[i], widths[i]));
    return drawn + "\n";
  };
  std::string out;
  std::size_t next = 1;
  for (const Value& item : items(record, "subsystems")) {
    const Record& subsystem = *item.as<Record>();
    out += (out.empty() ? "" : "\n") + headline(subsystem);
    if (options.headers) out += line(rows.front());
    for (std::size_t i = 0; i < items(subsystem, "controllers").size() && next < rows.size(); ++i)
      out += line(rows[next++]);
  }
  return out;
}

Record document(const Topology& topology, const std::vector<std::size_t>& chosen) {
  List subsystems, controllers;
  for (const std::size_t index : chosen) {
    const SubsystemRow subsystem{topology, topology.subsystems[index]};
    subsystems.items.emplace_back(to_record(subsystem_schema, &subsystem));
    for (const std::size_t c : subsystem.it.controllers) {
      const ControllerRow controller{topology, c};
      controllers.items.emplace_back(to_record(controller_schema, &controller));
    }
  }
  return {&schema, {std::move(subsystems), std::move(controllers)}};
}

struct Options {
  std::string name;
};
constexpr std::array arguments{positional<&Options::name>(
    {.name = "NAME",
     .doc = "Only the subsystem of this NQN, or of this controller or namespace (nvme0, /dev/nvme0n1)",
     .complete = Complete::device})};
constexpr std::array examples{
    Example{"status", "every connection of this machine"},
    Example{"status nvme0n1", "the paths to one namespace"},
    Example{"status -v", "local drives and timeouts as well"},
    Example{"status -o value --fields name,state,ana_state", "for a script"},
};

Result<> run(const Options& options, Context& context) {
  ScanRequest request;
  request.deadline = context.deadline();
  request.identifiers = false;
  request.connections = true;
  NVMECTL_ASSIGN(const Topology topology, read_topology(context, std::nullopt, request, false));
  NVMECTL_ASSIGN(std::vector<std::size_t> chosen, select_subsystems(topology, options.name));
  if (options.name.empty() && context.out.brief()) {
    std::erase_if(chosen, [&](std::size_t s) { return is_local(topology, topology.subsystems[s]); });
    if (chosen.empty()) context.messages.note("nothing is connected; -v shows local drives as well");
  }
  return show_topology(context, document(topology, chosen), topology, false);
}

}  // namespace

constinit const CommandSpec status_command = command<Options, run>(
    {.name = "status",
     .summary = "Show connections, paths and their state",
     .description = "For each subsystem its controllers with state, ANA state, queues, timeouts, authentication and "
                    "TLS. Reads sysfs only,\n"
                    "so it needs no root and does not hang; what the kernel shows to root alone, or not at all, is "
                    "'-' (null in JSON).\n"
                    "Without -v the table leaves out local drives; JSON and CSV hold them always ('local').",
     .group = Group::state,
     .arguments = arguments,
     .examples = examples,
     .output = {.schema = &schema, .text = text}});

}  // namespace nvmectl
