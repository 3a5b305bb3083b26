#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "commands/columns.hpp"
#include "commands/fabrics/area.hpp"
#include "commands/fabrics/discovery.hpp"
#include "commands/fabrics/outcome.hpp"
#include "commands/fabrics/parameters.hpp"
#include "commands/fabrics/select.hpp"
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

struct Options {
  std::optional<DeviceRef> from;
  ConnectParameters target;
  std::string device;
  bool no_referrals = false;
};
constexpr std::array own{
    positional<&Options::from>({.name = "TARGET", .doc = "tcp://HOST[:PORT], in place of -t, -a and -s"}),
    option<&Options::device>({.name = "device",
                              .letter = 'd',
                              .metavar = "DEV",
                              .doc = "A discovery controller that the kernel is connected to: nvme3",
                              .complete = Complete::controller}),
    option<&Options::no_referrals>(
        {.name = "no-referrals", .doc = "Do not follow referrals to other discovery controllers"}),
};
constexpr auto arguments = join(own, parameter_arguments<Options, &Options::target, true>());
constexpr std::array examples{
    Example{"discover -t tcp -a 192.0.2.7", "what a target offers; needs no root"},
    Example{"discover tcp://[2001:db8::7]:4420 -o json", "by IPv6 and another port, for a script"},
    Example{"discover -a storage.example -o value --fields subnqn,traddr,trsvcid", "three columns for a shell loop"},
    Example{"discover -t rdma -a 192.0.2.7", "over RDMA, FC or loop: by the kernel, as root"},
    Example{"discover -a 192.0.2.7 --tls", "encrypted: by the kernel, which has the keys"},
};

Result<ConnectParameters> where_of(const Options& options) {
  ConnectParameters where = options.target;
  if (options.from) {
    if (!where.address.empty() || !where.service.empty())
      return fail(ErrorKind::usage, "TARGET and --traddr/--trsvcid name the same thing twice", "leave out one of them");
    if (!options.from->is_fabrics())
      return fail(ErrorKind::usage, fmt::format("'{}' is not a target", options.from->text),
                  "write it as tcp://HOST[:PORT]");
    where.transport = options.from->transport();
    where.address = options.from->host;
    where.host_address = options.from->host_address;
    if (options.from->port) where.service = fmt::format("{}", *options.from->port);
    if (where.nqn.empty()) where.nqn = options.from->nqn;
  } else if (where.address.empty() && where.transport != "loop") {
    return fail(ErrorKind::usage, "discover: whom shall it ask?", "add -a HOST, or tcp://HOST[:PORT]");
  }
  if (where.transport != "fc" && where.address.starts_with('[') && where.address.ends_with(']'))
    where.address = where.address.substr(1, where.address.size() - 2);
  NVMECTL_TRY(check_parameters(where, false));
  return where;
}

// The place of a controller that the kernel has, with the other options as they were given.
Result<ConnectParameters> where_of_device(const Options& options, Context& context) {
  NVMECTL_ASSIGN(FabricsInitiator * initiator, context.capability(&Backend::fabrics, "connections of the kernel"));
  NVMECTL_ASSIGN(const FabricsController found, controller_named(*initiator, options.device));
  ConnectParameters where = options.target;
  where.transport = found.parameters.transport;
  where.address = found.parameters.address;
  where.service = found.parameters.service;
  where.nqn = found.parameters.nqn;
  where.host_nqn = found.parameters.host_nqn;
  where.host_id = found.parameters.host_id;
  return where;
}

Record document(const nvme::Discovered& found) {
  List logs, records;
  for (const nvme::DiscoveredLog& log : found.logs) {
    const std::string source = nvme::source_uri(log.source);
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
  NVMECTL_ASSIGN(ConnectParameters where,
                 options.device.empty() ? where_of(options) : where_of_device(options, context));
  NVMECTL_TRY(resolve_secrets(context, where));
  auto discovered = discover_from(context, where, options.device, !options.no_referrals, context.deadline());
  if (!discovered) return fail(std::move(discovered).error());
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
     .description = "Over TCP the discovery log is read by nvmectl's own NVMe/TCP host: no root and no kernel module "
                    "needed. Over other transports, with authentication or TLS, with a local address and with "
                    "--backend linux the kernel connects, as root, and only as long as the log is read (or for good, "
                    "with --persistent).\n"
                    "Referrals to other discovery controllers are followed, each once.",
     .group = Group::fabrics,
     .arguments = arguments,
     .examples = examples,
     .output = {.schema = &schema, .text = text}});

}  // namespace nvmectl
