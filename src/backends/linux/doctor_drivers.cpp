// The kernel's drivers: built in, loaded, installed but not loaded, or not there at all.
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <fcntl.h>

#include "backends/linux/doctor.hpp"
#include "backends/linux/modules.hpp"
#include "backends/linux/sysfs_reader.hpp"
#include "core/text.hpp"

namespace nvmectl::linux_backend {
namespace {

struct Driver {
  std::string_view name, module;
  std::string_view transport;  ///< "" = for all
};
constexpr std::array drivers{
    Driver{"NVMe driver", "nvme-core", ""},          Driver{"NVMe/PCIe driver", "nvme", "pcie"},
    Driver{"NVMe-oF driver", "nvme-fabrics", ""},    Driver{"NVMe/TCP driver", "nvme-tcp", "tcp"},
    Driver{"NVMe/RDMA driver", "nvme-rdma", "rdma"}, Driver{"NVMe/FC driver", "nvme-fc", "fc"},
    Driver{"NVMe loop driver", "nvme-loop", "loop"},
};
constexpr std::string_view keyring_module = "nvme-keyring";

std::string active_text(std::string_view module, SysfsReader& sysfs) {
  std::string name(module);
  for (char& c : name)
    if (c == '-') c = '_';
  return fmt::format("{} is {}", module,
                     sysfs.exists(fmt::format("module/{}/initstate", name)) ? "loaded" : "built into the kernel");
}

Check driver_check(const Driver& driver, SysfsReader& sysfs) {
  const std::string name(driver.name);
  switch (module_state(driver.module, sysfs.root())) {
    case ModuleState::active: return check_ok(name, active_text(driver.module, sysfs));
    case ModuleState::installed: {
      Check check =
          check_failure(name, ErrorKind::not_running, fmt::format("{} is installed and not loaded", driver.module),
                        fmt::format("modprobe {}", driver.module));
      check.fix = check.remedy;
      return check;
    }
    case ModuleState::missing: break;
  }
  return check_failure(name, ErrorKind::unsupported, fmt::format("this kernel has no {}", driver.module),
                       "install the package with the rest of this kernel's drivers, or a kernel that has it");
}

// A driver that only some machines need: what its hardware is, "" when this one has none.
std::string hardware(std::string_view transport, SysfsReader& sysfs) {
  if (transport == "pcie") {
    for (const std::string& device : sysfs.list("bus/pci/devices").value_or(std::vector<std::string>()))
      if (sysfs.read(fmt::format("bus/pci/devices/{}/class", device)).value_or("").starts_with("0x010802"))
        return fmt::format("the drive at {}", printable(device));
    return "";
  }
  const std::string_view folder = transport == "rdma" ? "class/infiniband" : "class/fc_host";
  const auto devices = transport == "loop" ? std::nullopt : sysfs.list(folder);
  return devices && !devices->empty() ? fmt::format("the adapter {}", printable(devices->front())) : "";
}

// Without hardware for it nothing is wrong; with it, an adapter may well serve something else.
Check optional_driver(const Driver& driver, SysfsReader& sysfs) {
  Check check = driver_check(driver, sysfs);
  if (check.state == Check::State::ok) return check;
  const std::string device = hardware(driver.transport, sysfs);
  if (device.empty()) return check_ok(check.name, fmt::format("{}; nothing here needs it", check.text));
  check.text = fmt::format("{}, though there is {}", check.text, device);
  if (driver.transport != "pcie") check.state = Check::State::warning;
  return check;
}

Check multipath_check(SysfsReader& sysfs) {
  const auto value = sysfs.read("module/nvme_core/parameters/multipath");
  if (!value) return check_ok("Multipath", "this kernel has no native multipath: each path is a device of its own");
  if (value->starts_with('Y')) return check_ok("Multipath", "native multipath is on");
  return check_warning("Multipath", "native multipath is off: each path is a device of its own",
                       "boot with nvme_core.multipath=Y, unless dm-multipath is meant to do it");
}

bool has(const std::vector<std::string_view>& options, std::string_view option) {
  for (const std::string_view one : options)
    if (trim(one.substr(0, one.find('='))) == option) return true;
  return false;
}

bool process_runs(std::string_view name, const DoctorCalls& calls) {
  SysfsReader files(calls.root);
  for (const std::string& id : files.list_in_root("proc").value_or(std::vector<std::string>())) {
    if (id.empty() || id[0] < '0' || id[0] > '9') continue;
    const auto comm = calls.read(fmt::format("{}/proc/{}/comm", calls.root, id));
    if (comm && trim(*comm) == name) return true;
  }
  return false;
}

bool installed(std::string_view program, const DoctorCalls& calls) {
  for (const std::string_view folder : {"/usr/sbin", "/usr/local/sbin", "/sbin"})
    if (calls.try_open(fmt::format("{}{}/{}", calls.root, folder, program), O_PATH) == 0) return true;
  return false;
}

// TLS takes a kernel with it, the driver with the keyring, a key, and tlshd for the handshake. Nobody has to use it.
Check tls_check(const std::vector<std::string_view>& options, const DoctorCalls& calls) {
  const bool helper = installed("tlshd", calls), running = process_runs("tlshd", calls);
  if (!has(options, "tls"))
    return check_warning("TLS", "this kernel cannot connect with TLS",
                         "use Linux 6.7 or later, built with CONFIG_NVME_TCP_TLS");
  if (module_state(keyring_module, calls.root) == ModuleState::installed) {
    Check check =
        check_failure("TLS", ErrorKind::not_running, fmt::format("{} is installed and not loaded", keyring_module),
                      fmt::format("modprobe {}", keyring_module));
    check.fix = check.remedy;
    return check;
  }
  const auto keys = LinuxKeyStore(calls.keyring).list(".nvme", "psk");
  const std::string known = keys ? fmt::format("{} key(s) in the keyring .nvme", keys->size())
                                 : std::string("the keyring .nvme cannot be read");
  if (running) return check_ok("TLS", fmt::format("supported; tlshd runs, {}", known));
  if (helper)
    return check_warning("TLS", fmt::format("supported; tlshd is installed and does not run, {}", known),
                         "systemctl enable --now tlshd");
  if (keys && !keys->empty())
    return check_warning("TLS", fmt::format("supported; {}, but there is no tlshd for the handshake", known),
                         "install it (Debian: apt install ktls-utils) and start it");
  return check_ok("TLS", "supported; not set up (it takes tlshd and a key: nvmectl gen-tls-key --insert)");
}

}  // namespace

std::vector<Check> check_drivers(std::string_view transport, const DoctorCalls& calls) {
  SysfsReader sysfs(calls.root);
  std::vector<Check> checks;
  for (const Driver& driver : drivers) {
    const bool asked = driver.transport == transport;
    const bool always = driver.transport.empty() || (transport.empty() && driver.transport == "tcp");
    if (asked || always) checks.push_back(driver_check(driver, sysfs));
    else if (transport.empty()) checks.push_back(optional_driver(driver, sysfs));
  }
  if (transport.empty() && sysfs.exists("module/nvme_core")) checks.push_back(multipath_check(sysfs));
  return checks;
}

std::vector<Check> check_fabrics_node(const DoctorCalls& calls) {
  if (module_state("nvme-fabrics", calls.root) != ModuleState::active) return {};
  const std::string name = "/dev/nvme-fabrics", path = calls.root + name;
  if (const int code = calls.try_open(path, O_RDWR); code != 0) {
    if (code == ENOENT)
      return {check_failure(name, ErrorKind::not_found, "the driver is loaded and its node is missing",
                            "mount devtmpfs on /dev, or have udev make the node")};
    const Error error = os_error(code, "");
    return {check_failure(name, error.kind, fmt::format("it cannot be opened: {}", error.cause),
                          error.kind == ErrorKind::permission ? "connecting takes root: try again with sudo"
                                                              : "the kernel's log may tell more: dmesg")};
  }
  std::vector<Check> checks{check_ok(name, "it can be opened: this user may connect")};
  const auto text = calls.read(path);
  if (!text) {
    // Before Linux 5.17 reading is an error, and there was neither authentication nor TLS.
    checks.push_back(check_warning("Authentication", "this kernel does not tell what it supports",
                                   "use Linux 6.1 or later for DH-HMAC-CHAP, 6.7 for TLS"));
    return checks;
  }
  const auto options = split(*text, ',');
  if (has(options, "dhchap_secret"))
    checks.push_back(check_ok(
        "Authentication",
        fmt::format("DH-HMAC-CHAP is supported{}", has(options, "concat") ? ", with secure concatenation" : "")));
  else
    checks.push_back(check_warning("Authentication", "this kernel cannot authenticate (DH-HMAC-CHAP)",
                                   "use Linux 6.1 or later, built with CONFIG_NVME_HOST_AUTH"));
  checks.push_back(tls_check(options, calls));
  return checks;
}

Result<> fix_check(const Check& check, const DoctorCalls& calls) {
  for (const Driver& driver : drivers)
    if (check.fix == fmt::format("modprobe {}", driver.module)) return calls.load(std::string(driver.module));
  if (check.fix == fmt::format("modprobe {}", keyring_module)) return calls.load(std::string(keyring_module));
  return fail(ErrorKind::unsupported, fmt::format("nothing can be done about '{}' from here", printable(check.name)),
              check.remedy);
}

}  // namespace nvmectl::linux_backend
