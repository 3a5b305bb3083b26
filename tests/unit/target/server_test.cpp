#include "target/server.hpp"

#include <chrono>
#include <thread>

#include "backends/tcp/backend.hpp"
#include "bench.hpp"
#include "net/tcp.hpp"
#include "nvme/admin.hpp"
#include "nvme/discovery.hpp"
#include "nvme/tcp/pdu.hpp"

using namespace nvmectl;
using namespace nvmectl::target;
using target::test::is;
using target::test::nqn;
using target::test::pattern;
using namespace std::chrono_literals;

namespace {

/// A server on a thread of its own.
class Running {
 public:
  explicit Running(ServerOptions options = {}, std::vector<ListenAddress> listen = {{"127.0.0.1", 0}})
      : server_(start(std::move(options), std::move(listen))), thread_([this] { result_ = server_.run(nullptr); }) {}
  ~Running() {
    server_.stop();
    if (thread_.joinable()) thread_.join();
    CHECK(result_);
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  [[nodiscard]] Server& server() { return server_; }
  [[nodiscard]] std::string address(std::size_t index = 0) const { return server_.addresses()[index]; }
  [[nodiscard]] std::uint16_t port() const { return parse_listen_address(address())->port; }
  [[nodiscard]] std::unique_ptr<Device> open(const std::string& subsystem, bool digests = false,
                                             std::size_t index = 0) {
    const auto ref = DeviceRef::parse("tcp://" + address(index) + (subsystem.empty() ? "" : "/" + subsystem));
    REQUIRE(ref);
    tcp::TcpBackend backend;
    auto device = backend.open(*ref, {.deadline = Deadline::in(10s),
                                      .io = !subsystem.empty(),
                                      .header_digest = digests,
                                      .data_digest = digests,
                                      .host_nqn = "nqn.2014-08.org.example:host",
                                      .host_id = "00112233-4455-6677-8899-aabbccddeeff"});
    if (!device) FAIL(device.error().message << " " << device.error().cause);
    return std::move(*device);
  }

 private:
  static Server start(ServerOptions options, std::vector<ListenAddress> listen) {
    TargetConfig config;
    config.listen = std::move(listen);
    NamespaceConfig ns;
    ns.ram_bytes = 16U << 20U;
    config.subsystems.push_back({.spec = {.nqn = nqn}, .namespaces = {ns}});
    auto server = Server::start(std::move(options), config);
    REQUIRE(server);
    return std::move(*server);
  }

  Server server_;
  Result<> result_;
  std::thread thread_;
};

std::unique_ptr<net::TcpStream> raw(const Running& running) {
  auto stream = net::TcpStream::connect({.host = "127.0.0.1", .port = running.port(), .deadline = Deadline::in(5s)});
  REQUIRE(stream);
  return std::move(*stream);
}

}  // namespace

TEST_CASE("a host discovers, identifies, writes and reads over TCP", "[target][server]") {
  Running running;
  const bool digests = GENERATE(false, true);
  const Deadline deadline = Deadline::in(20s);
  const auto discovery = running.open("", digests);
  const auto log = nvme::read_discovery_log(*discovery->admin(), deadline);
  REQUIRE(log);
  REQUIRE(log->records.size() == 2);
  CHECK(log->records[1].nqn == nqn);
  CHECK(log->records[1].service_id == std::to_string(running.port()));

  const auto device = running.open(nqn, digests);
  const auto facts = nvme::read_controller_facts(*device->admin(), deadline);
  REQUIRE(facts);
  CHECK(facts->subsystem_nqn == nqn);
  REQUIRE(device->io() != nullptr);
  for (const std::uint32_t blocks : {1U, 8U, 16U, 17U, 256U, 2048U}) {
    INFO(blocks << " blocks");
    const Bytes data = pattern(std::size_t{blocks} * 512, blocks);
    const auto written = device->io()->submit_io(
        {.command = *nvme::write_command({.nsid = 1, .lba = 3, .blocks = blocks}), .out = data}, deadline);
    REQUIRE(written);
    CHECK(written->ok());
    Bytes got(data.size());
    const auto read = device->io()->submit_io(
        {.command = *nvme::read_command({.nsid = 1, .lba = 3, .blocks = blocks}), .in = got}, deadline);
    REQUIRE(read);
    CHECK(read->ok());
    CHECK(got == data);
  }
}

TEST_CASE("namespaces come and go while the server runs", "[target][server]") {
  Running running;
  const auto device = running.open(nqn);
  running.server().post([](Target& target) {
    auto store = make_ram_store(1U << 20U);
    if (store) static_cast<void>(target.find(nqn)->add_namespace({.nsid = 7, .store = std::move(*store)}));
  });
  const Deadline deadline = Deadline::in(5s);
  std::vector<std::uint32_t> nsids;
  while (nsids.size() < 2 && !deadline.passed()) {
    const auto list = nvme::active_namespaces(*device->admin(), deadline);
    REQUIRE(list);
    nsids = *list;
  }
  CHECK(nsids == std::vector<std::uint32_t>{1, 7});
}

TEST_CASE("IPv6 and several listeners", "[target][server]") {
  if (!net::TcpListener::bind("::1", 0)) return;  // a machine without IPv6
  Running running({}, {{"127.0.0.1", 0}, {"::1", 0}, {"0.0.0.0", 0}});
  const auto discovery = running.open("", false, 1);
  const auto log = nvme::read_discovery_log(*discovery->admin(), Deadline::in(5s));
  REQUIRE(log);
  REQUIRE(log->records.size() == 4);
  CHECK(log->records[0].address == "::1");
  CHECK(log->records[2].address_family == 2);
}

TEST_CASE("a wildcard listener is listed by the address that the host used", "[target][server]") {
  Running running({}, {{"0.0.0.0", 0}});
  const auto ref = DeviceRef::parse("tcp://127.0.0.1:" + std::to_string(running.port()));
  REQUIRE(ref);
  tcp::TcpBackend backend;
  OpenOptions options;
  options.deadline = Deadline::in(5s);
  const auto device = backend.open(*ref, options);
  REQUIRE(device);
  const auto log = nvme::read_discovery_log(*(*device)->admin(), Deadline::in(5s));
  REQUIRE(log);
  CHECK(log->records.at(1).address == "127.0.0.1");
}

TEST_CASE("a connection that says nothing is closed in time", "[target][server]") {
  Running running({.handshake_timeout = 300ms});
  const auto stream = raw(running);
  Bytes buffer(256);
  const auto count = stream->read_some(buffer, Deadline::in(5s));
  CHECK((!count || *count == 0));
  const auto silent = stream->wait({.readable = true}, Deadline::in(1ms));
  CHECK((!silent || silent->readable));
}

TEST_CASE("a port that is spoken HTTP to answers with C2HTermReq and closes", "[target][server]") {
  Running running;
  const auto stream = raw(running);
  const std::string_view http = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  REQUIRE(stream->write_all(std::as_bytes(std::span(http)), Deadline::in(5s)));
  Bytes buffer(256);
  const auto count = stream->read_some(buffer, Deadline::in(5s));
  REQUIRE(count);
  REQUIRE(*count >= 24);
  CHECK(buffer[0] == static_cast<std::byte>(tcp::PduType::c2h_term_req));
  const auto end = stream->read_some(buffer, Deadline::in(5s));
  CHECK((!end || *end == 0));
}

TEST_CASE("more connections than allowed are closed at once, the others live on", "[target][server]") {
  Running running({.max_connections = 2});
  const auto device = running.open(nqn);  // admin and I/O queue
  const auto third = raw(running);
  Bytes buffer(16);
  const auto count = third->read_some(buffer, Deadline::in(5s));
  CHECK((!count || *count == 0));
  CHECK(nvme::read_controller_facts(*device->admin(), Deadline::in(5s)));
}

TEST_CASE("stop and the stop flag end the server", "[target][server]") {
  auto server = Server::start({.listen = {{"127.0.0.1", 0}}}, std::make_unique<Target>());
  REQUIRE(server);
  server->stop();
  CHECK(server->run(nullptr));
  volatile int flag = 15;
  CHECK(server->run(&flag));
}

TEST_CASE("a port in use and no address at all", "[target][server]") {
  Running running;
  const auto second = Server::start({.listen = {{"127.0.0.1", running.port()}}}, std::make_unique<Target>());
  REQUIRE_FALSE(second);
  CHECK(second.error().kind == ErrorKind::busy);
  CHECK_FALSE(Server::start({.listen = {}}, std::make_unique<Target>()));
}
