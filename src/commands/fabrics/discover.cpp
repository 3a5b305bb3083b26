#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "commands/columns.hpp"
#include "commands/fabrics/area.hpp"
#include "commands/known.hpp"
#include "core/text.hpp"
#include "nvme/discovery.hpp"
#include "nvme/layouts/layouts.hpp"
#include "nvme/remote.hpp"

namespace nvmectl {
namespace {

struct Row {
  const DiscoveryRecord& it;
  const std::string& source;
};
Value symbol(std::span<const SymbolName> names, std::uint64_t code) {
  return Symbol{code, std::string(name_of(names, code))};
}

constexpr std::array record_fields{
    field_of<Row, [](const Row& r) { return symbol(nvme::trtype_names, r.it.transport_type); }>(
        {.key = "transport_type",
         .title = "Transport",
         .kind = Kind::symbol,
         .show = Show::table,
         .mnemonic = "trtype"}),
    field_of<Row, [](const Row& r) { return symbol(nvme::adrfam_names, r.it.address_family); }>(
        {.key = "address_family", .title = "Family", .kind = Kind::symbol, .show = Show::table, .mnemonic = "adrfam"}),
    field_of<Row, [](const Row& r) { return symbol(nvme::subtype_names, r.it.subsystem_type); }>(
        {.key = "subsystem_type", .title = "Type", .kind = Kind::symbol, .show = Show::table, .mnemonic = "subtype"}),
    field_of<Row, [](const Row& r) { return symbol(nvme::treq_names, r.it.transport_requirements); }>(
        {.key = "transport_requirements",
         .title = "Requirements",
         .kind = Kind::symbol,
         .show = Show::wide,
         .doc = "Whether a secure channel is required",
         .mnemonic = "treq"}),
    field_of<Row, [](const Row& r) { return Value(r.it.port_id); }>(
        {.key = "port_id", .title = "Port ID", .show = Show::wide, .mnemonic = "portid"}),
    field_of<Row, [](const Row& r) { return Value(r.it.controller_id); }>(
        {.key = "controller_id",
         .title = "Controller ID",
         .hex = true,
         .doc = "65535: assigned at connect (dynamic)",
         .mnemonic = "cntlid"}),
    field_of<Row, [](const Row& r) { return Value(r.it.admin_queue_size); }>(
        {.key = "admin_queue_size", .title = "Admin queue size", .mnemonic = "asqsz"}),
    field_of<Row, [](const Row& r) { return known(r.it.address); }>(
        {.key = "address", .title = "Address", .kind = Kind::string, .show = Show::table, .mnemonic = "traddr"}),
    field_of<Row, [](const Row& r) { return known(r.it.service_id); }>({.key = "service_id",
                                                                        .title = "Service",
                                                                        .kind = Kind::string,
                                                                        .show = Show::table,
                                                                        .doc = "The port, for TCP",
                                                                        .mnemonic = "trsvcid"}),
    field_of<Row, [](const Row& r) { return known(r.it.nqn); }>({.key = "subsystem_nqn",
                                                                 .title = "Subsystem NQN",
                                                                 .kind = Kind::string,
                                                                 .show = Show::table,
                                                                 .mnemonic = "subnqn"}),
    field_of<Row, [](const Row& r) { return symbol(nvme::eflags_names, r.it.entry_flags); }>(
        {.key = "entry_flags", .title = "Flags", .kind = Kind::symbol, .show = Show::wide, .mnemonic = "eflags"}),
    field_of<Row, [](const Row& r) { return symbol(nvme::sectype_names, r.it.security_type); }>(
        {.key = "security_type",
         .title = "Security",
         .kind = Kind::symbol,
         .show = Show::wide,
         .doc = "TLS, for TCP",
         .mnemonic = "sectype"}),
    field_of<Row, [](const Row& r) { return Value(r.source); }>({.key = "source",
                                                                 .title = "Discovery controller",
                                                                 .kind = Kind::string,
                                                                 .show = Show::wide,
                                                                 .doc = "Whose log holds the record"}),
};
constexpr Schema record_schema{"discovery-record", "Discovery log records", record_fields};

struct LogRow {
  std::string source;
  std::uint64_t depth, generation, records;
};
constexpr std::array log_fields{
    field<&LogRow::source>(
        {.key = "source", .title = "Discovery controller", .kind = Kind::string, .show = Show::table}),
    field<&LogRow::depth>({.key = "depth",
                           .title = "Depth",
                           .show = Show::table,
                           .doc = "0: asked directly; more: reached by referrals"}),
    field<&LogRow::generation>({.key = "generation", .title = "Generation", .show = Show::table, .mnemonic = "genctr"}),
    field<&LogRow::records>({.key = "record_count", .title = "Records", .show = Show::table, .mnemonic = "numrec"}),
};
constexpr Schema log_schema{"discovery-log", "Discovery logs", log_fields};

constexpr std::array fields{
    Field{.key = "logs", .title = "Logs", .kind = Kind::list, .element = &log_schema},
    Field{.key = "records", .title = "Records", .kind = Kind::list, .show = Show::table, .element = &record_schema},
};
constexpr Schema schema{"discover", "Discovery logs and their records", fields};

std::string line(std::string_view name, const Value& value) {
  std::string text(name);
  text += ':';
  text.resize(std::max<std::size_t>(text.size(), 8), ' ');
  text += ' ';
  const auto* symbol = value.as<Symbol>();
  text += symbol != nullptr && symbol->name.empty() ? "unrecognized" : cell(value);
  return text += '\n';
}

// nvme-cli's text: a header for each log, a block for each record.
std::string text(const Value& data, const TextOptions&) {
  const Record& root = *data.as<Record>();
  const auto& records = root.at("records").as<List>()->items;
  std::string out;
  std::size_t next = 0;
  for (const Value& item : root.at("logs").as<List>()->items) {
    const Record& log = *item.as<Record>();
    const std::uint64_t count = log.at("record_count").number();
    if (log.at("depth").number() > 0) out += fmt::format("\nReferral to {}\n", cell(log.at("source")));
    out += fmt::format("Discovery Log Number of Records {}, Generation counter {}\n", count,
                       log.at("generation").number());
    for (std::uint64_t i = 0; i < count && next < records.size(); ++i, ++next) {
      const Record& r = *records[next].as<Record>();
      out += fmt::format("=====Discovery Log Entry {}======\n", i);
      // The order of nvme-cli 2.x, which its readers' eyes and scripts know.
      for (const std::string_view key : {"transport_type", "address_family", "subsystem_type", "transport_requirements",
                                         "port_id", "service_id", "subsystem_nqn", "address", "entry_flags"})
        out += line(record_schema.find(key)->mnemonic, r.at(key));
      if (r.at("transport_type").number() == 3) out += line("sectype", r.at("security_type"));
    }
  }
  return out;
}

constexpr std::array<std::string_view, 4> transports{"tcp", "rdma", "fc", "loop"};

struct Options {
  std::optional<DeviceRef> target;
  std::string transport = "tcp", address, service, nqn;
  bool no_referrals = false;
};
constexpr std::array arguments{
    positional<&Options::target>({.name = "TARGET", .doc = "tcp://HOST[:PORT], in place of -t, -a and -s"}),
    option<&Options::transport>({.name = "transport",
                                 .letter = 't',
                                 .metavar = "TYPE",
                                 .doc = "Transport",
                                 .default_text = "tcp",
                                 .complete = Complete::choice,
                                 .choices = transports}),
    option<&Options::address>(
        {.name = "traddr", .letter = 'a', .metavar = "HOST", .doc = "Name or address of the discovery controller"}),
    option<&Options::service>(
        {.name = "trsvcid", .letter = 's', .metavar = "PORT", .doc = "Its port", .default_text = "8009"}),
    option<&Options::nqn>({.name = "nqn",
                           .letter = 'n',
                           .metavar = "NQN",
                           .doc = "NQN of the discovery subsystem",
                           .default_text = "the well-known one"}),
    option<&Options::no_referrals>(
        {.name = "no-referrals", .doc = "Do not follow referrals to other discovery controllers"}),
};
constexpr std::array examples{
    Example{"discover -t tcp -a 192.0.2.7", "what a target offers; needs no root"},
    Example{"discover tcp://[2001:db8::7]:4420 -o json", "by IPv6 and another port, for a script"},
    Example{"discover -a storage.example -o value --fields subnqn,traddr,trsvcid", "three columns for a shell loop"},
    Example{"discover -a 192.0.2.7 --backend linux", "by the kernel's initiator, as root"},
};

Result<DeviceRef> target_of(const Options& options) {
  if (options.transport != "tcp")
    return fail(ErrorKind::unsupported,
                fmt::format("discovery over {} is not supported by this version", options.transport), "tcp is");
  if (options.target) {
    if (!options.address.empty() || !options.service.empty())
      return fail(ErrorKind::usage, "TARGET and --traddr/--trsvcid name the same thing twice", "leave out one of them");
    if (options.target->scheme != DeviceRef::Scheme::tcp)
      return fail(ErrorKind::usage, fmt::format("'{}' is not a target", options.target->text),
                  "write it as tcp://HOST[:PORT]");
    return *options.target;
  }
  if (options.address.empty())
    return fail(ErrorKind::usage, "discover: whom shall it ask?", "add -a HOST, or tcp://HOST[:PORT]");
  DeviceRef target;
  target.scheme = DeviceRef::Scheme::tcp;
  target.host = options.address;
  if (target.host.starts_with('[') && target.host.ends_with(']'))
    target.host = target.host.substr(1, target.host.size() - 2);
  if (!options.service.empty()) {
    NVMECTL_ASSIGN(const std::uint64_t port, parse_number(options.service, "--trsvcid", 65535));
    if (port == 0) return fail(ErrorKind::usage, "--trsvcid: port 0 cannot be connected to");
    target.port = static_cast<std::uint16_t>(port);
  }
  target.text = nvme::tcp_uri(printable(target.host), target.port.value_or(discovery_port), "");
  return DeviceRef::parse(target.text);  // the same checks as for tcp://
}

Record document(const nvme::Discovered& found) {
  List logs, records;
  for (const nvme::DiscoveredLog& log : found.logs) {
    const std::string source = nvme::tcp_uri(log.source.host, log.source.port.value_or(discovery_port), "");
    const LogRow row{source, log.depth, log.log.generation, log.log.records.size()};
    logs.items.emplace_back(to_record(log_schema, &row));
    for (const DiscoveryRecord& record : log.log.records) {
      const Row r{record, source};
      records.items.emplace_back(to_record(record_schema, &r));
    }
  }
  return {&schema, {std::move(logs), std::move(records)}};
}

Result<> run(const Options& options, Context& context) {
  NVMECTL_ASSIGN(DeviceRef target, target_of(options));
  if (!options.nqn.empty()) {
    NVMECTL_TRY(check_nqn(options.nqn));
    target.nqn = options.nqn;
    if (!target.port) target.port = discovery_port;
  }
  const auto open = [&](const DeviceRef& device, const Deadline& deadline) { return context.open(device, deadline); };
  nvme::DiscoverOptions how;
  how.deadline = context.deadline();
  how.referrals = !options.no_referrals;
  auto discovered = nvme::discover_all(target, open, how);
  if (!discovered) return fail(std::move(discovered).error().on(target.text));
  nvme::Discovered found = std::move(*discovered);
  for (const std::string& note : found.notes) context.messages.note(note);
  for (const Error& error : found.errors) context.messages.warning(error.device + ": " + error.message);
  const std::size_t failed = found.errors.size();
  NVMECTL_TRY(context.out.document(document(found), std::move(found.errors)));
  if (failed > 0)
    return fail(ErrorKind::partial, fmt::format("{} referred discovery controller(s) could not be read", failed),
                "--no-referrals asks the first one only");
  return {};
}

}  // namespace

constinit const CommandSpec discover_command = command<Options, run>(
    {.name = "discover",
     .summary = "Show what an NVMe-oF target offers",
     .description = "Reads the discovery log by nvmectl's own NVMe/TCP host: no root and no kernel module needed.\n"
                    "Referrals to other discovery controllers are followed, each once.",
     .group = Group::fabrics,
     .opens_device = true,
     .arguments = arguments,
     .examples = examples,
     .output = {.schema = &schema, .text = text}});

}  // namespace nvmectl
