// The host against the embedded target, over loopback.
#include <chrono>
#include <cstdio>
#include <optional>
#include <thread>

#include "backends/tcp/backend.hpp"
#include "nvme/admin.hpp"
#include "nvme/discovery.hpp"
#include "nvme/remote.hpp"
#include "support/catch.hpp"
#include "target/server.hpp"
#include "unit/tcp/peer.hpp"

namespace nvmectl::tcp {
namespace {

constexpr std::string_view disk = "nqn.2024-01.org.example:disk";

Deadline soon() {
  return Deadline::in(std::chrono::seconds(20));
}

// Serves until destroyed.
class Served {
 public:
  explicit Served(std::size_t subsystems = 1, std::vector<std::string> hosts = {}) {
    auto made = std::make_unique<target::Target>();
    for (std::size_t i = 0; i < subsystems; ++i) {
      auto subsystem = made->add_subsystem({.nqn = std::string(disk) + (i == 0 ? "" : std::to_string(i)),
                                            .serial = {},
                                            .model = {},
                                            .allowed_hosts = hosts});
      REQUIRE(subsystem);
      auto store = target::make_ram_store(16U << 20U);
      REQUIRE(store);
      REQUIRE((*subsystem)->add_namespace({.store = std::move(*store)}));
    }
    target::ServerOptions options;
    options.listen = {{"127.0.0.1", 0}};
    auto server = target::Server::start(options, std::move(made));
    REQUIRE(server);
    server_.emplace(std::move(*server));
    uri = "tcp://" + std::string(server_->addresses()[0]);
    thread_ = std::thread([this] { static_cast<void>(server_->run(nullptr)); });
  }
  ~Served() {
    server_->stop();
    thread_.join();
  }

  [[nodiscard]] DeviceRef ref(std::string_view rest = "") const {
    auto parsed = DeviceRef::parse(uri + std::string(rest));
    REQUIRE(parsed);
    return *parsed;
  }

  std::string uri;

 private:
  std::optional<target::Server> server_;
  std::thread thread_;
};

Result<std::unique_ptr<Device>> open(const DeviceRef& ref, OpenOptions options = {}) {
  options.deadline = soon();
  options.host_nqn = "nqn.2014-08.org.nvmexpress:uuid:11111111-2222-4333-8444-555555555555";
  TcpBackend backend;
  REQUIRE(backend.handles(ref));
  return backend.open(ref, options);
}

}  // namespace

TEST_CASE("the discovery log of the embedded target is read over loopback", "[tcp][target]") {
  Served served(100);
  auto device = open(served.ref());
  REQUIRE(device);
  const auto log = nvme::read_discovery_log(*(*device)->admin(), soon());
  REQUIRE(log);
  CHECK(std::count_if(log->records.begin(), log->records.end(),
                      [](const DiscoveryRecord& record) { return record.subsystem_type == 2; }) == 100);
}

TEST_CASE("data written over loopback is read back, in all sizes, with and without digests", "[tcp][target]") {
  const bool digests = GENERATE(false, true);
  Served served;
  auto device = open(
      served.ref("/" + std::string(disk)),
      {.deadline = {}, .io = true, .header_digest = digests, .data_digest = digests, .host_nqn = {}, .host_id = {}});
  REQUIRE(device);
  IoTransport* const io = (*device)->io();
  REQUIRE(io != nullptr);
  for (const std::uint32_t blocks : {1U, 8U, 9U, 100U, 256U}) {
    const Bytes content = test::pattern(std::size_t{blocks} * 512, blocks);
    const auto write = nvme::write_command({.nsid = 1, .lba = 64, .blocks = blocks});
    const auto read = nvme::read_command({.nsid = 1, .lba = 64, .blocks = blocks});
    const auto written = io->submit_io({.command = *write, .out = content, .operation = "Write"}, soon());
    REQUIRE(written);
    CHECK(written->ok());
    Bytes back(content.size());
    const auto done = io->submit_io({.command = *read, .in = back, .operation = "Read"}, soon());
    REQUIRE(done);
    CHECK(done->ok());
    CHECK(done->received == back.size());
    CHECK(back == content);
  }
}

TEST_CASE("a namespace is described before it is destroyed", "[tcp][target]") {
  Served served;
  TcpBackend backend;
  const auto text = backend.describe(served.ref("/" + std::string(disk) + "?nsid=1"), soon());
  REQUIRE(text);
  CHECK(text->find("serial ") != std::string::npos);
  CHECK(text->find("namespace 1: 16 MiB in blocks of 512 bytes") != std::string::npos);
  CHECK_FALSE(backend.describe(served.ref("/" + std::string(disk) + "?nsid=9"), soon()));
}

TEST_CASE("the target's refusals arrive as kinds", "[tcp][target]") {
  Served served(1, {"nqn.2014-08.org.example:somebody-else"});
  const auto missing = open(served.ref("/nqn.2024-01.org.example:nothing"));
  REQUIRE_FALSE(missing);
  CHECK(missing.error().kind == ErrorKind::not_found);
  const auto stranger = open(served.ref("/" + std::string(disk)));
  REQUIRE_FALSE(stranger);
  CHECK(stranger.error().kind == ErrorKind::permission);
  CHECK(stranger.error().device == served.uri + "/" + std::string(disk));
  CHECK(open(served.ref(), {.deadline = {}, .io = true, .host_nqn = {}, .host_id = {}}).error().kind ==
        ErrorKind::usage);
}

TEST_CASE("everything behind the embedded target is listed", "[tcp][target]") {
  Served served(5);
  nvme::RemoteOptions options;
  options.discover.deadline = soon();
  const auto topology = nvme::remote_topology(
      served.ref(), [](const DeviceRef& ref, const Deadline&) { return open(ref); }, options);
  REQUIRE(topology);
  CHECK(topology->not_seen.empty());
  CHECK(topology->subsystems.size() == 5);
  CHECK(topology->namespaces.size() == 5);
}

// Not a measure that can fail: prints what `discover` costs here with `unit_tcp "[time]"`.
TEST_CASE("time of a discovery over loopback", "[.][time]") {
  Served served(10);
  double best = 1e9;
  for (int i = 0; i < 200; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    {
      auto device = open(served.ref());
      REQUIRE(device);
      REQUIRE(nvme::read_discovery_log(*(*device)->admin(), soon()));
    }
    const std::chrono::duration<double, std::micro> span = std::chrono::steady_clock::now() - begin;
    best = std::min(best, span.count());
  }
  std::printf("discover over loopback, best of 200: %.0f us\n", best);
}

}  // namespace nvmectl::tcp
