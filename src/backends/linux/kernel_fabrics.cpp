#include "backends/linux/kernel_fabrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <fcntl.h>
#include <poll.h>
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

void write_line(int socket, const std::string& line) {
  const std::string text = line + "\n";
  // It fits the socket's buffer; an error means that nobody listens any more, which the next read tells as well.
  [[maybe_unused]] const ssize_t size = ::write(socket, text.data(), text.size());
}

// What the child does: connect, tell, and disconnect when the parent is done or gone.
void keep_connection(int socket, const FabricsTarget& target, const FabricsCalls& fabrics) {
  ConnectOutcome outcome = fabrics.connect(target);
  std::replace(outcome.log.begin(), outcome.log.end(), '\n', ' ');
  outcome.log.resize(std::min<std::size_t>(outcome.log.size(), 512));
  // An open descriptor keeps the kernel from giving the controller's number to another one.
  const int held =
      outcome.controller.empty() ? -1 : ::open(("/dev/" + outcome.controller).c_str(), O_RDONLY | O_CLOEXEC);
  const bool connected = outcome.state == ConnectOutcome::State::connected;
  write_line(socket, fmt::format("{} {} {} {}", static_cast<int>(outcome.state), outcome.code,
                                 outcome.controller.empty() ? "-" : outcome.controller, outcome.log));
  char ignored = 0;
  while (connected && ::read(socket, &ignored, 1) < 0 && errno == EINTR) continue;
  if (!outcome.controller.empty()) fabrics.disconnect(outcome.controller);
  if (held >= 0) ::close(held);
}

ConnectOutcome parse_outcome(std::string_view line) {
  ConnectOutcome outcome;
  const auto take = [&] {
    const std::size_t end = std::min(line.find(' '), line.size());
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    return word;
  };
  const std::string_view state = take(), code = take(), controller = take();
  std::from_chars(code.data(), code.data() + code.size(), outcome.code);
  if (state == "0") outcome.state = ConnectOutcome::State::connected;
  else if (state == "1") outcome.state = ConnectOutcome::State::refused;
  if (controller != "-") outcome.controller = controller;
  outcome.log = line;
  if (state.empty()) outcome.log = "the helper process died";
  return outcome;
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

Result<FabricsTarget> target_of(const DeviceRef& device, const OpenOptions& options) {
  // Recent kernels refuse a host identifier that they know with another NQN, and take a default one that belongs to
  // another NQN when none is given: so both are always told.
  NVMECTL_ASSIGN(HostIdentity host, host_identity(options.host_nqn, options.host_id));
  const bool discovery = device.nqn.empty() || device.nqn == discovery_nqn;
  FabricsTarget target;
  target.transport = "tcp";
  target.address = device.host;
  target.service = fmt::format("{}", device.port.value_or(discovery ? discovery_port : nvme_tcp_port));
  target.nqn = device.nqn.empty() ? std::string(discovery_nqn) : device.nqn;
  target.host_nqn = std::move(host.nqn);
  target.host_id = std::move(host.id);
  target.header_digest = options.header_digest;
  target.data_digest = options.data_digest;
  return target;
}

Result<> check_node(const std::string& node, const DeviceRef& device) {
  const int fd = ::open(node.c_str(), O_RDWR | O_CLOEXEC);
  if (fd >= 0) {
    ::close(fd);
    return {};
  }
  const int why = errno;
  Error error = os_error(why, "the kernel cannot connect to NVMe over Fabrics");
  if (why == ENOENT || why == ENXIO || why == ENODEV) {
    error.kind = ErrorKind::unsupported;
    error.cause = fmt::format("there is no {}: the driver is not loaded", node);
    error.hint = "load it with: modprobe nvme-tcp; or leave out --backend linux, which needs no driver";
  } else if (error.kind == ErrorKind::permission) {
    error.cause = fmt::format("only root may open {}", node);
    error.hint = "run it as root (sudo), or leave out --backend linux, which needs no rights";
  }
  return fail(std::move(error).on(device.text).during("connect"));
}

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

Result<std::unique_ptr<Device>> open_connected(const std::string& controller, const DeviceRef& device,
                                               const OpenOptions& options, const KernelCalls& kernel) {
  DeviceRef node;
  node.text = "/dev/" + controller;
  node.name = controller;
  if (options.io && device.nsid) {
    SysfsReader sysfs("");
    NVMECTL_ASSIGN(node.name, wait_for_namespace(sysfs, controller, *device.nsid, options.deadline));
    return open_kernel_device(node, options, kernel, "");
  }
  const int fd = kernel.open(node.text, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail(explain_open(errno, node.text, {}));
  return make_ioctl_device(fd, {device.text, device.nsid, 4096}, false, kernel.ioctl);
}

void remove_controller(const std::string& controller) {
  const int fd = ::open(("/sys/class/nvme/" + controller + "/delete_controller").c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  [[maybe_unused]] const ssize_t size = ::write(fd, "1", 1);
  ::close(fd);
}

}  // namespace

FabricsCalls FabricsCalls::real() {
  return {"/dev/nvme-fabrics", connect_with_libnvme, remove_controller};
}

Error explain_connect(const ConnectOutcome& outcome, const DeviceRef& device) {
  Error error = make_error(ErrorKind::transport, fmt::format("the kernel did not connect to {}", device.text));
  const std::string log = printable(outcome.log);
  if (outcome.state != ConnectOutcome::State::refused) {
    error.kind = ErrorKind::unsupported;
    error.message = "libnvme, through which the kernel is told to connect, cannot be used";
    error.cause = log;
    error.hint = "install the libnvme that nvmectl was built with (libnvme1 in Debian), or leave out --backend linux";
    return std::move(error).on(device.text).during("connect");
  }
  error.cause = libnvme_words(outcome.code);
  if (outcome.code < 1000) error.os_errno = outcome.code;
  if (!log.empty()) error.context.push_back("libnvme: " + log);
  error.hint = "the kernel's own words are in: dmesg";
  switch (problem_of(outcome.code)) {
    case ConnectProblem::already:
      error.kind = ErrorKind::busy;
      error.hint = "use its device; 'nvmectl list -v' shows which it is";
      break;
    case ConnectProblem::refused:
      error.kind = ErrorKind::refused;
      error.hint = "check the port: discovery is usually on 8009, subsystems are on 4420";
      break;
    case ConnectProblem::rejected:
      error.kind = ErrorKind::refused;
      error.hint = "see what the target offers with: nvmectl discover; the kernel's own words are in: dmesg";
      break;
    case ConnectProblem::silent:
      error.kind = ErrorKind::timeout;
      error.hint = "check the address and port, and whether a firewall is between";
      break;
    case ConnectProblem::resolve: error.hint = "check the host's name, or give its address"; break;
    case ConnectProblem::unsupported:
      error.kind = ErrorKind::unsupported;
      error.hint = "load the transport with: modprobe nvme-tcp";
      break;
    case ConnectProblem::invalid: error.hint = "check /etc/nvme/hostnqn and /etc/nvme/hostid, and: dmesg"; break;
    case ConnectProblem::open:
    case ConnectProblem::permission: error.kind = ErrorKind::permission; break;
    case ConnectProblem::other: break;
  }
  return std::move(error).on(device.text).during("connect");
}

Result<std::unique_ptr<Device>> open_fabrics_device(const DeviceRef& device, const OpenOptions& options,
                                                    const KernelCalls& kernel, const FabricsCalls& fabrics) {
  if (options.io && !device.nsid)
    return fail(make_error(ErrorKind::usage, fmt::format("{} names no namespace", device.text), "add ?nsid=N to it")
                    .on(device.text));
  NVMECTL_TRY(check_node(fabrics.node, device));
  NVMECTL_ASSIGN(const FabricsTarget target, target_of(device, options));
  NVMECTL_ASSIGN(Child keeper,
                 Child::start(Child::End::left_running, [&](int socket) { keep_connection(socket, target, fabrics); }));
  auto line = keeper.read_line(options.deadline);
  if (!line) {
    return fail(make_error(ErrorKind::timeout, fmt::format("the kernel did not connect to {} in time", device.text),
                           "check the address, or give it longer with --timeout")
                    .on(device.text)
                    .during("connect"));
  }
  const ConnectOutcome outcome = parse_outcome(*line);
  if (outcome.state != ConnectOutcome::State::connected) return fail(explain_connect(outcome, device));
  auto opened = open_connected(outcome.controller, device, options, kernel);
  if (!opened) {
    keeper.finish();
    static_cast<void>(keeper.wait_for_end(Deadline::in(patience)));
    return fail(std::move(opened).error());
  }
  return std::make_unique<FabricsDevice>(std::move(*opened), std::move(keeper));
}

}  // namespace nvmectl::linux_backend
