#include "backends/linux/uevents.hpp"

#include <chrono>
#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace nvmectl;
using namespace nvmectl::linux_backend;

namespace {

std::string message(std::initializer_list<std::string_view> words) {
  std::string text;
  for (const std::string_view word : words) text.append(word).push_back('\0');
  return text;
}

}  // namespace

TEST_CASE("uevents: a discovery log has changed") {
  const auto event = parse_uevent(message({"change@/devices/virtual/nvme-fabrics/ctl/nvme3", "ACTION=change",
                                           "DEVPATH=/devices/virtual/nvme-fabrics/ctl/nvme3", "SUBSYSTEM=nvme",
                                           "NVME_AEN=0x70f002", "NVME_TRTYPE=tcp", "DEVNAME=nvme3", "SEQNUM=1234"}));
  REQUIRE(event);
  CHECK(event->action == "change");
  CHECK(event->subsystem == "nvme");
  CHECK(event->device == "nvme3");
  CHECK(event->properties.size() == 6);
  CHECK(event->properties[2] == std::pair<std::string, std::string>("NVME_AEN", "0x70f002"));
  CHECK(concerns_nvme(*event));
}

TEST_CASE("uevents: the device's name is its node's, or its directory's") {
  const auto disk = parse_uevent(
      message({"add@/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1", "SUBSYSTEM=block", "DEVNAME=nvme0n1"}));
  REQUIRE(disk);
  CHECK(disk->device == "nvme0n1");
  CHECK(concerns_nvme(*disk));
  const auto subsystem =
      parse_uevent(message({"add@/devices/virtual/nvme-subsystem/nvme-subsys0", "SUBSYSTEM=nvme-subsystem"}));
  REQUIRE(subsystem);
  CHECK(subsystem->device == "nvme-subsys0");
  CHECK(concerns_nvme(*subsystem));
}

TEST_CASE("uevents: what is not about NVMe") {
  for (const std::string_view name : {"sda", "nvme0n1p1", "loop0"}) {
    const auto event = parse_uevent(message({"add@/devices/x/" + std::string(name), "SUBSYSTEM=block"}));
    REQUIRE(event);
    CHECK_FALSE(concerns_nvme(*event));
  }
  const auto net = parse_uevent(message({"add@/devices/virtual/net/nvme0", "SUBSYSTEM=net"}));
  REQUIRE(net);
  CHECK_FALSE(concerns_nvme(*net));
}

TEST_CASE("uevents: control bytes do not get through") {
  const auto event = parse_uevent(message({"add@/devices/nvme\x1b[31m0", "SUBSYSTEM=nv\nme", "A\x07=\x1b]0;x"}));
  REQUIRE(event);
  CHECK(event->device == "nvme\\x1b[31m0");
  CHECK(event->subsystem == "nv\\x0ame");
  CHECK(event->properties[1].second == "\\x1b]0;x");
}

TEST_CASE("uevents: broken messages are none") {
  CHECK_FALSE(parse_uevent(""));
  CHECK_FALSE(parse_uevent("add@/devices/nvme0"));  // not ended
  CHECK_FALSE(parse_uevent(message({"@/devices/nvme0"})));
  CHECK_FALSE(parse_uevent(message({"add@"})));
  CHECK_FALSE(parse_uevent(message({"libudev"})));
  CHECK_FALSE(parse_uevent(message({"add@/devices/nvme0", "SUBSYSTEM"})));
  CHECK_FALSE(parse_uevent(message({"add@/devices/nvme0", "=x"})));
  CHECK_FALSE(parse_uevent(message({"add@/devices/nvme0/"})));
  CHECK_FALSE(parse_uevent(message({"add@/devices/nvme0", std::string("A=") + std::string(9000, 'x')})));
  std::string many = message({"add@/devices/nvme0"});
  for (int i = 0; i < 97; ++i) many += message({"A=B"});
  CHECK_FALSE(parse_uevent(many));
}

TEST_CASE("uevents: a deadline ends the wait without an error") {
  Uevents uevents;
  int seen = 0;
  const auto began = std::chrono::steady_clock::now();
  const auto ended = uevents.listen(Deadline::in(std::chrono::milliseconds(50)), [&](const Event&) -> Result<bool> {
    ++seen;
    return true;
  });
  if (!ended) FAIL(ended.error().message);
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(2));
}
