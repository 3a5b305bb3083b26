#include <optional>

#include "core/deadline.hpp"
#include "core/error.hpp"
#include "core/schema.hpp"
#include "support/catch.hpp"

using namespace nvmectl;

TEST_CASE("128-bit counters print exactly") {
  CHECK(to_string(U128{0, 0}) == "0");
  CHECK(to_string(U128{0, ~std::uint64_t{0}}) == "18446744073709551615");
  CHECK(to_string(U128{1, 0}) == "18446744073709551616");
  CHECK(to_string(U128{~std::uint64_t{0}, ~std::uint64_t{0}}) == "340282366920938463463374607431768211455");
}

TEST_CASE("words of bits are taken apart") {
  static constexpr SymbolName names[]{{1, "one"}, {2, "two"}};
  static constexpr BitField bits[]{{"flag", "Flag", 0, 1, {}}, {"number", "Number", 1, 3, {}}, {"symbol", "Symbol", 4, 2, names}};
  const Flags flags = to_flags(bits, 0x2b);
  CHECK(flags.raw == 0x2b);
  CHECK(flags.parts[0].second == Value(true));
  CHECK(flags.parts[1].second == Value(std::uint64_t{5}));
  CHECK(flags.parts[2].second == Value(Symbol{2, "two"}));
}

namespace {
struct Thing {
  std::string name;
  std::optional<std::uint32_t> size;
};
}  // namespace

TEST_CASE("typed structs become records by their members") {
  static constexpr Field fields[]{field<&Thing::name>({.key = "name", .title = "Name", .kind = Kind::string}),
                                  field<&Thing::size>({.key = "size_bytes", .title = "Size", .mnemonic = "sz"})};
  static constexpr Schema schema{"thing", "Thing", fields};
  const Thing full{"a", 3}, empty{"b", std::nullopt};
  CHECK(to_record(schema, &full).at("size_bytes") == Value(std::uint64_t{3}));
  CHECK(to_record(schema, &empty).at("size_bytes").is_null());
  CHECK(to_record(schema, &empty).at("no such key").is_null());
  CHECK(schema.find("sz") == &fields[1]);
  CHECK(schema.find("nothing") == nullptr);
}

TEST_CASE("deadlines end, and end at once when a signal came") {
  volatile int stop = 0;
  const Deadline deadline = Deadline::in(std::chrono::hours(1)).or_when(&stop);
  CHECK_FALSE(deadline.passed());
  CHECK(deadline.left() > std::chrono::minutes(59));
  stop = 2;
  CHECK(deadline.passed());
  CHECK(deadline.at_most(std::chrono::seconds(5)).passed());
  CHECK(deadline.left().count() == 0);
  CHECK(Deadline::in(std::chrono::milliseconds(0)).passed());
  CHECK_FALSE(Deadline().passed());
}

TEST_CASE("status fields keep all their bits") {
  const NvmeStatus status = NvmeStatus::from_wire(0x4002 | 0x2000 | (2U << 11U) | (3U << 8U));
  CHECK(status.code == 2);
  CHECK(status.type == 3);
  CHECK(status.retry_delay == 2);
  CHECK(status.more);
  CHECK(status.do_not_retry);
  CHECK(NvmeStatus::from_wire(status.to_wire()) == status);
}
