#include "backends/linux/doctor.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <linux/keyctl.h>
#include <map>
#include <string>

#include "core/host_identity.hpp"
#include "support/catch.hpp"
#include "unit/linux/tree.hpp"

using namespace nvmectl;
using namespace nvmectl::linux_backend;
using nvmectl::test::Tree;
using nvmectl_test::ContainsSubstring;

namespace {

constexpr std::string_view nqn = "nqn.2014-08.org.nvmexpress:uuid:6e766d65-0000-4000-8000-000000000001";
constexpr std::string_view id = "6e766d65-0000-4000-8000-000000000001";

struct Bed {
  Tree tree;
  DoctorCalls calls = DoctorCalls::real(tree.root());
  std::map<std::string, int> refused;  // path below the root → errno
  std::vector<std::string> loaded;

  Bed() {
    file("proc/sys/kernel/osrelease", "6.12.1\n");
    file("etc/nvme/hostnqn", std::string(nqn) + "\n");
    file("etc/nvme/hostid", std::string(id) + "\n");
    calls.try_open = [this, real = calls.try_open](const std::string& path, int flags) {
      const auto found = refused.find(path.substr(tree.root().size()));
      return found != refused.end() ? found->second : real(path, flags);
    };
    calls.load = [this](const std::string& module) -> Result<> {
      loaded.push_back(module);
      return {};
    };
    calls.now = [] { return std::int64_t{4'000'000'000}; };
    calls.clock_synchronised = [] { return std::optional(true); };
  }
  void file(std::string_view path, std::string_view content) const { tree.file("../" + std::string(path), content); }
  void installed(std::string_view list) const { file("lib/modules/6.12.1/modules.dep", list); }
  void active(std::string_view module) const { tree.file("module/" + std::string(module) + "/initstate", "live\n"); }
  void all_active() const {
    for (const char* module : {"nvme_core", "nvme", "nvme_fabrics", "nvme_tcp"}) active(module);
    tree.file("module/nvme_core/parameters/multipath", "Y\n");
  }
};

const Check& named(const std::vector<Check>& checks, std::string_view name) {
  const auto found = std::ranges::find(checks, name, &Check::name);
  INFO(name);
  REQUIRE(found != checks.end());
  return *found;
}
bool is(const Check& check, Check::State state, std::string_view text) {
  return check.state == state && check.text.find(text) != std::string::npos &&
         (state == Check::State::ok) == check.remedy.empty();
}
constexpr auto ok = Check::State::ok, warning = Check::State::warning, failure = Check::State::failure;

}  // namespace

TEST_CASE("drivers: not installed, not loaded, loaded and built in are told apart", "[doctor]") {
  Bed bed;
  const auto none = check_drivers("", bed.calls);
  CHECK(is(named(none, "NVMe driver"), failure, "no nvme-core"));
  CHECK(named(none, "NVMe driver").kind == ErrorKind::unsupported);
  CHECK(named(none, "NVMe driver").fix.empty());
  CHECK(is(named(none, "NVMe/TCP driver"), failure, "no nvme-tcp"));
  CHECK(is(named(none, "NVMe/RDMA driver"), ok, "nothing here needs it"));

  bed.installed("kernel/drivers/nvme/host/nvme-core.ko.xz:\nkernel/drivers/nvme/host/nvme-tcp.ko: x\n");
  const auto some = check_drivers("", bed.calls);
  CHECK(is(named(some, "NVMe driver"), failure, "installed and not loaded"));
  CHECK(named(some, "NVMe driver").kind == ErrorKind::not_running);
  CHECK(named(some, "NVMe/TCP driver").fix == "modprobe nvme-tcp");

  bed.file("lib/modules/6.12.1/modules.builtin", "kernel/drivers/nvme/host/nvme-core.ko\n");
  bed.active("nvme_tcp");
  const auto most = check_drivers("", bed.calls);
  CHECK(is(named(most, "NVMe driver"), ok, "built into the kernel"));
  CHECK(is(named(most, "NVMe/TCP driver"), ok, "nvme-tcp is loaded"));
}

TEST_CASE("drivers that only some machines need are asked for by hardware or transport", "[doctor]") {
  Bed bed;
  bed.installed("nvme.ko:\nnvme-rdma.ko:\nnvme-fc.ko:\n");
  CHECK(is(named(check_drivers("", bed.calls), "NVMe/PCIe driver"), ok, "nothing here needs it"));
  bed.tree.file("bus/pci/devices/0000:00:04.0/class", "0x010802\n");
  bed.tree.file("class/infiniband/rxe0/node_type", "1\n");
  const auto checks = check_drivers("", bed.calls);
  CHECK(is(named(checks, "NVMe/PCIe driver"), failure, "0000:00:04.0"));
  CHECK(named(checks, "NVMe/PCIe driver").fix == "modprobe nvme");
  CHECK(is(named(checks, "NVMe/RDMA driver"), warning, "rxe0"));
  CHECK(is(named(checks, "NVMe/FC driver"), ok, "nothing here needs it"));

  const auto fc = check_drivers("fc", bed.calls);
  CHECK(is(named(fc, "NVMe/FC driver"), failure, "not loaded"));
  CHECK(std::ranges::find(fc, "NVMe/TCP driver", &Check::name) == fc.end());
}

TEST_CASE("only drivers of the table are loaded", "[doctor]") {
  Bed bed;
  Check check = check_failure("x", ErrorKind::not_running, "", "");
  check.fix = "modprobe nvme-tcp";
  CHECK(fix_check(check, bed.calls));
  check.fix = "modprobe nvme-keyring";
  CHECK(fix_check(check, bed.calls));
  CHECK(bed.loaded == std::vector<std::string>{"nvme-tcp", "nvme-keyring"});
  for (const char* bad : {"", "modprobe evil", "modprobe nvme-tcp; reboot", "rm -rf /"}) {
    check.fix = bad;
    CHECK(fix_check(check, bed.calls).error().kind == ErrorKind::unsupported);
  }
  CHECK(bed.loaded.size() == 2);
}

TEST_CASE("multipath that is off is a warning", "[doctor]") {
  Bed bed;
  bed.all_active();
  CHECK(is(named(check_drivers("", bed.calls), "Multipath"), ok, "on"));
  bed.tree.file("module/nvme_core/parameters/multipath", "N\n");
  CHECK(is(named(check_drivers("", bed.calls), "Multipath"), warning, "off"));
}

TEST_CASE("the node for connecting: missing, forbidden, old kernel", "[doctor]") {
  Bed bed;
  CHECK(check_fabrics_node(bed.calls).empty());
  bed.all_active();
  CHECK(check_fabrics_node(bed.calls).at(0).kind == ErrorKind::not_found);
  bed.refused["/dev/nvme-fabrics"] = EACCES;
  const auto denied = check_fabrics_node(bed.calls);
  REQUIRE(denied.size() == 1);
  CHECK(denied[0].kind == ErrorKind::permission);
  CHECK(is(denied[0], failure, "Permission denied"));
  bed.refused.clear();
  bed.file("dev/nvme-fabrics", "");
  bed.calls.read = [](const std::string&) -> tl::expected<std::string, int> { return tl::unexpected(EINVAL); };
  CHECK(is(named(check_fabrics_node(bed.calls), "Authentication"), warning, "does not tell"));
}

TEST_CASE("what the kernel supports comes from its options", "[doctor]") {
  Bed bed;
  bed.all_active();
  bed.file("dev/nvme-fabrics", "transport=%s,traddr=%s,tos=%d\n");
  const auto old = check_fabrics_node(bed.calls);
  CHECK(is(named(old, "Authentication"), warning, "cannot authenticate"));
  CHECK(is(named(old, "TLS"), warning, "cannot connect with TLS"));
  bed.file("dev/nvme-fabrics", "transport=%s,keyring=%d,tls_key=%d,dhchap_secret=%s,tls,concat\n");
  const auto recent = check_fabrics_node(bed.calls);
  CHECK(is(named(recent, "Authentication"), ok, "secure concatenation"));
  CHECK(is(named(recent, "TLS"), ok, "not set up"));
}

TEST_CASE("TLS lacks its keyring, its keys or tlshd", "[doctor]") {
  Bed bed;
  bed.all_active();
  bed.file("dev/nvme-fabrics", "transport=%s,tls\n");
  bed.installed("nvme-keyring.ko:\n");
  const Check keyring = named(check_fabrics_node(bed.calls), "TLS");
  CHECK(keyring.kind == ErrorKind::not_running);
  CHECK(keyring.fix == "modprobe nvme-keyring");

  bed.active("nvme_keyring");
  bed.file("usr/sbin/tlshd", "");
  CHECK(is(named(check_fabrics_node(bed.calls), "TLS"), warning, "does not run"));
  bed.file("proc/4711/comm", "tlshd\n");
  CHECK(is(named(check_fabrics_node(bed.calls), "TLS"), ok, "tlshd runs"));
}

TEST_CASE("the host's identity: whole, half, malformed, in conflict", "[doctor]") {
  Bed bed;
  CHECK(is(check_identity(bed.calls).at(0), ok, nqn));
  bed.file("etc/nvme/hostid", "no uuid\n");
  CHECK(check_identity(bed.calls).at(0).kind == ErrorKind::usage);
  bed.file("etc/nvme/hostid", "6e766d65-0000-4000-8000-000000000002\n");
  CHECK(is(check_identity(bed.calls).at(0), warning, "is not that of"));
  bed.file("etc/nvme/hostid", "");
  CHECK(is(check_identity(bed.calls).at(0), warning, "hostid is missing"));
  bed.file("etc/nvme/hostid", std::string(id) + "\n");
  bed.file("etc/nvme/hostnqn", "host\n");
  CHECK(is(check_identity(bed.calls).at(0), failure, "holds no NQN"));
  bed.file("etc/nvme/hostnqn", std::string(nqn) + "\n");
  bed.tree.attributes("class/nvme/nvme3", {{"hostnqn", "nqn.2014-08.org.example:other"}, {"hostid", id}});
  const Check conflict = check_identity(bed.calls).at(0);
  CHECK(is(conflict, failure, "nvme3"));
  CHECK(conflict.kind == ErrorKind::busy);
  bed.tree.attributes("class/nvme/nvme3", {{"hostnqn", nqn}, {"hostid", id}});
  CHECK(check_identity(bed.calls).at(0).state == ok);
  bed.file("etc/nvme/hostnqn", "");
  bed.file("etc/nvme/hostid", "");
  bed.file("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
  std::filesystem::remove_all(bed.tree.sys("class/nvme"));
  CHECK(is(check_identity(bed.calls).at(0), warning, "neither"));
}

TEST_CASE("the clock", "[doctor]") {
  Bed bed;
  CHECK(is(check_clock(bed.calls).at(0), ok, "synchronised"));
  bed.calls.clock_synchronised = [] { return std::optional(false); };
  CHECK(is(check_clock(bed.calls).at(0), warning, "not synchronised"));
  bed.calls.clock_synchronised = [] { return std::optional<bool>(); };
  CHECK(is(check_clock(bed.calls).at(0), ok, "plausible"));
  bed.calls.now = [] { return std::int64_t{86'400}; };
  CHECK(is(check_clock(bed.calls).at(0), warning, "1970"));
}

TEST_CASE("connections at boot", "[doctor]") {
  Bed bed;
  CHECK(is(check_boot(bed.calls).at(0), ok, "no connection is stored"));
  bed.file("etc/nvmectl/connections.json", "{}");
  CHECK(is(check_boot(bed.calls).at(0), ok, "does not run systemd"));
  bed.file("run/systemd/system/x", "");
  CHECK(is(check_boot(bed.calls).at(0), warning, "systemd's unit is not installed"));
  bed.file("usr/lib/systemd/system/nvmectl-connect.service", "");
  CHECK(is(check_boot(bed.calls).at(0), warning, "udev's rules are not installed"));
  bed.file("etc/udev/rules.d/70-nvmectl.rules", "");
  CHECK(is(check_boot(bed.calls).at(0), warning, "not enabled"));
  bed.file("etc/systemd/system/multi-user.target.wants/nvmectl-connect.service", "");
  CHECK(is(check_boot(bed.calls).at(0), ok, "enabled"));
}

TEST_CASE("persistent memory without labels, and SPDK without huge pages", "[doctor]") {
  Bed bed;
  CHECK(is(check_pmem(bed.calls).at(0), ok, "no persistent memory"));
  const auto region = [&](const char* name, const char* type, const char* mappings) {
    bed.tree.attributes(std::string("bus/nd/devices/") + name,
                        {{"nstype", type}, {"mappings", mappings}, {"size", "1073741824"}});
  };
  region("region0", "5", "1");
  region("region1", "4", "0");
  CHECK(is(check_pmem(bed.calls).at(0), ok, "2 region(s)"));
  region("region1", "4", "2");
  bed.tree.attributes("bus/nd/devices/region1", {{"mapping0", "nmem2,0,536870912,0"}, {"mapping1", "nmem3,0,1,1"}});
  const auto checks = check_pmem(bed.calls);
  REQUIRE(checks.size() == 1);
  CHECK(is(checks[0], warning, "1 GiB without labels"));
  CHECK_THAT(checks[0].remedy, ContainsSubstring("disable-region region1, ndctl init-labels nmem2 nmem3,"));
  bed.tree.attributes("bus/nd/devices/namespace1.0", {{"mode", "raw"}});
  CHECK(check_pmem(bed.calls).at(0).state == warning);
  bed.tree.attributes("bus/nd/devices/namespace1.0", {{"mode", "fsdax"}});
  CHECK(is(check_pmem(bed.calls).at(0), ok, "2 region(s)"));

  CHECK(is(check_spdk(bed.calls).at(0), ok, "not in use"));
  bed.file("var/tmp/spdk.sock", "");
  CHECK(is(check_spdk(bed.calls).at(0), warning, "no huge pages are"));
  bed.tree.file("kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "512\n");
  CHECK(is(check_spdk(bed.calls).at(0), ok, "512 huge pages"));
}

TEST_CASE("a controller that is lost, one without rights, one without namespaces", "[doctor]") {
  Bed bed;
  Topology topology;
  topology.subsystems.resize(1);
  topology.namespaces.resize(1);
  topology.namespaces[0].name = "nvme0n1";
  Controller lost;
  lost.name = "nvme0";
  lost.transport = "tcp";
  lost.address = "traddr=192.0.2.7,trsvcid=4420";
  lost.state = "connecting";
  lost.connection.reconnects = 7;
  lost.connection.ctrl_loss_seconds = 600;
  lost.namespaces = {0};
  Controller live;
  live.name = "nvme1";
  live.state = "live";
  live.type = "io";
  topology.controllers = {lost, live};
  const auto device = [](const char* name) { return *DeviceRef::parse(name); };

  bed.refused["/dev/nvme0n1"] = EACCES;
  const auto checks = diagnose_device(device("/dev/nvme0n1"), topology, bed.calls);
  CHECK(is(named(checks, "State of nvme0"), failure, "7 times so far"));
  CHECK(named(checks, "State of nvme0").kind == ErrorKind::transport);
  CHECK(named(checks, "/dev/nvme0n1").kind == ErrorKind::permission);

  bed.file("dev/nvme1", "");
  const auto second = diagnose_device(device("nvme1"), topology, bed.calls);
  CHECK(is(named(second, "State of nvme1"), ok, "live"));
  CHECK(is(named(second, "/dev/nvme1"), ok, "may open"));
  CHECK(is(named(second, "Namespaces"), warning, "shows none"));
  CHECK(diagnose_device(device("nvme9"), topology, bed.calls).at(0).kind == ErrorKind::not_found);
}

TEST_CASE("modprobe's own words reach the person", "[doctor]") {
  const auto result = run_modprobe("nvmectl-no-such-driver");
  REQUIRE_FALSE(result);
  CHECK((result.error().kind == ErrorKind::unsupported || result.error().kind == ErrorKind::permission));
  CHECK_FALSE(result.error().hint.empty());
}
