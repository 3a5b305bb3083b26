// covers<>: what a layout may not look like.
#include "nvme/layout.hpp"

#include "support/catch.hpp"

using namespace nvmectl;
using namespace nvmectl::nvme;

namespace {

constexpr Field good[] = {u16(0, "first_number", "First", {.mnemonic = "fn"}), ascii(2, 6, "name", "Name"),
                          reserved(8, 12), u32(12, "last", "Last")};
static_assert(covers<16>(good));
static_assert(!covers<17>(good));  // bytes missing at the end
static_assert(!covers<15>(good));

constexpr Field gap[] = {u8(0, "a", "A"), u8(2, "b", "B")};
static_assert(!covers<3>(gap));
constexpr Field overlap[] = {u16(0, "a", "A"), u16(1, "b", "B")};
static_assert(!covers<3>(overlap));
constexpr Field twice[] = {u8(0, "a", "A"), u8(1, "a", "A")};
static_assert(!covers<2>(twice));
constexpr Field mnemonic_twice[] = {u8(0, "a", "A", {.mnemonic = "x"}), u8(1, "b", "B", {.mnemonic = "x"})};
static_assert(!covers<2>(mnemonic_twice));
constexpr Field mnemonic_is_key[] = {u8(0, "a", "A"), u8(1, "b", "B", {.mnemonic = "a"})};
static_assert(!covers<2>(mnemonic_is_key));
constexpr Field same_mnemonic_as_key[] = {u8(0, "rab", "Burst", {.mnemonic = "rab"})};
static_assert(covers<1>(same_mnemonic_as_key));
constexpr Field camel[] = {u8(0, "firstNumber", "A")};
static_assert(!covers<1>(camel));
constexpr Field too_wide[] = {number(0, 9, "a", "A")};
static_assert(!covers<9>(too_wide));
constexpr Field short_uuid[] = {[] {
  Field field = uuid(0, "id", "Id");
  field.size = 8;
  return field;
}()};
static_assert(!covers<8>(short_uuid));

constexpr BitField outside[] = {{"too_far", "Outside of the word", 7, 2}};
constexpr Field bits_outside[] = {flags(0, 1, "word", "Word", outside)};
static_assert(!covers<1>(bits_outside));

static_assert(is_snake_case("a_b1"));
static_assert(!is_snake_case(""));
static_assert(!is_snake_case("_a"));
static_assert(!is_snake_case("a_"));
static_assert(!is_snake_case("a__b"));
static_assert(!is_snake_case("1a"));

}  // namespace

TEST_CASE("covers() at run time refuses an end that overflows 32 bits", "[nvme][layout]") {
  Field huge = u32(0, "a", "A");
  huge.kind = Kind::list;
  huge.count = 0xffffffffU;
  CHECK_FALSE(covers(std::span<const Field>(&huge, 1), 0xfffffffcU));
}
