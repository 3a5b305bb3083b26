// The checker of Block Translation Tables, on tables made here.
#include "backends/pmem/btt.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

#include "core/endian.hpp"
#include "pmem/labels.hpp"
#include "support/catch.hpp"

using namespace nvmectl;
using namespace nvmectl::pmem_backend;

namespace {

constexpr std::uint32_t sectors = 100, lanes = 4, blocks = sectors + lanes;
constexpr std::size_t sector_bytes = 4096;
constexpr std::size_t data_at = 4096, log_at = data_at + blocks * sector_bytes, map_at = log_at + 4096,
                      copy_at = map_at + 4096, size = copy_at + 4096;

// A namespace with a BTT 2.0 of one arena, freshly made: every sector stands for itself, the last blocks are free.
struct Table {
  Bytes bytes = Bytes(size);
  int writes = 0;

  Table() {
    write_info();
    for (std::uint32_t lane = 0; lane < lanes; ++lane) flog(lane, 0, lane, sectors + lane, sectors + lane, 1);
  }
  void write_info() {
    Bytes block(4096);
    std::memcpy(block.data(), "BTT_ARENA_INFO\0\0", 16);
    store_le<std::uint16_t>(block, 52, 2);
    store_le<std::uint32_t>(block, 56, 4096);
    store_le<std::uint32_t>(block, 60, sectors);
    store_le<std::uint32_t>(block, 64, sector_bytes);
    store_le<std::uint32_t>(block, 68, blocks);
    store_le<std::uint32_t>(block, 72, lanes);
    store_le<std::uint32_t>(block, 76, 4096);
    store_le<std::uint64_t>(block, 88, data_at);
    store_le<std::uint64_t>(block, 96, map_at);
    store_le<std::uint64_t>(block, 104, log_at);
    store_le<std::uint64_t>(block, 112, copy_at);
    seal(block);
    std::copy(block.begin(), block.end(), bytes.begin());
    std::copy(block.begin(), block.end(), bytes.begin() + copy_at);
  }
  static void seal(std::span<std::byte> block) {
    store_le<std::uint64_t>(block, 4088, 0);
    store_le<std::uint64_t>(block, 4088, pmem::fletcher64(block.first(4096), 4088));
  }
  void map(std::uint32_t sector, std::uint32_t entry) { store_le<std::uint32_t>(bytes, map_at + sector * 4, entry); }
  void flog(std::uint32_t lane, std::size_t index, std::uint32_t lba, std::uint32_t before, std::uint32_t after,
            std::uint32_t sequence) {
    const std::size_t at = log_at + lane * 64 + index * 16;
    store_le<std::uint32_t>(bytes, at, lba);
    store_le<std::uint32_t>(bytes, at + 4, before);
    store_le<std::uint32_t>(bytes, at + 8, after);
    store_le<std::uint32_t>(bytes, at + 12, sequence);
  }
  // A whole write of `sector` by `lane`: the free block becomes its block, its block becomes free.
  void write(std::uint32_t lane, std::uint32_t sector, std::uint32_t from, std::uint32_t to, std::size_t index,
             std::uint32_t sequence) {
    flog(lane, index, sector, from, to, sequence);
    map(sector, 0xc0000000U | to);
  }
  BttDevice device(bool writable) {
    BttDevice device{.size = bytes.size(),
                     .read = [&](std::uint64_t offset, std::size_t count) -> Result<Bytes> {
                       if (offset > bytes.size() || count > bytes.size() - offset)
                         return fail(ErrorKind::io, "read beyond the namespace");
                       const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(offset);
                       return Bytes(begin, begin + static_cast<std::ptrdiff_t>(count));
                     },
                     .write = nullptr};
    if (writable)
      device.write = [&](std::uint64_t offset, std::span<const std::byte> data) -> Result<> {
        ++writes;
        std::copy(data.begin(), data.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
        return {};
      };
    return device;
  }
  std::vector<PmemFinding> check(bool repair = false) {
    auto findings = check_btt(device(repair), {});
    REQUIRE(findings.has_value());
    return *findings;
  }
};

bool good(const std::vector<PmemFinding>& findings) {
  return std::all_of(findings.begin(), findings.end(), [](const PmemFinding& one) { return one.ok; });
}

bool says(const std::vector<PmemFinding>& findings, std::string_view words, bool ok) {
  return std::any_of(findings.begin(), findings.end(),
                     [&](const PmemFinding& one) { return one.ok == ok && one.text.find(words) != std::string::npos; });
}

}  // namespace

TEST_CASE("a fresh BTT is good") {
  Table table;
  const auto findings = table.check();
  CHECK(findings.size() == 3);
  CHECK(good(findings));
}

TEST_CASE("a BTT that was written to is good, with either padding of the flog") {
  Table table;
  table.write(0, 5, 5, sectors, 1, 2);  // lane 0: sector 5 moves to block 100, block 5 is free
  table.write(0, 5, sectors, 5, 0, 3);  // and back
  const bool old_padding = GENERATE(false, true);
  if (old_padding) table.write(1, 7, 7, sectors + 1, 2, 2);  // as kernels before 4.15 wrote it
  const auto findings = table.check();
  INFO(findings.back().text);
  CHECK(good(findings));
}

TEST_CASE("a write that was cut off before the map is no error") {
  Table table;
  table.flog(2, 1, 9, 9, sectors + 2, 2);  // the flog says that block 9 is free, the map still names it
  const auto findings = table.check();
  CHECK(good(findings));
  CHECK(says(findings, "1 interrupted writes", true));
}

TEST_CASE("what disagrees in a BTT is found") {
  Table table;
  SECTION("two sectors with one block") {
    table.map(3, 0xc0000000U | 4);
    const auto findings = table.check();
    CHECK(says(findings, "1 map entries name a block that another one names", false));
    CHECK(says(findings, "1 blocks are neither in use nor free", false));
  }
  SECTION("a block beyond the arena") {
    table.map(3, 0xc0000000U | blocks);
    CHECK(says(table.check(), "beyond the arena", false));
  }
  SECTION("a free block that is in use") {
    table.map(3, 0xc0000000U | sectors);
    CHECK(says(table.check(), "free blocks are in use", false));
  }
  SECTION("a flog entry whose halves are of one age") {
    table.flog(1, 0, 0, sectors + 1, sectors + 1, 2);
    table.flog(1, 1, 0, sectors + 1, sectors + 1, 2);
    CHECK(says(table.check(), "1 of 4 flog entries are broken", false));
  }
  SECTION("an unreadable sector") {
    table.map(3, 0x40000000U | 3);
    CHECK(says(table.check(), "1 sectors are marked as unreadable", false));
  }
}

TEST_CASE("a broken info block is restored from its copy") {
  Table table;
  const Bytes before = table.bytes;
  std::fill_n(table.bytes.begin() + 200, 50, std::byte{0x5a});
  CHECK(says(table.check(), "wrong checksum", false));
  CHECK(table.writes == 0);
  CHECK(good(table.check(true)));
  CHECK(table.writes == 1);
  CHECK(table.bytes == before);
}

TEST_CASE("an info block that is gone is restored from the namespace's end") {
  Table table;
  const Bytes before = table.bytes;
  std::fill_n(table.bytes.begin(), 4096, std::byte{0});
  CHECK_FALSE(good(table.check()));
  CHECK(good(table.check(true)));
  CHECK(table.bytes == before);
}

TEST_CASE("an erased BTT has neither info block nor copy, and its copy goes first") {
  Table table;
  BttDevice device = table.device(true);
  const auto write = device.write;
  std::vector<std::uint64_t> places;
  device.write = [&](std::uint64_t offset, std::span<const std::byte> data) {
    places.push_back(offset);
    return write(offset, data);
  };
  device.size = 16U << 20U;  // the smallest arena: what lies behind the table is not touched
  REQUIRE(erase_btt(device).has_value());
  CHECK(places == std::vector<std::uint64_t>{copy_at, 0});
  CHECK(says(table.check(true), "no copy of it is good", false));
  places.clear();
  REQUIRE(erase_btt(device).has_value());
  CHECK(places.empty());
}

TEST_CASE("a bad block where a BTT would be keeps nobody from erasing") {
  Table table;
  BttDevice device = table.device(true);
  device.read = [](std::uint64_t, std::size_t) -> Result<Bytes> { return fail(ErrorKind::io, "Input/output error"); };
  device.size = 16U << 20U;
  CHECK(erase_btt(device).has_value());
  CHECK(table.writes == 0);
}

TEST_CASE("a flog is no larger than memory may be") {
  // 8 GiB of sectors, half of them free: all parts fit, and the flog would have 512 MiB.
  constexpr std::uint64_t lanes_asked = 1U << 23U, room = std::uint64_t{16} << 30U;
  const Table table;
  Bytes block(table.bytes.begin(), table.bytes.begin() + 4096);
  const auto made = [&](std::uint64_t free) {
    store_le<std::uint32_t>(block, 60, static_cast<std::uint32_t>(lanes_asked));
    store_le<std::uint32_t>(block, 64, 512);
    store_le<std::uint32_t>(block, 68, static_cast<std::uint32_t>(lanes_asked + free));
    store_le<std::uint32_t>(block, 72, static_cast<std::uint32_t>(free));
    store_le<std::uint64_t>(block, 88, 4096);
    store_le<std::uint64_t>(block, 96, std::uint64_t{9} << 30U);
    store_le<std::uint64_t>(block, 104, std::uint64_t{10} << 30U);
    store_le<std::uint64_t>(block, 112, room - 4096);
    Table::seal(block);
  };
  std::string why;
  made(1U << 16U);
  CHECK(parse_btt_info(block, room, why).has_value());
  made(lanes_asked);
  CHECK_FALSE(parse_btt_info(block, room, why).has_value());
  CHECK(why == "has impossible numbers of blocks");
}

TEST_CASE("a copy that differs is written anew") {
  Table table;
  const Bytes before = table.bytes;
  table.bytes[copy_at + 300] = std::byte{1};
  CHECK(says(table.check(), "the copy of the info block differs", false));
  CHECK(good(table.check(true)));
  CHECK(table.bytes == before);
}

TEST_CASE("nothing of a BTT left is said plainly") {
  Table table;
  std::fill(table.bytes.begin(), table.bytes.end(), std::byte{0});
  CHECK(says(table.check(true), "no copy of it is good", false));
  CHECK(table.writes == 0);
}

TEST_CASE("a flog in the layout of old kernels is written anew, and means the same") {
  Table table;
  for (std::uint32_t lane = 0; lane < 2; ++lane) {  // the others were never written to
    table.write(lane, lane, lane, sectors + lane, 2, 2);
    table.flog(lane, 0, lane, sectors + lane, lane, 1);
  }
  const auto before = table.check();
  CHECK(good(before));
  CHECK(says(before, "before 4.15, which a repair writes anew", true));
  CHECK(table.writes == 0);
  CHECK(says(table.check(true), "before 4.15; it was written anew", true));
  CHECK(table.writes == 1);
  const auto after = table.check(true);
  CHECK(table.writes == 1);
  CHECK(good(after));
  CHECK_FALSE(says(after, "4.15", true));
  for (std::uint32_t lane = 0; lane < lanes; ++lane) {
    const auto group = std::span(table.bytes).subspan(log_at + lane * 64, 64);
    CHECK(load_le32(group, 12) == 1);
    CHECK(load_le32(group, 28) == (lane < 2 ? 2U : 0U));
    CHECK(std::all_of(group.begin() + 32, group.end(), [](std::byte b) { return b == std::byte{0}; }));
  }
}

TEST_CASE("a broken flog is not written anew") {
  Table table;
  table.flog(0, 2, 0, 0, sectors, 2);
  table.flog(1, 0, 0, 0, 0, 7);
  CHECK_FALSE(good(table.check(true)));
  CHECK(table.writes == 0);
}

TEST_CASE("sizes of an info block are not believed") {
  std::string why;
  const std::size_t field = GENERATE(60, 64, 68, 72, 88, 96, 104, 112);
  Table table;
  Bytes block(table.bytes.begin(), table.bytes.begin() + 4096);
  store_le<std::uint32_t>(block, field, 0xfffffff0U);
  Table::seal(block);
  CHECK_FALSE(parse_btt_info(block, size, why).has_value());
  CHECK((why.starts_with("points beyond its arena") || why == "has impossible numbers of blocks"));
}

TEST_CASE("parts that lie upon each other or within a block are not repaired") {
  struct Case {
    std::size_t field;
    std::uint64_t value;
    std::string_view why;
  };
  const Case c = GENERATE(Case{112, map_at, "twice to the same place"}, Case{112, log_at - 4096, "twice"},
                          Case{96, data_at, "twice"}, Case{88, 0, "twice"}, Case{112, copy_at - 8, "within a block"},
                          Case{104, log_at + 64, "within a block"}, Case{80, size + 8, "within a block"});
  Table table;
  const auto block = std::span(table.bytes).first(4096);
  store_le<std::uint64_t>(block, c.field, c.value);
  Table::seal(block);
  std::string why;
  CHECK_FALSE(parse_btt_info(block, 2 * size, why).has_value());
  CHECK(why.find(c.why) != std::string::npos);
}
