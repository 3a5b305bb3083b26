// The other end of a HostQueue, in memory: what the queue sent, taken apart, and PDUs to give to it.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/tcp/queue.hpp"
#include "nvme/tcp/pdu.hpp"
#include "support/catch.hpp"

namespace nvmectl::tcp::test {

/// One PDU from the host.
struct Sent {
  PduType type = PduType::ic_req;
  std::uint8_t flags = 0;
  Bytes header;
  Bytes data;
  bool data_digest_ok = true;
  [[nodiscard]] Sqe sqe() const { return decode_sqe(capsule_entry(header)); }
  [[nodiscard]] DataHeader fields() const { return decode_data_header(header); }
};

/// Takes a byte stream to a controller apart, `chunk` bytes at a time.
inline std::vector<Sent> take_apart(PduReader& reader, std::span<const std::byte> bytes,
                                    std::size_t chunk = 1U << 20U) {
  std::vector<Sent> all;
  while (!bytes.empty()) {
    std::span<const std::byte> part = bytes.first(std::min(chunk, bytes.size()));
    bytes = bytes.subspan(part.size());
    for (;;) {
      const auto step = reader.read(part);
      REQUIRE(step);
      if (*step == PduReader::Step::more) break;
      if (*step == PduReader::Step::header) continue;
      const Pdu& pdu = reader.pdu();
      all.push_back({pdu.type, pdu.flags, Bytes(pdu.header.begin(), pdu.header.end()),
                     Bytes(pdu.data.begin(), pdu.data.end()), pdu.data_digest_ok});
    }
  }
  return all;
}

inline Bytes pattern(std::size_t size, unsigned seed = 1) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>((i * 7 + i / 256 + seed) & 0xffU);
  return bytes;
}

/// A HostQueue and its scripted controller.
struct Bench {
  explicit Bench(const QueueOptions& options = {}) : queue(options) {}

  [[nodiscard]] std::vector<Sent> sent() {
    auto all = take_apart(reader, queue.output());
    queue.output_taken(queue.output().size());
    return all;
  }

  /// ICReq and ICResp.
  void connect(const IcResp& response = {}) {
    queue.start();
    const auto first = sent();
    REQUIRE(first.size() == 1);
    REQUIRE(first[0].type == PduType::ic_req);
    Bytes bytes;
    append_ic_resp(bytes, response);
    REQUIRE(queue.receive(bytes));
    REQUIRE(queue.ready());
    framing = {response.header_digest, response.data_digest, 4};
    reader.set_framing({response.header_digest, response.data_digest, alignment_of(response.cpda)});
    reader.set_max_data(1U << 22U);
  }

  [[nodiscard]] Result<> respond(std::uint16_t cid, NvmeStatus status = {}, std::uint64_t result = 0) {
    Bytes bytes;
    append_capsule_resp(bytes, framing, encode_cqe({.result = result, .cid = cid, .status = status}));
    return queue.receive(bytes);
  }
  [[nodiscard]] Result<> data(std::uint16_t cid, std::uint32_t offset, std::span<const std::byte> content,
                              std::uint8_t flags) {
    Bytes bytes;
    append_c2h_data(bytes, framing, {.cid = cid, .offset = offset}, flags, content);
    return queue.receive(bytes);
  }
  [[nodiscard]] Result<> ready_to_transfer(const DataHeader& header) {
    Bytes bytes;
    append_r2t(bytes, framing, header);
    return queue.receive(bytes);
  }

  HostQueue queue;
  PduReader reader{Role::controller};
  Framing framing;  // of what the controller sends
};

}  // namespace nvmectl::tcp::test
