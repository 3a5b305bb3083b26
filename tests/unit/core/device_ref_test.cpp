#include "core/device_ref.hpp"

#include "core/model.hpp"
#include "support/catch.hpp"

using namespace nvmectl;
using Scheme = DeviceRef::Scheme;

TEST_CASE("kernel devices") {
  CHECK(DeviceRef::parse("nvme0")->name == "nvme0");
  CHECK(DeviceRef::parse("/dev/ng0n1")->name == "ng0n1");
  CHECK(DeviceRef::parse("/dev/nvme0n1")->scheme == Scheme::kernel);
}

TEST_CASE("targets") {
  const auto full = DeviceRef::parse("tcp://[fe80::1%eth0]:4421/nqn.2014-08.org.example:a?nsid=0x2");
  REQUIRE(full);
  CHECK(full->scheme == Scheme::tcp);
  CHECK(full->host == "fe80::1%eth0");
  CHECK(full->port == 4421);
  CHECK(full->nqn == "nqn.2014-08.org.example:a");
  CHECK(full->nsid == 2U);
  const auto bare = DeviceRef::parse("tcp://storage.example");
  REQUIRE(bare);
  CHECK_FALSE(bare->port);
  CHECK(bare->nqn.empty());
  CHECK(DeviceRef::parse("tcp://::1")->host == "::1");
  CHECK(DeviceRef::parse("tcp://192.0.2.1:8009/")->port == 8009);
}

TEST_CASE("what names no device is a usage error") {
  for (const char* bad : {"", "/dev/", "http://x", "tcp://", "tcp://:4420", "tcp://host:", "tcp://host:0", "tcp://host:65536", "tcp://[::1", "tcp://[::1]x",
                          "tcp://h/not-an-nqn", "tcp://h?size=1", "tcp://h?nsid=x", "spdk:", "nvme0\x1b[2J"}) {
    CAPTURE(bad);
    const auto parsed = DeviceRef::parse(bad);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().kind == ErrorKind::usage);
    CHECK(parsed.error().message.find('\x1b') == std::string::npos);
    CHECK_FALSE(parsed.error().hint.empty());
  }
}

TEST_CASE("NQNs are bounded") {
  CHECK(check_nqn("nqn.2014-08.org.nvmexpress:uuid:4c61624c-6162-4c61-8c61-624c61624c61"));
  CHECK(check_nqn("nqn.2014-08.org." + std::string(207, 'x')));
  CHECK_FALSE(check_nqn("nqn.2014-08.org." + std::string(208, 'x')));
  CHECK_FALSE(check_nqn("iqn.2014-08.org.example"));
  CHECK_FALSE(check_nqn("nqn.2014-08.org with blank"));
}

TEST_CASE("natural order") {
  CHECK(natural_less("nvme2", "nvme10"));
  CHECK_FALSE(natural_less("nvme10", "nvme2"));
  CHECK(natural_less("nvme0n1", "nvme0n2"));
  CHECK(natural_less("nvme0", "nvme0n1"));
  CHECK_FALSE(natural_less("a", "a"));
  CHECK(natural_less("n007", "n8"));
}
