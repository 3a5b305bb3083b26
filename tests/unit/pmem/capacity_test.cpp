#include "pmem/capacity.hpp"

#include "support/catch.hpp"
#include "support/fake_pmem.hpp"

using namespace nvmectl;
using namespace nvmectl::pmem;
using nvmectl_test::FakePmem;
using nvmectl_test::gib;
using nvmectl_test::mib;

TEST_CASE("Holes, and the largest that can be made after alignment") {
  FakePmem fake;
  fake.add_region(gib);
  fake.add_namespace(0, 256 * mib, "a");
  fake.add_namespace(0, 256 * mib, "b");
  fake.add_namespace(0, 256 * mib, "c");
  REQUIRE(fake.destroy("namespace0.1", {}));
  const Capacity all = capacity(fake.state, {});
  REQUIRE(all.regions.size() == 1);
  const RegionCapacity& one = all.regions[0];
  CHECK(one.total_bytes == gib);
  CHECK(one.used_bytes == 512 * mib);
  CHECK(one.available_bytes == 512 * mib);
  CHECK(one.largest_extent_bytes == 256 * mib);
  CHECK(one.largest_reserved_bytes == 256 * mib);
  CHECK(one.largest_usable_bytes == usable_bytes(256 * mib, {PmemMode::fsdax, PmemMap::device, 2 * mib, 0}));
  REQUIRE(one.holes);
  REQUIRE(one.holes->size() == 2);
  CHECK((*one.holes)[0].offset == 256 * mib);
  CHECK((*one.holes)[1].offset == 768 * mib);
  CHECK((*one.holes)[1].length == 256 * mib);
}

TEST_CASE("There is no capacity for what no region can have") {
  FakePmem fake;
  fake.add_region(gib, 2);
  fake.state.regions[0].sector_sizes = {512, 4096};
  const Shape impossible[] = {{PmemMode::fsdax, PmemMap::device, std::uint64_t{1} << 63U, 0},
                              {PmemMode::devdax, PmemMap::memory, 8 * mib, 0},
                              {PmemMode::sector, PmemMap::device, 0, ~std::uint64_t{0}}};
  for (const Shape& shape : impossible) {
    const Capacity all = capacity(fake.state, shape);
    CHECK(all.largest_reserved_bytes == 0);
    REQUIRE(all.regions[0].refusal);
    CHECK(all.regions[0].refusal->kind == ErrorKind::usage);
  }
}

TEST_CASE("Where things lie is not told to others than root") {
  FakePmem fake;
  fake.add_region(gib);
  fake.add_namespace(0, 256 * mib, "a");
  fake.root = false;
  const Capacity all = capacity(fake.scan({}).value(), {});
  CHECK(!all.regions[0].holes);
  CHECK(all.regions[0].largest_reserved_bytes == 768 * mib);
}

TEST_CASE("Nothing can be made where there are no labels, it is off, read-only, locked or full") {
  FakePmem fake;
  for (int i = 0; i < 7; ++i) fake.add_region(gib, 1, i != 0);
  fake.add_namespace(0, gib, "");
  fake.state.regions[1].enabled = false;
  fake.state.regions[2].read_only = true;
  fake.add_namespace(3, gib, "full");
  fake.add_namespace(4, gib - 16 * mib, "nearly");
  fake.state.dimms[fake.state.regions[5].mappings[0].dimm].flags = {"locked"};
  fake.state.dimms[fake.state.regions[6].mappings[0].dimm].enabled = false;
  fake.state.dimms[fake.state.regions[2].mappings[0].dimm].flags = {"failed_save", "failed_arm"};
  const Capacity all = capacity(fake.state, {PmemMode::sector, PmemMap::device, 0, 4096});
  CHECK(all.largest_reserved_bytes == 0);
  CHECK(all.largest_usable_bytes == 0);
  const ErrorKind kinds[] = {ErrorKind::unsupported, ErrorKind::not_running, ErrorKind::permission, ErrorKind::no_space,
                             ErrorKind::no_space,    ErrorKind::permission,  ErrorKind::not_running};
  for (std::size_t i = 0; i < std::size(kinds); ++i) {
    REQUIRE(all.regions[i].refusal);
    CHECK(all.regions[i].refusal->kind == kinds[i]);
    CHECK(!all.regions[i].refusal->cause.empty());
  }
  CHECK(all.regions[2].refusal->cause == "it is read-only, for nmem2 (failed_save, failed_arm)");
  CHECK(all.regions[5].refusal->cause == "its DIMM nmem5 is locked");
  CHECK(all.regions[0].available_bytes == 0);  // the kernel's figure would be the whole region
}

TEST_CASE("Sums over all regions") {
  FakePmem fake;
  fake.add_region(gib);
  fake.add_region(2 * gib, 6);
  fake.state.regions[1].align_bytes = 96 * mib;
  const Capacity all = capacity(fake.state, {});
  CHECK(all.total_bytes == 3 * gib);
  CHECK(all.available_bytes == 3 * gib);
  CHECK(all.largest_reserved_bytes == 2 * gib / (96 * mib) * (96 * mib));
  CHECK(capacity({}, {}).regions.empty());
}
