#include "pmem/plan.hpp"

#include "support/catch.hpp"
#include "support/fake_pmem.hpp"

using namespace nvmectl;
using namespace nvmectl::pmem;
using nvmectl_test::ContainsSubstring;
using nvmectl_test::FakePmem;
using nvmectl_test::gib;
using nvmectl_test::mib;

namespace {

CreateWish wish(std::optional<std::uint64_t> bytes, PmemMode mode = PmemMode::fsdax) {
  CreateWish made;
  made.bytes = bytes;
  made.mode = mode;
  return made;
}

Error refused(const FakePmem& fake, const CreateWish& what) {
  const auto plan = plan_create(fake.state, what);
  if (!plan) return plan.error();
  REQUIRE(!plan->feasible());
  return refusal_of(fake.state, *plan, what);
}

}  // namespace

TEST_CASE("The smallest hole that is large enough comes first") {
  FakePmem fake;
  fake.add_region(4 * gib);
  fake.add_region(gib);
  fake.add_region(2 * gib);
  const Plan plan = plan_create(fake.state, wish(512 * mib)).value();
  REQUIRE(plan.feasible());
  REQUIRE(plan.candidates.size() == 3);
  CHECK(plan.candidates[0].region == 1);
  CHECK(plan.candidates[1].region == 2);
  CHECK(plan.candidates[2].region == 0);
  CHECK(plan.candidates[0].reserved_bytes == 512 * mib);
  CHECK(plan.candidates[0].usable_bytes < 512 * mib);
}

TEST_CASE("Without a size the largest hole comes first") {
  FakePmem fake;
  fake.add_region(gib);
  fake.add_region(4 * gib);
  const Plan plan = plan_create(fake.state, wish({})).value();
  CHECK(plan.candidates[0].region == 1);
  CHECK(plan.candidates[0].reserved_bytes == 4 * gib);
}

TEST_CASE("Regions that cannot stand behind, each with its reason") {
  FakePmem fake;
  fake.add_region(256 * mib);
  fake.add_region(4 * gib, 1, false);
  fake.add_region(4 * gib);
  const Plan plan = plan_create(fake.state, wish(gib)).value();
  REQUIRE(plan.feasible());
  CHECK(plan.candidates[0].region == 2);
  REQUIRE(plan.candidates[1].refusal);
  CHECK(plan.candidates[1].refusal->kind == ErrorKind::no_space);
  REQUIRE(plan.candidates[2].refusal);
  CHECK(plan.candidates[2].refusal->kind == ErrorKind::unsupported);
}

TEST_CASE("The size is rounded for each region by its own rules") {
  FakePmem fake;
  fake.add_region(6 * gib, 6);
  fake.state.regions[0].align_bytes = 96 * mib;
  const Plan plan = plan_create(fake.state, wish(100 * mib)).value();
  CHECK(plan.candidates[0].reserved_bytes == 192 * mib);
}

TEST_CASE("More than there is: what would fit") {
  FakePmem fake;
  fake.add_region(gib);
  const Error error = refused(fake, wish(10 * gib));
  CHECK(error.kind == ErrorKind::no_space);
  CHECK(error.cause == "1 GiB are free and 10 GiB are needed");
  CHECK_THAT(error.hint, ContainsSubstring("1 GiB as fsdax would fit into region0"));
}

TEST_CASE("What is short by little is told in bytes") {
  FakePmem fake;
  fake.add_region(1024 * gib);
  CreateWish wish;
  wish.bytes = 1024 * gib + 16 * mib;
  const Plan plan = plan_create(fake.state, wish).value();
  CHECK(refusal_of(fake.state, plan, wish).cause == "1099511627776 bytes are free and 1099528404992 bytes are needed");
}

TEST_CASE("Enough in sum, but in holes") {
  FakePmem fake;
  fake.add_region(gib);
  for (const char* name : {"a", "b", "c", "d"}) fake.add_namespace(0, 256 * mib, name);
  REQUIRE(fake.destroy("namespace0.0", {}));
  REQUIRE(fake.destroy("namespace0.2", {}));
  const Error error = refused(fake, wish(512 * mib));
  CHECK(error.kind == ErrorKind::no_space);
  CHECK(error.cause == "512 MiB are free, but the largest hole has 256 MiB");
}

TEST_CASE("Everything used") {
  FakePmem fake;
  fake.add_region(gib);
  fake.add_region(gib);
  fake.add_namespace(0, gib, "a");
  fake.add_namespace(1, gib, "b");
  const Error error = refused(fake, wish({}));
  CHECK(error.kind == ErrorKind::no_space);
  CHECK(error.context.size() == 2);
  CHECK_THAT(error.hint, ContainsSubstring("pmem"));
}

TEST_CASE("No memory at all, and a region that is not there") {
  FakePmem none;
  CHECK(refused(none, wish(gib)).kind == ErrorKind::not_found);
  FakePmem fake;
  fake.add_region(gib);
  CreateWish elsewhere = wish(gib);
  elsewhere.where.regions = {"region7"};
  CHECK(refused(fake, elsewhere).kind == ErrorKind::not_found);
}

TEST_CASE("A region without labels says what to do") {
  FakePmem fake;
  fake.add_region(gib, 1, false);
  fake.add_namespace(0, gib, "");
  const Error error = refused(fake, wish(256 * mib));
  CHECK(error.kind == ErrorKind::unsupported);
  CHECK_THAT(error.hint, ContainsSubstring("pmem init region0"));
}

TEST_CASE("Alignments and sectors that the kernel has not") {
  FakePmem fake;
  fake.add_region(gib);
  CreateWish odd = wish(256 * mib);
  odd.align_bytes = 8 * mib;
  CHECK(refused(fake, odd).kind == ErrorKind::usage);
  CHECK_THAT(refused(fake, odd).hint, ContainsSubstring("4 KiB, 2 MiB, 1 GiB"));
  CreateWish raw = wish(256 * mib, PmemMode::raw);
  raw.align_bytes = 2 * mib;
  CHECK(refused(fake, raw).kind == ErrorKind::usage);
  CreateWish sector = wish(256 * mib, PmemMode::sector);
  sector.sector_bytes = 1024;
  CHECK(refused(fake, sector).kind == ErrorKind::usage);
  CHECK_THAT(refused(fake, sector).hint, ContainsSubstring("4224"));
  sector.sector_bytes = 520;
  CHECK(plan_create(fake.state, sector)->feasible());
  CreateWish map = wish(256 * mib, PmemMode::sector);
  map.map = PmemMap::memory;
  CHECK(refused(fake, map).kind == ErrorKind::usage);
  CreateWish fsdax = wish(256 * mib);
  fsdax.sector_bytes = 520;
  CHECK(refused(fake, fsdax).kind == ErrorKind::usage);
}

TEST_CASE("1 GiB aligned to 1 GiB would be empty, so 2 GiB are taken or it is refused") {
  FakePmem fake;
  fake.add_region(gib);
  CreateWish huge = wish(gib);
  huge.align_bytes = gib;
  CHECK(refused(fake, huge).kind == ErrorKind::no_space);
  FakePmem large;
  large.add_region(4 * gib);
  CHECK(plan_create(large.state, huge)->candidates[0].reserved_bytes == 2 * gib);
}

TEST_CASE("An exact size that is none lists its neighbours as alternatives") {
  FakePmem fake;
  fake.add_region(gib);
  CreateWish exact = wish(100 * mib);
  exact.policy = SizePolicy::exact;
  const Plan plan = plan_create(fake.state, exact).value();
  REQUIRE(!plan.feasible());
  CHECK(refusal_of(fake.state, plan, exact).kind == ErrorKind::usage);
  REQUIRE(plan.alternatives.size() >= 3);
  CHECK(plan.alternatives[0].reserved_bytes == 96 * mib);
  CHECK(plan.alternatives[1].reserved_bytes == 112 * mib);
  CHECK(plan.alternatives[2].reserved_bytes == gib);
}

TEST_CASE("A region that was not asked for is an alternative") {
  FakePmem fake;
  fake.add_region(256 * mib);
  fake.add_region(4 * gib);
  CreateWish here = wish(gib);
  here.where.regions = {"region0"};
  const Plan plan = plan_create(fake.state, here).value();
  REQUIRE(!plan.feasible());
  const auto& last = plan.alternatives.back();
  CHECK(last.region == 1);
  CHECK(last.reserved_bytes == gib);
}

TEST_CASE("A plan that works offers the same size in other modes") {
  FakePmem fake;
  fake.add_region(gib);
  const Plan plan = plan_create(fake.state, wish(256 * mib)).value();
  CHECK(plan.alternatives.size() == 3);
}

TEST_CASE("UUIDs that cannot be") {
  CreateWish wish;
  for (const char* uuid : {"xyz", "00000000-0000-0000-0000-000000000000"}) {
    wish.label_uuid = uuid;
    CHECK(check_wish(wish).error().kind == ErrorKind::usage);
  }
}

TEST_CASE("Names that cannot be") {
  CHECK(check_name("").has_value());
  CHECK(check_name(std::string(63, 'x')).has_value());
  for (const std::string& name :
       {std::string(64, 'x'), std::string("a\nb"), std::string(" a"), std::string("a/b"), std::string("a,b"),
        std::string("all"), std::string("\x1b[31m"), std::string("*"), std::string("vol-?"), std::string("pmem:x")})
    CHECK(check_name(name).error().kind == ErrorKind::usage);
  for (const char* name : {"namespace0.0", "0.1", "pmem0", "pmem1.2", "pmem0.1s", "dax0.0"})
    CHECK_THAT(check_name(name).error().cause, ContainsSubstring("the kernel names devices so"));
  for (const char* name : {"namespace", "namespace1", "1", "1.", "1.2.3", "pmem-csi", "pmem", "pmems", "dax", "pmem0a"})
    CHECK(check_name(name).has_value());
}
