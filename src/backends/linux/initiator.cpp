#include "backends/linux/initiator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

#include "backends/linux/connect_string.hpp"
#include "backends/linux/kernel_fabrics.hpp"
#include "backends/linux/keyring.hpp"
#include "backends/linux/portals.hpp"
#include "backends/linux/topology.hpp"
#include "backends/linux/uses.hpp"
#include "backends/linux/worker_pool.hpp"
#include "core/text.hpp"

namespace nvmectl::linux_backend {
namespace {

// The kernel makes one connection at a time (nvmf_dev_mutex): more children would only wait in a row.
constexpr std::size_t most_connecting = 4;

Error timed_out(const std::string& what) {
  return make_error(ErrorKind::timeout, what + " in time",
                    "the kernel was told to take it back; give it longer with --timeout");
}

// The kernel compares addresses as text: ::1 and 0:0:0:0:0:0:0:1 must be written alike to be one connection.
std::string canonical_address(const std::string& address) {
  std::array<unsigned char, 16> bytes{};
  const std::size_t scope = std::min(address.find('%'), address.size());
  if (::inet_pton(AF_INET6, address.substr(0, scope).c_str(), bytes.data()) != 1) return address;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (::inet_ntop(AF_INET6, bytes.data(), text.data(), text.size()) == nullptr) return address;
  return text.data() + address.substr(scope);
}

// The kernel takes serial numbers: what is named is looked up in its keyrings.
Result<ConnectParameters> with_keys(ConnectParameters target) {
  std::int32_t keyring = 0;
  if (!target.keyring.empty() || !target.tls_key_identity.empty()) {
    NVMECTL_ASSIGN(keyring, find_keyring(target.keyring.empty() ? ".nvme" : target.keyring));
  }
  if (!target.tls_key_identity.empty() && target.tls_key.empty()) {
    NVMECTL_ASSIGN(const std::int32_t key, find_key(keyring, "psk", target.tls_key_identity));
    target.tls_key = fmt::format("{}", key);
  }
  if (!target.keyring.empty()) target.keyring = fmt::format("{}", keyring);
  return target;
}

}  // namespace

LinuxInitiator::LinuxInitiator(std::string sysroot, KernelCalls kernel, FabricsCalls fabrics)
    : sysroot_(std::move(sysroot)), kernel_(std::move(kernel)), fabrics_(std::move(fabrics)) {}

Result<> LinuxInitiator::check_live() const {
  if (sysroot_.empty()) return {};
  return fail(ErrorKind::usage, "a captured tree can be looked at, but not connected or disconnected",
              "leave out --sysroot");
}

Result<std::optional<std::vector<std::string>>> LinuxInitiator::supported_options() {
  NVMECTL_TRY(check_live());
  const int fd = ::open(fabrics_.node.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail(explain_node(errno, fabrics_.node));
  std::array<char, 4096> text;
  const ssize_t size = ::read(fd, text.data(), text.size());
  ::close(fd);
  if (size <= 0) return std::optional<std::vector<std::string>>();  // Linux before 5.17: EINVAL
  return parse_supported({text.data(), static_cast<std::size_t>(size)});
}

Result<ConnectParameters> LinuxInitiator::complete(const ConnectParameters& target) const {
  NVMECTL_TRY(check_parameters(target, false));
  NVMECTL_ASSIGN(ConnectParameters found, with_keys(target));
  if (found.transport != "fc") {
    found.address = canonical_address(found.address);
    found.host_address = canonical_address(found.host_address);
  }
  return with_host(std::move(found));
}

Result<std::string> LinuxInitiator::connect_string(const ConnectParameters& parameters) {
  NVMECTL_ASSIGN(const ConnectParameters target, complete(parameters));
  const auto supported = supported_options();
  if (supported && *supported) NVMECTL_TRY(check_supported(target, **supported));
  return make_connect_string(target, false, supported ? *supported : std::nullopt);
}

Result<Connection> LinuxInitiator::finish(const ConnectOutcome& outcome, const ConnectParameters& target) {
  if (outcome.phase == ConnectOutcome::Phase::done)
    return Connection{outcome.controller, false, outcome.authenticated, outcome.tls, outcome.log};
  if (outcome.phase == ConnectOutcome::Phase::write && outcome.code == EALREADY) {
    SysfsReader sysfs("");
    for (const FabricsController& there : read_controllers(sysfs))
      if (same_controller(there.parameters, target)) return Connection{there.name, true, {}, {}, {}};
  }
  return fail(explain_connect(outcome, target));
}

void LinuxInitiator::connect(std::span<const ConnectParameters> targets, const BatchOptions& options,
                             const std::function<void(std::size_t, Result<Connection>)>& done) {
  std::vector<ConnectJob> jobs;
  const auto supported = supported_options();
  for (std::size_t i = 0; i < targets.size(); ++i) {
    auto target = complete(targets[i]);
    if (!supported) target = fail(supported.error());
    else if (target && *supported)
      if (auto able = check_supported(*target, **supported); !able) target = fail(std::move(able).error());
    if (target) jobs.emplace_back(i, std::move(*target));
    else done(i, fail(std::move(target).error().during("connect")));
  }
  if (fabrics_.probe) fail_unreachable(jobs, fabrics_.probe, options.deadline, done);
  const PoolWork work{[&](std::size_t job) { return encode(fabrics_.connect(jobs[job].second, jobs.size() == 1)); },
                      [&](std::size_t, const std::string& line) {
                        const ConnectOutcome outcome = decode_outcome(line);
                        if (outcome.phase == ConnectOutcome::Phase::done)
                          static_cast<void>(fabrics_.disconnect(outcome.controller));
                      }};
  const auto report = [&](std::size_t job, std::optional<std::string> line) {
    const auto& [index, target] = jobs[job];
    if (line) done(index, finish(decode_outcome(*line), target));
    else done(index, fail(timed_out("the kernel did not connect to " + target.shown()).during("connect")));
  };
  if (auto ran =
          run_in_children(jobs.size(), std::min(options.workers, most_connecting), options.deadline, work, report);
      !ran)
    for (const auto& job : jobs) done(job.first, fail(ran.error()));
}

void LinuxInitiator::disconnect(std::span<const std::string> controllers, const BatchOptions& options,
                                const std::function<void(std::size_t, Result<>)>& done) {
  if (auto live = check_live(); !live) {
    for (std::size_t i = 0; i < controllers.size(); ++i) done(i, fail(live.error()));
    return;
  }
  const PoolWork work{[&](std::size_t i) { return fmt::format("{}", fabrics_.disconnect(controllers[i])); }, {}};
  const auto report = [&](std::size_t i, std::optional<std::string> line) {
    const std::string& name = controllers[i];
    if (!line) return done(i, fail(timed_out("the kernel did not disconnect " + name).on(name).during("disconnect")));
    const int code = static_cast<int>(parse_number(*line, "errno").value_or(EIO));
    if (code == 0) return done(i, {});
    Error error = os_error(code, fmt::format("{} was not disconnected", name));
    if (code == ENOENT || code == ENODEV) error.cause = "there is no fabrics controller of that name (any more)";
    else if (error.kind == ErrorKind::permission) error.hint = "run it as root (sudo)";
    done(i, fail(std::move(error).on(name).during("disconnect")));
  };
  if (auto ran = run_in_children(controllers.size(), options.workers, options.deadline, work, report); !ran)
    for (std::size_t i = 0; i < controllers.size(); ++i) done(i, fail(ran.error()));
}

Result<std::vector<FabricsController>> LinuxInitiator::controllers() {
  SysfsReader sysfs(sysroot_);
  return read_controllers(sysfs);
}

Result<std::vector<Use>> LinuxInitiator::uses(std::span<const std::string> controllers) {
  SysfsReader sysfs(sysroot_);
  ScanRequest request;
  request.identifiers = request.paths = request.addresses = false;
  NVMECTL_ASSIGN(const Topology topology, scan_topology(sysfs, request, kernel_, {}));
  UseTable table(sysfs);
  std::vector<Use> uses;
  for (const Namespace& ns : topology.namespaces) {
    const bool lost =
        !ns.controllers.empty() && std::all_of(ns.controllers.begin(), ns.controllers.end(), [&](std::size_t c) {
          const std::string& name = topology.controllers[c].name;
          return std::find(controllers.begin(), controllers.end(), name) != controllers.end();
        });
    if (!lost) continue;
    for (Use& use : table.of(ns.name)) {
      use.nqn = topology.subsystems[ns.subsystem].nqn;
      uses.push_back(std::move(use));
    }
  }
  return uses;
}

Result<std::vector<Namespace>> LinuxInitiator::namespaces(const std::string& controller) {
  SysfsReader sysfs(sysroot_);
  return read_namespaces(controller, sysfs);
}

Result<> LinuxInitiator::wait_ready(const std::string& controller, const Deadline& deadline) {
  NVMECTL_TRY(check_live());
  return wait_until_ready(controller, kernel_, deadline);
}

Result<std::unique_ptr<Device>> LinuxInitiator::open(const ConnectParameters& target, const Deadline& deadline) {
  NVMECTL_TRY(check_live());
  ConnectParameters asked = target;
  if (!asked.ctrl_loss_seconds) asked.ctrl_loss_seconds = 0;  // a connection for one command: gone is gone
  NVMECTL_ASSIGN(asked, complete(asked));
  NVMECTL_ASSIGN(const auto supported, supported_options());
  if (supported) NVMECTL_TRY(check_supported(asked, *supported));
  OpenOptions options;
  options.deadline = deadline;
  return open_temporary(asked, {}, options, kernel_, fabrics_);
}

}  // namespace nvmectl::linux_backend
