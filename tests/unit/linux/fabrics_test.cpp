#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include "backends/linux/kernel_fabrics.hpp"
#include "support/catch.hpp"
#include "unit/linux/tree.hpp"

using namespace nvmectl;
using namespace nvmectl::linux_backend;
using namespace std::chrono_literals;
using nvmectl::test::Tree;

namespace {

// Fakes for both sides of the fork: what the child was told and did is written to files.
struct FakeFabrics {
  Tree tree;
  ConnectOutcome outcome{ConnectOutcome::State::connected, 0, "nvme99", "bye"};
  std::chrono::milliseconds takes{0};

  FakeFabrics() { std::ofstream(node()) << ""; }
  [[nodiscard]] std::string node() const { return tree.root() + "/nvme-fabrics"; }
  [[nodiscard]] std::string file(const char* name) const {
    std::ifstream stream(tree.root() + "/" + name);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  [[nodiscard]] bool wait_for(const char* name) const {
    for (int i = 0; i < 200 && file(name).empty(); ++i) ::usleep(10'000);
    return !file(name).empty();
  }
  FabricsCalls calls() const {
    const std::string root = tree.root();
    return {node(),
            [root, this](const FabricsTarget& target) {
              std::ofstream(root + "/target") << target.transport << " " << target.address << " " << target.service
                                              << " " << target.nqn << " " << target.host_nqn << " " << target.host_id;
              ::usleep(static_cast<useconds_t>(takes.count() * 1000));
              return outcome;
            },
            [root](const std::string& controller) { std::ofstream(root + "/disconnected") << controller; }};
  }
  Result<std::unique_ptr<Device>> open(std::string_view uri, OpenOptions options = {}) const {
    if (options.deadline.never()) options.deadline = Deadline::in(10s);
    if (options.host_nqn.empty()) options.host_nqn = "nqn.2014-08.org.example:host";
    if (options.host_id.empty()) options.host_id = "6e766d65-6374-4c00-8000-000000000001";
    KernelCalls kernel;
    kernel.open = [](const std::string& path, int) {
      if (path == "/dev/nvme99") return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
      errno = ENOENT;
      return -1;
    };
    kernel.ioctl = [](int, unsigned long, void*) { return 0; };
    return open_fabrics_device(*DeviceRef::parse(uri), options, kernel, calls());
  }
};

}  // namespace

TEST_CASE("the kernel is told where to connect, and disconnected at the end", "[linux]") {
  const FakeFabrics fabrics;
  {
    const auto device = fabrics.open("tcp://192.0.2.1");
    REQUIRE(device);
    REQUIRE(fabrics.file("target") ==
            "tcp 192.0.2.1 8009 nqn.2014-08.org.nvmexpress.discovery nqn.2014-08.org.example:host "
            "6e766d65-6374-4c00-8000-000000000001");
    REQUIRE((*device)->admin() != nullptr);
    REQUIRE((*device)->io() == nullptr);
    REQUIRE((*device)->admin()->submit_admin({}, Deadline::in(1s))->ok());
    REQUIRE(fabrics.file("disconnected").empty());
  }
  REQUIRE(fabrics.file("disconnected") == "nvme99");
}

TEST_CASE("a subsystem is on another port, and its namespace is remembered", "[linux]") {
  const FakeFabrics fabrics;
  const auto device = fabrics.open("tcp://[fe80::1%eth0]/nqn.2024-01.org.example:a?nsid=3");
  REQUIRE(device);
  REQUIRE(fabrics.file("target").starts_with("tcp fe80::1%eth0 4420 nqn.2024-01.org.example:a "));
  REQUIRE((*device)->nsid() == 3U);
}

TEST_CASE("a connection that comes too late is taken down", "[linux]") {
  FakeFabrics fabrics;
  fabrics.takes = 400ms;
  OpenOptions options;
  options.deadline = Deadline::in(50ms);
  const auto device = fabrics.open("tcp://192.0.2.1", options);
  REQUIRE_FALSE(device);
  REQUIRE(device.error().kind == ErrorKind::timeout);
  REQUIRE(fabrics.wait_for("disconnected"));
}

TEST_CASE("a controller that cannot be opened is disconnected", "[linux]") {
  FakeFabrics fabrics;
  fabrics.outcome.controller = "nvme98";
  const auto device = fabrics.open("tcp://192.0.2.1");
  REQUIRE_FALSE(device);
  REQUIRE(device.error().kind == ErrorKind::not_found);
  REQUIRE(fabrics.file("disconnected") == "nvme98");
}

TEST_CASE("a failed connection says why", "[linux]") {
  FakeFabrics fabrics;
  fabrics.outcome = {ConnectOutcome::State::refused, ECONNREFUSED, "", "line\nof the \x1b[1mlog"};
  auto device = fabrics.open("tcp://192.0.2.1");
  REQUIRE_FALSE(device);
  REQUIRE(device.error().kind == ErrorKind::refused);
  REQUIRE(device.error().context == std::vector<std::string>{"libnvme: line of the \\x1b[1mlog"});
  REQUIRE(fabrics.file("disconnected").empty());
  const auto kind = [](int code) {
    const Error error = explain_connect({ConnectOutcome::State::refused, code, "", ""}, *DeviceRef::parse("tcp://a"));
    CHECK_FALSE(error.cause.empty());
    CHECK_FALSE(error.hint.empty());
    return error.kind;
  };
  REQUIRE(kind(1012) == ErrorKind::busy);         // ENVME_CONNECT_ALREADY
  REQUIRE(kind(1000) == ErrorKind::transport);    // …_RESOLVE
  REQUIRE(kind(1016) == ErrorKind::unsupported);  // …_OPNOTSUPP
  REQUIRE(kind(1017) == ErrorKind::refused);      // …_CONNREFUSED
  REQUIRE(kind(EIO) == ErrorKind::refused);
  REQUIRE(kind(ETIMEDOUT) == ErrorKind::timeout);
  for (int code = 1000; code <= 1020; ++code) static_cast<void>(kind(code));
  fabrics.outcome = {ConnectOutcome::State::unusable, 0, "", "libnvme.so.1: cannot open shared object file"};
  device = fabrics.open("tcp://192.0.2.1");
  REQUIRE(device.error().kind == ErrorKind::unsupported);
  REQUIRE(device.error().cause == "libnvme.so.1: cannot open shared object file");
}

TEST_CASE("libnvme stumbling behind the connection leaves nothing connected", "[linux]") {
  FakeFabrics fabrics;
  fabrics.outcome = {ConnectOutcome::State::refused, 1010, "nvme97", ""};
  REQUIRE_FALSE(fabrics.open("tcp://192.0.2.1"));
  REQUIRE(fabrics.wait_for("disconnected"));
}

TEST_CASE("without the fabrics driver the remedy is named", "[linux]") {
  const FakeFabrics fabrics;
  std::filesystem::remove(fabrics.node());
  const auto device = fabrics.open("tcp://192.0.2.1");
  REQUIRE_FALSE(device);
  REQUIRE(device.error().kind == ErrorKind::unsupported);
  REQUIRE(device.error().hint.find("modprobe nvme-tcp") != std::string::npos);
}

TEST_CASE("I/O needs a namespace", "[linux]") {
  const FakeFabrics fabrics;
  OpenOptions options;
  options.io = true;
  const auto device = fabrics.open("tcp://192.0.2.1", options);
  REQUIRE_FALSE(device);
  REQUIRE(device.error().kind == ErrorKind::usage);
}
