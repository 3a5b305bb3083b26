#include "backends/linux/topology.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <unistd.h>

#include "backends/linux/backend.hpp"
#include "support/catch.hpp"
#include "unit/linux/tree.hpp"

using namespace nvmectl;
using namespace nvmectl::linux_backend;
using namespace std::chrono_literals;
using nvmectl::test::Tree;
using Indices = std::vector<std::size_t>;

namespace {

const ScanRequest everything{Deadline::in(30s), true, true, true, true};

Topology scan(const Tree& tree, const ScanRequest& request = everything, const ScanSettings& settings = {},
              const KernelCalls& calls = KernelCalls::real()) {
  SysfsReader sysfs(tree.root());
  auto topology = scan_topology(sysfs, request, calls, settings);
  REQUIRE(topology);
  return std::move(*topology);
}

// Two PCIe controllers, one of which is in a slot; nvme10 sorts behind nvme2.
void pcie(const Tree& tree) {
  tree.subsystem("nvme-subsys2", "nqn.a");
  tree.subsystem("nvme-subsys10", "nqn.b");
  tree.controller("nvme2", "nvme-subsys2", {{"transport", "pcie"}, {"address", "0000:01:00.0"}, {"cntrltype", "io"}});
  tree.controller("nvme10", "nvme-subsys10",
                  {{"transport", "pcie"}, {"address", "0000:02:00.0"}, {"numa_node", "-1"}, {"cntlid", "70000"}});
  tree.attributes("bus/pci/slots/7", {{"address", "0000:02:00"}});
  tree.block("class/nvme/nvme2", "nvme2n1", "1");
  tree.block("class/nvme/nvme10", "nvme10n1", "3", {{"csi", "2"}});
  tree.link("class/nvme-generic/ng2n1", "../../class/nvme/nvme2/ng2n1");
}

// One subsystem, two TCP controllers, one shared namespace and one that only nvme1 has.
void ana(const Tree& tree) {
  tree.subsystem("nvme-subsys0", "nqn.2024-01.org.example:a");
  tree.controller("nvme0", "nvme-subsys0",
                  {{"transport", "tcp"},
                   {"address", "traddr=192.0.2.1,trsvcid=4420"},
                   {"hostnqn", "nqn.host"},
                   {"hostid", "00000000-0000-0000-0000-000000000001"}});
  tree.controller("nvme1", "nvme-subsys0", {{"transport", "tcp"}, {"cntlid", "2"}, {"state", "connecting"}});
  tree.block("class/nvme-subsystem/nvme-subsys0", "nvme0n1", "1",
             {{"wwid", "uuid.0123abcd-0000-4000-8000-000000000001"},
              {"uuid", "0123abcd-0000-4000-8000-000000000001"},
              {"nguid", "0123ABCD-0000-5000-8000-000000000001"},
              {"eui", "00 25 38 00 00 00 00 01"}});
  tree.block("class/nvme-subsystem/nvme-subsys0", "nvme0n2", "2");
  tree.block("class/nvme/nvme0", "nvme0c0n1", "1", {{"ana_state", "optimized"}, {"ana_grpid", "1"}});
  tree.block("class/nvme/nvme1", "nvme0c1n1", "1", {{"ana_state", "inaccessible"}, {"ana_grpid", "2"}});
  tree.block("class/nvme/nvme1", "nvme0c1n2", "2");
}

void check_indices(const Topology& t) {
  const auto below = [](const Indices& indices, std::size_t size) {
    return std::all_of(indices.begin(), indices.end(), [&](std::size_t i) { return i < size; });
  };
  for (std::size_t i = 0; i < t.namespaces.size(); ++i) {
    const Namespace& ns = t.namespaces[i];
    REQUIRE(ns.subsystem < t.subsystems.size());
    REQUIRE(below(ns.controllers, t.controllers.size()));
    REQUIRE(below(ns.paths, t.paths.size()));
    for (const std::size_t c : ns.controllers) {
      const Indices& back = t.controllers[c].namespaces;
      REQUIRE(std::count(back.begin(), back.end(), i) == 1);
    }
    if (i > 0) REQUIRE(natural_less(t.namespaces[i - 1].name, ns.name));
  }
  for (std::size_t i = 0; i < t.controllers.size(); ++i) {
    const Controller& c = t.controllers[i];
    REQUIRE(c.subsystem < t.subsystems.size());
    const Indices& back = t.subsystems[c.subsystem].controllers;
    REQUIRE(std::count(back.begin(), back.end(), i) == 1);
    if (i > 0) REQUIRE(natural_less(t.controllers[i - 1].name, c.name));
  }
  for (const Path& path : t.paths) {
    REQUIRE(path.controller < t.controllers.size());
    REQUIRE(path.ns < t.namespaces.size());
  }
}

}  // namespace

TEST_CASE("PCIe drives without multipath", "[linux]") {
  const Tree tree;
  pcie(tree);
  const Topology t = scan(tree);
  check_indices(t);
  REQUIRE(t.not_seen.empty());
  REQUIRE(t.subsystems.size() == 2);
  REQUIRE(t.subsystems[0].name == "nvme-subsys2");
  REQUIRE(t.subsystems[0].nqn == "nqn.a");
  REQUIRE(t.subsystems[0].io_policy == "round-robin");
  REQUIRE(t.controllers[0].name == "nvme2");
  REQUIRE(t.controllers[0].model == "Model One");
  REQUIRE(t.controllers[0].serial == "SER1");
  REQUIRE(t.controllers[0].firmware == "1.0");
  REQUIRE(t.controllers[0].transport == "pcie");
  REQUIRE(t.controllers[0].address == "0000:01:00.0");
  REQUIRE(t.controllers[0].state == "live");
  REQUIRE(t.controllers[0].type == "io");
  REQUIRE(t.controllers[0].slot.empty());
  REQUIRE(t.controllers[0].cntlid == 1);
  REQUIRE(t.controllers[0].numa_node == 0);
  REQUIRE(t.controllers[0].queue_count == 9U);
  REQUIRE(t.controllers[1].slot == "7");
  REQUIRE_FALSE(t.controllers[1].numa_node);
  REQUIRE_FALSE(t.controllers[1].cntlid);  // 70000 does not fit
  const Namespace& ns = t.namespaces[0];
  REQUIRE(ns.name == "nvme2n1");
  REQUIRE(ns.device_path == "/dev/nvme2n1");
  REQUIRE(ns.generic_path == "/dev/ng2n1");
  REQUIRE(ns.nsid == 1);
  REQUIRE(ns.size_bytes == 2048U * 512);
  REQUIRE(ns.lba_bytes == 4096U);
  REQUIRE(ns.metadata_bytes == 8U);
  REQUIRE(ns.used_bytes == 40960U);
  REQUIRE_FALSE(ns.capacity_bytes);
  REQUIRE(ns.controllers == Indices{0});
  REQUIRE(ns.paths.empty());
  REQUIRE(t.namespaces[1].command_set == 2);
  REQUIRE(t.namespaces[1].generic_path.empty());
}

TEST_CASE("a shared namespace with ANA and two paths", "[linux]") {
  const Tree tree;
  ana(tree);
  const Topology t = scan(tree);
  check_indices(t);
  REQUIRE(t.subsystems.size() == 1);
  REQUIRE(t.subsystems[0].controllers == Indices{0, 1});
  REQUIRE(t.subsystems[0].namespaces == Indices{0, 1});
  REQUIRE(t.controllers[0].host_nqn == "nqn.host");
  REQUIRE(t.controllers[0].host_id == "00000000-0000-0000-0000-000000000001");
  REQUIRE(t.controllers[1].state == "connecting");
  REQUIRE(t.controllers[1].namespaces == Indices{0, 1});
  REQUIRE(t.namespaces.size() == 2);
  REQUIRE(t.namespaces[0].controllers == Indices{0, 1});
  REQUIRE(t.namespaces[0].paths.size() == 2);
  REQUIRE(t.namespaces[0].uuid == "0123abcd-0000-4000-8000-000000000001");
  REQUIRE(t.namespaces[0].nguid == "0123abcd000050008000000000000001");
  REQUIRE(t.namespaces[0].eui64 == "0025380000000001");
  REQUIRE(t.namespaces[1].controllers == Indices{1});
  REQUIRE(t.paths.size() == 3);
  REQUIRE(t.paths[0].name == "nvme0c0n1");
  REQUIRE(t.paths[0].ana_state == "optimized");
  REQUIRE(t.paths[0].ana_group == 1U);
  REQUIRE(t.paths[1].ana_state == "inaccessible");
  REQUIRE(t.paths[1].controller == 1);
  REQUIRE(t.paths[2].ana_state.empty());
  REQUIRE_FALSE(t.paths[2].ana_group);
}

TEST_CASE("a scan reads no more than it is asked for", "[linux]") {
  const Tree tree;
  ana(tree);
  const Topology t = scan(tree, {Deadline{}, false, false, false, false});
  REQUIRE(t.controllers[0].transport.empty());
  REQUIRE(t.controllers[0].state.empty());
  REQUIRE(t.controllers[0].model == "Model One");
  REQUIRE(t.namespaces[0].wwid.empty());
  REQUIRE_FALSE(t.namespaces[0].used_bytes);
  REQUIRE(t.namespaces[0].controllers == Indices{0, 1});
  REQUIRE(t.paths[0].ana_state.empty());
  REQUIRE(t.namespaces[0].lba_bytes == 4096U);
}

TEST_CASE("every transport is shown as the kernel names it", "[linux]") {
  const Tree tree;
  tree.subsystem("nvme-subsys0", "nqn.a");
  tree.controller("nvme0", "nvme-subsys0", {{"transport", "rdma"}, {"address", "traddr=192.0.2.1,trsvcid=4420"}});
  tree.controller("nvme1", "nvme-subsys0", {{"transport", "fc"}, {"address", "traddr=nn-0x1:pn-0x2"}});
  tree.controller("nvme2", "nvme-subsys0", {{"transport", "loop"}, {"hostnqn", "nqn.h"}});
  tree.controller("nvme3", "nvme-subsys0", {{"transport", "apple-nvme"}, {"hostnqn", "not read"}});
  const Topology t = scan(tree);
  REQUIRE(t.controllers[0].transport == "rdma");
  REQUIRE(t.controllers[1].address == "traddr=nn-0x1:pn-0x2");
  REQUIRE(t.controllers[2].address.empty());
  REQUIRE(t.controllers[2].host_nqn == "nqn.h");
  REQUIRE(t.controllers[3].transport == "apple-nvme");
  REQUIRE(t.controllers[3].host_nqn.empty());
}

TEST_CASE("Linux 6.1 has fewer attributes", "[linux]") {
  const Tree tree;
  tree.subsystem("nvme-subsys0", "nqn.a");
  tree.controller("nvme0", "nvme-subsys0", {{"transport", "pcie"}});
  tree.attributes("class/nvme/nvme0/nvme0n1", {{"nsid", "1"},
                                               {"size", "8"},
                                               {"queue/logical_block_size", "512"},
                                               {"queue/zoned", "host-managed"},
                                               {"wwid", "eui.0025380000000001"}});
  const Topology t = scan(tree);
  REQUIRE(t.namespaces[0].eui64 == "0025380000000001");
  REQUIRE(t.namespaces[0].command_set == 2);
  REQUIRE_FALSE(t.namespaces[0].metadata_bytes);
  REQUIRE_FALSE(t.namespaces[0].used_bytes);
  REQUIRE(t.namespaces[0].device_path.empty());  // no class/block
}

TEST_CASE("identifiers that are not there are empty", "[linux]") {
  const Tree tree;
  tree.subsystem("nvme-subsys0", "nqn.a");
  tree.controller("nvme0", "nvme-subsys0", {});
  const auto add = [&](std::string_view name, Tree::Attributes list) {
    tree.block("class/nvme/nvme0", name, "1", list);
  };
  add("nvme0n1", {{"wwid", "eui.0123abcd000050008000000000000001"},
                  {"uuid", "0123abcd-0000-5000-8000-000000000001"},  // the kernel repeats the NGUID
                  {"nguid", "0123abcd-0000-5000-8000-000000000001"}});
  add("nvme0n2", {{"wwid", ""},
                  {"uuid", "00000000-0000-0000-0000-000000000000"},
                  {"nguid", "00000000-0000-0000-0000-000000000000"},
                  {"eui", "00 00 00 00 00 00 00 00"}});
  add("nvme0n3", {{"wwid", "uuid.not-a-uuid"}, {"nguid", "xyz"}, {"eui", "g"}});
  const Topology t = scan(tree);
  REQUIRE(t.namespaces[0].nguid == "0123abcd000050008000000000000001");
  REQUIRE(t.namespaces[0].uuid.empty());
  for (const std::size_t i : {1U, 2U}) {
    CHECK(t.namespaces[i].uuid.empty());
    CHECK(t.namespaces[i].nguid.empty());
    CHECK(t.namespaces[i].eui64.empty());
  }
}

TEST_CASE("controllers without a subsystem have one without a name", "[linux]") {
  const Tree tree;
  tree.controller("nvme0", "",
                  {{"transport", "tcp"}, {"state", "connecting"}, {"subsysnqn", "nqn.new"}, {"model", "(efault)"}});
  tree.controller("nvme3", "", {{"transport", "pcie"}, {"state", "dead"}});
  tree.subsystem("nvme-subsys1", "nqn.a");
  tree.controller("nvme1", "nvme-subsys1", {{"state", "resetting"}});
  const Topology t = scan(tree);
  check_indices(t);
  REQUIRE(t.subsystems.size() == 3);
  REQUIRE(t.subsystems[0].name.empty());
  REQUIRE(t.subsystems[0].nqn == "nqn.new");
  REQUIRE(t.subsystems[2].name == "nvme-subsys1");
  REQUIRE(t.controllers[0].state == "connecting");
  REQUIRE(t.controllers[0].model.empty());
  REQUIRE(t.controllers[1].state == "resetting");
  REQUIRE(t.controllers[2].state == "dead");
}

TEST_CASE("garbage in attributes neither spreads nor stops the scan", "[linux]") {
  const Tree tree;
  tree.subsystem("nvme-subsys0", "nqn.\x1b[31mred");
  tree.file("class/nvme-subsystem/nvme-subsys0/model", "evil\x1b]0;x\x07\xff\n");
  tree.controller("nvme0", "nvme-subsys0", {{"state", "li\nve"}, {"queue_count", "-3"}, {"address", "a\tb"}});
  tree.block("class/nvme/nvme0", "nvme0n1", "one",
             {{"size", "99999999999999999999"},
              {"queue/logical_block_size", "0"},
              {"metadata_bytes", "8x"},
              {"csi", ""},
              {"nuse", "-1"}});
  tree.block("class/nvme/nvme0", "nvme0n2", "2", {{"size", "36028797018963968"}, {"nuse", "18446744073709551615"}});
  tree.file("class/nvme/nvme0/nvme", "");
  tree.file("class/nvme/nvmeX/state", "live");
  tree.file("class/nvme-subsystem/nvme-subsysX/subsysnqn", "nqn.x");
  const Topology t = scan(tree);
  check_indices(t);
  REQUIRE(t.subsystems[0].nqn == "nqn.\\x1b[31mred");
  REQUIRE(t.controllers[0].model == "evil\\x1b]0;x\\x07\\xff");
  REQUIRE(t.controllers[0].state == "li\\x0ave");
  REQUIRE_FALSE(t.controllers[0].queue_count);
  const Namespace& ns = t.namespaces[0];
  REQUIRE(ns.nsid == 0);
  REQUIRE_FALSE(ns.size_bytes);
  REQUIRE_FALSE(ns.lba_bytes);
  REQUIRE_FALSE(ns.metadata_bytes);
  REQUIRE_FALSE(ns.used_bytes);
  REQUIRE_FALSE(t.namespaces[1].size_bytes);  // 2^64 bytes
  REQUIRE_FALSE(t.namespaces[1].used_bytes);
  REQUIRE(t.not_seen.size() == 1);
  REQUIRE(t.not_seen[0].device == "nvme0n1");
}

TEST_CASE("what vanished in the middle of a scan is left out", "[linux]") {
  const Tree tree;
  ana(tree);
  tree.link("class/nvme/nvme5", "../../devices/gone");
  tree.link("class/nvme-subsystem/nvme-subsys9", "../../devices/gone");
  tree.link("class/nvme-subsystem/nvme-subsys0/nvme5", "../../nvme/nvme5");
  tree.link("class/nvme-subsystem/nvme-subsys0/nvme0n9", "../../../devices/gone");
  tree.link("class/nvme/nvme0/nvme0c0n9", "../../../devices/gone");
  const Topology t = scan(tree);
  check_indices(t);
  REQUIRE(t.subsystems.size() == 1);
  REQUIRE(t.controllers.size() == 2);
  REQUIRE(t.namespaces.size() == 2);
  REQUIRE(t.paths.size() == 3);
}

TEST_CASE("a tree captured without subsystems still shows its namespaces", "[linux]") {
  const Tree tree;
  tree.controller("nvme0", "", {{"subsysnqn", "nqn.a"}, {"serial", "S"}, {"model", "M"}});
  tree.block("class/nvme/nvme0", "nvme4c0n1", "1");
  const Topology t = scan(tree);
  check_indices(t);
  REQUIRE(t.namespaces.size() == 1);
  REQUIRE(t.namespaces[0].name == "nvme4n1");
  REQUIRE(t.namespaces[0].size_bytes == 2048U * 512);
  REQUIRE(t.controllers[0].serial == "S");
}

TEST_CASE("captured trees are listed whole", "[linux]") {
  const std::filesystem::path directory = std::string(NVMECTL_FIXTURES) + "/sysfs";
  if (!std::filesystem::exists(directory)) return;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() != ".tree") continue;
    CAPTURE(entry.path().string());
    const Tree tree;
    tree.unpack(entry.path());
    const Topology t = scan(tree);
    check_indices(t);
    REQUIRE_FALSE(t.controllers.empty());
    REQUIRE(t.not_seen.empty());
    for (const Controller& controller : t.controllers) {
      CHECK_FALSE(controller.state.empty());
      CHECK_FALSE(controller.transport.empty());
    }
    for (const Namespace& ns : t.namespaces) {
      CHECK(ns.nsid > 0);
      CHECK(ns.lba_bytes);
      // The kernel does no I/O, and shows no size, where blocks have metadata without protection information.
      const bool hidden = ns.metadata_bytes == 64U;
      CHECK(ns.size_bytes.has_value() != hidden);
      CHECK_FALSE(ns.controllers.empty());
      CHECK_FALSE(t.subsystems[ns.subsystem].name.empty());
    }
  }
}

TEST_CASE("no driver is something else than no tree", "[linux]") {
  const Tree tree;
  {
    SysfsReader sysfs(tree.root());
    const auto none = scan_topology(sysfs, everything, KernelCalls::real(), {});
    REQUIRE_FALSE(none);
    REQUIRE(none.error().kind == ErrorKind::not_found);
    REQUIRE_FALSE(LinuxBackend({.sysroot = tree.root()}).probe().usable);
  }
  tree.directory("class/block");
  const Topology t = scan(tree);
  REQUIRE(t.controllers.empty());
  REQUIRE(t.not_seen.size() == 1);
  REQUIRE(t.not_seen[0].kind == ErrorKind::unsupported);
  LinuxBackend backend({.sysroot = tree.root()});
  REQUIRE_FALSE(backend.probe().usable);
  REQUIRE(backend.probe().reason == "no NVMe driver is loaded");
  tree.directory("class/nvme");
  REQUIRE(backend.probe().usable);
  REQUIRE(scan(tree).not_seen.empty());
}

TEST_CASE("usage is asked for live controllers only, and one that hangs is passed over", "[linux]") {
  const Tree tree;
  tree.subsystem("nvme-subsys0", "nqn.a");
  for (const char* name : {"nvme0", "nvme1", "nvme2", "nvme3"}) {
    tree.controller(name, "nvme-subsys0", {{"state", std::string_view(name) == "nvme1" ? "connecting" : "live"}});
    tree.block(std::string("class/nvme/") + name, std::string(name) + "n1", "1");
  }
  for (const char* name : {"nvme2", "nvme3"})  // as on Linux 6.1: Identify must tell
    std::filesystem::remove(tree.sys(fmt::format("class/nvme/{0}/{0}n1/nuse", name)));
  KernelCalls calls;
  calls.open = [](const std::string& path, int) {
    if (path == "/dev/nvme2n1")
      for (;;) ::pause();
    errno = EACCES;
    return -1;
  };
  const auto start = Deadline::Clock::now();
  const Topology t = scan(tree, everything, {200ms, true}, calls);
  REQUIRE(Deadline::Clock::now() - start < 5s);
  REQUIRE(t.namespaces[0].used_bytes == 40960U);
  for (const std::size_t i : {1U, 2U, 3U}) CHECK_FALSE(t.namespaces[i].used_bytes);
  REQUIRE(t.not_seen.size() == 3);
  REQUIRE(t.not_seen[0].kind == ErrorKind::transport);
  REQUIRE(t.not_seen[0].cause == "not live: nvme1 (connecting)");
  REQUIRE(t.not_seen[1].kind == ErrorKind::timeout);
  REQUIRE(t.not_seen[1].cause == "no answer from nvme2");
  REQUIRE(t.not_seen[2].kind == ErrorKind::permission);
  REQUIRE(t.not_seen[2].message == "usage needs root on this kernel");
}

TEST_CASE("the backend lists a captured tree and opens nothing in it", "[linux]") {
  const Tree tree;
  pcie(tree);
  LinuxBackend backend({.sysroot = tree.root()});
  REQUIRE(backend.name() == "linux");
  REQUIRE(backend.topology()->scan(everything)->controllers.size() == 2);
  REQUIRE(backend.handles(*DeviceRef::parse("nvme0")));
  REQUIRE(backend.handles(*DeviceRef::parse("tcp://a")));
  REQUIRE_FALSE(backend.handles(*DeviceRef::parse("spdk:x")));
  const auto device = backend.open(*DeviceRef::parse("nvme2"), {});
  REQUIRE_FALSE(device);
  REQUIRE(device.error().kind == ErrorKind::usage);
}
