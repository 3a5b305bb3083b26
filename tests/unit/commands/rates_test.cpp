#include "commands/state/rates.hpp"

#include "commands/state/selection.hpp"
#include "commands/state/time.hpp"
#include "support/catch.hpp"

using namespace nvmectl;

namespace {

IoCounters counters(std::uint64_t reads, std::uint64_t read_bytes, std::uint64_t writes, std::uint64_t write_bytes,
                    std::uint64_t queue) {
  IoCounters io;
  io.read_operations = reads;
  io.read_bytes = read_bytes;
  io.write_operations = writes;
  io.write_bytes = write_bytes;
  io.queue_milliseconds = queue;
  return io;
}

// nvme0 and nvme1 lead to nvme0n1 by a path each; nvme2 has nvme2n1 to itself.
Topology two_paths() {
  Topology t;
  t.subsystems.resize(2);
  t.subsystems[0].nqn = "nqn.a";
  t.subsystems[1].nqn = "nqn.b";
  t.subsystems[0].controllers = {0, 1};
  t.subsystems[0].namespaces = {0};
  t.subsystems[1].controllers = {2};
  t.subsystems[1].namespaces = {1};
  t.controllers.resize(3);
  for (std::size_t i = 0; i < 3; ++i) t.controllers[i].name = "nvme" + std::to_string(i);
  t.controllers[2].subsystem = 1;
  t.namespaces.resize(2);
  t.namespaces[0].name = "nvme0n1";
  t.namespaces[0].controllers = {0, 1};
  t.namespaces[0].paths = {0, 1};
  t.namespaces[1].name = "nvme2n1";
  t.namespaces[1].subsystem = 1;
  t.namespaces[1].controllers = {2};
  t.controllers[0].namespaces = t.controllers[1].namespaces = {0};
  t.controllers[2].namespaces = {1};
  t.paths.resize(2);
  t.paths[0] = {"nvme0c0n1", 0, 0, "optimized", 1};
  t.paths[1] = {"nvme0c1n1", 1, 0, "inaccessible", 2};
  return t;
}

}  // namespace

TEST_CASE("rates: a controller's counters are its paths', or its namespaces'") {
  const Topology topology = two_paths();
  REQUIRE(counted_names(topology) == std::vector<std::string>{"nvme0n1", "nvme2n1", "nvme0c0n1", "nvme0c1n1"});
  const auto devices = counted_devices(topology, {counters(30, 300, 0, 0, 0), counters(5, 50, 1, 10, 0),
                                                  counters(10, 100, 0, 0, 0), counters(20, 200, 0, 0, 0)});
  REQUIRE(devices.size() == 5);
  CHECK(devices[0].name == "nvme0");
  CHECK(devices[0].controller);
  CHECK(devices[0].counters.read_operations == 10);
  CHECK(devices[1].counters.read_operations == 20);
  CHECK(devices[2].counters.write_bytes == 10);
  CHECK(devices[2].nqn == "nqn.b");
  CHECK(devices[3].name == "nvme0n1");
  CHECK(devices[3].counters.read_bytes == 300);
}

TEST_CASE("rates: heads of old kernels count nothing, their paths do") {
  const auto devices = counted_devices(
      two_paths(), {IoCounters{}, std::nullopt, counters(10, 100, 0, 0, 0), counters(20, 200, 0, 0, 0)});
  REQUIRE(devices.size() == 3);  // nvme2 and its namespace have no counters
  CHECK(devices[2].name == "nvme0n1");
  CHECK(devices[2].counters.read_operations == 30);
  CHECK(counted_devices(two_paths(), {}).empty());
}

TEST_CASE("rates: between two looks") {
  CountedDevice device{"nvme0n1", false, "nqn.a", counters(110, 1'100'000, 60, 600'000, 500)};
  const StatsRow row = row_since(device, counters(10, 100'000, 10, 100'000, 200), 2.0);
  CHECK(row.operations_per_second == 75.0);
  CHECK(row.average_request_bytes == 10'000.0);
  CHECK(row.total_bytes == 1'700'000U);
  CHECK(row.read_bytes_per_second == 500'000.0);
  CHECK(row.write_bytes_per_second == 250'000.0);
  CHECK(row.milliseconds_per_operation == 2.0);
  CHECK(row.interval_seconds == 2.0);
}

TEST_CASE("rates: idle and replaced devices") {
  CountedDevice device{"nvme0n1", false, "nqn.a", counters(10, 100, 10, 100, 5)};
  const StatsRow idle = row_since(device, device.counters, 1.0);
  CHECK(idle.operations_per_second == 0.0);
  CHECK_FALSE(idle.average_request_bytes);
  CHECK_FALSE(idle.milliseconds_per_operation);
  const StatsRow other = row_since(device, counters(50, 50, 0, 0, 0), 1.0);
  CHECK_FALSE(other.operations_per_second);
  CHECK(other.read_bytes_per_second == 50.0);
  CHECK(other.write_bytes_per_second == 100.0);
  CHECK_FALSE(row_since(device, {}, 0.0).operations_per_second);
  const StatsRow whole = row_since_start(device);
  CHECK_FALSE(whole.operations_per_second);
  CHECK_FALSE(whole.interval_seconds);
  CHECK(whole.average_request_bytes == 10.0);
}

TEST_CASE("rates: sizes as the statistics page shows them") {
  CHECK(three_decimals(0) == "0.000 B");
  CHECK(three_decimals(1023) == "1023.000 B");
  CHECK(three_decimals(1536) == "1.500 KiB");
  CHECK(three_decimals(53687091200.0) == "50.000 GiB");
  CHECK(three_decimals(1.8446744073709552e19) == "16.000 EiB");
  CHECK(three_decimals(1e25) == "8673617.380 EiB");
}

TEST_CASE("state: points in time") {
  CHECK(iso_time(0) == "1970-01-01T00:00:00.000Z");
  CHECK(iso_time(1'772'463'845'678) == "2026-03-02T15:04:05.678Z");
  CHECK(iso_time(253'402'300'799'999) == "9999-12-31T23:59:59.999Z");
  CHECK(iso_time(~std::uint64_t{0}).empty());
}

TEST_CASE("state: the namespace that a name belongs to") {
  CHECK(namespace_of_name("nvme0n1") == "nvme0n1");
  CHECK(namespace_of_name("nvme12n3p4") == "nvme12n3");
  CHECK(namespace_of_name("ng0n12") == "nvme0n12");
  CHECK(namespace_of_name("nvme0c1n2") == "nvme0n2");
  for (const char* const name : {"nvme0", "nvme", "ng", "nvme0n", "nvme0c1", "nvme0n1x", "nvme-subsys0", "sda", ""})
    CHECK(namespace_of_name(name) == name);
}

TEST_CASE("state: what a subsystem is called by, and its addresses") {
  const Topology topology = two_paths();
  CHECK(select_subsystems(topology, "").value() == std::vector<std::size_t>{0, 1});
  CHECK(select_subsystems(topology, "nqn.b").value() == std::vector<std::size_t>{1});
  CHECK(select_subsystems(topology, "/dev/nvme1").value() == std::vector<std::size_t>{0});
  CHECK(select_subsystems(topology, "/dev/nvme0n1p3").value() == std::vector<std::size_t>{0});
  const auto none = select_subsystems(topology, "nvme9");
  REQUIRE_FALSE(none);
  CHECK(none.error().kind == ErrorKind::not_found);
  Controller c;
  c.transport = "tcp";
  c.address = "traddr=2001:db8::1,trsvcid=4420,src_addr=::1";
  CHECK(shown_address(c) == "[2001:db8::1]:4420");
  c.address = "traddr=192.0.2.1,trsvcid=8009";
  CHECK(shown_address(c) == "192.0.2.1:8009");
  c = {};
  c.transport = "fc";
  c.address = "traddr=nn-0x1:pn-0x2,host_traddr=nn-0x3:pn-0x4";
  CHECK(shown_address(c) == "nn-0x1:pn-0x2");
  c.transport = "pcie";
  c.address = "0000:01:00.0";
  CHECK(shown_address(c) == "0000:01:00.0");
}
