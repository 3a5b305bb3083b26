#include "backends/linux/describe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <utility>
#include <vector>

#include "backends/linux/node.hpp"
#include "core/text.hpp"

namespace nvmectl::linux_backend {
namespace {

using Uses = std::vector<std::pair<std::string, std::string>>;  // node, "mounted at /srv"

// Lines of /proc/self/mounts and /proc/swaps whose first word is a device node.
Uses uses_of_this_machine() {
  Uses uses;
  const auto read = [&](const char* path, bool swap) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
      const auto words = split(line, ' ');
      if (words.size() < 2 || !words[0].starts_with("/dev/")) continue;
      const std::string_view node = words[0].substr(5);
      uses.emplace_back(node.substr(0, node.find('\t')),
                        swap ? "used as swap" : fmt::format("mounted at {}", printable(words[1])));
    }
  };
  read("/proc/self/mounts", false);
  read("/proc/swaps", true);
  return uses;
}

// The namespace's block device and its partitions, by name.
std::vector<std::string> block_devices(const std::string& name, SysfsReader& sysfs) {
  std::vector<std::string> devices{name};
  for (const std::string& entry : sysfs.list("class/block/" + name).value_or(std::vector<std::string>{}))
    if (entry.starts_with(name + "p")) devices.push_back(entry);
  return devices;
}

std::string users(const std::string& name, const Uses& uses, SysfsReader& sysfs) {
  std::string text;
  for (const std::string& device : block_devices(name, sysfs)) {
    for (const auto& [node, how] : uses)
      if (node == device) text += fmt::format("      {} is {}\n", device, how);
    for (const std::string& holder :
         sysfs.list("class/block/" + device + "/holders").value_or(std::vector<std::string>{}))
      text += fmt::format("      {} is held by {}\n", device, printable(holder));
  }
  return text.empty() ? "      not mounted, not held\n" : text;
}

// The namespaces that the device stands for.
std::vector<std::size_t> namespaces_of(const std::string& name, const Topology& topology) {
  for (const Controller& controller : topology.controllers)
    if (controller.name == name) return controller.namespaces;
  const auto parsed = NodeName::parse(name);
  const std::string block = parsed && parsed->kind != NodeName::Kind::controller ? parsed->block_name() : name;
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < topology.namespaces.size(); ++i)
    if (topology.namespaces[i].name == block) found.push_back(i);
  return found;
}

}  // namespace

Result<std::string> describe_device(const DeviceRef& device, const Topology& topology, SysfsReader& sysfs,
                                    const KernelCalls& calls) {
  std::string name = device.name;
  if (name.find('/') != std::string::npos) {  // a link such as /dev/disk/by-id/…
    const auto resolved = calls.resolve(name.starts_with('/') ? name : "/dev/" + name);
    if (resolved) name = resolved->substr(resolved->rfind('/') + 1);
  }
  const bool controller = std::any_of(topology.controllers.begin(), topology.controllers.end(),
                                      [&](const Controller& c) { return c.name == name; });
  const auto namespaces = namespaces_of(name, topology);
  if (!controller && namespaces.empty())
    return fail(make_error(ErrorKind::not_found, fmt::format("there is no NVMe device {}", device.text),
                           "nvmectl list -v shows what is there")
                    .on(device.text));
  const Uses uses = uses_of_this_machine();
  std::string text;
  for (const std::size_t index : namespaces) {
    const Namespace& ns = topology.namespaces[index];
    const Subsystem& subsystem = topology.subsystems[ns.subsystem];
    if (text.empty())
      text = fmt::format("  model {}, serial {}, firmware {}\n", subsystem.model, subsystem.serial, subsystem.firmware);
    text += fmt::format("    {} (NSID {}), {}\n", ns.name, ns.nsid,
                        ns.size_bytes ? format_iec(*ns.size_bytes) : "size unknown");
    text += users(ns.name, uses, sysfs);
  }
  return text.empty() ? "  no namespaces\n" : text;
}

}  // namespace nvmectl::linux_backend
