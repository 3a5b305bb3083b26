#include "nvme/decode.hpp"

#include <array>
#include <string>
#include <vector>

#include "nvme/layout.hpp"
#include "support/catch.hpp"

using namespace nvmectl;
using namespace nvmectl::nvme;

namespace {

Bytes bytes_of(std::initializer_list<int> values) {
  Bytes bytes;
  for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

constexpr SymbolName colours[] = {{1, "red"}, {2, "green"}};
constexpr BitField parts[] = {{"ready", "Ready", 0, 1}, {"level", "Level", 1, 3}, {"colour", "Colour", 4, 4, colours}};
constexpr Field inner_fields[] = {u8(0, "x", "X"), u8(1, "y", "Y")};
static_assert(covers<2>(inner_fields));
constexpr Schema inner{"inner", "Inner", inner_fields, 2};
constexpr std::string_view last_point[] = {"points_less_one"};
constexpr Field fields[] = {
    u24(0, "oui", "OUI"),
    u8(3, "points_less_one", "Points"),
    symbol(4, 1, "colour", "Colour", colours),
    flags(5, 1, "word", "Word", parts),
    ascii(6, 4, "text", "Text"),
    records(10, inner, 3, "points", "Points", {}, last_point),
    numbers(16, 2, 2, "counts", "Counts"),
    u128(20, "big", "Big"),
    uuid(36, "id", "Id"),
    reserved(52, 54),
};
static_assert(covers<54>(fields));
constexpr Schema schema{"test", "Test", fields, 54};

}  // namespace

TEST_CASE("decode takes every kind of field", "[nvme][decode]") {
  Bytes data = bytes_of({0x12, 0x34, 0x56, 1, 2, 0x2b, 'a', 'b', ' ', ' ', 1, 2, 3, 4, 5, 6, 0x01, 0x02, 0x03, 0x04});
  data.resize(54);
  data[28] = std::byte{1};  // high half of `big`
  data[36] = std::byte{0xab};
  const auto record = decode(schema, data);
  REQUIRE(record);
  CHECK(record->at("oui") == Value(std::uint64_t{0x563412}));
  CHECK(record->at("colour") == Value(Symbol{2, "green"}));
  const auto* word = record->at("word").as<Flags>();
  REQUIRE(word != nullptr);
  CHECK(word->raw == 0x2b);
  CHECK(word->parts[0].second == Value(true));
  CHECK(word->parts[1].second == Value(std::uint64_t{5}));
  CHECK(word->parts[2].second == Value(Symbol{2, "green"}));
  CHECK(record->at("text") == Value("ab"));
  const auto* points = record->at("points").as<List>();
  REQUIRE(points != nullptr);
  REQUIRE(points->items.size() == 2);  // points_less_one is 1
  CHECK(points->items[1].as<Record>()->at("y") == Value(std::uint64_t{4}));
  CHECK(record->at("counts") == Value(List{{Value(std::uint64_t{0x201}), Value(std::uint64_t{0x403})}}));
  CHECK(record->at("big") == Value(U128{1, 0}));
  CHECK(record->at("id") == Value("ab000000-0000-0000-0000-000000000000"));
}

TEST_CASE("decode of short data: what is not there is null, at every length", "[nvme][decode]") {
  for (std::size_t length = 0; length <= 60; ++length) {
    const std::vector<std::byte> data(length, std::byte{2});  // its own allocation: ASan sees a byte too far
    const auto record = decode(schema, data);
    REQUIRE(record);
    std::size_t index = 0;
    for (const Field& field : fields) {
      if (!field.in_data()) continue;
      const bool whole = field.offset + field.size <= length;  // of its first element
      INFO(field.key << " with " << length << " bytes");
      CHECK(record->values[index].is_null() == !whole);
      ++index;
    }
  }
}

TEST_CASE("decode keeps list elements that are wholly there", "[nvme][decode]") {
  const Bytes data(15, std::byte{2});
  const auto record = decode(schema, data);
  REQUIRE(record);
  CHECK(record->at("points").as<List>()->items.size() == 2);
}

TEST_CASE("decode of a UUID of zeros is null", "[nvme][decode]") {
  const Bytes data(54);
  CHECK(decode(schema, data)->at("id").is_null());
}

TEST_CASE("decode makes strings printable", "[nvme][decode]") {
  constexpr Field text_fields[] = {ascii(0, 6, "text", "Text")};
  const Schema text{"text", "Text", text_fields, 6};
  CHECK(decode(text, bytes_of({'a', 0x1b, '[', 'm', 0x07, 'b'}))->at("text") == Value("a\\x1b[m\\x07b"));
  CHECK(decode(text, bytes_of({'a', 'b', 0, 'x', 'y', 'z'}))->at("text") == Value("ab"));
}

TEST_CASE("decode validates layouts made at run time", "[nvme][decode]") {
  const Bytes data(16);
  const auto refused = [&](const Field& field) {
    const Schema made{"made", "Made", std::span<const Field>(&field, 1), 16};
    const auto record = decode(made, data);
    return !record && record.error().kind == ErrorKind::usage;
  };
  CHECK(refused(number(0, 9, "a", "A")));
  CHECK(refused(number(0, 0, "a", "A")));
  CHECK(refused(numbers(0, 0, 5, "a", "A")));
  Field no_element = numbers(0, 4, 1, "a", "A");
  no_element.element_kind = Kind::record;
  CHECK(refused(no_element));
  CHECK_FALSE(refused(numbers(0xffffffffU, 8, 0xffffffffU, "a", "A")));  // behind the end: null, no overflow
  CHECK_FALSE(refused(numbers(0, 8, 0xffffffffU, "a", "A")));            // only the two that are there
}

TEST_CASE("decode refuses endless nesting", "[nvme][decode]") {
  Field self;
  const Schema made{"made", "Made", std::span<const Field>(&self, 1), 4};
  self = record(0, made, "again", "Again");
  const auto result = decode(made, Bytes(4));
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::usage);
}

TEST_CASE("decode_entries leaves out an incomplete last entry", "[nvme][decode]") {
  CHECK(decode_entries(inner, Bytes(7))->items.size() == 3);
  CHECK(decode_entries(inner, Bytes(7), 2)->items.size() == 2);
  CHECK(decode_entries(inner, Bytes(1))->items.empty());
}

TEST_CASE("decode sign-extends signed numbers", "[nvme][decode]") {
  Field field = number(0, 2, "t", "T");
  field.kind = Kind::integer;
  const Schema made{"made", "Made", std::span<const Field>(&field, 1), 2};
  CHECK(decode(made, bytes_of({0xfe, 0xff}))->at("t") == Value(std::int64_t{-2}));
}

TEST_CASE("WireReader takes single fields", "[nvme][decode]") {
  Bytes data = bytes_of({0x12, 0x34, 0x56, 1, 2, 0x2b, 'a', 'b', ' ', ' ', 1, 2, 3, 4, 5, 6, 0x01, 0x02, 0x03, 0x04});
  data.resize(54);
  const WireReader read(schema, data);
  CHECK(read.number("oui") == 0x563412);
  CHECK(read.as<std::uint8_t>("colour") == 2);
  CHECK(read.number("word") == 0x2b);
  CHECK(read.bits("word", "level") == 5);
  CHECK(read.text("text") == "ab");
  CHECK(read.bytes("counts").size() == 4);
  CHECK(read.element("points", 2).number("y") == 6);
}

TEST_CASE("WireReader gives nothing for what is not there", "[nvme][decode]") {
  const Bytes data(15, std::byte{2});
  const WireReader read(schema, data);
  CHECK(read.number("nothing") == 0);
  CHECK(read.number("big") == 0);
  CHECK(read.text("id").empty());
  CHECK(read.bits("word", "nothing") == 0);
  CHECK(read.bits("oui", "level") == 0);
  CHECK(read.bytes("points").size() == 4);  // two whole elements of three
  CHECK(read.element("points", 1).number("y") == 2);
  CHECK(read.element("points", 2).number("y") == 0);
  CHECK(read.element("oui").number("y") == 0);
  // A layout from a data file may say that an element has no bytes.
  Field no_size = records(0, inner, 3, "points", "Points");
  no_size.size = 0;
  const Schema made{"made", "Made", std::span<const Field>(&no_size, 1), 4};
  CHECK(WireReader(made, data).element("points", 1).number("y") == 0);
}
