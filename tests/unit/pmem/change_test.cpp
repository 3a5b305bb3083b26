#include "pmem/change.hpp"

#include "support/catch.hpp"
#include "support/fake_pmem.hpp"

using namespace nvmectl;
using namespace nvmectl::pmem;
using nvmectl_test::ContainsSubstring;
using nvmectl_test::FakePmem;
using nvmectl_test::gib;
using nvmectl_test::mib;

namespace {

using Log = std::vector<std::string>;

FakePmem scene() {
  FakePmem fake;
  fake.add_region(4 * gib);
  fake.add_namespace(0, 128 * mib, "a");
  fake.add_namespace(0, 128 * mib, "b", PmemMode::raw);
  return fake;
}
CreateWish mode(PmemMode mode) {
  CreateWish wish;
  wish.mode = mode;
  return wish;
}

}  // namespace

TEST_CASE("Destroying erases before, where asked") {
  FakePmem fake = scene();
  REQUIRE(destroy(fake, fake.state, 0, PmemErase::head, {}, {}));
  CHECK(fake.log == Log{"erase namespace0.0 head", "destroy namespace0.0"});
}

TEST_CASE("A disabled namespace is enabled to be erased, and is not when nothing is erased") {
  FakePmem fake = scene();
  fake.state.namespaces[0].enabled = false;
  REQUIRE(destroy(fake, fake.state, 0, PmemErase::full, {}, {}));
  CHECK(fake.log == Log{"enable namespace0.0", "erase namespace0.0 full", "destroy namespace0.0"});
  fake.log.clear();
  fake.state.namespaces[0].enabled = false;
  REQUIRE(destroy(fake, fake.state, 0, PmemErase::none, {}, {}));
  CHECK(fake.log == Log{"destroy namespace0.1"});
}

TEST_CASE("When erasing fails nothing is destroyed") {
  FakePmem fake = scene();
  fake.fails["erase"] = ErrorKind::io;
  CHECK(!destroy(fake, fake.state, 0, PmemErase::full, {}, {}));
  CHECK(fake.state.namespaces.size() == 2);
}

TEST_CASE("What another process has put in its place is not destroyed or renamed") {
  FakePmem fake = scene();
  const PmemTopology seen = fake.state;
  REQUIRE(fake.destroy("namespace0.0", {}));
  fake.add_namespace(0, 128 * mib, "a");  // the same name and size, another UUID
  fake.state.namespaces.back().device = "namespace0.0";
  fake.state.namespaces.back().label_uuid = "99999999-0000-4000-8000-000000000000";
  fake.log.clear();
  const Error error = destroy(fake, seen, 0, PmemErase::full, {}, {}).error();
  CHECK(error.kind == ErrorKind::not_found);
  CHECK(error.message == "a (namespace0.0) is not there any more");
  CHECK(rename(fake, seen, 0, "z", false, {}).error().kind == ErrorKind::not_found);
  CHECK(fake.log.empty());
  CHECK(fake.locks == 0);
}

TEST_CASE("A name that another process took in the meantime stays unique") {
  FakePmem fake = scene();
  const PmemTopology seen = fake.state;
  REQUIRE(fake.rename("namespace0.1", "c", {}));
  CHECK(rename(fake, seen, 0, "c", false, {}).error().kind == ErrorKind::exists);
  CHECK(rename(fake, seen, 0, "c", true, {}).value());
}

TEST_CASE("What is in use stays: mounted, held, open") {
  for (const char* how : {"mounted at /srv", "held by dm-0", "opened by process 77", "used as system RAM"}) {
    FakePmem fake = scene();
    fake.use(0, how);
    const Result<> results[] = {destroy(fake, fake.state, 0, PmemErase::none, {}, {}),
                                set_enabled(fake, fake.state, 0, false, {}).map([](bool) {}),
                                rename(fake, fake.state, 0, "new", false, {}).map([](bool) {}),
                                check_reconfigure(fake.state, 0, mode(PmemMode::devdax)).map([](const auto&) {})};
    for (const auto& result : results) {
      REQUIRE(!result);
      CHECK(result.error().kind == ErrorKind::busy);
      CHECK(result.error().cause == std::string("pmem0.0 is ") + how);
    }
    CHECK(fake.log.empty());
  }
}

TEST_CASE("The namespace of a region without labels cannot be destroyed or renamed, only reconfigured") {
  FakePmem fake;
  fake.add_region(gib, 1, false);
  fake.add_namespace(0, gib, "", PmemMode::raw);
  const auto destroyed = destroy(fake, fake.state, 0, PmemErase::none, {}, {});
  REQUIRE(!destroyed);
  CHECK(destroyed.error().kind == ErrorKind::unsupported);
  CHECK_THAT(destroyed.error().hint, ContainsSubstring("pmem init region0"));
  CHECK(rename(fake, fake.state, 0, "x", false, {}).error().kind == ErrorKind::unsupported);
  CHECK(check_resize(fake.state, 0, {512 * mib, false, SizePolicy::up}).error().kind == ErrorKind::unsupported);
  const auto spec = check_reconfigure(fake.state, 0, mode(PmemMode::fsdax));
  REQUIRE(spec);
  CHECK(spec->reserved_bytes == gib);
}

TEST_CASE("Enabling and disabling tell whether anything was to do") {
  FakePmem fake = scene();
  CHECK(set_enabled(fake, fake.state, 0, true, {}).value() == false);
  CHECK(set_enabled(fake, fake.state, 0, false, {}).value() == true);
  CHECK(set_enabled(fake, fake.state, 0, false, {}).value() == false);
  fake.state.regions[0].enabled = false;
  CHECK(set_enabled(fake, fake.state, 0, true, {}).error().kind == ErrorKind::unsupported);
}

TEST_CASE("Renaming keeps names unique") {
  FakePmem fake = scene();
  CHECK(rename(fake, fake.state, 0, "b", false, {}).error().kind == ErrorKind::exists);
  CHECK(rename(fake, fake.state, 0, "a", false, {}).value() == false);
  CHECK(rename(fake, fake.state, 0, std::string(64, 'x'), false, {}).error().kind == ErrorKind::usage);
  CHECK(rename(fake, fake.state, 0, "c", false, {}).value() == true);
  CHECK(fake.state.namespaces[0].name == "c");
  CHECK(rename(fake, fake.state, 0, "b", true, {}).value() == true);
}

TEST_CASE("Only raw namespaces are resized, to sizes that exist and fit") {
  FakePmem fake = scene();
  CHECK(check_resize(fake.state, 0, {gib, false, SizePolicy::up}).error().kind == ErrorKind::unsupported);
  CHECK(check_resize(fake.state, 1, {100 * mib, false, SizePolicy::up}).value() == 112 * mib);
  CHECK(check_resize(fake.state, 1, {100 * mib, false, SizePolicy::exact}).error().kind == ErrorKind::usage);
  CHECK(check_resize(fake.state, 1, {8 * gib, false, SizePolicy::up}).error().kind == ErrorKind::no_space);
  CHECK(check_resize(fake.state, 1, {0, false, SizePolicy::up}).error().kind == ErrorKind::usage);
}

TEST_CASE("A namespace grows as far as nothing is behind it") {
  FakePmem fake = scene();  // a, then b of 128 MiB each; b is raw
  fake.add_namespace(0, 128 * mib, "c", PmemMode::raw);
  const SizeWish more{256 * mib, false, SizePolicy::up};
  const Error error = check_resize(fake.state, 1, more).error();
  CHECK(error.kind == ErrorKind::no_space);
  CHECK_THAT(error.cause, ContainsSubstring("0 B of them right behind it"));
  CHECK_THAT(error.hint, ContainsSubstring("134217728 bytes are the most"));
  CHECK(check_resize(fake.state, 2, more).value() == 256 * mib);
  fake.state.regions[0].resource.reset();  // as others than root see it: the kernel will tell
  CHECK(check_resize(fake.state, 1, more).value() == 256 * mib);
}

TEST_CASE("Reconfiguring keeps name, size and label UUID, and refuses what would be empty") {
  FakePmem fake = scene();
  const auto spec = check_reconfigure(fake.state, 0, mode(PmemMode::sector));
  REQUIRE(spec);
  CHECK(spec->name == "a");
  CHECK(spec->label_uuid == fake.state.namespaces[0].label_uuid);
  CHECK(spec->sector_bytes == 4096);
  CreateWish huge = mode(PmemMode::devdax);
  huge.align_bytes = gib;
  CHECK(check_reconfigure(fake.state, 0, huge).error().kind == ErrorKind::usage);
  fake.state.regions[0].interleave_ways = 2;  // times which the largest would be 0
  for (const std::uint64_t align : {std::uint64_t{8} << 20U, std::uint64_t{1} << 63U, std::uint64_t{0}}) {
    huge.align_bytes = align;
    const auto refused = check_reconfigure(fake.state, 0, huge);
    REQUIRE(!refused);
    CHECK_THAT(refused.error().message, ContainsSubstring("devdax has no alignment of"));
  }
  fake.state.regions[0].interleave_ways = 1;
  fake.add_namespace(0, 16 * mib, "small", PmemMode::raw);
  CHECK(check_reconfigure(fake.state, 2, mode(PmemMode::sector)).error().kind == ErrorKind::no_space);
}

TEST_CASE("A region is initialised in one step") {
  FakePmem fake;
  fake.add_region(gib, 2, false);
  fake.add_namespace(0, gib, "", PmemMode::raw);
  const InitPlan plan = plan_init(fake.state, 0, false).value();
  CHECK(plan.dimms.size() == 2);
  CHECK(plan.namespaces.size() == 1);
  Log saved;
  const auto save = [&](const PmemDimm& dimm) -> Result<> {
    saved.push_back(dimm.name);
    return {};
  };
  REQUIRE(init_region(fake, fake.state, 0, plan, "1.2", save, {}));
  CHECK(saved == Log{"nmem0", "nmem1"});
  CHECK(fake.log == Log{"disable region0", "init-labels nmem0 1.2", "init-labels nmem1 1.2", "enable region0"});
  CHECK(fake.state.regions[0].labelled);
  CHECK(fake.state.regions[0].available_bytes == gib);
}

TEST_CASE("Namespaces that somebody made are not lost without force, and what is used never") {
  FakePmem fake = scene();
  const auto plan = plan_init(fake.state, 0, false);
  REQUIRE(!plan);
  CHECK(plan.error().kind == ErrorKind::busy);
  CHECK_THAT(plan.error().cause, ContainsSubstring("a (namespace0.0)"));
  CHECK(plan_init(fake.state, 0, true).has_value());
  fake.use(1, "mounted at /srv");
  CHECK(plan_init(fake.state, 0, true).error().kind == ErrorKind::busy);
  FakePmem unlabelled;
  unlabelled.add_region(gib, 1, false);
  unlabelled.add_namespace(0, gib, "", PmemMode::fsdax);
  CHECK(plan_init(unlabelled.state, 0, false).error().kind == ErrorKind::busy);
}

TEST_CASE("DIMMs that cannot, or are locked") {
  FakePmem fake;
  fake.add_region(gib, 1, false);
  fake.state.dimms[0].flags = {"locked"};
  CHECK(plan_init(fake.state, 0, true).error().kind == ErrorKind::permission);
  CHECK(check_labels_free(fake.state, 0).error().kind == ErrorKind::permission);
  fake.state.dimms[0].flags.clear();
  fake.state.dimms[0].label_area_bytes = 0;
  CHECK(plan_init(fake.state, 0, true).error().kind == ErrorKind::unsupported);
  fake.state.regions[0].mappings.clear();
  CHECK(plan_init(fake.state, 0, true).error().kind == ErrorKind::unsupported);
}

TEST_CASE("When initialising fails the regions are on again, and when the copy fails nothing was touched") {
  FakePmem fake;
  fake.add_region(gib);
  const InitPlan plan = plan_init(fake.state, 0, false).value();
  fake.fails["init-labels"] = ErrorKind::io;
  CHECK(!init_region(fake, fake.state, 0, plan, "1.2", {}, {}));
  CHECK(fake.log == Log{"disable region0", "enable region0"});
  CHECK(fake.state.regions[0].enabled);
  fake.log.clear();
  const auto full = [](const PmemDimm&) -> Result<> { return fail(ErrorKind::io, "the disk is full"); };
  CHECK(!init_region(fake, fake.state, 0, plan, "1.2", full, {}));
  CHECK(fake.log.empty());
}

TEST_CASE("All regions on the DIMMs are disabled together, and a disabled one ends enabled") {
  FakePmem fake;
  fake.add_region(gib);
  fake.add_region(gib);
  fake.state.regions[1].mappings[0].dimm = 0;
  fake.state.regions[0].enabled = false;
  const InitPlan plan = plan_init(fake.state, 0, false).value();
  CHECK(plan.regions.size() == 2);
  REQUIRE(init_region(fake, fake.state, 0, plan, "1.2", {}, {}));
  CHECK(fake.log == Log{"disable region1", "init-labels nmem0 1.2", "enable region1", "enable region0"});
}

TEST_CASE("A namespace that was made since it was planned is not lost with the labels") {
  FakePmem fake;
  fake.add_region(gib);
  fake.add_namespace(0, 64 * mib, "old");
  const PmemTopology before = fake.state;
  const InitPlan plan = plan_init(before, 0, true).value();
  SECTION("one more") {
    fake.add_namespace(0, 64 * mib, "new");
  }
  SECTION("in its place") {
    REQUIRE(fake.destroy("namespace0.0", {}));
    fake.add_namespace(0, 64 * mib, "new");
    fake.log.clear();
  }
  const auto refused = init_region(fake, before, 0, plan, "1.2", {}, {});
  REQUIRE(!refused);
  CHECK(refused.error().kind == ErrorKind::busy);
  CHECK_THAT(refused.error().cause, ContainsSubstring("another process has made new (namespace0."));
  CHECK(fake.log.empty());
  CHECK(fake.locks == 0);
}

TEST_CASE("What is lost of other regions leaves no labels behind") {
  FakePmem fake;
  fake.add_region(gib);
  fake.add_region(gib, 2);
  fake.state.regions[1].mappings[0].dimm = 0;
  fake.add_namespace(1, 64 * mib, "other");
  CHECK(plan_init(fake.state, 0, false).error().kind == ErrorKind::busy);
  const PmemTopology before = fake.state;
  const InitPlan plan = plan_init(before, 0, true).value();
  REQUIRE(init_region(fake, before, 0, plan, "1.2", {}, {}));
  CHECK(fake.log.front() == "destroy namespace1.0");
  fake.log.clear();
  REQUIRE(init_region(fake, before, 0, plan, "1.2", {}, {}));  // as for a second region: it is gone already
  CHECK(fake.log.front() == "disable region0");
}

TEST_CASE("Labels that are in use are not written") {
  FakePmem fake;
  fake.add_region(gib);
  const auto free = check_labels_free(fake.state, 0);
  REQUIRE(!free);
  CHECK(free.error().kind == ErrorKind::busy);
  CHECK(free.error().cause == "region0 is enabled");
  fake.state.regions[0].enabled = false;
  CHECK(check_labels_free(fake.state, 0).has_value());
}
