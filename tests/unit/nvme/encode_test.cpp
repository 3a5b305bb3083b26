#include "nvme/encode.hpp"

#include <algorithm>
#include <string>

#include "nvme/decode.hpp"
#include "nvme/endian.hpp"
#include "nvme/layout.hpp"
#include "support/catch.hpp"

using namespace nvmectl;
using namespace nvmectl::nvme;

namespace {

constexpr BitField parts[] = {{"low", "Low", 0, 4}, {"high", "High", 4, 4}};
constexpr Field inner_fields[] = {u16(0, "x", "X"), u16(2, "y", "Y")};
constexpr Schema inner{"inner", "Inner", inner_fields, 4};
constexpr Field fields[] = {
    u16(0, "number", "Number", {.mnemonic = "nb"}),
    ascii(2, 4, "name", "Name"),
    utf8_nul(6, 4, "path", "Path"),
    flags(10, 1, "word", "Word", parts),
    reserved(11, 12),
    records(12, inner, 2, "points", "Points"),
    numbers(20, 4, 2, "counts", "Counts"),
    u128(28, "big", "Big"),
    bytes(44, 8, "eui64", "EUI64"),
    texts(52, 4, 2, "names", "Names"),
};
static_assert(covers<60>(fields));
constexpr Schema schema{"test", "Test", fields, 60};

}  // namespace

TEST_CASE("what is encoded is decoded again", "[nvme][encode]") {
  Bytes data(60);
  WireWriter writer(schema, data);
  const Bytes eui(8, std::byte{7});
  writer.set("nb", 0x1234).set_text("name", "ab").set_text("path", "cd").set_bits("word", "high", 5);
  writer.set_bits("word", "low", 3).set_at("counts", 1, 9).set("big", U128{2, 1}).set_bytes("eui64", eui);
  writer.set_text_at("names", 1, "zz");
  writer.element("points", 1).set("x", 7).set("y", 8);
  REQUIRE(writer.status());
  CHECK(data[4] == std::byte{' '});
  CHECK(data[8] == std::byte{0});
  const auto record = decode(schema, data);
  REQUIRE(record);
  CHECK(record->at("number") == Value(std::uint64_t{0x1234}));
  CHECK(record->at("name") == Value("ab"));
  CHECK(record->at("path") == Value("cd"));
  CHECK(record->at("word").number() == 0x53);
  CHECK(record->at("counts") == Value(List{{Value(std::uint64_t{0}), Value(std::uint64_t{9})}}));
  CHECK(record->at("big") == Value(U128{2, 1}));
  CHECK(record->at("eui64") == Value(eui));
  CHECK(record->at("names") == Value(List{{Value(""), Value("zz")}}));
  CHECK(record->at("points").as<List>()->items[1].as<Record>()->at("y") == Value(std::uint64_t{8}));
  CHECK(record->at("points").as<List>()->items[0].as<Record>()->at("x") == Value(std::uint64_t{0}));
}

TEST_CASE("mistakes in encoding write nothing and are remembered", "[nvme][encode]") {
  Bytes data(60);
  const auto fails = [&](auto action) {
    WireWriter writer(schema, data);
    action(writer);
    return !writer.status() && writer.status().error().kind == ErrorKind::internal &&
           std::all_of(data.begin(), data.end(), [](std::byte b) { return b == std::byte{0}; });
  };
  CHECK(fails([](WireWriter& w) { w.set("nothing", 1); }));
  CHECK(fails([](WireWriter& w) { w.set("number", 0x10000); }));
  CHECK(fails([](WireWriter& w) { w.set("number", U128{1, 0}); }));
  CHECK(fails([](WireWriter& w) { w.set("name", 1); }));
  CHECK(fails([](WireWriter& w) { w.set("counts", 1); }));
  CHECK(fails([](WireWriter& w) { w.set_at("counts", 2, 1); }));
  CHECK(fails([](WireWriter& w) { w.set_at("number", 0, 1); }));
  CHECK(fails([](WireWriter& w) { w.set_bits("word", "middle", 1); }));
  CHECK(fails([](WireWriter& w) { w.set_bits("word", "low", 16); }));
  CHECK(fails([](WireWriter& w) { w.set_text("name", "abcde"); }));
  CHECK(fails([](WireWriter& w) { w.set_text("number", "a"); }));
  CHECK(fails([](WireWriter& w) { w.set_bytes("eui64", Bytes(7)); }));
  CHECK(fails([](WireWriter& w) { w.element("points", 2).set("x", 1); }));
  CHECK(fails([](WireWriter& w) { w.element("points", 1).set("z", 1); }));
  CHECK(fails([](WireWriter& w) { w.element("number").set("x", 1); }));
}

TEST_CASE("encoding never writes behind the data", "[nvme][encode]") {
  Bytes data(30);
  WireWriter writer(schema, data);
  writer.set("big", 1);
  CHECK_FALSE(writer.status());
}

TEST_CASE("little-endian numbers of any size", "[nvme][endian]") {
  Bytes data(10, std::byte{0xff});
  store_le_bytes(std::span(data).first(3), 0x01020304U);
  CHECK(data[0] == std::byte{4});
  CHECK(data[2] == std::byte{2});
  CHECK(data[3] == std::byte{0xff});
  CHECK(load_le_bytes(std::span(data).first(3)) == 0x020304U);
  CHECK(load_le_bytes({}) == 0);
  store_le_bytes(data, ~std::uint64_t{0});
  CHECK(data[8] == std::byte{0});
  CHECK(load_le_bytes(data) == ~std::uint64_t{0});
}
