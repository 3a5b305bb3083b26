// Discovery with referrals, and remote topologies, against soft controllers in this process.
#include "nvme/remote.hpp"

#include <map>
#include <set>
#include <string>

#include "support/catch.hpp"
#include "target/local_device.hpp"
#include "target/target.hpp"

namespace nvmectl::nvme {
namespace {

constexpr std::string_view disk = "nqn.2024-01.org.example:disk";

// Several targets, each at an address of its own.
class Fabric {
 public:
  target::Target& at(const std::string& host) {
    auto& slot = targets_[host];
    if (!slot) {
      slot = std::make_unique<target::Target>();
      slot->set_portals({{.family = 1, .address = host, .service = "4420"}});
    }
    return *slot;
  }

  void add_disk(const std::string& host, std::string_view nqn, std::size_t namespaces) {
    auto subsystem =
        at(host).add_subsystem({.nqn = std::string(nqn), .serial = "S1", .model = "M1", .allowed_hosts = {}});
    REQUIRE(subsystem);
    for (std::size_t i = 0; i < namespaces; ++i) {
      auto store = target::make_ram_store(1U << 20U);
      REQUIRE(store);
      REQUIRE((*subsystem)->add_namespace({.store = std::move(*store), .block_bytes = 4096}));
    }
  }

  Opener opener() {
    return [this](const DeviceRef& ref, const Deadline&) -> Result<std::unique_ptr<Device>> {
      opened.push_back(ref.text);
      const auto found = targets_.find(ref.host);
      if (found == targets_.end()) return fail(ErrorKind::refused, ref.host + " refused the connection");
      target::LocalOptions options;
      options.subsystem_nqn = ref.nqn.empty() ? std::string(discovery_nqn) : ref.nqn;
      options.reached = {.family = 1, .address = ref.host, .service = "8009"};
      NVMECTL_ASSIGN(auto device, target::LocalDevice::open(*found->second, options));
      return std::unique_ptr<Device>(std::move(device));
    };
  }

  std::vector<std::string> opened;

 private:
  std::map<std::string, std::unique_ptr<target::Target>> targets_;
};

DeviceRef ref(std::string_view text) {
  auto parsed = DeviceRef::parse(text);
  REQUIRE(parsed);
  return *parsed;
}

Result<Discovered> discover(Fabric& fabric, DiscoverOptions options = {}) {
  options.deadline = Deadline::in(std::chrono::seconds(10));
  return discover_all(ref("tcp://10.0.0.1"), fabric.opener(), options);
}

}  // namespace

TEST_CASE("referrals are followed once each, in circles too", "[remote]") {
  Fabric fabric;
  fabric.add_disk("10.0.0.1", disk, 1);
  REQUIRE(fabric.at("10.0.0.1").add_referral({.address = "10.0.0.2"}));
  REQUIRE(fabric.at("10.0.0.1").add_referral({.address = "10.0.0.3"}));
  REQUIRE(fabric.at("10.0.0.2").add_referral({.address = "10.0.0.1"}));
  REQUIRE(fabric.at("10.0.0.2").add_referral({.address = "10.0.0.3"}));
  REQUIRE(fabric.at("10.0.0.3").add_referral({.address = "10.0.0.3"}));
  const auto found = discover(fabric);
  REQUIRE(found);
  CHECK(found->errors.empty());
  REQUIRE(found->logs.size() == 3);
  CHECK(found->logs[0].depth == 0);
  CHECK(found->logs[1].source.host == "10.0.0.2");
  CHECK(found->logs[2].source.host == "10.0.0.3");
  CHECK(found->logs[2].depth == 1);
  CHECK(fabric.opened.size() == 3);
}

TEST_CASE("referrals are left alone when asked, and behind the depth limit", "[remote]") {
  Fabric fabric;
  for (int i = 1; i < 20; ++i)
    REQUIRE(fabric.at("10.0.0." + std::to_string(i)).add_referral({.address = "10.0.0." + std::to_string(i + 1)}));
  static_cast<void>(fabric.at("10.0.0.20"));
  CHECK(discover(fabric, {.deadline = {}, .referrals = false})->logs.size() == 1);
  const auto deep = discover(fabric);
  CHECK(deep->logs.size() == 9);
  CHECK(deep->notes.size() == 1);
  CHECK(discover(fabric, {.deadline = {}, .max_depth = 100})->logs.size() == 20);
  const auto few = discover(fabric, {.deadline = {}, .max_depth = 100, .max_controllers = 5});
  CHECK(few->logs.size() == 5);
  CHECK(few->errors.size() == 1);
}

TEST_CASE("a dead referral does not hide the others; a dead start is an error", "[remote]") {
  Fabric fabric;
  REQUIRE(fabric.at("10.0.0.1").add_referral({.address = "10.0.0.66"}));
  REQUIRE(fabric.at("10.0.0.1").add_referral({.address = "10.0.0.2"}));
  static_cast<void>(fabric.at("10.0.0.2"));
  const auto found = discover(fabric);
  REQUIRE(found);
  CHECK(found->logs.size() == 2);
  REQUIRE(found->errors.size() == 1);
  CHECK(found->errors[0].kind == ErrorKind::refused);
  CHECK(found->errors[0].device == "tcp://10.0.0.66:8009");

  Fabric empty;
  CHECK(discover(empty).error().kind == ErrorKind::refused);
}

TEST_CASE("records become references, hostile ones do not", "[remote]") {
  DiscoveryRecord record;
  record.transport_type = 3;
  record.address = "fe80::2";
  record.service_id = "4420";
  record.nqn = disk;
  const DeviceRef origin = ref("tcp://[fe80::1%eth0]");
  const auto scoped = reference_of(record, origin);
  REQUIRE(scoped);
  CHECK(scoped->host == "fe80::2%eth0");
  CHECK(scoped->text == "tcp://[fe80::2%eth0]:4420/nqn.2024-01.org.example:disk");
  record.address = "10.0.0.9";
  CHECK(reference_of(record, origin)->host == "10.0.0.9");
  record.nqn = discovery_nqn;
  CHECK(reference_of(record, origin)->nqn.empty());
  for (const char* const service : {"", "none", "0", "65536", "-1", "44 20"}) {
    record.service_id = service;
    CHECK_FALSE(reference_of(record, origin));
  }
  record.service_id = "4420";
  for (const char* const nqn : {"evil", "nqn.2014-08.org.nvmexpress:a b"}) {
    record.nqn = nqn;
    CHECK_FALSE(reference_of(record, origin));
  }
  record.nqn = disk;
  record.address.clear();
  CHECK_FALSE(reference_of(record, origin));
  record.address = "10.0.0.9";
  record.transport_type = 1;
  CHECK_FALSE(reference_of(record, origin));
}

TEST_CASE("a remote topology holds every namespace of every subsystem once", "[remote]") {
  Fabric fabric;
  fabric.add_disk("10.0.0.1", disk, 3);
  fabric.add_disk("10.0.0.1", "nqn.2024-01.org.example:disk10", 1);
  fabric.add_disk("10.0.0.1", "nqn.2024-01.org.example:disk9", 0);
  REQUIRE(fabric.at("10.0.0.1").add_referral({.address = "10.0.0.2"}));
  fabric.add_disk("10.0.0.2", disk, 3);  // a second address of the same subsystem
  REQUIRE(fabric.at("10.0.0.2").add_referral({.address = "10.0.0.66"}));
  RemoteOptions options;
  options.discover.deadline = Deadline::in(std::chrono::seconds(10));
  options.host_nqn = "nqn.2014-08.org.example:host";
  const auto topology = remote_topology(ref("tcp://10.0.0.1"), fabric.opener(), options);
  REQUIRE(topology);
  REQUIRE(topology->subsystems.size() == 3);
  CHECK(topology->subsystems[0].nqn == disk);
  CHECK(topology->subsystems[1].nqn == "nqn.2024-01.org.example:disk9");
  CHECK(topology->subsystems[2].nqn == "nqn.2024-01.org.example:disk10");
  CHECK(topology->subsystems[0].serial == "S1");
  REQUIRE(topology->controllers.size() == 4);
  CHECK(topology->controllers[0].name == "tcp://10.0.0.1:4420/nqn.2024-01.org.example:disk");
  CHECK(topology->controllers[0].address == "traddr=10.0.0.1,trsvcid=4420");
  CHECK(topology->controllers[0].state == "live");
  CHECK(topology->controllers[0].transport == "tcp");
  CHECK(topology->controllers[0].type == "io");
  CHECK(topology->controllers[0].host_nqn == "nqn.2014-08.org.example:host");
  REQUIRE(topology->namespaces.size() == 4);
  const Namespace& first = topology->namespaces[0];
  CHECK(first.device_path == "tcp://10.0.0.1:4420/nqn.2024-01.org.example:disk?nsid=1");
  CHECK(first.size_bytes == 1U << 20U);
  CHECK(first.lba_bytes == 4096);
  CHECK(first.uuid.size() == 36);
  CHECK(first.wwid == "uuid." + first.uuid);
  CHECK(first.controllers.size() == 2);
  CHECK(first.paths.size() == 2);
  CHECK(topology->paths.size() == 6);
  CHECK(topology->namespaces[3].paths.empty());
  REQUIRE(topology->not_seen.size() == 1);
  CHECK(topology->not_seen[0].device == "tcp://10.0.0.66:8009");

  const auto one = remote_topology(ref("tcp://10.0.0.1/nqn.2024-01.org.example:disk?nsid=2"), fabric.opener(), options);
  REQUIRE(one);
  REQUIRE(one->namespaces.size() == 1);
  CHECK(one->namespaces[0].nsid == 2);
}

}  // namespace nvmectl::nvme
