#include "backends/linux/describe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "backends/linux/node.hpp"
#include "backends/linux/uses.hpp"
#include "core/text.hpp"

namespace nvmectl::linux_backend {
namespace {

std::string users(const std::string& name, UseTable& table) {
  std::string text;
  for (const Use& use : table.of(name)) text += fmt::format("      {} is {}\n", use.device, use.how);
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
  UseTable uses(sysfs);
  std::string text;
  for (const std::size_t index : namespaces) {
    const Namespace& ns = topology.namespaces[index];
    const Subsystem& subsystem = topology.subsystems[ns.subsystem];
    if (text.empty())
      text = fmt::format("  model {}, serial {}, firmware {}\n", subsystem.model, subsystem.serial, subsystem.firmware);
    text += fmt::format("    {} (NSID {}), {}\n", ns.name, ns.nsid,
                        ns.size_bytes ? format_iec(*ns.size_bytes) : "size unknown");
    text += users(ns.name, uses);
  }
  return text.empty() ? "  no namespaces\n" : text;
}

}  // namespace nvmectl::linux_backend
