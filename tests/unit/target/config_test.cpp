#include "target/config.hpp"

#include "bench.hpp"

using namespace nvmectl;
using namespace nvmectl::target;
using nvmectl_test::ContainsSubstring;

namespace {

std::string message(std::string_view json) {
  const auto config = parse_config(json);
  REQUIRE_FALSE(config);
  CHECK(config.error().kind == ErrorKind::usage);
  return config.error().message;
}

}  // namespace

TEST_CASE("a configuration with everything", "[target][config]") {
  const auto config = parse_config(R"({
    "listen": ["127.0.0.1:4420", "[::1]:8009", "localhost"],
    "subsystems": [{
      "nqn": "nqn.2014-08.org.example:one", "serial": "S1", "model": "M1",
      "allow_hosts": ["nqn.2014-08.org.example:host"],
      "namespaces": [{"nsid": 5, "ram": "64MiB", "block_size": 4096, "uuid": "00112233-4455-6677-8899-aabbccddeeff"},
                     {"ram": "1MiB"}, {"file": "/no/such/disk:1GiB", "read_only": true}]
    }],
    "referrals": [{"address": "192.0.2.1"}, {"address": "2001:db8::1", "port": 4420, "nqn": "nqn.2014-08.org.x:d"}]
  })");
  REQUIRE(config);
  REQUIRE(config->listen.size() == 3);
  CHECK(config->listen[1].host == "::1");
  CHECK(config->listen[1].port == 8009);
  CHECK(config->listen[2].port == 4420);
  REQUIRE(config->subsystems.size() == 1);
  const SubsystemConfig& subsystem = config->subsystems[0];
  CHECK(subsystem.spec.serial == "S1");
  CHECK(subsystem.spec.allowed_hosts.size() == 1);
  REQUIRE(subsystem.namespaces.size() == 3);
  CHECK(subsystem.namespaces[0].nsid == 5);
  CHECK(subsystem.namespaces[0].ram_bytes == std::uint64_t{64} << 20U);
  CHECK(subsystem.namespaces[0].block_bytes == 4096);
  CHECK(subsystem.namespaces[0].uuid->at(1) == std::byte{0x11});
  CHECK(subsystem.namespaces[1].nsid == 0);
  CHECK(subsystem.namespaces[2].file->create_bytes == std::uint64_t{1} << 30U);
  CHECK(subsystem.namespaces[2].file->read_only);
  REQUIRE(config->referrals.size() == 2);
  CHECK(config->referrals[0].port == 8009);
  CHECK(config->referrals[1].family == 2);
}

TEST_CASE("a configuration's mistakes are named with their place", "[target][config]") {
  const auto in_namespace = [](const std::string& ns) {
    return message(R"({"subsystems":[{"nqn":"nqn.2014-08.org.example:a","namespaces":[{"ram":"1MiB"},)" + ns + "]}]}");
  };
  CHECK_THAT(message("{"), ContainsSubstring("JSON"));
  CHECK_THAT(message("[]"), ContainsSubstring("object"));
  CHECK_THAT(message(R"({"listn":[]})"), ContainsSubstring("'listn' is not known"));
  CHECK_THAT(message(R"({"listen":"x"})"), ContainsSubstring("listen: a list"));
  CHECK_THAT(message(R"({"listen":["1.2.3.4:99999"]})"), ContainsSubstring("listen[0]: "));
  CHECK_THAT(message(R"({"subsystems":[{}]})"), ContainsSubstring("subsystems[0]: 'nqn' is missing"));
  CHECK_THAT(message(R"({"subsystems":[{"nqn":"x"}]})"), ContainsSubstring("subsystems[0].nqn: "));
  CHECK_THAT(message(R"({"subsystems":[{"nqn":7}]})"), ContainsSubstring("subsystems[0].nqn: a string"));
  CHECK_THAT(in_namespace("{}"), ContainsSubstring("subsystems[0].namespaces[1]: one of 'ram' and 'file'"));
  CHECK_THAT(in_namespace(R"({"ram":"many"})"), ContainsSubstring("subsystems[0].namespaces[1].ram: "));
  CHECK_THAT(in_namespace(R"({"ram":"1MiB","nsid":0})"),
             ContainsSubstring("namespaces[1].nsid: a number from 1 to 1024"));
  CHECK_THAT(in_namespace(R"({"ram":"1MiB","nsid":-1})"), ContainsSubstring("namespaces[1].nsid: "));
  CHECK_THAT(in_namespace(R"({"ram":"1MiB","block_size":1024})"),
             ContainsSubstring("namespaces[1].block_size: 512 or 4096"));
  CHECK_THAT(in_namespace(R"({"ram":"1MiB","uuid":"x"})"), ContainsSubstring("namespaces[1].uuid: "));
  CHECK_THAT(message(R"({"referrals":[{"port":1}]})"), ContainsSubstring("referrals[0]: 'address' is missing"));
  CHECK_THAT(message(R"({"referrals":[{"address":"a","port":0}]})"), ContainsSubstring("referrals[0].port: "));
}

TEST_CASE("addresses to listen on", "[target][config]") {
  const auto address = [](std::string_view text) {
    const auto parsed = parse_listen_address(text);
    REQUIRE(parsed);
    return parsed->host + "|" + std::to_string(parsed->port);
  };
  CHECK(address("127.0.0.1:0") == "127.0.0.1|0");
  CHECK(address("host") == "host|4420");
  CHECK(address("[fe80::1%eth0]:1") == "fe80::1%eth0|1");
  CHECK(address("[::]") == "::|4420");
  for (const char* wrong : {"", ":1", "a:", "a:b", "::1", "[::1", "[::1]x", "[::1]:", "[]:1", "a:65536"})
    CHECK_FALSE(parse_listen_address(wrong));
}

TEST_CASE("a target is made of a configuration", "[target][config]") {
  TargetConfig config;
  config.subsystems.push_back({.spec = {.nqn = "nqn.2014-08.org.example:one"}, .namespaces = {}});
  NamespaceConfig ns;
  ns.ram_bytes = 4096;
  config.subsystems[0].namespaces = {ns, ns};
  const auto target = make_target(config);
  REQUIRE(target);
  const auto subsystem = (*target)->find("nqn.2014-08.org.example:one");
  REQUIRE(subsystem != nullptr);
  CHECK(subsystem->namespaces().size() == 2);
  CHECK(subsystem->serial().size() == 16);
  CHECK(subsystem->model() == "nvmectl soft controller");

  config.subsystems.push_back(config.subsystems[0]);
  CHECK_THAT(make_target(config).error().message, ContainsSubstring("two subsystems"));
  config.subsystems.pop_back();
  config.subsystems[0].namespaces[1].nsid = 1;
  CHECK_THAT(make_target(config).error().message, ContainsSubstring("a namespace 1 already"));
  config.subsystems[0].namespaces[1] = {.nsid = 2, .ram_bytes = 100};
  CHECK_THAT(make_target(config).error().message, ContainsSubstring("smaller than a block"));
  config.subsystems[0].namespaces.clear();
  config.subsystems[0].spec.serial = "a serial number of far too many letters";
  CHECK_THAT(make_target(config).error().message, ContainsSubstring("serial number"));
  config.subsystems[0].spec = {.nqn = std::string(discovery_nqn)};
  CHECK_FALSE(make_target(config));
}

TEST_CASE("a configuration file that is not there", "[target][config]") {
  CHECK_FALSE(load_config("/no/such/file"));
}
