// Looking at the kernel's fabrics controllers: which there are, and when one can be used.
#include <fmt/format.h>

#include <algorithm>
#include <poll.h>
#include <unistd.h>
#include <utility>

#include "backends/linux/initiator.hpp"
#include "backends/linux/node.hpp"
#include "core/text.hpp"
#include "nvme/admin.hpp"

namespace nvmectl::linux_backend {
namespace {

constexpr int poll_milliseconds = 10;

// NSIDs of `controller` that have a block device, and those that cannot have one in their ANA state.
struct Seen {
  std::vector<std::uint64_t> ready, inaccessible;
};

Seen look(SysfsReader& sysfs, const std::string& directory) {
  Seen seen;
  for (const std::string& child : sysfs.list(directory).value_or(std::vector<std::string>{})) {
    const auto node = NodeName::parse(child);
    if (!node || (node->kind != NodeName::Kind::block && node->kind != NodeName::Kind::path)) continue;
    const auto nsid = parse_number(sysfs.read(directory + "/" + child + "/nsid").value_or(""), "nsid");
    if (!nsid) continue;
    if (::access(("/dev/" + node->block_name()).c_str(), F_OK) == 0) {
      seen.ready.push_back(*nsid);
      continue;
    }
    const std::string state = sysfs.read(directory + "/" + child + "/ana_state").value_or("");
    if (!state.empty() && state != "optimized" && state != "non-optimized") seen.inaccessible.push_back(*nsid);
  }
  return seen;
}

bool contains(const std::vector<std::uint64_t>& list, std::uint64_t value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

Result<> wait_until_live(SysfsReader& sysfs, const std::string& controller, std::string& type,
                         const Deadline& deadline) {
  for (;;) {
    const auto state = sysfs.read("class/nvme/" + controller + "/state");
    if (!state)
      return fail(make_error(ErrorKind::not_found, fmt::format("the controller {} went away again", controller),
                             "the kernel's words are in: dmesg")
                      .on(controller));
    if (*state == "live") break;
    if (deadline.passed())
      return fail(make_error(ErrorKind::timeout, fmt::format("{} is {} and not live", controller, printable(*state)),
                             "the target may be away; 'nvmectl status' shows how it goes on")
                      .on(controller));
    ::poll(nullptr, 0, poll_milliseconds);
  }
  type = sysfs.read("class/nvme/" + controller + "/cntrltype").value_or("io");
  return {};
}

}  // namespace

std::vector<FabricsController> read_controllers(SysfsReader& sysfs) {
  std::vector<FabricsController> found;
  auto names = sysfs.list("class/nvme").value_or(std::vector<std::string>{});
  std::sort(names.begin(), names.end(), natural_less);
  for (std::string& name : names) {
    const std::string directory = "class/nvme/" + name;
    const auto attribute = [&](const char* key) { return printable(sysfs.read(directory + "/" + key).value_or("")); };
    FabricsController controller;
    controller.parameters.transport = attribute("transport");
    if (controller.parameters.transport == "pcie" || controller.parameters.transport == "apple-nvme" ||
        controller.parameters.transport.empty())
      continue;
    take_kernel_address(controller.parameters, attribute("address"));
    controller.parameters.nqn = attribute("subsysnqn");
    controller.parameters.host_nqn = attribute("hostnqn");
    controller.parameters.host_id = attribute("hostid");
    controller.state = attribute("state");
    controller.type = attribute("cntrltype");
    controller.name = std::move(name);
    found.push_back(std::move(controller));
  }
  return found;
}

std::vector<Namespace> read_namespaces(const std::string& controller, SysfsReader& sysfs) {
  std::vector<Namespace> namespaces;
  const std::string directory = "class/nvme/" + controller;
  auto children = sysfs.list(directory).value_or(std::vector<std::string>{});
  std::sort(children.begin(), children.end(), natural_less);
  for (const std::string& child : children) {
    const auto node = NodeName::parse(child);
    if (!node || (node->kind != NodeName::Kind::block && node->kind != NodeName::Kind::path)) continue;
    Namespace& ns = namespaces.emplace_back();
    ns.name = node->block_name();
    if (!sysfs.root().empty() || ::access(("/dev/" + ns.name).c_str(), F_OK) == 0) ns.device_path = "/dev/" + ns.name;
    const auto number = [&](const char* key, std::uint64_t most) {
      return parse_number(sysfs.read(directory + "/" + child + "/" + key).value_or(""), key, most);
    };
    ns.nsid = static_cast<std::uint32_t>(number("nsid", 0xffffffff).value_or(0));
    if (const auto sectors = number("size", ~std::uint64_t{0} / 512); sectors && *sectors > 0)
      ns.size_bytes = *sectors * 512;
  }
  return namespaces;
}

Result<> wait_until_ready(const std::string& controller, const KernelCalls& kernel, const Deadline& deadline) {
  SysfsReader sysfs("");
  std::string type;
  NVMECTL_TRY(wait_until_live(sysfs, controller, type, deadline));
  if (type == "discovery") return {};
  DeviceRef node;
  node.text = node.name = controller;
  OpenOptions options;
  options.deadline = deadline;
  NVMECTL_ASSIGN(const std::unique_ptr<Device> device, open_kernel_device(node, options, kernel, ""));
  NVMECTL_ASSIGN(const std::vector<std::uint32_t> active, nvme::active_namespaces(*device->admin(), deadline));
  for (;;) {
    const Seen seen = look(sysfs, "class/nvme/" + controller);
    std::size_t missing = 0;
    std::uint32_t first = 0;
    for (const std::uint32_t nsid : active) {
      if (contains(seen.ready, nsid) || contains(seen.inaccessible, nsid)) continue;
      if (missing++ == 0) first = nsid;
    }
    if (missing == 0) return {};
    if (deadline.passed())
      return fail(make_error(ErrorKind::timeout,
                             fmt::format("{} is live, but {} of its {} namespaces (NSID {} first) have no block device",
                                         controller, missing, active.size(), first),
                             "the kernel's words are in: dmesg; 'nvmectl ns-rescan' looks again")
                      .on(controller));
    ::poll(nullptr, 0, poll_milliseconds);
  }
}

}  // namespace nvmectl::linux_backend
