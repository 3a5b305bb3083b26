#include "commands/state/topology_rows.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "commands/known.hpp"
#include "commands/state/selection.hpp"

namespace nvmectl {
namespace {

// A controller's way to a namespace; without namespaces, the controller alone.
struct Way {
  const Topology& all;
  std::size_t controller;
  const Namespace* ns = nullptr;
  const Path* path = nullptr;
  [[nodiscard]] const Controller& it() const { return all.controllers[controller]; }
  [[nodiscard]] const Subsystem& subsystem() const { return all.subsystems[it().subsystem]; }
};

std::vector<Way> ways_of(const Topology& all, std::size_t controller) {
  std::vector<Way> ways;
  for (const std::size_t n : all.controllers[controller].namespaces) {
    Way way{all, controller, &all.namespaces[n]};
    for (const std::size_t p : way.ns->paths)
      if (all.paths[p].controller == controller) way.path = &all.paths[p];
    ways.push_back(way);
  }
  return ways;
}

constexpr auto way_namespace =
    field_of<Way, [](const Way& w) { return w.ns != nullptr ? Value(w.ns->name) : Value(); }>(
        {.key = "namespace", .title = "Namespace", .kind = Kind::string, .show = Show::table});
constexpr auto way_nsid = field_of<Way, [](const Way& w) { return w.ns != nullptr ? Value(w.ns->nsid) : Value(); }>(
    {.key = "nsid", .title = "NSID", .show = Show::table});
constexpr auto way_size =
    field_of<Way, [](const Way& w) { return w.ns != nullptr ? value_or_null(w.ns->size_bytes) : Value(); }>(
        {.key = "size_bytes", .title = "Size", .unit = Unit::bytes, .show = Show::table});
constexpr auto way_path = field_of<Way, [](const Way& w) {
  return w.path != nullptr ? Value(w.path->name) : Value();
}>({.key = "path", .title = "Path", .kind = Kind::string, .show = Show::table, .doc = "Null without native multipath"});
constexpr auto way_ana =
    field_of<Way, [](const Way& w) { return w.path != nullptr ? known(w.path->ana_state) : Value(); }>(
        {.key = "ana_state", .title = "ANA state", .kind = Kind::string, .show = Show::table});
constexpr auto way_group =
    field_of<Way, [](const Way& w) { return w.path != nullptr ? value_or_null(w.path->ana_group) : Value(); }>(
        {.key = "ana_group", .title = "ANA group"});
constexpr auto way_controller = field_of<Way, [](const Way& w) { return Value(w.it().name); }>(
    {.key = "controller", .title = "Controller", .kind = Kind::string, .show = Show::table});
constexpr auto way_transport = field_of<Way, [](const Way& w) { return known(w.it().transport); }>(
    {.key = "transport", .title = "Transport", .kind = Kind::string, .show = Show::table});
constexpr auto way_address =
    field_of<Way, [](const Way& w) { return known(shown_address(w.it())); }>({.key = "address",
                                                                              .title = "Address",
                                                                              .kind = Kind::string,
                                                                              .show = Show::table,
                                                                              .doc = "ADDRESS:SERVICE, or PCIe"});
constexpr auto way_state = field_of<Way, [](const Way& w) { return known(w.it().state); }>(
    {.key = "state", .title = "State", .kind = Kind::string, .show = Show::table});
constexpr auto way_subsystem = field_of<Way, [](const Way& w) { return known(w.subsystem().name); }>(
    {.key = "subsystem", .title = "Subsystem", .kind = Kind::string, .show = Show::table});
constexpr auto way_nqn = field_of<Way, [](const Way& w) { return known(w.subsystem().nqn); }>(
    {.key = "nqn", .title = "NQN", .kind = Kind::string, .mnemonic = "subnqn"});
constexpr auto way_host = field_of<Way, [](const Way& w) { return known(w.it().host_nqn); }>(
    {.key = "host_nqn", .title = "Host NQN", .kind = Kind::string, .doc = "Null for local drives"});

constexpr std::array leaf_fields{way_namespace, way_nsid, way_size, way_path, way_ana, way_group};
constexpr Schema leaf_schema{"namespace", "Namespaces", leaf_fields};
constexpr std::array row_fields{way_host,    way_subsystem, way_nqn,       way_controller, way_transport,
                                way_address, way_state,     way_namespace, way_nsid,       way_size,
                                way_path,    way_ana,       way_group};
constexpr Schema row_schema{"path", "Paths", row_fields};

constexpr std::array controller_fields{
    way_controller, way_transport, way_address, way_state,
    field_of<Way, [](const Way& w) { return Value(to_list(leaf_schema, ways_of(w.all, w.controller))); }>(
        {.key = "namespaces", .title = "Namespaces", .kind = Kind::list, .element = &leaf_schema})};
constexpr Schema controller_schema{"controller", "Controllers", controller_fields};

// The controllers of one host to one subsystem.
struct Branch {
  const Topology& all;
  std::size_t subsystem;
  std::vector<Way> controllers = {};
  [[nodiscard]] const Subsystem& it() const { return all.subsystems[subsystem]; }
};
constexpr std::array branch_fields{
    field_of<Branch, [](const Branch& b) { return known(b.it().name); }>(
        {.key = "name", .title = "Subsystem", .kind = Kind::string, .show = Show::table}),
    field_of<Branch, [](const Branch& b) { return known(b.it().nqn); }>(
        {.key = "nqn", .title = "NQN", .kind = Kind::string, .show = Show::table}),
    field_of<Branch, [](const Branch& b) { return Value(connection_word(b.all, b.it())); }>(
        {.key = "status",
         .title = "Status",
         .kind = Kind::string,
         .show = Show::table,
         .doc = "connected, connecting or disconnected"}),
    field_of<Branch, [](const Branch& b) { return known(b.it().io_policy); }>(
        {.key = "io_policy", .title = "I/O policy", .kind = Kind::string}),
    field_of<Branch, [](const Branch& b) { return Value(to_list(controller_schema, b.controllers)); }>(
        {.key = "controllers", .title = "Controllers", .kind = Kind::list, .element = &controller_schema})};
constexpr Schema branch_schema{"subsystem", "Subsystems", branch_fields};

struct Host {
  std::string nqn, id;
  std::vector<Branch> branches;
};
constexpr std::array host_fields{
    field_of<Host, [](const Host& h) { return known(h.nqn); }>({.key = "host_nqn",
                                                                .title = "Host NQN",
                                                                .kind = Kind::string,
                                                                .show = Show::table,
                                                                .doc = "Null for the host of local drives"}),
    field_of<Host, [](const Host& h) { return known(h.id); }>(
        {.key = "host_id", .title = "Host identifier", .kind = Kind::string}),
    field_of<Host, [](const Host& h) { return Value(to_list(branch_schema, h.branches)); }>(
        {.key = "subsystems", .title = "Subsystems", .kind = Kind::list, .element = &branch_schema})};
constexpr Schema host_schema{"host", "Hosts", host_fields};

constexpr std::array fields{
    Field{.key = "hosts", .title = "Hosts", .kind = Kind::list, .element = &host_schema},
    Field{.key = "paths", .title = "Paths", .kind = Kind::list, .show = Show::table, .element = &row_schema},
};

}  // namespace

const Schema topology_schema{"topology", "Hosts, subsystems, controllers and namespaces", fields};
const Schema topology_ascii_schema{"topology", "Hosts, subsystems, controllers and namespaces", fields};

Record topology_record(const Topology& topology, const std::vector<std::size_t>& chosen, bool ascii) {
  std::map<std::pair<std::string, std::string>, std::vector<Branch>> by_host;
  List rows;
  for (const std::size_t subsystem : chosen) {
    for (const std::size_t c : topology.subsystems[subsystem].controllers) {
      const Controller& controller = topology.controllers[c];
      auto& branches = by_host[{controller.host_nqn, controller.host_id}];
      if (branches.empty() || branches.back().subsystem != subsystem) branches.push_back({topology, subsystem});
      const Way alone{topology, c};
      branches.back().controllers.push_back(alone);
      const auto ways = ways_of(topology, c);
      if (ways.empty()) rows.items.emplace_back(to_record(row_schema, &alone));
      for (const Way& way : ways) rows.items.emplace_back(to_record(row_schema, &way));
    }
  }
  List hosts;
  for (auto& [identity, branches] : by_host) {
    const Host host{identity.first, identity.second, std::move(branches)};
    hosts.items.emplace_back(to_record(host_schema, &host));
  }
  return {ascii ? &topology_ascii_schema : &topology_schema, {std::move(hosts), std::move(rows)}};
}

}  // namespace nvmectl
