// The figures are what Linux 6.1 made in the VM (libndctl 76.1).
#include "pmem/sizes.hpp"

#include "support/catch.hpp"
#include "support/fake_pmem.hpp"

using namespace nvmectl;
using namespace nvmectl::pmem;
using nvmectl_test::gib;
using nvmectl_test::mib;

namespace {

PmemRegion region(std::uint32_t ways = 1, std::uint64_t align = 16 * mib) {
  PmemRegion made;
  made.name = "region0";
  made.interleave_ways = ways;
  made.align_bytes = align;
  return made;
}
constexpr Shape fsdax{PmemMode::fsdax, PmemMap::device, 2 * mib, 0};
constexpr Shape fsdax_memory{PmemMode::fsdax, PmemMap::memory, 2 * mib, 0};
constexpr Shape devdax{PmemMode::devdax, PmemMap::device, 2 * mib, 0};
constexpr Shape sector{PmemMode::sector, PmemMap::device, 0, 4096};
constexpr Shape raw{PmemMode::raw, PmemMap::device, 0, 0};

}  // namespace

TEST_CASE("Where the data begin") {
  for (const PmemMode mode : {PmemMode::fsdax, PmemMode::devdax})
    for (const PmemMap map : {PmemMap::device, PmemMap::memory})
      for (const std::uint64_t align : {std::uint64_t{4096}, 2 * mib, gib})
        for (const std::uint64_t bytes : {16 * mib, 64 * mib, 4 * gib}) {
          const Shape shape{mode, map, align, 0};
          const std::uint64_t usable = usable_bytes(bytes, shape);
          if (usable > 0) CHECK(data_offset(bytes, shape) + usable == bytes);
        }
  CHECK(data_offset(64 * mib, {PmemMode::fsdax, PmemMap::device, 2 * mib, 0}) == 2 * mib);
  CHECK(data_offset(64 * mib, {PmemMode::raw, PmemMap::device, 0, 0}) == 0);
  CHECK(data_offset(64 * mib, {PmemMode::sector, PmemMap::device, 0, 4096}) == 0);
}

TEST_CASE("What 128 MiB offer in each mode") {
  CHECK(usable_bytes(128 * mib, fsdax) == 130023424);
  CHECK(usable_bytes(128 * mib, devdax) == 130023424);
  CHECK(usable_bytes(128 * mib, sector) == 133005312);
  CHECK(usable_bytes(128 * mib, raw) == 134217728);
  CHECK(usable_bytes(96 * mib, fsdax) == 94 * mib);
  CHECK(usable_bytes(96 * mib, fsdax_memory) == 94 * mib);
  CHECK(usable_bytes(gib, fsdax_memory) == gib - 2 * mib);
}

TEST_CASE("A namespace as large as its own alignment offers nothing") {
  CHECK(usable_bytes(gib, {PmemMode::fsdax, PmemMap::device, gib, 0}) == 0);
  CHECK(usable_bytes(2 * gib, {PmemMode::fsdax, PmemMap::device, gib, 0}) == gib);
  CHECK(usable_bytes(0, fsdax) == 0);
  CHECK(usable_bytes(8192, fsdax) == 0);
  CHECK(usable_bytes(16 * mib, sector) == 0);
  CHECK(usable_bytes(4096, sector) == 0);
}

TEST_CASE("Sectors with metadata offer their data alone") {
  const std::uint64_t plain = usable_bytes(gib, sector);
  const std::uint64_t with = usable_bytes(gib, {PmemMode::sector, PmemMap::device, 0, 4160});
  CHECK(with < plain);
  CHECK(with % 4096 == 0);
  CHECK(usable_bytes(gib, {PmemMode::sector, PmemMap::device, 0, 520}) % 512 == 0);
}

TEST_CASE("More than 512 GiB are several arenas") {
  const std::uint64_t one = usable_bytes(512 * gib + 4096, sector);
  CHECK(usable_bytes(1024 * gib + 4096, sector) == 2 * one);
}

TEST_CASE("Sizes are multiples of LCM(alignment times ways, the region's alignment)") {
  CHECK(granule(region(), fsdax) == 16 * mib);
  CHECK(granule(region(), {PmemMode::fsdax, PmemMap::device, gib, 0}) == gib);
  CHECK(granule(region(6, 96 * mib), fsdax) == 96 * mib);
  CHECK(granule(region(3, 48 * mib), fsdax) == 48 * mib);
  CHECK(granule(region(6, 0), fsdax) == 96 * mib);  // not told: the kernel's default
  CHECK(granule(region(6, 1), sector) == 96 * mib);
  CHECK(granule(region(1, 2 * mib), raw) == 2 * mib);
  CHECK(granule(region(4, 16 * mib), {PmemMode::devdax, PmemMap::device, gib, 0}) == 4 * gib);
  CHECK(granule(region(1, 16 * mib), {PmemMode::raw, PmemMap::device, gib, 0}) == 16 * mib);
}

TEST_CASE("Rounding a reserved size") {
  const SizeWish wish{100 * mib, false, SizePolicy::up};
  CHECK(reserved_for(region(), fsdax, wish).value() == 112 * mib);
  CHECK(reserved_for(region(), fsdax, {100 * mib, false, SizePolicy::down}).value() == 96 * mib);
  CHECK(reserved_for(region(), fsdax, {112 * mib, false, SizePolicy::exact}).value() == 112 * mib);
  CHECK(reserved_for(region(), fsdax, {1, false, SizePolicy::up}).value() == 16 * mib);
  CHECK(reserved_for(region(1, 2 * mib), raw, {1, false, SizePolicy::up}).value() == 2 * mib);
  CHECK(reserved_for(region(1, 2 * mib), fsdax, {2 * mib, false, SizePolicy::up}).value() == 16 * mib);
  CHECK(reserved_for(region(), sector, {16 * mib, false, SizePolicy::up}).value() == 32 * mib);
}

TEST_CASE("A size that is no multiple names its neighbours") {
  const auto refused = reserved_for(region(), fsdax, {100 * mib, false, SizePolicy::exact});
  REQUIRE(!refused);
  CHECK(refused.error().kind == ErrorKind::usage);
  CHECK(refused.error().cause == "sizes in region0 are multiples of 16 MiB");
  CHECK(refused.error().hint ==
        "the nearest sizes are 96 MiB (100663296 bytes) and 112 MiB (117440512 bytes); --size-policy up or down picks "
        "one");
  const auto near = neighbours(region(), fsdax, {100 * mib, false, SizePolicy::exact});
  CHECK(near.below == 96 * mib);
  CHECK(near.above == 112 * mib);
}

TEST_CASE("Nothing is rounded down to nothing") {
  const auto refused = reserved_for(region(), fsdax, {mib, false, SizePolicy::down});
  REQUIRE(!refused);
  CHECK(refused.error().kind == ErrorKind::usage);
  CHECK_THAT(refused.error().hint, nvmectl_test::ContainsSubstring("smallest size is 16 MiB"));
}

TEST_CASE("A usable size is met or exceeded, by no more than a step") {
  for (const Shape& shape : {fsdax, fsdax_memory, devdax, sector, raw}) {
    for (const std::uint64_t wanted : {mib, 100 * mib, 124 * mib, 128 * mib, gib + 12345, 100 * gib}) {
      const std::uint64_t reserved = reserved_for(region(), shape, {wanted, true, SizePolicy::up}).value();
      CHECK(usable_bytes(reserved, shape) >= wanted);
      if (reserved > least_reserved(region(), shape)) CHECK(usable_bytes(reserved - 16 * mib, shape) < wanted);
      const auto down = reserved_for(region(), shape, {wanted, true, SizePolicy::down});
      if (down) CHECK(usable_bytes(*down, shape) <= wanted);
    }
  }
  CHECK(reserved_for(region(), fsdax, {124 * mib, true, SizePolicy::exact}).value() == 128 * mib);
  CHECK(!reserved_for(region(), fsdax, {125 * mib, true, SizePolicy::exact}));
}

TEST_CASE("Sizes of 0 and beyond all memory are refused") {
  CHECK(reserved_for(region(), fsdax, {0, false, SizePolicy::up}).error().kind == ErrorKind::usage);
  CHECK(reserved_for(region(), fsdax, {~std::uint64_t{0}, false, SizePolicy::up}).error().kind == ErrorKind::usage);
  CHECK(reserved_for(region(), sector, {most_bytes, true, SizePolicy::up}).has_value());
}

TEST_CASE("The largest in a hole") {
  CHECK(largest_reserved(region(), fsdax, 1000 * mib) == 992 * mib);
  CHECK(largest_reserved(region(), fsdax, 15 * mib) == 0);
  CHECK(largest_reserved(region(), sector, 16 * mib) == 0);
  CHECK(largest_reserved(region(6, 96 * mib), fsdax, 1000 * mib) == 960 * mib);
  CHECK(largest_reserved(region(), {PmemMode::fsdax, PmemMap::device, gib, 0}, gib) == 0);
}

TEST_CASE("What satisfies a wish") {
  CHECK(satisfies(112 * mib, region(), fsdax, {100 * mib, false, SizePolicy::up}));
  CHECK(satisfies(128 * mib, region(), fsdax, {100 * mib, false, SizePolicy::up}));
  CHECK(!satisfies(96 * mib, region(), fsdax, {100 * mib, false, SizePolicy::up}));
  CHECK(satisfies(96 * mib, region(), fsdax, {100 * mib, false, SizePolicy::down}));
  CHECK(!satisfies(112 * mib, region(), fsdax, {96 * mib, false, SizePolicy::exact}));
}

TEST_CASE("Policies by name") {
  CHECK(parse_size_policy("up").value() == SizePolicy::up);
  CHECK(parse_size_policy("down").value() == SizePolicy::down);
  CHECK(parse_size_policy("exact").value() == SizePolicy::exact);
  CHECK(parse_size_policy("nearest").error().kind == ErrorKind::usage);
}
