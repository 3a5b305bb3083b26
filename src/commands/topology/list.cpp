#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "commands/columns.hpp"
#include "commands/topology/area.hpp"
#include "commands/topology/pmem_rows.hpp"
#include "commands/topology/rows.hpp"
#include "commands/topology/source.hpp"

namespace nvmectl {
namespace {

using Rows = std::vector<std::vector<std::string>>;

const std::vector<Value>& items(const Value& data, std::string_view key) {
  return data.as<Record>()->at(key).as<List>()->items;
}

std::string nsid_cell(const Value& nsid) {
  return fmt::format("{:#x}", nsid.number());
}

std::string namespace_table(const Value& data, const TextOptions& options) {
  static constexpr std::array columns{Column{"Node", 21},   Column{"Generic", 21},   Column{"SN", 20},
                                      Column{"Model", 40},  Column{"Namespace", 10}, Column{"Usage", 26},
                                      Column{"Format", 16}, Column{"FW Rev", 8},     Column{"Source", 0}};
  Rows rows;
  for (const Value& item : items(data, "namespaces")) {
    const Record& n = *item.as<Record>();
    const Value& node = n.at("device_path").is_null() ? n.at("name") : n.at("device_path");
    rows.push_back({cell(node), cell(n.at("generic_path")), cell(n.at("serial_number")), cell(n.at("model_number")),
                    nsid_cell(n.at("nsid")), usage_cell(n.at("used_bytes"), n.at("size_bytes"), options),
                    format_cell(n.at("lba_bytes"), n.at("metadata_bytes")), cell(n.at("firmware_revision")),
                    cell(n.at("source"))});
  }
  // In the same columns, so that a script which reads them meets no second table. Only they make another one.
  const std::size_t without_source = rows.size();
  for (const Value& item : items(data, "pmem")) {
    const Record& p = *item.as<Record>();
    const std::string name = p.at("name").is_null() ? "-" : cell(p.at("name"));
    rows.push_back({cell(p.at("device_path")), "-", name, fmt::format("PMEM {}", cell(p.at("mode"))), "-",
                    usage_cell(Value(), p.at("size_bytes"), options),
                    format_cell(p.at("lba_bytes"), Value(std::uint64_t{0})), "-", cell(p.at("source"))});
  }
  const std::span all(columns);
  return fixed_columns(rows.size() > without_source ? all : all.first(columns.size() - 1), rows, options);
}

std::string pmem_table(const Value& data, const TextOptions& options) {
  static constexpr std::array columns{Column{"Device", 17}, Column{"Name", 20}, Column{"Namespace", 14},
                                      Column{"Region", 10}, Column{"Mode", 6},  Column{"Usage", 26},
                                      Column{"Format", 16}};
  Rows rows;
  for (const Value& item : items(data, "pmem")) {
    const Record& p = *item.as<Record>();
    rows.push_back({cell(p.at("device_path")), p.at("name").is_null() ? "-" : cell(p.at("name")),
                    cell(p.at("namespace")), cell(p.at("region")), cell(p.at("mode")),
                    usage_cell(Value(), p.at("size_bytes"), options),
                    format_cell(p.at("lba_bytes"), Value(std::uint64_t{0}))});
  }
  return rows.empty() ? std::string() : "\n" + fixed_columns(columns, rows, options);
}

std::string subsystems_table(const Value& data, const TextOptions& options) {
  static constexpr std::array columns{Column{"Subsystem", 16}, Column{"Subsystem-NQN", 96}, Column{"Controllers", 16}};
  Rows rows;
  for (const Value& item : items(data, "subsystems")) {
    const Record& s = *item.as<Record>();
    rows.push_back({cell(s.at("name")), cell(s.at("nqn")), joined_names(s.at("controllers"))});
  }
  return fixed_columns(columns, rows, options);
}

std::string controllers_table(const Value& data, const TextOptions& options) {
  static constexpr std::array columns{Column{"Device", 16},    Column{"Cntlid", 6},     Column{"SN", 20},
                                      Column{"MN", 40},        Column{"FR", 8},         Column{"TxPort", 6},
                                      Column{"Address", 14},   Column{"Slot", 6},       Column{"State", 10},
                                      Column{"Subsystem", 12}, Column{"Namespaces", 16}};
  Rows rows;
  for (const Value& item : items(data, "controllers")) {
    const Record& c = *item.as<Record>();
    rows.push_back({cell(c.at("name")), cell(c.at("controller_id")), cell(c.at("serial_number")),
                    cell(c.at("model_number")), cell(c.at("firmware_revision")), cell(c.at("transport")),
                    cell(c.at("address")), cell(c.at("slot")), cell(c.at("state")), cell(c.at("subsystem")),
                    joined_names(c.at("namespaces"))});
  }
  return fixed_columns(columns, rows, options);
}

std::string namespaces_detail_table(const Value& data, const TextOptions& options) {
  static constexpr std::array columns{Column{"Device", 17}, Column{"Generic", 17}, Column{"NSID", 10},
                                      Column{"Usage", 26},  Column{"Format", 16},  Column{"Controllers", 16}};
  Rows rows;
  for (const Value& item : items(data, "namespaces")) {
    const Record& n = *item.as<Record>();
    const Value& node = n.at("device_path").is_null() ? n.at("name") : n.at("device_path");
    rows.push_back({cell(node), cell(n.at("generic_path")), nsid_cell(n.at("nsid")),
                    usage_cell(n.at("used_bytes"), n.at("size_bytes"), options),
                    format_cell(n.at("lba_bytes"), n.at("metadata_bytes")), joined_names(n.at("controllers"))});
  }
  return fixed_columns(columns, rows, options);
}

std::string text(const Value& data, const TextOptions& options) {
  if (!options.wide) return namespace_table(data, options);
  return subsystems_table(data, options) + "\n" + controllers_table(data, options) + "\n" +
         namespaces_detail_table(data, options) + pmem_table(data, options);
}

struct Options {
  std::optional<DeviceRef> device;
  bool no_referrals = false;
};
constexpr std::array arguments{
    positional<&Options::device>(
        {.name = "DEVICE",
         .doc = "tcp://HOST[:PORT][/NQN] lists what is behind a target; left out: this machine",
         .complete = Complete::device}),
    option<&Options::no_referrals>(
        {.name = "no-referrals", .doc = "Do not follow referrals to other discovery controllers (tcp://)"}),
};
constexpr std::array examples{
    Example{"list", "the namespaces of this machine"},
    Example{"list -v", "subsystems, controllers and namespaces"},
    Example{"list tcp://192.0.2.7", "every namespace behind a discovery controller, without root"},
    Example{"list -o value --fields device_path,size_bytes", "two columns for a shell script"},
    Example{"list --sysroot sosreport/", "what a captured machine had"},
};

Result<> run(const Options& options, Context& context) {
  ScanRequest request;
  request.deadline = context.deadline();
  request.addresses = request.identifiers = request.paths = !context.out.brief();
  const auto& fields = context.options.fields;
  request.usage = fields.empty() || std::find(fields.begin(), fields.end(), "used_bytes") != fields.end();
  NVMECTL_ASSIGN(Topology topology, read_topology(context, options.device, request, !options.no_referrals));
  List pmem;
  if (!options.device) pmem = list_pmem(context, request.deadline, topology.not_seen);
  return show_topology(context, list_record(topology, std::move(pmem)), topology, options.device.has_value());
}

}  // namespace

constinit const CommandSpec list_command = command<Options, run>(
    {.name = "list",
     .summary = "List NVMe namespaces and persistent memory, local or behind a target",
     .description =
         "Reads sysfs only, so it needs no root and does not hang behind a dead controller. The used "
         "capacity is asked of live\n"
         "controllers; where that is not possible it is shown as '-' (null in JSON).\n"
         "The JSON document holds subsystems, controllers, pmem and namespaces with and without -v; 'source' "
         "tells nvme from pmem.\n"
         "Block devices of persistent memory stand behind the namespaces, in the same columns: a name for a "
         "serial number, the mode for a model.",
     .group = Group::topology,
     .opens_device = true,
     .arguments = arguments,
     .examples = examples,
     .output = {.schema = &list_schema, .text = text}});

}  // namespace nvmectl
