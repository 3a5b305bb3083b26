// remote_topology(): from discovery records to the model.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "nvme/admin.hpp"
#include "nvme/remote.hpp"

namespace nvmectl::nvme {
namespace {

// One controller that was connected and identified.
struct Seen {
  DeviceRef ref;
  std::string uri;
  ControllerFacts controller;
  std::vector<NamespaceFacts> namespaces;
};

std::uint16_t port_of(const DeviceRef& ref) {
  return ref.port.value_or(nvme_tcp_port);
}

Result<Seen> look_at(const DeviceRef& ref, const Opener& open, const Deadline& deadline) {
  Seen seen;
  seen.ref = ref;
  seen.uri = tcp_uri(ref.host, port_of(ref), ref.nqn);
  NVMECTL_ASSIGN(const std::unique_ptr<Device> device, open(ref, deadline));
  AdminTransport* const admin = device->admin();
  if (admin == nullptr) return fail(ErrorKind::unsupported, fmt::format("{} takes no admin commands", ref.text));
  NVMECTL_ASSIGN(seen.controller, read_controller_facts(*admin, deadline));
  NVMECTL_ASSIGN(std::vector<std::uint32_t> nsids, active_namespaces(*admin, deadline));
  if (ref.nsid) std::erase_if(nsids, [&](std::uint32_t nsid) { return nsid != *ref.nsid; });
  NVMECTL_ASSIGN(seen.namespaces, read_namespace_facts(*admin, deadline, nsids));
  return seen;
}

// The TCP subsystems of all logs, each address once.
std::vector<DeviceRef> subsystems_of(const Discovered& found, const RemoteOptions& options, Topology& topology) {
  std::vector<DeviceRef> refs;
  std::set<std::string> known;
  for (const DiscoveredLog& log : found.logs) {
    for (const DiscoveryRecord& record : log.log.records) {
      if (record.subsystem_type != subtype::nvm) continue;
      auto ref = reference_of(record, log.source);
      if (!ref) {
        topology.not_seen.push_back(
            make_error(ErrorKind::unsupported,
                       fmt::format("{} at {} was left out: {}", record.nqn, record.address, ref.error().message),
                       ref.error().hint));
      } else if (known.insert(tcp_uri(ref->host, port_of(*ref), ref->nqn)).second) {
        refs.push_back(std::move(*ref));
      }
    }
  }
  if (refs.size() > options.max_subsystem_ports) {
    topology.not_seen.push_back(make_error(
        ErrorKind::unsupported,
        fmt::format("{} of {} subsystem ports were left out", refs.size() - options.max_subsystem_ports, refs.size()),
        "name one subsystem: tcp://HOST[:PORT]/NQN"));
    refs.resize(options.max_subsystem_ports);
  }
  return refs;
}

// The kernel's form, so that a namespace has the same WWID whoever lists it.
std::string wwid_of(const NamespaceIds& ids) {
  if (!ids.uuid.empty()) return "uuid." + ids.uuid;
  if (!ids.nguid.empty()) return "eui." + ids.nguid;
  return ids.eui64.empty() ? std::string() : "eui." + ids.eui64;
}

Namespace make_namespace(const Seen& seen, const NamespaceFacts& facts) {
  Namespace ns;
  ns.name = ns.device_path = fmt::format("{}?nsid={}", seen.uri, facts.nsid);
  ns.nsid = facts.nsid;
  ns.size_bytes = facts.bytes(facts.size_blocks);
  ns.capacity_bytes = facts.bytes(facts.capacity_blocks);
  ns.used_bytes = facts.bytes(facts.used_blocks);
  if (facts.lba_bytes != 0) {
    ns.lba_bytes = facts.lba_bytes;
    ns.metadata_bytes = facts.metadata_bytes;
  }
  ns.command_set = facts.ids.csi;
  ns.uuid = facts.ids.uuid;
  ns.nguid = facts.ids.nguid;
  ns.eui64 = facts.ids.eui64;
  ns.wwid = wwid_of(facts.ids);
  return ns;
}

Controller make_controller(const Seen& seen, const RemoteOptions& options) {
  Controller controller;
  controller.name = seen.uri;
  controller.cntlid = seen.controller.controller_id;
  controller.serial = seen.controller.serial;
  controller.model = seen.controller.model;
  controller.firmware = seen.controller.firmware;
  controller.transport = "tcp";
  controller.address = fmt::format("traddr={},trsvcid={}", seen.ref.host, port_of(seen.ref));
  controller.state = "live";
  controller.type = seen.controller.type == 1   ? "io"
                    : seen.controller.type == 2 ? "discovery"
                    : seen.controller.type == 3 ? "admin"
                                                : "";
  controller.host_nqn = options.host_nqn;
  controller.host_id = options.host_id;
  return controller;
}

// `seen` is sorted by URI, which makes all vectors but the subsystems come out sorted.
void assemble(const std::vector<Seen>& seen, const RemoteOptions& options, Topology& topology) {
  std::map<std::string, std::size_t> subsystem_at;
  std::vector<const Seen*> by_nqn;
  for (const Seen& one : seen) by_nqn.push_back(&one);
  std::stable_sort(by_nqn.begin(), by_nqn.end(),
                   [](const Seen* a, const Seen* b) { return natural_less(a->ref.nqn, b->ref.nqn); });
  for (const Seen* one : by_nqn) {
    if (!subsystem_at.emplace(one->ref.nqn, topology.subsystems.size()).second) continue;
    Subsystem subsystem;
    subsystem.name = subsystem.nqn = one->ref.nqn;
    subsystem.serial = one->controller.serial;
    subsystem.model = one->controller.model;
    subsystem.firmware = one->controller.firmware;
    topology.subsystems.push_back(std::move(subsystem));
  }
  std::map<std::pair<std::size_t, std::uint32_t>, std::size_t> namespace_at;
  for (const Seen& one : seen) {
    const std::size_t subsystem = subsystem_at[one.ref.nqn];
    const std::size_t controller = topology.controllers.size();
    topology.controllers.push_back(make_controller(one, options));
    topology.controllers[controller].subsystem = subsystem;
    topology.subsystems[subsystem].controllers.push_back(controller);
    for (const NamespaceFacts& facts : one.namespaces) {
      if (facts.problem)
        topology.not_seen.push_back(Error(*facts.problem).on(fmt::format("{}?nsid={}", one.uri, facts.nsid)));
      const auto [at, added] = namespace_at.emplace(std::pair(subsystem, facts.nsid), topology.namespaces.size());
      if (added) {
        topology.namespaces.push_back(make_namespace(one, facts));
        topology.namespaces.back().subsystem = subsystem;
        topology.subsystems[subsystem].namespaces.push_back(at->second);
      }
      topology.namespaces[at->second].controllers.push_back(controller);
      topology.controllers[controller].namespaces.push_back(at->second);
    }
  }
}

// Paths exist only where more than one controller leads to a namespace.
void add_paths(const std::vector<Seen>& seen, Topology& topology) {
  for (std::size_t c = 0; c < topology.controllers.size(); ++c) {
    for (const std::size_t n : topology.controllers[c].namespaces) {
      Namespace& ns = topology.namespaces[n];
      if (ns.controllers.size() < 2) continue;
      Path path;
      path.name = fmt::format("{}?nsid={}", topology.controllers[c].name, ns.nsid);
      path.controller = c;
      path.ns = n;
      const auto facts = std::find_if(seen[c].namespaces.begin(), seen[c].namespaces.end(),
                                      [&](const NamespaceFacts& f) { return f.nsid == ns.nsid; });
      if (facts != seen[c].namespaces.end() && facts->ana_group_id != 0) path.ana_group = facts->ana_group_id;
      ns.paths.push_back(topology.paths.size());
      topology.paths.push_back(std::move(path));
    }
  }
}

}  // namespace

Result<Topology> remote_topology(const DeviceRef& start, const Opener& open, const RemoteOptions& options) {
  Topology topology;
  std::vector<Seen> seen;
  const Deadline& deadline = options.discover.deadline;
  if (!start.nqn.empty() && start.nqn != discovery_nqn) {
    NVMECTL_ASSIGN(Seen one, look_at(start, open, deadline));
    seen.push_back(std::move(one));
  } else {
    NVMECTL_ASSIGN(Discovered found, discover_all(start, open, options.discover));
    std::vector<DeviceRef> refs = subsystems_of(found, options, topology);
    topology.not_seen.insert(topology.not_seen.end(), std::make_move_iterator(found.errors.begin()),
                             std::make_move_iterator(found.errors.end()));
    for (std::size_t i = 0; i < refs.size(); ++i) {
      // One that does not answer must leave time for those behind it.
      const auto share = deadline.left() / static_cast<std::int64_t>(std::min<std::size_t>(refs.size() - i, 4));
      auto one = look_at(refs[i], open, deadline.at_most(share));
      if (one) {
        seen.push_back(std::move(*one));
      } else if (one.error().kind == ErrorKind::cancelled) {
        return fail(std::move(one).error());
      } else {
        topology.not_seen.push_back(std::move(one).error().on(refs[i].text));
      }
    }
  }
  std::sort(seen.begin(), seen.end(), [](const Seen& a, const Seen& b) { return natural_less(a.uri, b.uri); });
  assemble(seen, options, topology);
  add_paths(seen, topology);
  return topology;
}

}  // namespace nvmectl::nvme
