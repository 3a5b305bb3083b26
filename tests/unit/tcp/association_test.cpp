#include "backends/tcp/association.hpp"

#include "support/catch.hpp"
#include "unit/tcp/fake_controller.hpp"

namespace nvmectl::tcp {
namespace {

using std::chrono::milliseconds;
using test::FakeController;
using test::Script;

AssociationOptions options_for(FakeController& controller, bool discovery = false) {
  AssociationOptions options;
  options.connect = [&controller](const Deadline&) { return controller.connect(); };
  options.where = "peer:4420";
  options.subsystem_nqn = discovery ? std::string(discovery_nqn) : "nqn.2024-01.org.example:disk";
  options.discovery = discovery;
  options.host = {"nqn.2014-08.org.nvmexpress:uuid:11111111-2222-4333-8444-555555555555",
                  "11111111-2222-4333-8444-555555555555"};
  return options;
}

Deadline soon() {
  return Deadline::in(std::chrono::seconds(10));
}

Error open_error(Script script, const Deadline& deadline = soon()) {
  FakeController controller(std::move(script));
  auto association = Association::open(options_for(controller), deadline);
  REQUIRE_FALSE(association);
  CHECK_FALSE(association.error().message.empty());
  return std::move(association).error();
}

Completion refusal(std::uint8_t code, std::uint64_t result = 0) {
  return {.result = result, .status = {1, code, 0, false, true}};
}

Request identify(Bytes& page) {
  return {.command = {.opcode = nvme::admin::identify, .cdw10 = 1}, .in = page, .operation = "Identify Controller"};
}

}  // namespace

TEST_CASE("a discovery controller is ready after four round trips and shut down after one more", "[tcp]") {
  FakeController controller({});
  {
    auto association = Association::open(options_for(controller, true), soon());
    REQUIRE(association);
    // ICReq, Connect, properties and enable, Identify. A slow machine may split an answer in two.
    CHECK((*association)->round_trips() >= 4);
    CHECK((*association)->round_trips() <= 8);
    CHECK((*association)->facts().max_transfer_bytes == 128U * 1024U);
    CHECK((*association)->facts().version == 0x20000);
    CHECK(controller.keep_alive_ms == 0);  // another value would make it persistent
    CHECK(controller.admin_entries == 128);
    Bytes page(4096);
    const Request request = identify(page);
    REQUIRE((*association)->submit_admin_all(std::span(&request, 1), soon()));
    CHECK(page[77] == std::byte{5});
  }
  CHECK(controller.shutdowns == 1);
  CHECK((controller.configuration & nvme::cc::enable) != 0);
}

TEST_CASE("an I/O controller is enabled for all command sets it has, with an I/O queue when asked", "[tcp]") {
  Script script;
  script.connect.result = 0x0007;
  FakeController controller(script);
  AssociationOptions options = options_for(controller);
  options.io = GENERATE(false, true);
  options.header_digest = options.data_digest = GENERATE(false, true);
  const bool io = options.io;
  {
    auto association = Association::open(std::move(options), soon());
    REQUIRE(association);
    CHECK((*association)->facts().controller_id == 7);
    CHECK(controller.configuration == (1U | 6U << 4U | 6U << 16U | 4U << 20U));
    CHECK(controller.keep_alive_ms == 120000);
    CHECK((*association)->has_io() == io);
    CHECK(controller.connections == (io ? 2 : 1));
    CHECK(controller.io_controller == (io ? 7 : 0));
    const Request request{.command = {.opcode = 0}, .operation = "Flush"};
    CHECK((*association)->submit_io_all(std::span(&request, 1), soon()).has_value() == io);
  }
  CHECK(controller.shutdowns == 1);
}

TEST_CASE("a controller with a small admin queue is asked again", "[tcp]") {
  Script script;
  script.max_entries = 32;
  FakeController controller(script);
  auto association = Association::open(options_for(controller), soon());
  REQUIRE(association);
  CHECK(controller.admin_entries == 32);
  CHECK(controller.connections == 2);
}

TEST_CASE("hundreds of commands are answered in their order", "[tcp]") {
  FakeController controller({});
  auto association = Association::open(options_for(controller), soon());
  REQUIRE(association);
  const int before = controller.identifies;
  std::vector<Bytes> pages(500, Bytes(4096));
  std::vector<Request> requests;
  for (Bytes& page : pages) requests.push_back(identify(page));
  const auto completions = (*association)->submit_admin_all(requests, soon());
  REQUIRE(completions);
  CHECK(completions->size() == 500);
  CHECK(controller.identifies - before == 500);
  for (const Bytes& page : pages) CHECK(page[77] == std::byte{5});
}

TEST_CASE("refusals of Connect have their kinds and hints", "[tcp]") {
  const auto kind = [](const Completion& answer) {
    Script script;
    script.connect = answer;
    const Error error = open_error(script);
    CHECK(error.device == "peer:4420");
    return error.kind;
  };
  CHECK(kind(refusal(0x84)) == ErrorKind::permission);
  CHECK(kind(refusal(0x82, 0x10000 | 256)) == ErrorKind::not_found);
  CHECK(kind(refusal(0x82, 0x10000 | 512)) == ErrorKind::permission);
  CHECK(kind(refusal(0x81)) == ErrorKind::busy);
  CHECK(kind(refusal(0x91)) == ErrorKind::permission);
  CHECK(kind({.result = 0x20000 | 1}) == ErrorKind::permission);  // must authenticate
  CHECK(kind({.status = {0, 6, 0, false, true}}) == ErrorKind::device);
}

TEST_CASE("a controller that never gets ready ends with the deadline or its own limit", "[tcp]") {
  Script script;
  script.ready = false;
  const auto begin = std::chrono::steady_clock::now();
  Error error = open_error(script, Deadline::in(milliseconds(150)));
  CHECK(error.kind == ErrorKind::timeout);
  CHECK(std::chrono::steady_clock::now() - begin < milliseconds(3000));

  script.ready_timeout = 0;
  error = open_error(script);
  CHECK(error.kind == ErrorKind::timeout);
  CHECK(error.message.find("does not get ready") != std::string::npos);
  CHECK(error.cause.find("500 ms") != std::string::npos);
}

TEST_CASE("a controller in a fatal state is told at once", "[tcp]") {
  Script script;
  script.fatal = true;
  CHECK(open_error(script).kind == ErrorKind::device);
}

TEST_CASE("a silent port ends with the deadline", "[tcp]") {
  Script script;
  script.silent = true;
  const auto begin = std::chrono::steady_clock::now();
  const Error error = open_error(script, Deadline::in(milliseconds(100)));
  CHECK(error.kind == ErrorKind::timeout);
  CHECK_FALSE(error.hint.empty());
  CHECK(std::chrono::steady_clock::now() - begin < milliseconds(3000));
}

TEST_CASE("a truncated PDU ends with the deadline", "[tcp]") {
  Script script;
  script.cut_identify = GENERATE(std::size_t{5}, std::size_t{20}, std::size_t{1000});
  const Error error = open_error(script, Deadline::in(milliseconds(100)));
  CHECK(error.kind == ErrorKind::timeout);
  CHECK(error.message == "the controller did not answer to Identify Controller within the time allowed");
}

TEST_CASE("a port that speaks HTTP is recognised", "[tcp]") {
  Script script;
  script.greeting = "HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n";
  const Error error = open_error(script);
  CHECK(error.kind == ErrorKind::protocol);
  CHECK(error.message.find("HTTP") != std::string::npos);
}

TEST_CASE("a connection lost in the middle names no half results and stays dead", "[tcp]") {
  Script script;
  script.close_at_opcode = nvme::admin::get_log_page;
  FakeController controller(script);
  auto association = Association::open(options_for(controller), soon());
  REQUIRE(association);
  Bytes page(512);
  const Request request{.command = {.opcode = nvme::admin::get_log_page}, .in = page, .operation = "Get Log Page"};
  auto completions = (*association)->submit_admin_all(std::span(&request, 1), soon());
  REQUIRE_FALSE(completions);
  CHECK(completions.error().kind == ErrorKind::refused);
  completions = (*association)->submit_admin_all(std::span(&request, 1), soon());
  REQUIRE_FALSE(completions);
  CHECK(completions.error().kind == ErrorKind::transport);
}

TEST_CASE("Keep Alive is sent while a command takes long", "[tcp]") {
  Script script;
  FakeController controller(script);
  AssociationOptions options = options_for(controller);
  options.keep_alive = milliseconds(20);
  auto association = Association::open(std::move(options), soon());
  REQUIRE(association);
  for (int i = 0; i < 5; ++i) {
    std::this_thread::sleep_for(milliseconds(15));
    Bytes page(4096);
    const Request request = identify(page);
    REQUIRE((*association)->submit_admin_all(std::span(&request, 1), soon()));
  }
  CHECK(controller.keep_alives >= 3);
}

TEST_CASE("Keep Alive of a waiting I/O command goes over the admin queue", "[tcp]") {
  Script script;
  script.slow_identify = milliseconds(100);
  FakeController controller(script);
  AssociationOptions options = options_for(controller);
  options.keep_alive = milliseconds(20);
  options.io = true;
  auto association = Association::open(std::move(options), soon());
  REQUIRE(association);
  Bytes page(4096);
  const Request request = identify(page);  // the script answers it on any queue
  const int before = controller.keep_alives;
  REQUIRE((*association)->submit_io_all(std::span(&request, 1), soon()));
  CHECK(controller.keep_alives - before >= 3);
}

}  // namespace nvmectl::tcp
