// One device of the kernel: the state of its controllers, its nodes and who may use them.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>

#include "backends/linux/doctor.hpp"
#include "backends/linux/node.hpp"

namespace nvmectl::linux_backend {
namespace {

Check state_check(const Controller& controller) {
  const std::string name = "State of " + controller.name;
  const std::string where = controller.address.empty() ? controller.transport
                                                       : fmt::format("{} {}", controller.transport, controller.address);
  const std::string& state = controller.state;
  if (state == "live") return check_ok(name, fmt::format("live ({})", where));
  if (state == "connecting") {
    const auto& connection = controller.connection;
    std::string text = fmt::format("the connection is lost and tried again ({})", where);
    if (connection.reconnects) text += fmt::format(", {} times so far", *connection.reconnects);
    if (connection.ctrl_loss_seconds && *connection.ctrl_loss_seconds >= 0)
      text += fmt::format("; given up after {} s", *connection.ctrl_loss_seconds);
    return check_failure(
        name, ErrorKind::transport, std::move(text),
        fmt::format("see that the target runs and can be reached; to give up: nvmectl disconnect -d {}",
                    controller.name));
  }
  if (state == "resetting" || state == "new")
    return check_warning(name, fmt::format("{} ({})", state, where), "wait a moment, then look again");
  return check_failure(name, ErrorKind::transport, fmt::format("{} ({})", state.empty() ? "not known" : state, where),
                       "the kernel's log tells why: dmesg; a drive comes back with: nvmectl reset");
}

std::vector<Check> node_checks(const std::string& node, const DoctorCalls& calls) {
  const std::string path = "/dev/" + node;
  const int code = calls.try_open(calls.root + path, O_RDONLY);
  if (code == 0) return {check_ok(path, "this user may open it")};
  if (code == EAGAIN) return {};  // a controller that is not live: its state says it
  if (code == ENOENT)
    return {check_failure(path, ErrorKind::not_found, "the node is missing",
                          "udev or devtmpfs makes it: is /dev its own?")};
  const Error error = os_error(code, "");
  return {check_failure(path, error.kind, fmt::format("it cannot be opened: {}", error.cause),
                        error.kind == ErrorKind::permission ? "NVMe commands take root: try again with sudo"
                                                            : "the kernel's log may tell more: dmesg")};
}

}  // namespace

std::vector<Check> diagnose_device(const DeviceRef& device, const Topology& topology, const DoctorCalls& calls) {
  const auto parsed = NodeName::parse(device.name);
  const std::string block = parsed && parsed->kind != NodeName::Kind::controller ? parsed->block_name() : device.name;
  std::vector<const Controller*> controllers;
  for (const Controller& controller : topology.controllers) {
    const bool reaches =
        std::ranges::any_of(controller.namespaces, [&](std::size_t i) { return topology.namespaces[i].name == block; });
    if (controller.name == device.name || reaches) controllers.push_back(&controller);
  }
  if (controllers.empty())
    return {check_failure("Device", ErrorKind::not_found, fmt::format("there is no NVMe device {}", device.text),
                          "nvmectl list -v shows what is there")};
  std::vector<Check> checks;
  for (const Controller* controller : controllers) checks.push_back(state_check(*controller));
  for (Check& check : node_checks(device.name, calls)) checks.push_back(std::move(check));
  const Controller& first = *controllers.front();
  if (first.name == device.name && first.namespaces.empty() && (first.type.empty() || first.type == "io"))
    checks.push_back(
        check_warning("Namespaces", fmt::format("{} shows none", first.name),
                      "none may be attached for this host: nvmectl list-ns tells, nvmectl ns-rescan looks"));
  return checks;
}

}  // namespace nvmectl::linux_backend
