#include "commands/topology/rows.hpp"

#include <algorithm>
#include <array>

#include "commands/known.hpp"
#include "commands/topology/pmem_rows.hpp"
#include "core/text.hpp"

namespace nvmectl {
namespace {

// Rows keep both the object and the topology that its indices speak of.
template <class T>
struct Row {
  const Topology& all;
  const T& it;
};
using NamespaceRow = Row<Namespace>;
using ControllerRow = Row<Controller>;
struct SubsystemRow {
  const Topology& all;
  const Subsystem& it;
  List controllers = {};  ///< list-subsys only
};
using PathRow = Row<Path>;

template <class T>
Value names(const std::vector<T>& objects, const std::vector<std::size_t>& indices) {
  List list;
  for (const std::size_t index : indices) list.items.emplace_back(objects[index].name);
  return list;
}

template <class RowType, class T>
List rows(const Schema& schema, const Topology& topology, const std::vector<T>& objects,
          const std::vector<std::size_t>* indices) {
  List list;
  const auto add = [&](const T& object) {
    const RowType row{topology, object};
    list.items.emplace_back(to_record(schema, &row));
  };
  if (indices == nullptr)
    for (const T& object : objects) add(object);
  else
    for (const std::size_t index : *indices) add(objects[index]);
  return list;
}

// The value of `name` in the kernel's address attribute, "traddr=192.0.2.1,trsvcid=4420,src_addr=192.0.2.9".
Value address_part(const std::string& address, std::string_view name) {
  for (const std::string_view part : split(address, ',')) {
    if (part.size() > name.size() && part.starts_with(name) && part[name.size()] == '=')
      return Value(part.substr(name.size() + 1));
  }
  return {};
}

constexpr std::array<SymbolName, 3> command_sets{{{0, "NVM"}, {1, "Key Value"}, {2, "Zoned Namespace"}}};

const Subsystem* subsystem_of(const Topology& all, std::size_t index) {
  return index < all.subsystems.size() ? &all.subsystems[index] : nullptr;
}

constexpr std::array path_fields{
    field_of<PathRow, [](const PathRow& p) { return Value(p.it.name); }>(
        {.key = "name", .title = "Path", .kind = Kind::string, .show = Show::table}),
    field_of<PathRow, [](const PathRow& p) { return Value(p.all.controllers[p.it.controller].name); }>(
        {.key = "controller", .title = "Controller", .kind = Kind::string, .show = Show::table}),
    field_of<PathRow, [](const PathRow& p) { return known(p.it.ana_state); }>(
        {.key = "ana_state",
         .title = "ANA state",
         .kind = Kind::string,
         .show = Show::table,
         .doc = "Asymmetric Namespace Access state"}),
    field_of<PathRow, [](const PathRow& p) { return value_or_null(p.it.ana_group); }>(
        {.key = "ana_group", .title = "ANA group"}),
};
constexpr Schema path_schema{"path", "Path", path_fields};

constexpr std::array namespace_fields{
    field_of<NamespaceRow, [](const NamespaceRow& n) { return Value(n.it.name); }>(
        {.key = "name",
         .title = "Name",
         .kind = Kind::string,
         .show = Show::table,
         .doc = "The kernel's name of the namespace, or its tcp:// reference"}),
    field_of<NamespaceRow, [](const NamespaceRow& n) { return known(n.it.device_path); }>(
        {.key = "device_path",
         .title = "Node",
         .kind = Kind::string,
         .show = Show::table,
         .doc = "What other commands take as DEVICE; null without a node"}),
    field_of<NamespaceRow, [](const NamespaceRow& n) { return known(n.it.generic_path); }>(
        {.key = "generic_path",
         .title = "Generic",
         .kind = Kind::string,
         .show = Show::wide,
         .doc = "The character device for passthrough"}),
    field_of<NamespaceRow, [](const NamespaceRow& n) { return Value(n.it.nsid); }>(
        {.key = "nsid", .title = "NSID", .show = Show::table, .doc = "Namespace identifier"}),
    field_of<NamespaceRow,
             [](const NamespaceRow& n) {
               const auto* s = subsystem_of(n.all, n.it.subsystem);
               return s != nullptr ? Value(s->name) : Value();
             }>({.key = "subsystem", .title = "Subsystem", .kind = Kind::string, .show = Show::wide}),
    field_of<NamespaceRow,
             [](const NamespaceRow& n) {
               const auto* s = subsystem_of(n.all, n.it.subsystem);
               return s != nullptr ? known(s->nqn) : Value();
             }>({.key = "subsystem_nqn", .title = "Subsystem NQN", .kind = Kind::string, .mnemonic = "subnqn"}),
    field_of<NamespaceRow, [](const NamespaceRow& n) { return names(n.all.controllers, n.it.controllers); }>(
        {.key = "controllers",
         .title = "Controllers",
         .kind = Kind::list,
         .show = Show::wide,
         .doc = "Controllers that reach it",
         .element_kind = Kind::string}),
    field_of<NamespaceRow,
             [](const NamespaceRow& n) {
               const auto* s = subsystem_of(n.all, n.it.subsystem);
               return s != nullptr ? known(s->serial) : Value();
             }>({.key = "serial_number", .title = "SN", .kind = Kind::string, .show = Show::table, .mnemonic = "sn"}),
    field_of<NamespaceRow,
             [](const NamespaceRow& n) {
               const auto* s = subsystem_of(n.all, n.it.subsystem);
               return s != nullptr ? known(s->model) : Value();
             }>({.key = "model_number", .title = "Model", .kind = Kind::string, .show = Show::table, .mnemonic = "mn"}),
    field_of<NamespaceRow,
             [](const NamespaceRow& n) {
               const auto* s = subsystem_of(n.all, n.it.subsystem);
               return s != nullptr ? known(s->firmware) : Value();
             }>(
        {.key = "firmware_revision", .title = "FW Rev", .kind = Kind::string, .show = Show::table, .mnemonic = "fr"}),
    field_of<NamespaceRow, [](const NamespaceRow& n) { return value_or_null(n.it.size_bytes); }>(
        {.key = "size_bytes", .title = "Size", .unit = Unit::bytes, .show = Show::table, .doc = "Addressable size"}),
    field_of<NamespaceRow, [](const NamespaceRow& n) { return value_or_null(n.it.used_bytes); }>(
        {.key = "used_bytes",
         .title = "Used",
         .unit = Unit::bytes,
         .show = Show::table,
         .doc = "Allocated capacity; null when the controller could not be asked"}),
    field_of<NamespaceRow, [](const NamespaceRow& n) { return value_or_null(n.it.lba_bytes); }>(
        {.key = "lba_bytes", .title = "LBA", .unit = Unit::bytes, .show = Show::table, .doc = "Logical block size"}),
    field_of<NamespaceRow, [](const NamespaceRow& n) { return value_or_null(n.it.metadata_bytes); }>(
        {.key = "metadata_bytes", .title = "Metadata", .unit = Unit::bytes, .doc = "Metadata of each logical block"}),
    field_of<NamespaceRow,
             [](const NamespaceRow& n) {
               return n.it.command_set
                          ? Value(Symbol{*n.it.command_set, std::string(name_of(command_sets, *n.it.command_set))})
                          : Value();
             }>({.key = "command_set",
                 .title = "Command set",
                 .kind = Kind::symbol,
                 .show = Show::wide,
                 .mnemonic = "csi",
                 .names = command_sets}),
    field_of<NamespaceRow, [](const NamespaceRow& n) { return known(n.it.uuid); }>(
        {.key = "uuid", .title = "UUID", .kind = Kind::string}),
    field_of<NamespaceRow, [](const NamespaceRow& n) { return known(n.it.nguid); }>(
        {.key = "nguid", .title = "NGUID", .kind = Kind::string}),
    field_of<NamespaceRow, [](const NamespaceRow& n) { return known(n.it.eui64); }>(
        {.key = "eui64", .title = "EUI64", .kind = Kind::string}),
    field_of<NamespaceRow, [](const NamespaceRow& n) { return known(n.it.wwid); }>(
        {.key = "wwid", .title = "WWID", .kind = Kind::string, .doc = "The kernel's stable identifier"}),
    field_of<NamespaceRow,
             [](const NamespaceRow& n) { return Value(rows<PathRow>(path_schema, n.all, n.all.paths, &n.it.paths)); }>(
        {.key = "paths",
         .title = "Paths",
         .kind = Kind::list,
         .doc = "One for each controller under native multipath, else empty",
         .element = &path_schema}),
    field_of<NamespaceRow, [](const NamespaceRow&) { return Value("nvme"); }>(
        {.key = "source", .title = "Source", .kind = Kind::string, .doc = "nvme here, pmem for persistent memory"}),
};
constexpr Schema namespace_schema{"namespace", "Namespaces", namespace_fields};

constexpr std::array controller_fields{
    field_of<ControllerRow, [](const ControllerRow& c) { return Value(c.it.name); }>(
        {.key = "name", .title = "Name", .kind = Kind::string, .show = Show::table}),
    field_of<ControllerRow, [](const ControllerRow& c) { return value_or_null(c.it.cntlid); }>(
        {.key = "controller_id", .title = "Cntlid", .show = Show::table, .mnemonic = "cntlid"}),
    field_of<ControllerRow,
             [](const ControllerRow& c) {
               const auto* s = subsystem_of(c.all, c.it.subsystem);
               return s != nullptr ? Value(s->name) : Value();
             }>({.key = "subsystem", .title = "Subsystem", .kind = Kind::string, .show = Show::table}),
    field_of<ControllerRow, [](const ControllerRow& c) { return known(c.it.serial); }>(
        {.key = "serial_number", .title = "SN", .kind = Kind::string, .show = Show::table, .mnemonic = "sn"}),
    field_of<ControllerRow, [](const ControllerRow& c) { return known(c.it.model); }>(
        {.key = "model_number", .title = "MN", .kind = Kind::string, .show = Show::table, .mnemonic = "mn"}),
    field_of<ControllerRow, [](const ControllerRow& c) { return known(c.it.firmware); }>(
        {.key = "firmware_revision", .title = "FR", .kind = Kind::string, .show = Show::table, .mnemonic = "fr"}),
    field_of<ControllerRow, [](const ControllerRow& c) { return known(c.it.transport); }>(
        {.key = "transport",
         .title = "TxPort",
         .kind = Kind::string,
         .show = Show::table,
         .doc = "pcie, tcp, rdma, fc, loop …"}),
    field_of<ControllerRow, [](const ControllerRow& c) { return known(c.it.address); }>(
        {.key = "address",
         .title = "Address",
         .kind = Kind::string,
         .show = Show::table,
         .doc = "As the kernel prints it; null where there is none"}),
    field_of<ControllerRow, [](const ControllerRow& c) { return address_part(c.it.address, "traddr"); }>(
        {.key = "transport_address", .title = "Transport address", .kind = Kind::string, .mnemonic = "traddr"}),
    field_of<ControllerRow, [](const ControllerRow& c) { return address_part(c.it.address, "trsvcid"); }>(
        {.key = "service_id", .title = "Service", .kind = Kind::string, .mnemonic = "trsvcid"}),
    field_of<ControllerRow, [](const ControllerRow& c) { return address_part(c.it.address, "host_traddr"); }>(
        {.key = "host_address", .title = "Host address", .kind = Kind::string, .mnemonic = "host_traddr"}),
    field_of<ControllerRow, [](const ControllerRow& c) { return known(c.it.slot); }>(
        {.key = "slot", .title = "Slot", .kind = Kind::string}),
    field_of<ControllerRow, [](const ControllerRow& c) { return known(c.it.state); }>(
        {.key = "state",
         .title = "State",
         .kind = Kind::string,
         .show = Show::table,
         .doc = "live, connecting, resetting, deleting, dead …"}),
    field_of<ControllerRow, [](const ControllerRow& c) { return known(c.it.type); }>(
        {.key = "type", .title = "Type", .kind = Kind::string, .doc = "io, discovery or admin"}),
    field_of<ControllerRow, [](const ControllerRow& c) { return value_or_null(c.it.numa_node); }>(
        {.key = "numa_node", .title = "NUMA node", .kind = Kind::integer}),
    field_of<ControllerRow, [](const ControllerRow& c) { return value_or_null(c.it.queue_count); }>(
        {.key = "queue_count", .title = "Queues", .doc = "Queue pairs, the admin queue included"}),
    field_of<ControllerRow, [](const ControllerRow& c) { return known(c.it.host_nqn); }>(
        {.key = "host_nqn", .title = "Host NQN", .kind = Kind::string}),
    field_of<ControllerRow, [](const ControllerRow& c) { return known(c.it.host_id); }>(
        {.key = "host_id", .title = "Host identifier", .kind = Kind::string}),
    field_of<ControllerRow, [](const ControllerRow& c) { return names(c.all.namespaces, c.it.namespaces); }>(
        {.key = "namespaces",
         .title = "Namespaces",
         .kind = Kind::list,
         .show = Show::table,
         .element_kind = Kind::string}),
};
constexpr Schema controller_schema{"controller", "Controllers", controller_fields};

constexpr auto subsystem_name = field_of<SubsystemRow, [](const SubsystemRow& s) { return Value(s.it.name); }>(
    {.key = "name", .title = "Subsystem", .kind = Kind::string, .show = Show::table});
constexpr auto subsystem_nqn =
    field_of<SubsystemRow, [](const SubsystemRow& s) { return known(s.it.nqn); }>({.key = "nqn",
                                                                                   .title = "Subsystem-NQN",
                                                                                   .kind = Kind::string,
                                                                                   .show = Show::table,
                                                                                   .doc = "NVMe Qualified Name",
                                                                                   .mnemonic = "subnqn"});
constexpr auto subsystem_serial = field_of<SubsystemRow, [](const SubsystemRow& s) { return known(s.it.serial); }>(
    {.key = "serial_number", .title = "SN", .kind = Kind::string, .mnemonic = "sn"});
constexpr auto subsystem_model = field_of<SubsystemRow, [](const SubsystemRow& s) { return known(s.it.model); }>(
    {.key = "model_number", .title = "Model", .kind = Kind::string, .mnemonic = "mn"});
constexpr auto subsystem_firmware = field_of<SubsystemRow, [](const SubsystemRow& s) { return known(s.it.firmware); }>(
    {.key = "firmware_revision", .title = "FW Rev", .kind = Kind::string, .mnemonic = "fr"});
constexpr auto subsystem_policy = field_of<SubsystemRow, [](const SubsystemRow& s) { return known(s.it.io_policy); }>(
    {.key = "io_policy", .title = "I/O policy", .kind = Kind::string, .doc = "How the kernel spreads I/O over paths"});
constexpr auto subsystem_namespaces = field_of<SubsystemRow, [](const SubsystemRow& s) {
  return names(s.all.namespaces, s.it.namespaces);
}>({.key = "namespaces", .title = "Namespaces", .kind = Kind::list, .show = Show::table, .element_kind = Kind::string});

constexpr std::array subsystem_fields{
    subsystem_name,
    subsystem_nqn,
    subsystem_serial,
    subsystem_model,
    subsystem_firmware,
    subsystem_policy,
    field_of<SubsystemRow, [](const SubsystemRow& s) { return names(s.all.controllers, s.it.controllers); }>(
        {.key = "controllers",
         .title = "Controllers",
         .kind = Kind::list,
         .show = Show::table,
         .element_kind = Kind::string}),
    subsystem_namespaces};
constexpr Schema subsystem_schema{"subsystem", "Subsystems", subsystem_fields};

// A controller within list-subsys: with the ANA state of its paths to the namespaces asked for.
struct TreeController {
  const Topology& all;
  const Controller& it;
  std::string ana_state;
};
constexpr std::array tree_controller_fields{
    field_of<TreeController, [](const TreeController& c) { return Value(c.it.name); }>(
        {.key = "name", .title = "Name", .kind = Kind::string, .show = Show::table}),
    field_of<TreeController, [](const TreeController& c) { return known(c.it.transport); }>(
        {.key = "transport", .title = "Transport", .kind = Kind::string, .show = Show::table}),
    field_of<TreeController, [](const TreeController& c) { return known(c.it.address); }>(
        {.key = "address", .title = "Address", .kind = Kind::string, .show = Show::table}),
    field_of<TreeController, [](const TreeController& c) { return address_part(c.it.address, "traddr"); }>(
        {.key = "transport_address", .title = "Transport address", .kind = Kind::string, .mnemonic = "traddr"}),
    field_of<TreeController, [](const TreeController& c) { return address_part(c.it.address, "trsvcid"); }>(
        {.key = "service_id", .title = "Service", .kind = Kind::string, .mnemonic = "trsvcid"}),
    field_of<TreeController, [](const TreeController& c) { return known(c.it.state); }>(
        {.key = "state", .title = "State", .kind = Kind::string, .show = Show::table}),
    field_of<TreeController, [](const TreeController& c) { return known(c.ana_state); }>(
        {.key = "ana_state",
         .title = "ANA state",
         .kind = Kind::string,
         .show = Show::table,
         .doc = "Of its path to the namespace asked for; null without one"}),
    field_of<TreeController, [](const TreeController& c) { return value_or_null(c.it.cntlid); }>(
        {.key = "controller_id", .title = "Cntlid", .mnemonic = "cntlid"}),
    field_of<TreeController, [](const TreeController& c) { return known(c.it.host_nqn); }>(
        {.key = "host_nqn", .title = "Host NQN", .kind = Kind::string}),
};
constexpr Schema tree_controller_schema{"controller", "Controllers", tree_controller_fields};

constexpr std::array tree_fields{subsystem_name,
                                 subsystem_nqn,
                                 subsystem_serial,
                                 subsystem_model,
                                 subsystem_firmware,
                                 subsystem_policy,
                                 field_of<SubsystemRow, [](const SubsystemRow& s) { return Value(s.controllers); }>(
                                     {.key = "controllers",
                                      .title = "Controllers",
                                      .kind = Kind::list,
                                      .show = Show::table,
                                      .element = &tree_controller_schema}),
                                 subsystem_namespaces};

constexpr std::array list_fields{
    Field{.key = "subsystems", .title = "Subsystems", .kind = Kind::list, .element = &subsystem_schema},
    Field{.key = "controllers", .title = "Controllers", .kind = Kind::list, .element = &controller_schema},
    Field{.key = "pmem",
          .title = "Persistent memory",
          .kind = Kind::list,
          .doc = "Block devices of this machine's persistent memory; pmem list tells more",
          .element = &list_pmem_schema},
    Field{.key = "namespaces",
          .title = "Namespaces",
          .kind = Kind::list,
          .show = Show::table,
          .element = &namespace_schema},
};

}  // namespace

const Schema list_schema{"list", "Subsystems, controllers and namespaces", list_fields};
const Schema subsystem_tree_schema{"list-subsys", "Subsystems and their controllers", tree_fields};

Record list_record(const Topology& topology, List pmem) {
  return {&list_schema,
          {rows<SubsystemRow>(subsystem_schema, topology, topology.subsystems, nullptr),
           rows<ControllerRow>(controller_schema, topology, topology.controllers, nullptr), std::move(pmem),
           rows<NamespaceRow>(namespace_schema, topology, topology.namespaces, nullptr)}};
}

List subsystem_tree(const Topology& topology, std::string_view only) {
  const auto named = [&](const auto& objects, std::size_t index) { return objects[index].name == only; };
  List list;
  for (const Subsystem& subsystem : topology.subsystems) {
    const auto chosen = std::find_if(subsystem.namespaces.begin(), subsystem.namespaces.end(),
                                     [&](std::size_t n) { return named(topology.namespaces, n); });
    const bool by_controller = std::any_of(subsystem.controllers.begin(), subsystem.controllers.end(),
                                           [&](std::size_t c) { return named(topology.controllers, c); });
    if (!only.empty() && chosen == subsystem.namespaces.end() && !by_controller) continue;
    SubsystemRow tree{topology, subsystem};
    for (const std::size_t index : subsystem.controllers) {
      TreeController controller{topology, topology.controllers[index], ""};
      if (chosen != subsystem.namespaces.end()) {
        for (const std::size_t p : topology.namespaces[*chosen].paths)
          if (topology.paths[p].controller == index) controller.ana_state = topology.paths[p].ana_state;
      }
      tree.controllers.items.emplace_back(to_record(tree_controller_schema, &controller));
    }
    list.items.emplace_back(to_record(subsystem_tree_schema, &tree));
  }
  return list;
}

}  // namespace nvmectl
