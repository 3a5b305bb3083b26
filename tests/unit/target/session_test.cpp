#include "host.hpp"

using namespace nvmectl;
using namespace nvmectl::target;
using namespace nvmectl::target::test;

namespace {

const tcp::Sgl::Kind by_transport = tcp::Sgl::Kind::transport;

}  // namespace

TEST_CASE("a read comes back as C2HData and a response", "[target][session]") {
  const tcp::IcReq request{.hpda = GENERATE(std::uint8_t{0}, std::uint8_t{31}),
                           .header_digest = GENERATE(false, true),
                           .data_digest = GENERATE(false, true)};
  Association a(request);
  const Bytes data = pattern(4096);
  a.io.send(*nvme::write_command({.nsid = 1, .lba = 8, .blocks = 8}), 5,
            {.kind = tcp::Sgl::Kind::in_capsule, .length = 4096}, data);
  CHECK(a.io.one().cqe().status.ok());
  a.io.send(*nvme::read_command({.nsid = 1, .lba = 8, .blocks = 8}), 6, {.kind = by_transport, .length = 4096});
  const auto answer = a.io.take();
  REQUIRE(answer.size() == 2);
  CHECK(answer[0].type == PduType::c2h_data);
  CHECK((answer[0].flags & (tcp::flag_last | tcp::flag_success)) == tcp::flag_last);
  CHECK(answer[0].fields() == tcp::DataHeader{6, 0, 0, 4096});
  CHECK(answer[0].data == data);
  CHECK(answer[0].data_digest_ok);
  const std::size_t unaligned = request.header_digest ? 28 : 24;
  CHECK(std::to_integer<std::size_t>(answer[0].header[3]) == (request.hpda == 0 ? unaligned : 128));
  CHECK(answer[1].cqe().cid == 6);
  CHECK(answer[1].cqe().sq_head == 3);  // Connect, Write, Read
}

TEST_CASE("without flow control the data carries the success", "[target][session]") {
  Association a({}, 4);
  a.io.send(*nvme::read_command({.nsid = 1}), 6, {.kind = by_transport, .length = 512});
  const Received data = a.io.one();
  CHECK((data.flags & tcp::flag_success) != 0);
  a.io.send(*nvme::read_command({.nsid = 1, .lba = 1U << 20U}), 7, {.kind = by_transport, .length = 512});
  const Received failure = a.io.one();
  CHECK(is(failure.cqe().status, nvme::status::lba_out_of_range));
  CHECK(failure.cqe().sq_head == 0xffff);
}

TEST_CASE("data outside of the capsule is asked for by R2T", "[target][session]") {
  const tcp::IcReq request{.header_digest = GENERATE(false, true), .data_digest = GENERATE(false, true)};
  const std::size_t chunk = GENERATE(std::size_t{7}, std::size_t{1} << 20U);
  Association a(request);
  const Bytes data = pattern(65536);
  a.io.send(*nvme::write_command({.nsid = 3, .lba = 1, .blocks = 16}), 9, {.kind = by_transport, .length = 65536}, {},
            chunk);
  const Received r2t = a.io.one();
  REQUIRE(r2t.type == PduType::r2t);
  const tcp::DataHeader asked = r2t.fields();
  CHECK(asked.cid == 9);
  CHECK(asked.offset == 0);
  CHECK(asked.length == 65536);
  a.io.send_data({9, asked.tag, 0, 0}, 0, std::span(data).first(40000), chunk);
  CHECK(a.io.take().empty());
  a.io.send_data({9, asked.tag, 40000, 0}, tcp::flag_last, std::span(data).subspan(40000), chunk);
  CHECK(a.io.one().cqe().status.ok());
  CHECK(a.pool.in_use() == 0);
  a.io.send(*nvme::read_command({.nsid = 3, .lba = 1, .blocks = 16}), 10, {.kind = by_transport, .length = 65536});
  CHECK(a.io.take().at(0).data == data);
}

TEST_CASE("a bad data digest fails the command alone", "[target][session]") {
  Association a({.data_digest = true});
  const Bytes data = pattern(8192);
  Bytes capsule;
  tcp::append_capsule_cmd(capsule, a.io.framing,
                          tcp::encode_sqe(*nvme::write_command({.nsid = 1, .blocks = 16}), 3,
                                          {.kind = tcp::Sgl::Kind::in_capsule, .length = 8192}),
                          data);
  capsule.back() ^= std::byte{1};
  a.io.feed(capsule);
  const Received answer = a.io.one();
  CHECK(is(answer.cqe().status, nvme::status::transient_transport_error));
  CHECK_FALSE(answer.cqe().status.do_not_retry);

  a.io.send(*nvme::write_command({.nsid = 1, .blocks = 32}), 4, {.kind = by_transport, .length = 16384});
  const std::uint16_t tag = a.io.one().fields().tag;
  Bytes pdu;
  tcp::append_h2c_data(pdu, a.io.framing, {4, tag, 0, 0}, tcp::flag_last, pattern(16384));
  pdu.back() ^= std::byte{1};
  a.io.feed(pdu);
  CHECK(is(a.io.one().cqe().status, nvme::status::transient_transport_error));
  a.io.send(*nvme::read_command({.nsid = 1}), 5, {.kind = by_transport, .length = 512});
  CHECK(a.io.take().at(0).data == Bytes(512));  // nothing was written
}

TEST_CASE("protocol errors end the connection with C2HTermReq", "[target][session]") {
  using tcp::FatalError;
  Bench bench;
  BufferPool pool(1U << 20U);
  Host fresh(bench, pool);
  SECTION("another protocol") {
    const std::string_view http = "GET / HTTP/1.1\r\n\r\n";
    Bytes bytes(http.size());
    std::transform(http.begin(), http.end(), bytes.begin(), [](char c) { return static_cast<std::byte>(c); });
    fresh.feed(bytes);
    CHECK(fresh.fatal() == FatalError::invalid_header_field);
  }
  SECTION("a command before ICReq") {
    fresh.send(nvme::keep_alive_command(), 1);
    CHECK(fresh.fatal() == FatalError::sequence_error);
  }
  SECTION("a PDU format that we do not know") {
    Bytes bytes;
    tcp::append_ic_req(bytes, {.pfv = 1});
    fresh.feed(bytes);
    CHECK(fresh.fatal() == FatalError::unsupported_parameter);
  }
  SECTION("an alignment that there is not") {
    Bytes bytes;
    tcp::append_ic_req(bytes, {.hpda = 32});
    fresh.feed(bytes);
    CHECK(fresh.fatal() == FatalError::invalid_header_field);
  }
  SECTION("a second ICReq") {
    fresh.initialize();
    Bytes bytes;
    tcp::append_ic_req(bytes, {});
    fresh.feed(bytes);
    CHECK(fresh.fatal() == FatalError::sequence_error);
  }
  SECTION("a bad header digest") {
    fresh.initialize({.header_digest = true});
    Bytes bytes;
    tcp::append_capsule_cmd(bytes, fresh.framing, tcp::encode_sqe(nvme::keep_alive_command(), 1, {}));
    bytes.back() ^= std::byte{1};
    fresh.feed(bytes);
    CHECK(fresh.fatal() == FatalError::header_digest_error);
  }
  SECTION("too much data in a capsule") {
    fresh.initialize();
    fresh.send(nvme::connect_command({}), 1, {.kind = tcp::Sgl::Kind::in_capsule, .length = 9000}, Bytes(9000));
    CHECK(fresh.fatal() == FatalError::limit_exceeded);
  }
  SECTION("the host's own TermReq is not answered") {
    fresh.initialize();
    Bytes bytes;
    tcp::append_term_req(bytes, tcp::Role::host, {FatalError::sequence_error, 0, ""}, {});
    fresh.feed(bytes);
    CHECK(fresh.take().empty());
    CHECK(fresh.session.finished());
  }
}

TEST_CASE("H2CData that no R2T asked for", "[target][session]") {
  using tcp::FatalError;
  Association a;
  a.io.send(*nvme::write_command({.nsid = 1, .blocks = 32}), 4, {.kind = by_transport, .length = 16384});
  const std::uint16_t tag = a.io.one().fields().tag;
  const Bytes data(16384);
  const auto first = std::span(data).first(4096);
  SECTION("another tag") {
    a.io.send_data({4, static_cast<std::uint16_t>(tag + 1), 0, 0}, 0, first);
    CHECK(a.io.fatal() == FatalError::invalid_header_field);
  }
  SECTION("another command") {
    a.io.send_data({5, tag, 0, 0}, 0, first);
    CHECK(a.io.fatal() == FatalError::invalid_header_field);
  }
  SECTION("a gap") {
    a.io.send_data({4, tag, 512, 0}, 0, first);
    CHECK(a.io.fatal() == FatalError::out_of_range);
  }
  SECTION("too long") {
    a.io.send_data({4, tag, 0, 0}, tcp::flag_last, Bytes(16388));
    CHECK(a.io.fatal() == FatalError::out_of_range);
  }
  SECTION("the last too early") {
    a.io.send_data({4, tag, 0, 0}, tcp::flag_last, first);
    CHECK(a.io.fatal() == FatalError::invalid_header_field);
  }
  SECTION("no last at the end") {
    a.io.send_data({4, tag, 0, 0}, 0, data);
    CHECK(a.io.fatal() == FatalError::invalid_header_field);
  }
}

TEST_CASE("commands with data descriptors that make no sense", "[target][session]") {
  Association a;
  const auto status = [&](const Command& command, const tcp::Sgl& sgl, std::span<const std::byte> data = {}) {
    a.io.send(command, 1, sgl, data);
    const Received answer = a.io.one();
    REQUIRE(answer.type == PduType::capsule_resp);
    return answer.cqe().status;
  };
  const Command read = *nvme::read_command({.nsid = 1}), write = *nvme::write_command({.nsid = 1});
  const Bytes data(512);
  CHECK(is(status(read, {.kind = tcp::Sgl::Kind::in_capsule, .length = 512}), nvme::status::sgl_type_invalid));
  CHECK(is(status(read, {}), nvme::status::sgl_length_invalid));
  CHECK(is(status(read, {.kind = by_transport, .length = 0xffffffff}), nvme::status::sgl_length_invalid));
  CHECK(is(status(write, {.kind = by_transport, .length = 0xffffffff}), nvme::status::sgl_length_invalid));
  CHECK(is(status(write, {.kind = tcp::Sgl::Kind::in_capsule, .offset = 1, .length = 512}, data),
           nvme::status::sgl_offset_invalid));
  CHECK(is(status(write, {.kind = tcp::Sgl::Kind::in_capsule, .offset = ~std::uint64_t{0}, .length = 512}, data),
           nvme::status::sgl_offset_invalid));
  CHECK(is(status(write, {}), nvme::status::sgl_length_invalid));
}

TEST_CASE("nothing but Connect before Connect", "[target][session]") {
  Bench bench;
  BufferPool pool(1U << 20U);
  Host fresh(bench, pool);
  fresh.initialize();
  fresh.send(nvme::property_get_command(nvme::property::cap, true), 1);
  CHECK(is(fresh.one().cqe().status, nvme::status::command_sequence_error));
  fresh.send(*nvme::write_command({.nsid = 1, .blocks = 2048}), 2, {.kind = by_transport, .length = 1U << 20U});
  CHECK(is(fresh.one().cqe().status, nvme::status::command_sequence_error));
  CHECK(pool.in_use() == 0);
}

TEST_CASE("a host that does not read is not answered without end", "[target][session]") {
  Association a;
  Bytes commands;
  for (std::uint16_t cid = 0; cid < 100; ++cid)
    tcp::append_capsule_cmd(commands, a.io.framing,
                            tcp::encode_sqe(*nvme::read_command({.nsid = 1, .blocks = 256}), cid,
                                            {.kind = by_transport, .length = 131072}));
  CHECK(a.io.session.feed(commands) == commands.size());
  CHECK(a.io.session.stalled());
  CHECK(a.io.session.output().size() < (1U << 20U));
  CHECK(a.io.session.receive_space().empty());
  const auto answers = a.io.take();
  CHECK(answers.size() == 200);
  CHECK(answers.back().cqe().cid == 99);
}

TEST_CASE("transfers wait for memory, and go on when there is some", "[target][session]") {
  Association a({}, 0, 1U << 20U);
  for (std::uint16_t cid = 0; cid < 3; ++cid)
    a.io.send(*nvme::write_command({.nsid = 1, .lba = 0, .blocks = 1024}), cid,
              {.kind = by_transport, .length = 524288});
  auto asked = a.io.take();
  REQUIRE(asked.size() == 2);
  CHECK(a.pool.in_use() == 1U << 20U);
  CHECK_FALSE(a.pool.take_relief());
  a.io.send_data({0, asked[0].fields().tag, 0, 0}, tcp::flag_last, pattern(524288));
  CHECK(a.pool.take_relief());
  asked = a.io.take();
  REQUIRE(asked.size() == 2);  // the response, and the third R2T
  CHECK(asked[0].cqe().cid == 0);
  CHECK(asked[1].fields().cid == 2);
}

TEST_CASE("more commands than the queue holds are an error", "[target][session]") {
  Association a;
  for (std::uint16_t cid = 0; cid < 32; ++cid)
    a.io.send(*nvme::write_command({.nsid = 1, .blocks = 32}), cid, {.kind = by_transport, .length = 16384});
  CHECK(a.io.take().size() == 32);
  a.io.send(*nvme::write_command({.nsid = 1, .blocks = 32}), 99, {.kind = by_transport, .length = 16384});
  CHECK(a.io.fatal() == tcp::FatalError::limit_exceeded);
}

TEST_CASE("time limits", "[target][session]") {
  Association a;
  const auto now = Session::Clock::now();
  SECTION("data that never comes") {
    a.io.send(*nvme::write_command({.nsid = 1, .blocks = 32}), 4, {.kind = by_transport, .length = 16384});
    a.io.session.check_time(now + std::chrono::seconds(29));
    CHECK_FALSE(a.io.session.finished());
    a.io.session.check_time(now + std::chrono::seconds(40));
    CHECK(a.io.session.finished());
    CHECK_FALSE(a.admin.session.finished());
  }
  SECTION("keep alive ends the whole association") {
    a.admin.send(nvme::set_features_command(nvme::fid::keep_alive_timer, 5000), 7);
    CHECK(a.admin.one().cqe().status.ok());
    a.admin.session.check_time(now + std::chrono::seconds(4));
    CHECK_FALSE(a.admin.session.finished());
    a.admin.session.check_time(now + std::chrono::seconds(20));
    CHECK(a.admin.session.finished());
    CHECK(a.io.session.finished());
    CHECK(a.bench.target.take_attention());
  }
}

TEST_CASE("Disconnect and events", "[target][session]") {
  Association a;
  a.admin.send(nvme::set_features_command(nvme::fid::async_event_config, 0x100), 2);
  CHECK(a.admin.one().cqe().status.ok());
  a.admin.send(nvme::async_event_request_command(), 3);
  CHECK(a.admin.take().empty());
  a.bench.add(77, 512);
  CHECK(a.bench.target.take_attention());
  const Received event = a.admin.one();
  CHECK(event.cqe().cid == 3);
  CHECK((event.cqe().result & 7U) == nvme::aer::notice);
  a.io.send(nvme::disconnect_command(), 9);
  CHECK(a.io.one().cqe().status.ok());
  CHECK(a.io.session.finished());
  CHECK(a.io.session.reason().empty());
  CHECK_FALSE(a.admin.session.finished());
}
