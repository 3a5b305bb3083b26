#include "backends/linux/backend.hpp"

#include <fmt/format.h>

#include <utility>

#include "backends/linux/counters.hpp"
#include "backends/linux/describe.hpp"
#include "backends/linux/doctor.hpp"
#include "backends/linux/kernel_fabrics.hpp"
#include "core/text.hpp"

namespace nvmectl {

using linux_backend::SysfsReader;

namespace {

LinuxBackendOptions without_empty_root(LinuxBackendOptions options) {
  if (options.sysroot.find_first_not_of('/') == std::string::npos) options.sysroot.clear();
  return options;
}

}  // namespace

LinuxBackend::LinuxBackend(LinuxBackendOptions options)
    : options_(without_empty_root(std::move(options))),
      initiator_(options_.sysroot, options_.kernel, options_.fabrics),
      keys_(options_.keyring) {}

Probe LinuxBackend::probe() {
  SysfsReader sysfs(options_.sysroot);
  if (sysfs.exists("class/nvme")) return {true, {}, {}};
  if (options_.sysroot.empty() || sysfs.exists("class"))
    return {false, "no NVMe driver is loaded",
            "load one with: modprobe nvme (PCIe drives) or modprobe nvme-tcp (fabrics)"};
  return {false, fmt::format("{} is not a captured tree", printable(options_.sysroot)),
          "give --sysroot the directory that holds sys/"};
}

bool LinuxBackend::handles(const DeviceRef& device) const {
  return device.scheme == DeviceRef::Scheme::kernel || device.is_fabrics();
}

Result<std::unique_ptr<Device>> LinuxBackend::open(const DeviceRef& device, const OpenOptions& options) {
  if (!options_.sysroot.empty())
    return fail(make_error(ErrorKind::usage, "a captured tree has no devices that could be opened",
                           "leave out --sysroot to reach this machine's devices")
                    .on(device.text));
  if (device.is_fabrics())
    return linux_backend::open_temporary(linux_backend::parameters_of(device, options), {device.nsid, options.io},
                                         options, options_.kernel, options_.fabrics);
  if (device.scheme == DeviceRef::Scheme::kernel)
    return linux_backend::open_kernel_device(device, options, options_.kernel, options_.sysroot);
  return fail(make_error(ErrorKind::unsupported, fmt::format("the kernel knows nothing of {}", device.text),
                         "see which backend reaches it with: nvmectl backends")
                  .on(device.text));
}

Result<Topology> LinuxBackend::scan(const ScanRequest& request) {
  SysfsReader sysfs(options_.sysroot);
  return linux_backend::scan_topology(sysfs, request, options_.kernel, options_.scan);
}

Result<std::vector<std::optional<IoCounters>>> LinuxBackend::counters(std::span<const std::string> devices) {
  SysfsReader sysfs(options_.sysroot);
  return linux_backend::read_counters(sysfs, devices);
}

std::vector<Check> LinuxBackend::diagnose(const std::optional<DeviceRef>& device, const OpenOptions& options) {
  const auto calls = linux_backend::DoctorCalls::real(options_.sysroot);
  if (!device) return linux_backend::diagnose_machine("", calls);
  if (device->is_fabrics() && device->scheme != DeviceRef::Scheme::tcp)
    return linux_backend::diagnose_machine(device->transport(), calls);
  if (device->scheme != DeviceRef::Scheme::kernel) return {};
  SysfsReader sysfs(options_.sysroot);
  if (!sysfs.exists("class/nvme")) return linux_backend::check_drivers("pcie", calls);
  ScanRequest request;
  request.deadline = options.deadline;
  request.identifiers = false;
  request.connections = true;
  const auto topology = linux_backend::scan_topology(sysfs, request, options_.kernel, options_.scan);
  if (!topology)
    return {linux_backend::check_failure("Devices", topology.error().kind, topology.error().message,
                                         topology.error().hint)};
  DeviceRef node = *device;
  if (node.name.find('/') != std::string::npos) {  // a link such as /dev/disk/by-id/…
    const auto resolved = options_.kernel.resolve(node.name.starts_with('/') ? node.name : "/dev/" + node.name);
    if (resolved) node.name = resolved->substr(resolved->rfind('/') + 1);
  }
  return linux_backend::diagnose_device(node, *topology, calls);
}

Result<> LinuxBackend::fix(const Check& check) {
  if (!options_.sysroot.empty())
    return fail(ErrorKind::usage, "nothing can be done to a captured tree", "leave out --sysroot");
  return linux_backend::fix_check(check, linux_backend::DoctorCalls::real({}));
}

Result<std::string> LinuxBackend::describe(const DeviceRef& device, const Deadline& deadline) {
  SysfsReader sysfs(options_.sysroot);
  ScanRequest request;
  request.deadline = deadline;
  request.identifiers = request.paths = false;
  NVMECTL_ASSIGN(const Topology topology, linux_backend::scan_topology(sysfs, request, options_.kernel, options_.scan));
  return linux_backend::describe_device(device, topology, sysfs, options_.kernel);
}

}  // namespace nvmectl
