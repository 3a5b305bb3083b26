// Counting the label slots in use.
#include <cstring>
#include <string>

#include "core/endian.hpp"
#include "core/value.hpp"
#include "pmem/labels.hpp"
#include "support/catch.hpp"

using namespace nvmectl;
using namespace nvmectl::pmem;

namespace {

constexpr std::size_t block = 256;

struct Area {
  Bytes bytes = Bytes(8192);

  void index(int which, std::uint32_t sequence, std::uint32_t slots, std::uint64_t used) {
    const auto at = std::span(bytes).subspan(static_cast<std::size_t>(which) * block, block);
    std::memcpy(at.data(), "NAMESPACE_INDEX\0", 16);
    store_le<std::uint32_t>(at, 20, sequence);
    store_le<std::uint64_t>(at, 24, static_cast<std::uint64_t>(which) * block);
    store_le<std::uint64_t>(at, 32, block);
    store_le<std::uint64_t>(at, 48, 2 * block);
    store_le<std::uint32_t>(at, 56, slots);
    for (std::uint32_t slot = 0; slot < slots; ++slot)
      if (slot >= used) at[72 + slot / 8] |= std::byte{1} << (slot % 8);
    store_le<std::uint64_t>(at, 64, 0);
    store_le<std::uint64_t>(at, 64, fletcher64(at, 64));
  }
};

}  // namespace

TEST_CASE("the newer of two index blocks counts, also where the number begins again") {
  const auto [first, second, expected] =
      GENERATE(std::tuple(1U, 2U, 5U), std::tuple(2U, 1U, 3U), std::tuple(3U, 1U, 5U), std::tuple(1U, 3U, 3U),
               std::tuple(0U, 1U, 5U));
  Area area;
  area.index(0, first, 20, 3);
  area.index(1, second, 20, 5);
  const auto used = used_label_slots(area.bytes);
  REQUIRE(used.has_value());
  CHECK(*used == expected);
}

TEST_CASE("one broken index block leaves the other") {
  Area area;
  area.index(0, 2, 20, 3);
  area.index(1, 1, 20, 5);
  const bool first = GENERATE(true, false);
  area.bytes[(first ? 0 : block) + 100] = std::byte{1};
  const auto used = used_label_slots(area.bytes);
  REQUIRE(used.has_value());
  CHECK(*used == (first ? 5 : 3));
}

TEST_CASE("a label area without a valid index says why") {
  Area area;
  CHECK(used_label_slots(area.bytes).error().kind == ErrorKind::io);
  area.index(0, 1, 20, 3);
  area.bytes[80] = std::byte{7};
  const auto broken = used_label_slots(area.bytes);
  REQUIRE_FALSE(broken.has_value());
  CHECK(broken.error().cause.find("wrong checksum") != std::string::npos);
  CHECK_FALSE(used_label_slots(std::span(area.bytes).first(40)).has_value());
}

TEST_CASE("more slots than bits are not believed") {
  Area area;
  area.index(0, 1, 20, 3);
  store_le<std::uint32_t>(area.bytes, 56, 0xffffffffU);
  const auto at = std::span(area.bytes).first(block);
  store_le<std::uint64_t>(at, 64, 0);
  store_le<std::uint64_t>(at, 64, fletcher64(at, 64));
  const auto used = used_label_slots(area.bytes);
  REQUIRE_FALSE(used.has_value());
  CHECK(used.error().cause.find("more slots than bits") != std::string::npos);
}

TEST_CASE("what the kernel would not take is not valid") {
  struct Case {
    std::size_t field;
    std::uint32_t value;
    std::string_view why;
  };
  const Case c = GENERATE(Case{56, 61, "more slots than the area"}, Case{16, 2U << 24U, "labels of no known size"},
                          Case{24, block, "another place"}, Case{20, 0, "no sequence number"});
  Area area;
  area.index(0, 1, 20, 3);
  const auto at = std::span(area.bytes).first(block);
  store_le<std::uint32_t>(at, c.field, c.value);
  store_le<std::uint64_t>(at, 64, 0);
  store_le<std::uint64_t>(at, 64, fletcher64(at, 64));
  const auto used = used_label_slots(area.bytes);
  REQUIRE_FALSE(used.has_value());
  CHECK(used.error().cause.find(c.why) != std::string::npos);
}
