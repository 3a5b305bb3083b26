#include "nvme/tcp/pdu.hpp"

#include "core/endian.hpp"
#include "nvme/tcp/crc32c.hpp"
#include "nvme/tcp/entries.hpp"
#include "support/catch.hpp"
#include "unit/tcp/peer.hpp"

namespace nvmectl::tcp {
namespace {

using test::pattern;
using Step = PduReader::Step;

PduError error_of(Role role, const Bytes& bytes, const Framing& framing = {}, std::uint32_t max_data = 4096) {
  PduReader reader(role);
  reader.set_framing(framing);
  reader.set_max_data(max_data);
  std::span<const std::byte> input(bytes);
  for (;;) {
    auto step = reader.read(input);
    if (!step) {
      CHECK_FALSE(reader.read(input));  // dead for good
      return step.error();
    }
    if (*step == Step::more) return {FatalError{0}, 0, "no error"};
  }
}

Bytes c2h(std::size_t size, const Framing& framing = {}) {
  Bytes bytes;
  append_c2h_data(bytes, framing, {.cid = 3, .offset = 512}, flag_last, pattern(size));
  return bytes;
}

}  // namespace

TEST_CASE("PDUs survive encoding and decoding in pieces of every size, with every framing", "[tcp]") {
  const bool header_digest = GENERATE(false, true);
  const bool data_digest = GENERATE(false, true);
  const std::uint32_t alignment = GENERATE(4U, 32U, 128U);
  const std::size_t chunk = GENERATE(std::size_t{1}, std::size_t{7}, std::size_t{24}, std::size_t{100000});
  const Framing framing{header_digest, data_digest, alignment};
  Bytes bytes;
  const auto sqe = encode_sqe({.opcode = 1, .nsid = 5, .cdw10 = 77}, 9, {Sgl::Kind::in_capsule, 0, 100});
  append_capsule_cmd(bytes, framing, sqe, pattern(100));
  append_capsule_cmd(bytes, framing, sqe);
  append_h2c_data(bytes, framing, {.cid = 9, .tag = 4, .offset = 4096}, flag_last, pattern(1001, 9));
  PduReader reader(Role::controller);
  reader.set_framing(framing);
  const auto all = test::take_apart(reader, bytes, chunk);
  REQUIRE(all.size() == 3);
  CHECK(all[0].data == pattern(100));
  CHECK(all[0].data_digest_ok);
  CHECK(all[0].sqe().cid == 9);
  CHECK(all[0].sqe().sgl == Sgl{Sgl::Kind::in_capsule, 0, 100});
  CHECK(all[0].sqe().command == Command{.opcode = 1, .flags = 0x40, .nsid = 5, .cdw10 = 77});
  CHECK(all[1].data.empty());
  CHECK(all[2].fields() == DataHeader{9, 4, 4096, 1001});
  CHECK((all[2].flags & flag_last) != 0);
  CHECK(all[2].data == pattern(1001, 9));
  CHECK(reader.idle());
}

TEST_CASE("PDU data starts at a multiple of the alignment, zero bytes before it", "[tcp]") {
  const Bytes bytes = c2h(10, {true, false, 64});
  CHECK(load_u8(bytes, 3) == 64);
  CHECK(load_le32(bytes, 4) == 74);
  CHECK(load_le32(bytes, 24) == crc32c(std::span(bytes).first(24)));
  for (std::size_t i = 28; i < 64; ++i) CHECK(bytes[i] == std::byte{0});
}

TEST_CASE("ICReq, ICResp and TermReq fields stand where the figures say", "[tcp]") {
  Bytes bytes;
  append_ic_req(bytes, {.pfv = 0, .hpda = 3, .header_digest = true, .data_digest = true, .max_r2t = 15});
  REQUIRE(bytes.size() == 128);
  CHECK(load_u8(bytes, 2) == 128);
  CHECK(load_le32(bytes, 4) == 128);
  CHECK(load_u8(bytes, 10) == 3);
  CHECK(load_u8(bytes, 11) == 3);
  CHECK(load_le32(bytes, 12) == 15);
  CHECK(decode_ic_req(bytes) == IcReq{0, 3, true, true, 15});

  bytes.clear();
  append_ic_resp(bytes, {.cpda = 31, .data_digest = true, .max_h2c_data = 0x20000});
  CHECK(decode_ic_resp(bytes) == IcResp{0, 31, false, true, 0x20000});

  bytes.clear();
  append_term_req(bytes, Role::controller, {FatalError::invalid_header_field, 4, "x"}, pattern(200));
  CHECK(bytes.size() == 24 + 128);
  CHECK(load_u8(bytes, 0) == 3);
  PduReader reader(Role::host);
  std::span<const std::byte> input(bytes);
  REQUIRE(reader.read(input).value() == Step::header);
  REQUIRE(reader.read(input).value() == Step::pdu);
  CHECK(decode_term_req(reader.pdu().header).status == FatalError::invalid_header_field);
  CHECK(decode_term_req(reader.pdu().header).field == 4);
  CHECK(reader.pdu().data.size() == 128);
}

TEST_CASE("data goes straight to the destination, by read() or by the window", "[tcp]") {
  const Bytes bytes = c2h(3000, {false, true, 4});
  Bytes place(3000);
  PduReader reader(Role::host);
  reader.set_framing({false, true, 4});
  std::span<const std::byte> input = std::span(bytes).first(24 + 1000);
  CHECK(reader.data_window().empty());
  REQUIRE(reader.read(input).value() == Step::header);
  reader.data_into(place);
  REQUIRE(reader.read(input).value() == Step::more);
  const auto window = reader.data_window();
  REQUIRE(window.size() == 2000);
  CHECK(window.data() == place.data() + 1000);
  std::copy_n(bytes.begin() + 1024, 2000, window.begin());
  reader.received(2000);
  input = std::span(bytes).subspan(3024);
  REQUIRE(reader.read(input).value() == Step::pdu);
  CHECK(place == pattern(3000));
  CHECK(reader.pdu().data_digest_ok);
}

TEST_CASE("a bad data digest is told, not fatal; a bad header digest is fatal", "[tcp]") {
  const Framing both{true, true, 4};
  Bytes bytes = c2h(64, both);
  bytes[40] ^= std::byte{1};
  PduReader reader(Role::host);
  reader.set_framing(both);
  std::span<const std::byte> input(bytes);
  REQUIRE(reader.read(input).value() == Step::header);
  REQUIRE(reader.read(input).value() == Step::pdu);
  CHECK_FALSE(reader.pdu().data_digest_ok);

  bytes = c2h(64, both);
  bytes[12] ^= std::byte{1};
  const PduError error = error_of(Role::host, bytes, both);
  CHECK(error.status == FatalError::header_digest_error);
  CHECK(error.field == load_le32(bytes, 24));
}

TEST_CASE("malformed PDUs are refused with status and offset", "[tcp]") {
  const auto check = [](Bytes bytes, std::uint32_t field, FatalError status = FatalError::invalid_header_field) {
    const PduError error = error_of(Role::host, bytes);
    INFO(error.message);
    CHECK(error.status == status);
    CHECK(error.field == field);
  };
  const auto altered = [](std::size_t at, unsigned value) {
    Bytes bytes = c2h(64);
    bytes[at] = static_cast<std::byte>(value);
    return bytes;
  };
  check({std::byte{8}}, 0);                  // unknown type, from the first byte on
  check({std::byte{'H'}}, 0);                // text
  check(altered(0, 4), 0);                   // CapsuleCmd to a host
  check(altered(2, 28), 2);                  // HLEN
  check(altered(1, flag_header_digest), 1);  // a digest nobody agreed to
  check(altered(1, flag_data_digest), 1);
  check(altered(3, 20), 3);                             // data inside the header
  check(altered(3, 25), 3);                             // unaligned
  check(altered(3, 88), 4);                             // no room for the data
  check(altered(4, 20), 4);                             // PLEN below HLEN
  check(altered(4, 24), 4);                             // C2HData without data
  check(altered(16, 63), 16);                           // DATAL disagrees
  check(altered(6, 1), 4, FatalError::limit_exceeded);  // 64 KiB where 4 KiB may be
  check(altered(7, 0xff), 4, FatalError::limit_exceeded);
  Bytes response;
  append_capsule_resp(response, {}, encode_cqe({}));
  response[4] = std::byte{28};
  check(response, 4);  // CapsuleResp with something behind it
}

TEST_CASE("a header digest that was agreed must be there", "[tcp]") {
  CHECK(error_of(Role::host, c2h(64), {true, false, 4}).field == 1);
  CHECK(error_of(Role::host, c2h(64), {false, true, 4}).field == 1);
}

TEST_CASE("completion queue entries keep status, result and identifiers", "[tcp]") {
  const Cqe cqe{0x1122334455667788, 7, 0, 0x1234, {1, 0x82, 0, false, true}};
  const auto bytes = encode_cqe(cqe);
  CHECK(load_le16(bytes, 14) == 0x8304);  // DNR, SCT 1, SC 82h, above the phase bit
  const Cqe back = decode_cqe(bytes);
  CHECK(back.result == cqe.result);
  CHECK(back.sq_head == 7);
  CHECK(back.cid == 0x1234);
  CHECK(back.status == cqe.status);
}

}  // namespace nvmectl::tcp
