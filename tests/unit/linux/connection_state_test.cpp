#include "backends/linux/connection_state.hpp"

#include <chrono>
#include <filesystem>

#include "backends/linux/topology.hpp"
#include "support/catch.hpp"
#include "unit/linux/tree.hpp"

using namespace nvmectl;
using namespace nvmectl::linux_backend;
using nvmectl::test::Tree;

namespace {

Topology scan(const std::string& root, bool connections = true) {
  SysfsReader sysfs(root);
  ScanRequest request;
  request.deadline = Deadline::in(std::chrono::seconds(30));
  request.connections = connections;
  auto topology = scan_topology(sysfs, request, KernelCalls::real(), {});
  REQUIRE(topology);
  return std::move(*topology);
}

ConnectionState state_of(Tree::Attributes list) {
  const Tree tree;
  tree.subsystem("nvme-subsys0", "nqn.a");
  tree.controller("nvme0", "nvme-subsys0", list);
  const Topology topology = scan(tree.root());
  REQUIRE(topology.controllers.size() == 1);
  return topology.controllers[0].connection;
}

}  // namespace

TEST_CASE("connection state: what a captured kernel says") {
  const Tree tree;
  tree.unpack(std::filesystem::path(NVMECTL_FIXTURES) / "sysfs/fabrics-ana.tree");
  const Topology topology = scan(tree.root());
  REQUIRE(topology.controllers.size() == 3);
  const ConnectionState& tcp = topology.controllers[0].connection;
  CHECK(tcp.keep_alive_seconds == 5U);
  CHECK(tcp.ctrl_loss_seconds == 600);
  CHECK(tcp.fast_io_fail_seconds == -1);
  CHECK(tcp.reconnect_delay_seconds == 10U);
  CHECK(tcp.queue_size == 128U);
  CHECK_FALSE(tcp.reconnects);
  CHECK(tcp.authentication == false);
  CHECK(tcp.tls == false);
  CHECK_FALSE(topology.controllers[2].connection.tls);  // loop
  CHECK_FALSE(scan(tree.root(), false).controllers[0].connection.keep_alive_seconds);
}

TEST_CASE("connection state: TLS, authentication and counts of newer kernels") {
  const ConnectionState secure = state_of({{"transport", "tcp"},
                                           {"hostnqn", "nqn.host"},
                                           {"ctrl_loss_tmo", "off"},
                                           {"dhchap_secret", "DHHC-1:00:c2VjcmV0:"},
                                           {"tls_key", "1a2b3c4d"},
                                           {"diag/reconnect_count", "17"}});
  CHECK(secure.ctrl_loss_seconds == -1);
  CHECK(secure.authentication == true);
  CHECK(secure.tls == true);
  CHECK(secure.tls_key == "1a2b3c4d");
  CHECK(secure.reconnects == 17U);
  CHECK_FALSE(secure.keep_alive_seconds);
}

TEST_CASE("connection state: no key, no TLS; nonsense is not known") {
  const ConnectionState plain = state_of({{"transport", "tcp"},
                                          {"reconnect_delay", "off"},
                                          {"tls_key", ""},
                                          {"kato", "-1"},
                                          {"sqsize", "65535"},
                                          {"ctrl_loss_tmo", "soon"}});
  CHECK(plain.tls == false);
  CHECK(plain.tls_key.empty());
  CHECK_FALSE(plain.reconnect_delay_seconds);
  CHECK_FALSE(plain.keep_alive_seconds);
  CHECK_FALSE(plain.queue_size);
  CHECK_FALSE(plain.ctrl_loss_seconds);
  CHECK_FALSE(plain.authentication);
}

TEST_CASE("connection state: a local drive has none") {
  const ConnectionState local = state_of({{"transport", "pcie"}, {"kato", "0"}, {"sqsize", "1023"}});
  CHECK_FALSE(local.keep_alive_seconds);
  CHECK_FALSE(local.queue_size);
  CHECK_FALSE(local.tls);
}
