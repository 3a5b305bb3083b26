// The host's side of a Session, in memory.
#pragma once

#include <algorithm>

#include "bench.hpp"
#include "target/session.hpp"

namespace nvmectl::target::test {

using tcp::PduType;

struct Received {
  PduType type = PduType::ic_req;
  std::uint8_t flags = 0;
  Bytes header, data;
  bool data_digest_ok = true;
  [[nodiscard]] tcp::Cqe cqe() const { return tcp::decode_cqe(tcp::capsule_entry(header)); }
  [[nodiscard]] tcp::DataHeader fields() const { return tcp::decode_data_header(header); }
};

inline const std::string host = "nqn.2014-08.org.example:host";
inline constexpr std::uint32_t enable =
    nvme::cc::enable | (6U << nvme::cc::iosqes_shift) | (4U << nvme::cc::iocqes_shift);

/// A host on the other side of a session.
struct Host {
  Host(Bench& bench, BufferPool& pool)
      : session({.target = &bench.target, .pool = &pool, .reached = {.address = "127.0.0.1", .service = "4420"}}) {}

  /// All PDUs that the session has to send, also those behind back-pressure.
  std::vector<Received> take() {
    std::vector<Received> all;
    session.attend();
    for (;;) {
      const Bytes bytes(session.output().begin(), session.output().end());
      session.sent(bytes.size());
      std::span<const std::byte> input = bytes;
      for (auto step = reader.read(input); step; step = reader.read(input)) {
        if (*step == tcp::PduReader::Step::more) break;
        if (*step == tcp::PduReader::Step::header) continue;
        const tcp::Pdu& pdu = reader.pdu();
        all.push_back({pdu.type, pdu.flags, Bytes(pdu.header.begin(), pdu.header.end()),
                       Bytes(pdu.data.begin(), pdu.data.end()), pdu.data_digest_ok});
      }
      if (!session.stalled()) return all;
      session.proceed();
    }
  }
  Received one() {
    auto all = take();
    REQUIRE(all.size() == 1);
    return all[0];
  }
  void feed(const Bytes& bytes, std::size_t chunk = 1U << 20U) {
    for (std::size_t at = 0; at < bytes.size(); at += chunk) {
      const auto piece = std::span(bytes).subspan(at, std::min(chunk, bytes.size() - at));
      if (session.feed(piece) != piece.size()) return;  // finished or stalled
    }
  }
  void initialize(const tcp::IcReq& request = {}, std::size_t chunk = 1U << 20U) {
    Bytes bytes;
    tcp::append_ic_req(bytes, request);
    feed(bytes, chunk);
    const Received answer = one();
    REQUIRE(answer.type == PduType::ic_resp);
    const tcp::IcResp response = tcp::decode_ic_resp(answer.header);
    CHECK(response.pfv == 0);
    CHECK(response.header_digest == request.header_digest);
    CHECK(response.data_digest == request.data_digest);
    CHECK(response.max_h2c_data >= 4096);
    framing = {request.header_digest, request.data_digest, tcp::alignment_of(response.cpda)};
    reader.set_framing({request.header_digest, request.data_digest, tcp::alignment_of(request.hpda)});
    reader.set_max_data(1U << 21U);
  }
  void send(const Command& command, std::uint16_t cid, const tcp::Sgl& sgl = {}, std::span<const std::byte> data = {},
            std::size_t chunk = 1U << 20U) {
    Bytes bytes;
    tcp::append_capsule_cmd(bytes, framing, tcp::encode_sqe(command, cid, sgl), data);
    feed(bytes, chunk);
  }
  void send_data(const tcp::DataHeader& header, std::uint8_t flags, std::span<const std::byte> data,
                 std::size_t chunk = 1U << 20U) {
    Bytes bytes;
    tcp::append_h2c_data(bytes, framing, header, flags, data);
    feed(bytes, chunk);
  }
  std::uint16_t connect(std::uint16_t qid, std::uint16_t cntlid = nvme::cntlid_dynamic, std::uint8_t attributes = 0) {
    const auto data = nvme::encode_connect_data({.controller_id = cntlid, .subsystem_nqn = nqn, .host_nqn = host});
    REQUIRE(data);
    send(nvme::connect_command({.queue_id = qid, .attributes = attributes}), 0,
         {.kind = tcp::Sgl::Kind::in_capsule, .length = 1024}, *data);
    const Received answer = one();
    REQUIRE(answer.cqe().status.ok());
    return static_cast<std::uint16_t>(answer.cqe().result);
  }
  void enable_controller() {
    send(nvme::property_set_command(nvme::property::cc, enable), 1);
    REQUIRE(one().cqe().status.ok());
  }
  tcp::FatalError fatal() {
    const Received last = take().back();
    REQUIRE(last.type == PduType::c2h_term_req);
    CHECK(session.finished());
    CHECK_FALSE(session.reason().empty());
    CHECK(session.receive_space().empty());
    return tcp::decode_term_req(last.header).status;
  }

  Session session;
  tcp::PduReader reader{tcp::Role::host};
  tcp::Framing framing;
};

/// A connected admin queue and I/O queue.
struct Association {
  explicit Association(const tcp::IcReq& request = {}, std::uint8_t attributes = 0, std::size_t memory = 64U << 20U)
      : pool(memory), admin(bench, pool), io(bench, pool) {
    admin.initialize(request);
    const std::uint16_t cntlid = admin.connect(0);
    admin.enable_controller();
    io.initialize(request);
    io.connect(1, cntlid, attributes);
  }
  Bench bench;
  BufferPool pool;
  Host admin, io;
};

}  // namespace nvmectl::target::test
