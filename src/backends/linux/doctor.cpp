#include "backends/linux/doctor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <sys/timex.h>
#include <unistd.h>
#include <utility>

#include "backends/linux/sysfs_reader.hpp"
#include "core/host_identity.hpp"
#include "core/text.hpp"

namespace nvmectl::linux_backend {
namespace {

tl::expected<std::string, int> read_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return tl::unexpected(errno);
  std::string text(4096, '\0');
  const ssize_t size = ::read(fd, text.data(), text.size());
  const int code = errno;
  ::close(fd);
  if (size < 0) return tl::unexpected(code);
  text.resize(static_cast<std::size_t>(size));
  return text;
}

int open_once(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return errno;
  ::close(fd);
  return 0;
}

std::optional<bool> synchronised() {
  timex state{};
  const int answer = ::adjtimex(&state);
  if (answer < 0) return std::nullopt;
  return answer != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
}

int year_of(std::int64_t seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  return parts.tm_year + 1900;
}

// "Nov  4 2026": the compiler takes it from SOURCE_DATE_EPOCH where builds are to be reproducible.
constexpr int build_year() {
  constexpr std::string_view date = __DATE__;
  int year = 0;
  for (const char digit : date.substr(7)) year = year * 10 + (digit - '0');
  return year;
}

bool any_file(std::initializer_list<std::string_view> folders, std::string_view name, const DoctorCalls& calls) {
  for (const std::string_view folder : folders)
    if (calls.try_open(fmt::format("{}{}/{}", calls.root, folder, name), O_PATH) == 0) return true;
  return false;
}

std::string first_line(const DoctorCalls& calls, std::string_view path) {
  const auto text = calls.read(fmt::format("{}{}", calls.root, path));
  return text ? std::string(trim(std::string_view(*text).substr(0, text->find('\n')))) : std::string();
}

// Controllers that exist under half of this identity: the kernel then refuses every further connection.
std::optional<Check> identity_conflict(const HostIdentity& host, const DoctorCalls& calls) {
  SysfsReader sysfs(calls.root);
  for (const std::string& name : sysfs.list("class/nvme").value_or(std::vector<std::string>())) {
    const auto nqn = sysfs.read(fmt::format("class/nvme/{}/hostnqn", name));
    const auto id = sysfs.read(fmt::format("class/nvme/{}/hostid", name));
    if (!nqn || !id || (*nqn == host.nqn) == (*id == host.id)) continue;
    return check_failure("Host identity", ErrorKind::busy,
                         fmt::format("{} is connected as {} with the host ID {}: the kernel refuses to connect with "
                                     "half of that pair",
                                     printable(name), printable(*nqn), printable(*id)),
                         "disconnect it, or put that pair into /etc/nvme/hostnqn and /etc/nvme/hostid");
  }
  return std::nullopt;
}

// " nmem0 nmem1", from mappingN: "nmem0,0,268435456,0".
std::string dimms_of(const std::string& region, std::uint64_t mappings, SysfsReader& sysfs) {
  std::string names;
  for (std::uint64_t i = 0; i < std::min<std::uint64_t>(mappings, 32); ++i) {
    const std::string mapping = sysfs.read(fmt::format("{}/mapping{}", region, i)).value_or("");
    names += ' ' + printable(std::string_view(mapping).substr(0, mapping.find(',')));
  }
  return names;
}

}  // namespace

Check check_ok(std::string name, std::string text) {
  return {std::move(name), Check::State::ok, std::move(text), {}, ErrorKind::unsupported, {}};
}
Check check_warning(std::string name, std::string text, std::string remedy) {
  return {std::move(name), Check::State::warning, std::move(text), std::move(remedy), ErrorKind::health_warning, {}};
}
Check check_failure(std::string name, ErrorKind kind, std::string text, std::string remedy) {
  return {std::move(name), Check::State::failure, std::move(text), std::move(remedy), kind, {}};
}

DoctorCalls DoctorCalls::real(std::string root) {
  DoctorCalls calls;
  calls.try_open = open_once;
  calls.read = read_file;
  calls.now = [] { return static_cast<std::int64_t>(std::time(nullptr)); };
  calls.clock_synchronised = synchronised;
  calls.load = run_modprobe;
  calls.keyring.root = root;
  if (!root.empty()) calls.keyring.keyctl = [](int, const auto&) { return -static_cast<long>(ENOSYS); };
  calls.root = std::move(root);
  return calls;
}

std::vector<Check> check_identity(const DoctorCalls& calls) {
  const std::string name = "Host identity", nqn = first_line(calls, "/etc/nvme/hostnqn"),
                    id = first_line(calls, "/etc/nvme/hostid");
  if (!nqn.empty() && !check_nqn(nqn))
    return {check_failure(name, ErrorKind::usage, fmt::format("/etc/nvme/hostnqn holds no NQN: '{}'", printable(nqn)),
                          "nvmectl host generate")};
  if (!id.empty() && !parse_uuid(id))
    return {check_failure(name, ErrorKind::usage, fmt::format("/etc/nvme/hostid holds no UUID: '{}'", printable(id)),
                          "nvmectl host generate")};
  const auto host = host_identity("", "", [&](const std::string& path) -> std::optional<std::string> {
    const auto text = calls.read(calls.root + path);
    return text ? std::optional(*text) : std::nullopt;
  });
  if (!host) return {check_failure(name, host.error().kind, host.error().message, host.error().hint)};
  if (auto conflict = identity_conflict(*host, calls)) return {*conflict};
  if (nqn.empty() && id.empty())
    return {check_warning(name,
                          fmt::format("neither /etc/nvme/hostnqn nor /etc/nvme/hostid: made from this machine's "
                                      "ID, {}",
                                      host->nqn),
                          "nvmectl host generate")};
  if (nqn.empty() || id.empty())
    return {check_warning(name,
                          fmt::format("/etc/nvme/{} is missing: other programs may make up another one",
                                      nqn.empty() ? "hostnqn" : "hostid"),
                          "nvmectl host generate")};
  const std::size_t uuid = nqn.find(":uuid:");
  const auto in_nqn =
      uuid == std::string::npos ? Result<Bytes>(fail(ErrorKind::usage, "")) : parse_uuid(nqn.substr(uuid + 6));
  if (in_nqn && *in_nqn != *parse_uuid(id))
    return {check_warning(name, "the UUID in /etc/nvme/hostnqn is not that of /etc/nvme/hostid",
                          "write the same one into both: nvmectl host set-id")};
  return {check_ok(name, fmt::format("{}, {}", nqn, id))};
}

std::vector<Check> check_clock(const DoctorCalls& calls) {
  const int year = year_of(calls.now());
  if (year < build_year())
    return {check_warning("Clock", fmt::format("it says {}, and this program was made in {}", year, build_year()),
                          "set the clock: keys and certificates are valid from a date on")};
  const auto synchronised_now = calls.clock_synchronised();
  if (synchronised_now && !*synchronised_now)
    return {check_warning("Clock", "it is not synchronised",
                          "let systemd-timesyncd or chrony keep it: timedatectl set-ntp true")};
  return {check_ok("Clock", synchronised_now ? "synchronised" : "plausible")};
}

std::vector<Check> check_boot(const DoctorCalls& calls) {
  const std::string name = "Connections at boot";
  if (!any_file({"/etc/nvmectl"}, "connections.json", calls)) return {check_ok(name, "no connection is stored")};
  if (!any_file({"/run/systemd"}, "system", calls)) return {check_ok(name, "this machine does not run systemd")};
  const bool unit = any_file(
      {"/etc/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"},
      "nvmectl-connect.service", calls);
  const bool rules =
      any_file({"/etc/udev/rules.d", "/usr/local/lib/udev/rules.d", "/usr/lib/udev/rules.d", "/lib/udev/rules.d"},
               "70-nvmectl.rules", calls);
  if (!unit || !rules)
    return {check_warning(
        name,
        fmt::format("connections are stored, but {} not installed", unit ? "udev's rules are" : "systemd's unit is"),
        "install nvmectl with its packaging: make install")};
  if (!any_file({"/etc/systemd/system/multi-user.target.wants"}, "nvmectl-connect.service", calls))
    return {check_warning(name, "connections are stored, but their unit is not enabled",
                          "systemctl enable nvmectl-connect.service")};
  return {check_ok(name, "nvmectl-connect.service is enabled")};
}

std::vector<Check> check_pmem(const DoctorCalls& calls) {
  SysfsReader sysfs(calls.root);
  std::vector<Check> checks;
  std::size_t regions = 0;
  for (const std::string& name : sysfs.list("bus/nd/devices").value_or(std::vector<std::string>())) {
    if (!name.starts_with("region")) continue;
    ++regions;
    const std::string path = "bus/nd/devices/" + name;
    const auto number = [&](std::string_view attribute) {
      const auto value = parse_number(sysfs.read(fmt::format("{}/{}", path, attribute)).value_or(""), "number");
      return value ? *value : 0;
    };
    // nstype 4 (ND_DEVICE_NAMESPACE_IO): one namespace as large as the region, since no label divides it. Regions
    // without a DIMM below them (virtio, memmap=) cannot have labels. A namespace that was given a mode is meant to be.
    const std::string mode =
        sysfs.read(fmt::format("bus/nd/devices/namespace{}.0/mode", name.substr(6))).value_or("raw");
    if (number("nstype") == 4 && number("mappings") > 0 && mode == "raw")
      checks.push_back(check_warning(
          "PMEM " + name,
          fmt::format("{} without labels: one namespace takes all of it and none can be made",
                      format_iec(number("size"))),
          fmt::format(
              "when its content may go: ndctl disable-region {0}, ndctl init-labels{1}, ndctl enable-region {0}", name,
              dimms_of(path, number("mappings"), sysfs))));
  }
  if (checks.empty())
    checks.push_back(check_ok("PMEM", regions == 0 ? "no persistent memory" : fmt::format("{} region(s)", regions)));
  return checks;
}

std::vector<Check> check_spdk(const DoctorCalls& calls) {
  const bool socket = any_file({"/var/tmp"}, "spdk.sock", calls);
  SysfsReader sysfs(calls.root);
  std::uint64_t pages = 0;
  for (const std::string& size : sysfs.list("kernel/mm/hugepages").value_or(std::vector<std::string>())) {
    const auto count =
        parse_number(sysfs.read(fmt::format("kernel/mm/hugepages/{}/nr_hugepages", size)).value_or(""), "pages");
    if (count) pages += *count;
  }
  if (socket && pages == 0)
    return {check_warning("SPDK", "its socket /var/tmp/spdk.sock is there, but no huge pages are",
                          "reserve some: sysctl vm.nr_hugepages=1024; or remove the socket that a dead target left")};
  if (!socket) return {check_ok("SPDK", fmt::format("not in use ({} huge pages, no /var/tmp/spdk.sock)", pages))};
  return {check_ok("SPDK", fmt::format("/var/tmp/spdk.sock, {} huge pages", pages))};
}

std::vector<Check> diagnose_machine(std::string_view transport, const DoctorCalls& calls) {
  std::vector<Check> checks = check_drivers(transport, calls);
  const auto add = [&](std::vector<Check> more) {
    checks.insert(checks.end(), std::move_iterator(more.begin()), std::move_iterator(more.end()));
  };
  add(check_fabrics_node(calls));
  add(check_identity(calls));
  if (!transport.empty()) return checks;
  if (calls.root.empty()) add(check_clock(calls));  // a captured tree has none
  add(check_boot(calls));
  add(check_pmem(calls));
  add(check_spdk(calls));
  return checks;
}

}  // namespace nvmectl::linux_backend
