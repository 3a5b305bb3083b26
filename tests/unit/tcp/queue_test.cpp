#include "backends/tcp/queue.hpp"

#include <set>

#include "support/catch.hpp"
#include "unit/tcp/peer.hpp"

namespace nvmectl::tcp {
namespace {

using test::Bench;
using test::pattern;

Request read_of(Bytes& buffer) {
  return {.command = {.opcode = 2}, .in = buffer, .operation = "Read"};
}
Request write_of(const Bytes& buffer) {
  return {.command = {.opcode = 1}, .out = buffer, .operation = "Write"};
}

// Submits one command and gives its identifier.
std::uint16_t submit(Bench& bench, const Request& request, std::size_t token = 0) {
  REQUIRE(bench.queue.submit(request, token));
  const auto sent = bench.sent();
  REQUIRE(sent.size() == 1);
  REQUIRE(sent[0].type == PduType::capsule_cmd);
  return sent[0].sqe().cid;
}

// The queue refused what it got, told the controller so, and is dead.
void check_protocol_error(Bench& bench, const Result<>& result, FatalError status, std::uint32_t field) {
  REQUIRE_FALSE(result);
  INFO(result.error().message << ": " << result.error().cause);
  CHECK(result.error().kind == ErrorKind::protocol);
  CHECK_FALSE(result.error().hint.empty());
  CHECK(bench.queue.failed());
  const auto sent = bench.sent();
  REQUIRE(sent.size() == 1);
  REQUIRE(sent[0].type == PduType::h2c_term_req);
  CHECK(decode_term_req(sent[0].header).status == status);
  CHECK(decode_term_req(sent[0].header).field == field);
}

Result<> first_bytes(std::string_view text) {
  HostQueue queue({});
  queue.start();
  return queue.receive(std::as_bytes(std::span(text)));
}

}  // namespace

TEST_CASE("a read completes by data with SUCCESS, without a response capsule", "[tcp]") {
  Bench bench;
  bench.connect();
  Bytes buffer(1000);
  const std::uint16_t cid = submit(bench, read_of(buffer), 42);
  REQUIRE(bench.data(cid, 0, pattern(1000), flag_last | flag_success));
  const auto finished = bench.queue.take_finished();
  REQUIRE(finished.size() == 1);
  CHECK(finished[0].token == 42);
  CHECK(finished[0].completion.ok());
  CHECK(finished[0].completion.received == 1000);
  CHECK(buffer == pattern(1000));
  CHECK(bench.queue.in_flight() == 0);
}

TEST_CASE("a read takes data from several PDUs and its status from the response", "[tcp]") {
  const bool digests = GENERATE(false, true);
  Bench bench({.header_digest = digests, .data_digest = digests});
  bench.connect({.cpda = 3, .header_digest = digests, .data_digest = digests});
  Bytes buffer(4096);
  const std::uint16_t cid = submit(bench, read_of(buffer));
  const Bytes content = pattern(4096);
  REQUIRE(bench.data(cid, 0, std::span(content).first(1024), 0));
  REQUIRE(bench.data(cid, 1024, std::span(content).subspan(1024, 2048), 0));
  REQUIRE(bench.data(cid, 3072, std::span(content).subspan(3072), flag_last));
  CHECK(bench.queue.take_finished().empty());
  REQUIRE(bench.respond(cid, {}, 0x1234567890));
  const auto finished = bench.queue.take_finished();
  REQUIRE(finished.size() == 1);
  CHECK(finished[0].completion.result == 0x1234567890);
  CHECK(buffer == content);
}

TEST_CASE("an error status is a completion, also in the middle of the data", "[tcp]") {
  Bench bench;
  bench.connect();
  Bytes buffer(512);
  const std::uint16_t cid = submit(bench, read_of(buffer));
  REQUIRE(bench.data(cid, 0, pattern(100), 0));
  REQUIRE(bench.respond(cid, {2, 0x81, 0, false, true}));
  const auto finished = bench.queue.take_finished();
  REQUIRE(finished.size() == 1);
  CHECK(finished[0].completion.status == NvmeStatus{2, 0x81, 0, false, true});
  CHECK(finished[0].completion.received == 100);
}

TEST_CASE("small writes travel in the capsule, large ones when asked for, in pieces of MAXH2CDATA", "[tcp]") {
  const bool digests = GENERATE(false, true);
  Bench bench({.header_digest = digests, .data_digest = digests, .in_capsule_bytes = 4096});
  bench.connect({.header_digest = digests, .data_digest = digests, .max_h2c_data = 4096});
  const Bytes small = pattern(4096);
  REQUIRE(bench.queue.submit(write_of(small), 0));
  auto sent = bench.sent();
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].data == small);
  CHECK(sent[0].sqe().sgl == Sgl{Sgl::Kind::in_capsule, 0, 4096});
  const std::uint16_t small_cid = sent[0].sqe().cid;

  const Bytes large = pattern(10000, 5);
  REQUIRE(bench.queue.submit(write_of(large), 1));
  sent = bench.sent();
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].data.empty());
  CHECK(sent[0].sqe().sgl == Sgl{Sgl::Kind::transport, 0, 10000});
  const std::uint16_t cid = sent[0].sqe().cid;

  Bytes arrived;
  for (const DataHeader& wanted : {DataHeader{cid, 7, 0, 6000}, DataHeader{cid, 8, 6000, 4000}}) {
    REQUIRE(bench.ready_to_transfer(wanted));
    sent = bench.sent();
    REQUIRE(sent.size() == (wanted.length > 4096 ? 2 : 1));
    for (const test::Sent& pdu : sent) {
      REQUIRE(pdu.type == PduType::h2c_data);
      CHECK(pdu.fields().cid == cid);
      CHECK(pdu.fields().tag == wanted.tag);
      CHECK(pdu.fields().offset == arrived.size());
      CHECK(pdu.data_digest_ok);
      CHECK(((pdu.flags & flag_last) != 0) == (&pdu == &sent.back()));
      arrived.insert(arrived.end(), pdu.data.begin(), pdu.data.end());
    }
  }
  CHECK(arrived == large);
  REQUIRE(bench.respond(cid));
  REQUIRE(bench.respond(small_cid));
  CHECK(bench.queue.take_finished().size() == 2);
}

TEST_CASE("a full queue of commands is in flight at once and completes in any order", "[tcp]") {
  Bench bench({.slots = 128});
  bench.connect();
  std::vector<Bytes> buffers(128, Bytes(64));
  for (std::size_t i = 0; i < buffers.size(); ++i) REQUIRE(bench.queue.submit(read_of(buffers[i]), i));
  CHECK(bench.queue.free_slots() == 0);
  Bytes extra(8);
  CHECK_FALSE(bench.queue.submit(read_of(extra), 0));
  const auto sent = bench.sent();
  REQUIRE(sent.size() == 128);
  std::set<std::uint16_t> identifiers;
  for (std::size_t i = sent.size(); i-- > 0;) {
    identifiers.insert(sent[i].sqe().cid);
    REQUIRE(bench.data(sent[i].sqe().cid, 0, pattern(64, static_cast<unsigned>(i)), flag_last | flag_success));
  }
  CHECK(identifiers.size() == 128);
  const auto finished = bench.queue.take_finished();
  REQUIRE(finished.size() == 128);
  CHECK(finished.front().token == 127);
  for (std::size_t i = 0; i < buffers.size(); ++i) CHECK(buffers[i] == pattern(64, static_cast<unsigned>(i)));
}

TEST_CASE("large data is received in place", "[tcp]") {
  Bench bench;
  bench.connect();
  Bytes buffer(100000);
  const std::uint16_t cid = submit(bench, read_of(buffer));
  Bytes bytes;
  append_c2h_data(bytes, {}, {.cid = cid}, flag_last | flag_success, pattern(100000));
  CHECK(bench.queue.receive_window().empty());
  REQUIRE(bench.queue.receive(std::span(bytes).first(24)));
  const auto window = bench.queue.receive_window();
  REQUIRE(window.size() == 100000);
  CHECK(window.data() == buffer.data());
  std::copy(bytes.begin() + 24, bytes.end(), window.begin());
  bench.queue.window_filled(100000);
  REQUIRE(bench.queue.receive({}));
  CHECK(bench.queue.take_finished().size() == 1);
}

TEST_CASE("data that does not fit its command is refused", "[tcp]") {
  Bench bench;
  bench.connect();
  Bytes buffer(1000);
  const std::uint16_t cid = submit(bench, read_of(buffer));
  SECTION("too much") {
    check_protocol_error(bench, bench.data(cid, 0, pattern(1001), flag_last), FatalError::out_of_range, 16);
  }
  SECTION("too much in the second PDU") {
    REQUIRE(bench.data(cid, 0, pattern(600), 0));
    check_protocol_error(bench, bench.data(cid, 600, pattern(401), flag_last), FatalError::out_of_range, 16);
  }
  SECTION("a gap") {
    check_protocol_error(bench, bench.data(cid, 4, pattern(8), 0), FatalError::invalid_header_field, 12);
  }
  SECTION("after the last") {
    REQUIRE(bench.data(cid, 0, pattern(8), flag_last));
    check_protocol_error(bench, bench.data(cid, 8, pattern(8), 0), FatalError::invalid_header_field, 1);
  }
  SECTION("SUCCESS before the last") {
    check_protocol_error(bench, bench.data(cid, 0, pattern(8), flag_success), FatalError::invalid_header_field, 1);
  }
  SECTION("of another command") {
    check_protocol_error(bench, bench.data(99, 0, pattern(8), flag_last), FatalError::invalid_header_field, 8);
  }
  SECTION("good status while data is missing its end") {
    REQUIRE(bench.data(cid, 0, pattern(8), 0));
    check_protocol_error(bench, bench.respond(cid), FatalError::invalid_header_field, 20);
  }
  SECTION("a response to a command that is not in flight") {
    check_protocol_error(bench, bench.respond(3), FatalError::invalid_header_field, 20);
  }
  CHECK(buffer[999] == std::byte{0});
}

TEST_CASE("requests to transfer are bounded by the command's data", "[tcp]") {
  Bench bench({.in_capsule_bytes = 0});
  bench.connect();
  const Bytes content = pattern(10000);
  const std::uint16_t cid = submit(bench, write_of(content));
  SECTION("beyond the end") {
    check_protocol_error(bench, bench.ready_to_transfer({cid, 1, 9000, 1001}), FatalError::out_of_range, 12);
  }
  SECTION("offset near 4 GiB") {
    check_protocol_error(bench, bench.ready_to_transfer({cid, 1, 0xffffff00, 0x200}), FatalError::out_of_range, 12);
  }
  SECTION("again and again") {
    REQUIRE(bench.ready_to_transfer({cid, 1, 0, 10000}));
    CHECK(bench.sent().size() == 3);
    check_protocol_error(bench, bench.ready_to_transfer({cid, 1, 0, 1}), FatalError::out_of_range, 10);
  }
  SECTION("nothing") {
    check_protocol_error(bench, bench.ready_to_transfer({cid, 1, 0, 0}), FatalError::invalid_header_field, 16);
  }
  SECTION("for a read") {
    Bytes buffer(16);
    const std::uint16_t read = submit(bench, read_of(buffer));
    check_protocol_error(bench, bench.ready_to_transfer({read, 1, 0, 16}), FatalError::out_of_range, 12);
  }
}

TEST_CASE("the handshake is checked", "[tcp]") {
  const auto answer = [](const IcResp& response, const QueueOptions& options = {}) {
    HostQueue queue(options);
    queue.start();
    Bytes bytes;
    append_ic_resp(bytes, response);
    return queue.receive(bytes);
  };
  CHECK(answer({}));
  CHECK(answer({.pfv = 1}).error().kind == ErrorKind::protocol);
  CHECK(answer({.cpda = 32}).error().kind == ErrorKind::protocol);
  CHECK(answer({.max_h2c_data = 4092}).error().kind == ErrorKind::protocol);
  CHECK(answer({.header_digest = true}).error().kind == ErrorKind::protocol);
  CHECK(answer({}, {.header_digest = true}).error().kind == ErrorKind::unsupported);
  CHECK(answer({.header_digest = true}, {.header_digest = true, .data_digest = true}).error().kind ==
        ErrorKind::unsupported);
}

TEST_CASE("PDUs before ICResp and a second ICResp are sequence errors", "[tcp]") {
  HostQueue early({});
  early.start();
  Bytes bytes;
  append_capsule_resp(bytes, {}, encode_cqe({}));
  CHECK(early.receive(bytes).error().kind == ErrorKind::protocol);

  Bench bench;
  bench.connect();
  bytes.clear();
  append_ic_resp(bytes, {});
  check_protocol_error(bench, bench.queue.receive(bytes), FatalError::sequence_error, 0);
}

TEST_CASE("peers that speak something else are recognised", "[tcp]") {
  const auto message = [](std::string_view text) {
    const auto result = first_bytes(text);
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == ErrorKind::protocol);
    CHECK(result.error().hint.find("port") != std::string::npos);
    return result.error().message;
  };
  CHECK(message("HTTP/1.1 400 Bad Request\r\n") == "the peer speaks HTTP, not NVMe/TCP");
  CHECK(message("SSH-2.0-OpenSSH_9.2\r\n") == "the peer speaks SSH, not NVMe/TCP");
  CHECK(message(std::string_view("\x15\x03\x01\x00\x02\x02\x46", 7)) == "the peer speaks TLS, not NVMe/TCP");
  CHECK(message("220 mail.example ESMTP\r\n").find("'220 mail.example ESMTP'") != std::string::npos);
  CHECK(message("\xfe\xff\x01\x02") == "the peer broke the NVMe/TCP protocol");
}

TEST_CASE("a controller's TermReq and a closed connection are told", "[tcp]") {
  Bench bench;
  bench.connect();
  Bytes bytes;
  append_term_req(bytes, Role::controller, {FatalError::invalid_header_field, 3, ""}, {});
  const auto result = bench.queue.receive(bytes);
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::protocol);
  CHECK(result.error().cause == "it reports: invalid PDU header field at byte 3 of the PDU header");

  HostQueue queue({});
  queue.start();
  CHECK(queue.closed_by_peer().kind == ErrorKind::refused);
}

TEST_CASE("a data digest that does not match ends the connection", "[tcp]") {
  Bench bench({.data_digest = true});
  bench.connect({.data_digest = true});
  Bytes buffer(100);
  const std::uint16_t cid = submit(bench, read_of(buffer));
  Bytes bytes;
  append_c2h_data(bytes, bench.framing, {.cid = cid}, flag_last | flag_success, pattern(100));
  bytes.back() ^= std::byte{1};
  const auto result = bench.queue.receive(bytes);
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::transport);
  CHECK(bench.queue.failed());
  CHECK(bench.queue.take_finished().empty());
}

TEST_CASE("what NVMe/TCP cannot carry is refused before anything is sent", "[tcp]") {
  Bench bench;
  bench.connect();
  Bytes one(8), two(8);
  CHECK(bench.queue.submit({.command = {}, .in = one, .out = two}, 0).error().kind == ErrorKind::unsupported);
  CHECK(bench.queue.submit({.command = {}, .in = one, .metadata = two}, 0).error().kind == ErrorKind::unsupported);
  CHECK(bench.queue.output().empty());
  CHECK(bench.queue.in_flight() == 0);
}

}  // namespace nvmectl::tcp
