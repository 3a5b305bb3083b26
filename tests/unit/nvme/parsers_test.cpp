#include "nvme/parsers.hpp"

#include "core/value.hpp"
#include "nvme/endian.hpp"
#include "support/catch.hpp"

using namespace nvmectl;
using namespace nvmectl::nvme;

namespace {

void add_descriptor(Bytes& bytes, std::uint8_t type, std::size_t length, std::uint8_t fill) {
  bytes.insert(bytes.end(), {std::byte{type}, static_cast<std::byte>(length), std::byte{0}, std::byte{0}});
  bytes.insert(bytes.end(), length, std::byte{fill});
}

Bytes ana_log(std::uint16_t groups, std::uint32_t nsids) {
  Bytes bytes(16 + 32 + 8);
  store_le<std::uint64_t>(bytes, 0, 5);
  store_le<std::uint16_t>(bytes, 8, groups);
  store_le<std::uint32_t>(bytes, 16, 1);
  store_le<std::uint32_t>(bytes, 20, nsids);
  bytes[32] = std::byte{2};
  store_le<std::uint32_t>(bytes, 48, 10);
  store_le<std::uint32_t>(bytes, 52, 11);
  return bytes;
}

}  // namespace

TEST_CASE("namespace identification descriptors", "[nvme][parsers]") {
  Bytes bytes;
  add_descriptor(bytes, 1, 8, 0xaa);
  add_descriptor(bytes, 2, 16, 0xbb);
  add_descriptor(bytes, 9, 5, 0xee);  // unknown: skipped
  add_descriptor(bytes, 3, 16, 0xcc);
  add_descriptor(bytes, 4, 1, 2);
  bytes.resize(4096);
  const auto ids = parse_ns_descriptors(bytes);
  REQUIRE(ids);
  CHECK(ids->eui64 == "aaaaaaaaaaaaaaaa");
  CHECK(ids->nguid == "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");
  CHECK(ids->uuid == "cccccccc-cccc-cccc-cccc-cccccccccccc");
  CHECK(ids->csi == 2);
}

TEST_CASE("namespace identification descriptors of zeros are none", "[nvme][parsers]") {
  CHECK(*parse_ns_descriptors(Bytes(4096)) == NamespaceIds{});
  CHECK(*parse_ns_descriptors({}) == NamespaceIds{});
  Bytes zero_uuid;
  add_descriptor(zero_uuid, 3, 16, 0);
  CHECK(parse_ns_descriptors(zero_uuid)->uuid.empty());
}

TEST_CASE("bad namespace identification descriptors", "[nvme][parsers]") {
  Bytes wrong_length;
  add_descriptor(wrong_length, 3, 15, 1);
  CHECK(parse_ns_descriptors(wrong_length).error().kind == ErrorKind::protocol);
  Bytes cut;
  add_descriptor(cut, 2, 16, 1);
  cut.resize(19);
  CHECK_FALSE(parse_ns_descriptors(cut));
}

TEST_CASE("namespace lists end at the first zero", "[nvme][parsers]") {
  Bytes bytes(14);
  store_le<std::uint32_t>(bytes, 0, 3);
  store_le<std::uint32_t>(bytes, 4, 9);
  CHECK(parse_ns_list(bytes) == std::vector<std::uint32_t>{3, 9});
  store_le<std::uint32_t>(bytes, 8, 10);
  CHECK(parse_ns_list(bytes) == std::vector<std::uint32_t>{3, 9, 10});
  CHECK(parse_ns_list({}).empty());
}

TEST_CASE("the ANA log", "[nvme][parsers]") {
  const auto log = parse_ana_log(ana_log(1, 2));
  REQUIRE(log);
  CHECK(log->change_count == 5);
  REQUIRE(log->groups.size() == 1);
  CHECK(log->groups[0] == AnaGroup{1, 0, 2, {10, 11}});
}

TEST_CASE("an ANA log that claims more than there is", "[nvme][parsers]") {
  CHECK(parse_ana_log(ana_log(2, 2)).error().kind == ErrorKind::protocol);
  CHECK(parse_ana_log(ana_log(1, 3)).error().kind == ErrorKind::protocol);
  CHECK(parse_ana_log(ana_log(1, 0xffffffffU)).error().kind == ErrorKind::protocol);
  CHECK(parse_ana_log(Bytes(15)).error().kind == ErrorKind::protocol);
}
