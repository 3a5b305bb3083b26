#include "backends/linux/topology.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "backends/linux/connection_state.hpp"
#include "backends/linux/node.hpp"
#include "core/text.hpp"

namespace nvmectl::linux_backend {
namespace {

using Kind = NodeName::Kind;
using Names = std::vector<std::string>;

// "nvme-subsys12"
bool is_subsystem(std::string_view name) {
  constexpr std::string_view prefix = "nvme-subsys";
  return name.starts_with(prefix) && name.size() > prefix.size() &&
         name.find_first_not_of("0123456789", prefix.size()) == std::string_view::npos;
}

// Text of an attribute. The kernel prints "(null)" or "(efault)" for what a controller without a subsystem has not.
std::string text_of(const std::optional<std::string>& raw) {
  if (!raw || *raw == "(null)" || *raw == "(efault)") return {};
  return printable(*raw);
}

// An identifier's hexadecimal digits alone, in lower case; "" when it is zero, which is how "none" is written.
std::string digits_of(const std::optional<std::string>& raw) {
  std::string digits;
  for (const char c : raw.value_or("")) {
    if (c == '-' || c == ' ') continue;
    const char lower = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    if (!((lower >= '0' && lower <= '9') || (lower >= 'a' && lower <= 'f'))) return {};
    digits.push_back(lower);
  }
  return digits.find_first_not_of('0') == std::string::npos ? std::string() : digits;
}

std::string uuid_text(const std::string& digits) {
  if (digits.size() != 32) return {};
  return fmt::format("{}-{}-{}-{}-{}", digits.substr(0, 8), digits.substr(8, 4), digits.substr(12, 4),
                     digits.substr(16, 4), digits.substr(20));
}

void sort_names(Names& names) {
  std::sort(names.begin(), names.end(), natural_less);
}

class Scan {
 public:
  Scan(SysfsReader& sysfs, const ScanRequest& request) : sysfs_(sysfs), request_(request) {}
  void run(Names subsystems, Names controllers);
  Topology topology;
  NamespaceDirectories directories;

 private:
  struct FoundController {
    std::string name;
    Names children;
  };
  struct FoundNamespace {
    std::string name, directory;
    std::size_t subsystem = 0;
    std::optional<std::size_t> controller;  // without multipath
  };
  struct FoundPath {
    std::string name, directory;
    std::size_t controller = 0;
  };

  std::string attribute(std::string_view name) { return text_of(raw(name)); }
  std::optional<std::string> raw(std::string_view name) {
    return sysfs_.read(std::string(directory_).append("/").append(name));
  }
  void find_controllers(Names names);
  void add_orphans();
  void add_subsystem(std::string name);
  void add_controller(FoundController found);
  void read_addresses(Controller& controller);
  void read_slots();
  void find_namespace(FoundNamespace found);
  void add_namespaces();
  bool read_namespace(Namespace& ns, const std::string& name);
  void read_identifiers(Namespace& ns);
  void read_command_set(Namespace& ns);
  void find_nodes();
  void add_paths();

  SysfsReader& sysfs_;
  const ScanRequest& request_;
  std::string directory_;  // what attribute() and raw() read in
  std::vector<FoundController> controllers_;
  std::vector<FoundNamespace> namespaces_;
  std::vector<FoundPath> paths_;
  std::unordered_map<std::string, std::size_t> subsystem_of_;      // by controller name
  std::unordered_map<std::string, std::size_t> namespace_number_;  // by name
  std::unordered_set<std::string> nodes_;
};

void Scan::run(Names subsystems, Names controllers) {
  sort_names(subsystems);
  sort_names(controllers);
  find_controllers(std::move(controllers));
  // A subsystem's directory says which controllers it has, so subsystems come first; those that have to be made up
  // for controllers without one come before them, for they have no name.
  std::vector<std::pair<std::string, Names>> found;
  for (std::string& name : subsystems) {
    auto children = sysfs_.list("class/nvme-subsystem/" + name);
    if (!children) continue;  // gone since
    for (const std::string& child : *children)
      if (const auto node = NodeName::parse(child); node && node->kind == Kind::controller) subsystem_of_[child] = 0;
    found.emplace_back(std::move(name), std::move(*children));
  }
  add_orphans();
  for (auto& [name, children] : found) {
    const std::size_t number = topology.subsystems.size();
    for (std::string& child : children) {
      const auto node = NodeName::parse(child);
      if (node && node->kind == Kind::controller) subsystem_of_[child] = number;
      if (node && node->kind == Kind::block) {
        std::string directory = fmt::format("class/nvme-subsystem/{}/{}", name, child);
        find_namespace({std::move(child), std::move(directory), number, std::nullopt});
      }
    }
    add_subsystem(std::move(name));
  }
  for (FoundController& controller : controllers_) add_controller(std::move(controller));
  if (request_.addresses) read_slots();
  find_nodes();
  add_namespaces();
  add_paths();
}

void Scan::find_controllers(Names names) {
  for (std::string& name : names) {
    const auto node = NodeName::parse(name);
    if (!node || node->kind != Kind::controller) continue;
    auto children = sysfs_.list("class/nvme/" + name);
    if (children) controllers_.push_back({std::move(name), std::move(*children)});
  }
}

void Scan::add_orphans() {
  for (const FoundController& controller : controllers_) {
    if (subsystem_of_.contains(controller.name)) continue;
    subsystem_of_[controller.name] = topology.subsystems.size();
    directory_ = "class/nvme/" + controller.name;
    Subsystem& subsystem = topology.subsystems.emplace_back();
    subsystem.nqn = attribute("subsysnqn");
    subsystem.serial = attribute("serial");
    subsystem.model = attribute("model");
    subsystem.firmware = attribute("firmware_rev");
  }
}

void Scan::add_subsystem(std::string name) {
  directory_ = "class/nvme-subsystem/" + name;
  Subsystem& subsystem = topology.subsystems.emplace_back();
  subsystem.name = std::move(name);
  subsystem.nqn = attribute("subsysnqn");
  subsystem.serial = attribute("serial");
  subsystem.model = attribute("model");
  subsystem.firmware = attribute("firmware_rev");
  if (request_.paths) subsystem.io_policy = attribute("iopolicy");
}

void Scan::add_controller(FoundController found) {
  const std::size_t number = topology.controllers.size();
  Controller& controller = topology.controllers.emplace_back();
  directory_ = "class/nvme/" + found.name;
  controller.name = std::move(found.name);
  controller.subsystem = subsystem_of_[controller.name];
  Subsystem& subsystem = topology.subsystems[controller.subsystem];
  subsystem.controllers.push_back(number);
  // The kernel keeps these three in the subsystem: a controller's attributes print the same, so they are not read.
  controller.serial = subsystem.serial.empty() ? attribute("serial") : subsystem.serial;
  controller.model = subsystem.model.empty() ? attribute("model") : subsystem.model;
  controller.firmware = subsystem.firmware.empty() ? attribute("firmware_rev") : subsystem.firmware;
  if (request_.addresses || request_.usage) controller.state = attribute("state");
  if (request_.addresses) read_addresses(controller);
  if (request_.connections)
    controller.connection = read_connection_state(sysfs_, directory_, found.children, controller.transport);

  for (std::string& child : found.children) {
    const auto node = NodeName::parse(child);
    if (!node) continue;
    std::string directory = fmt::format("{}/{}", directory_, child);
    if (node->kind == Kind::block)
      find_namespace({std::move(child), std::move(directory), controller.subsystem, number});
    else if (node->kind == Kind::path) paths_.push_back({std::move(child), std::move(directory), number});
  }
}

void Scan::read_addresses(Controller& controller) {
  controller.transport = attribute("transport");
  controller.address = attribute("address");
  controller.type = attribute("cntrltype");
  if (const auto id = number_of(raw("cntlid"), 0xffff)) controller.cntlid = static_cast<std::uint16_t>(*id);
  if (const auto node = number_of(raw("numa_node"), std::numeric_limits<std::int32_t>::max()))
    controller.numa_node = static_cast<std::int32_t>(*node);  // "-1" is none, and no number here
  if (const auto count = number_of(raw("queue_count"), 0xffff))
    controller.queue_count = static_cast<std::uint32_t>(*count);
  if (controller.transport == "pcie" || controller.transport == "apple-nvme") return;  // local: no host identity
  controller.host_nqn = attribute("hostnqn");
  controller.host_id = attribute("hostid");
}

// A slot's address is its devices' without the function: "0000:01:00".
void Scan::read_slots() {
  const auto slots = sysfs_.list("bus/pci/slots");
  if (!slots || slots->empty()) return;
  std::unordered_map<std::string, std::string> by_address;
  for (const std::string& slot : *slots)
    if (auto address = sysfs_.read("bus/pci/slots/" + slot + "/address")) by_address[*address] = printable(slot);
  for (Controller& controller : topology.controllers) {
    if (controller.transport != "pcie") continue;
    const auto slot = by_address.find(controller.address.substr(0, controller.address.rfind('.')));
    if (slot != by_address.end()) controller.slot = slot->second;
  }
}

void Scan::find_namespace(FoundNamespace found) {
  if (namespace_number_.emplace(found.name, 0).second) namespaces_.push_back(std::move(found));
}

void Scan::add_namespaces() {
  // A tree captured without the heads still has their paths, which tell the same.
  for (const FoundPath& path : paths_)
    find_namespace({NodeName::parse(path.name)->block_name(), path.directory,
                    topology.controllers[path.controller].subsystem, std::nullopt});
  std::sort(namespaces_.begin(), namespaces_.end(),
            [](const FoundNamespace& a, const FoundNamespace& b) { return natural_less(a.name, b.name); });
  namespace_number_.clear();
  const bool names_only = request_.connections && !request_.identifiers && !request_.usage;
  for (FoundNamespace& found : namespaces_) {
    directory_ = std::move(found.directory);
    Namespace ns;
    if (!names_only && !read_namespace(ns, found.name)) continue;  // gone since
    const std::size_t number = topology.namespaces.size();
    if (nodes_.contains(found.name)) ns.device_path = "/dev/" + found.name;
    const std::string generic = NodeName::parse(found.name)->generic_name();
    if (nodes_.contains(generic)) ns.generic_path = "/dev/" + generic;
    ns.subsystem = found.subsystem;
    topology.subsystems[ns.subsystem].namespaces.push_back(number);
    if (found.controller) {
      ns.controllers.push_back(*found.controller);
      topology.controllers[*found.controller].namespaces.push_back(number);
    }
    namespace_number_[found.name] = number;
    ns.name = std::move(found.name);
    topology.namespaces.push_back(std::move(ns));
    directories.push_back(directory_);
  }
}

// False when it is not there any more.
bool Scan::read_namespace(Namespace& ns, const std::string& name) {
  const auto nsid = number_of(raw("nsid"), 0xffffffff);
  const auto sectors = number_of(raw("size"), std::numeric_limits<std::uint64_t>::max() / 512);
  if (!nsid && !sectors && !sysfs_.exists(directory_)) return false;

  ns.nsid = static_cast<std::uint32_t>(nsid.value_or(0));
  if (!nsid)
    topology.not_seen.push_back(
        make_error(ErrorKind::partial, fmt::format("the NSID of {} could not be read", name)).on(name));
  // The kernel counts in 512 bytes whatever the block size is. 0 means that it does no I/O to the namespace (metadata
  // that it has no use for), not that the namespace is empty.
  if (sectors.value_or(0) != 0) ns.size_bytes = *sectors * 512;
  if (const auto lba = number_of(raw("queue/logical_block_size"), 0x80000000); lba && *lba > 0)
    ns.lba_bytes = static_cast<std::uint32_t>(*lba);
  if (const auto bytes = number_of(raw("metadata_bytes"), 0xffff))
    ns.metadata_bytes = static_cast<std::uint32_t>(*bytes);
  if (request_.identifiers) {
    read_identifiers(ns);
    read_command_set(ns);
  }
  return true;
}

// wwid holds the best identifier that there is, so it tells which of the others need not be looked for: "uuid.…",
// "eui.<NGUID>", "eui.<EUI64>", or "nvme.…" when there is none. The attribute uuid is no help: it repeats the NGUID
// when there is no UUID.
void Scan::read_identifiers(Namespace& ns) {
  ns.wwid = attribute("wwid");
  const std::string_view wwid = ns.wwid;
  if (wwid.starts_with("nvme.")) return;
  const bool eui = wwid.starts_with("eui.");
  const std::string best = digits_of(std::string(wwid.substr(std::min<std::size_t>(wwid.size(), eui ? 4 : 5))));
  if (eui && best.size() == 16) {
    ns.eui64 = best;
    return;
  }
  ns.nguid = eui ? best : digits_of(raw("nguid"));
  ns.eui64 = digits_of(raw("eui"));
  if (eui) return;
  const std::string uuid = wwid.starts_with("uuid.") ? best : digits_of(raw("uuid"));
  if (uuid != ns.nguid) ns.uuid = uuid_text(uuid);
}

void Scan::read_command_set(Namespace& ns) {
  if (const auto csi = number_of(raw("csi"), 0xff)) {
    ns.command_set = static_cast<std::uint8_t>(*csi);
  } else if (const auto zoned = raw("queue/zoned")) {  // Linux before 6.8
    ns.command_set = static_cast<std::uint8_t>(zoned->starts_with("host-") ? 2 : 0);
  }
}

// Which nodes exist: what /dev holds, or in a captured tree what the kernel had announced.
void Scan::find_nodes() {
  const auto keep = [&](std::optional<Names> names) {
    for (std::string& name : names.value_or(Names{})) nodes_.insert(std::move(name));
  };
  if (sysfs_.root().empty()) {
    keep(sysfs_.list_in_root("dev"));
    return;
  }
  keep(sysfs_.list("class/block"));
  if (nodes_.empty()) keep(sysfs_.list("block"));
  keep(sysfs_.list("class/nvme-generic"));
}

void Scan::add_paths() {
  std::sort(paths_.begin(), paths_.end(),
            [](const FoundPath& a, const FoundPath& b) { return natural_less(a.name, b.name); });
  for (FoundPath& found : paths_) {
    const auto ns = namespace_number_.find(NodeName::parse(found.name)->block_name());
    if (ns == namespace_number_.end()) continue;  // gone since
    Namespace& head = topology.namespaces[ns->second];
    head.paths.push_back(topology.paths.size());
    if (std::find(head.controllers.begin(), head.controllers.end(), found.controller) == head.controllers.end()) {
      head.controllers.push_back(found.controller);
      topology.controllers[found.controller].namespaces.push_back(ns->second);
    }
    Path& path = topology.paths.emplace_back();
    path.controller = found.controller;
    path.ns = ns->second;
    if (request_.paths) {
      directory_ = std::move(found.directory);
      path.ana_state = attribute("ana_state");
      if (const auto group = number_of(raw("ana_grpid"), 0xffffffff))
        path.ana_group = static_cast<std::uint32_t>(*group);
    }
    path.name = std::move(found.name);
  }
  for (Controller& controller : topology.controllers)
    std::sort(controller.namespaces.begin(), controller.namespaces.end());
  for (Namespace& ns : topology.namespaces) std::sort(ns.controllers.begin(), ns.controllers.end());
}

}  // namespace

std::optional<std::uint64_t> number_of(const std::optional<std::string>& text, std::uint64_t most) {
  if (!text || text->empty()) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size() || value > most) return std::nullopt;
  return value;
}

Result<Topology> scan_topology(SysfsReader& sysfs, const ScanRequest& request, const KernelCalls& calls,
                               const ScanSettings& settings) {
  auto controllers = sysfs.list("class/nvme");
  auto subsystems = sysfs.list("class/nvme-subsystem");
  if (!controllers && !subsystems) {
    if (!sysfs.root().empty() && !sysfs.exists("class"))
      return fail(make_error(ErrorKind::not_found, fmt::format("{} is not a captured tree", printable(sysfs.root())),
                             "give the directory that holds sys/, such as an unpacked sosreport")
                      .with_cause("there is no sys/class in it"));
    Topology nothing;
    nothing.not_seen.push_back(make_error(ErrorKind::unsupported, "no NVMe driver is loaded",
                                          "load one with: modprobe nvme (PCIe drives) or modprobe nvme-tcp (fabrics)"));
    return nothing;
  }
  Names names = std::move(subsystems).value_or(Names{});
  std::erase_if(names, [](const std::string& name) { return !is_subsystem(name); });
  Scan scan(sysfs, request);
  scan.run(std::move(names), std::move(controllers).value_or(Names{}));
  if (request.usage) read_usage(scan.topology, scan.directories, sysfs, request, calls, settings);
  return std::move(scan.topology);
}

}  // namespace nvmectl::linux_backend
