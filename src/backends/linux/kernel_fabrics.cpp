#include "backends/linux/kernel_fabrics.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "backends/linux/child.hpp"
#include "backends/linux/node.hpp"
#include "backends/linux/sysfs_reader.hpp"
#include "core/host_identity.hpp"
#include "core/text.hpp"

namespace nvmectl::linux_backend {
namespace {

using namespace std::chrono_literals;

// How long the end of a command waits for the kernel to take its connection down.
constexpr auto patience = 5s;

// What the child does: connect, tell, and disconnect when the parent is done or gone.
void keep_connection(int socket, const ConnectParameters& target, const FabricsCalls& fabrics) {
  const ConnectOutcome outcome = fabrics.connect(target, true);
  const bool connected = outcome.phase == ConnectOutcome::Phase::done;
  // An open descriptor keeps the kernel from giving the controller's number to another one.
  const int held = connected ? ::open(("/dev/" + outcome.controller).c_str(), O_RDONLY | O_CLOEXEC) : -1;
  const std::string line = encode(outcome) + "\n";
  // It fits the socket's buffer; an error means that nobody listens any more, which the next read tells as well.
  static_cast<void>(::send(socket, line.data(), line.size(), MSG_NOSIGNAL));
  char ignored = 0;
  while (connected && ::read(socket, &ignored, 1) < 0 && errno == EINTR) continue;
  if (connected) static_cast<void>(fabrics.disconnect(outcome.controller));
  if (held >= 0) ::close(held);
}

class FabricsDevice final : public Device {
 public:
  FabricsDevice(std::unique_ptr<Device> device, Child keeper)
      : device_(std::move(device)), keeper_(std::move(keeper)) {}
  FabricsDevice(const FabricsDevice&) = delete;
  FabricsDevice& operator=(const FabricsDevice&) = delete;
  ~FabricsDevice() override {
    device_.reset();
    keeper_.finish();
    static_cast<void>(keeper_.wait_for_end(Deadline::in(patience)));
  }
  AdminTransport* admin() override { return device_->admin(); }
  IoTransport* io() override { return device_->io(); }
  std::optional<std::uint32_t> nsid() const override { return device_->nsid(); }

 private:
  std::unique_ptr<Device> device_;
  Child keeper_;
};

// The generic or block node of the controller's namespace. Namespaces appear some time after the connection.
Result<std::string> wait_for_namespace(SysfsReader& sysfs, const std::string& controller, std::uint32_t nsid,
                                       const Deadline& deadline) {
  const std::string directory = "class/nvme/" + controller;
  do {
    for (const std::string& child : sysfs.list(directory).value_or(std::vector<std::string>{})) {
      const auto node = NodeName::parse(child);
      if (!node || (node->kind != NodeName::Kind::block && node->kind != NodeName::Kind::path)) continue;
      if (sysfs.read(directory + "/" + child + "/nsid") != fmt::format("{}", nsid)) continue;
      for (const std::string& name : {node->generic_name(), node->block_name()})
        if (::access(("/dev/" + name).c_str(), F_OK) == 0) return name;
    }
    ::poll(nullptr, 0, 20);
  } while (!deadline.passed());
  return fail(ErrorKind::not_found, fmt::format("the controller shows no namespace {}", nsid),
              "see which namespaces it has with: nvmectl list-ns");
}

Result<std::unique_ptr<Device>> open_connected(const std::string& controller, const ConnectParameters& target,
                                               const TemporaryUse& use, const OpenOptions& options,
                                               const KernelCalls& kernel) {
  DeviceRef node;
  node.text = "/dev/" + controller;
  node.name = controller;
  if (use.io && use.nsid) {
    SysfsReader sysfs("");
    NVMECTL_ASSIGN(node.name, wait_for_namespace(sysfs, controller, *use.nsid, options.deadline));
    return open_kernel_device(node, options, kernel, "");
  }
  const int fd = kernel.open(node.text, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail(explain_open(errno, node.text, {}));
  return make_ioctl_device(fd, {target.shown(), use.nsid, 4096}, false, kernel.ioctl);
}

}  // namespace

ConnectParameters parameters_of(const DeviceRef& device, const OpenOptions& options) {
  ConnectParameters target;
  target.transport = device.transport();
  target.address = device.host;
  if (device.port) target.service = fmt::format("{}", *device.port);
  target.nqn = device.nqn;
  target.host_address = device.host_address;
  target.host_nqn = options.host_nqn;
  target.host_id = options.host_id;
  target.header_digest = options.header_digest;
  target.data_digest = options.data_digest;
  target.ctrl_loss_seconds = 0;  // a connection for one command: gone is gone
  return target;
}

Result<ConnectParameters> with_host(ConnectParameters parameters) {
  NVMECTL_ASSIGN(HostIdentity host, host_identity(parameters.host_nqn, parameters.host_id));
  parameters.host_nqn = std::move(host.nqn);
  parameters.host_id = std::move(host.id);
  return parameters;
}

Result<std::unique_ptr<Device>> open_temporary(const ConnectParameters& wanted, const TemporaryUse& use,
                                               const OpenOptions& options, const KernelCalls& kernel,
                                               const FabricsCalls& fabrics) {
  if (use.io && !use.nsid)
    return fail(ErrorKind::usage, fmt::format("{} names no namespace", wanted.shown()), "add ?nsid=N to it");
  if (::access(fabrics.node.c_str(), R_OK | W_OK) != 0)
    return fail(explain_node(errno, fabrics.node).during("connect"));
  NVMECTL_ASSIGN(const ConnectParameters target, with_host(wanted));
  NVMECTL_ASSIGN(Child keeper,
                 Child::start(Child::End::left_running, [&](int socket) { keep_connection(socket, target, fabrics); }));
  auto line = keeper.read_line(options.deadline);
  if (!line) {
    return fail(make_error(ErrorKind::timeout, fmt::format("the kernel did not connect to {} in time", target.shown()),
                           "check the address, or give it longer with --timeout")
                    .during("connect"));
  }
  const ConnectOutcome outcome = decode_outcome(*line);
  if (outcome.phase != ConnectOutcome::Phase::done) return fail(explain_connect(outcome, target));
  auto opened = open_connected(outcome.controller, target, use, options, kernel);
  if (!opened) {
    keeper.finish();
    static_cast<void>(keeper.wait_for_end(Deadline::in(patience)));
    return fail(std::move(opened).error());
  }
  return std::make_unique<FabricsDevice>(std::move(*opened), std::move(keeper));
}

}  // namespace nvmectl::linux_backend
