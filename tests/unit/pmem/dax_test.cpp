#include "pmem/dax.hpp"

#include "scene.hpp"
#include "support/catch.hpp"

using namespace nvmectl;
using namespace nvmectl_test;

namespace {

// hmem.1: 512 MiB, 128 of them in dax1.0; hmem.2: 256 MiB, all free; and a devdax namespace.
struct DaxScene : PmemScene {
  DaxScene() {
    fake.add_dax_region(1, 512 * mib);
    fake.add_dax_region(2, 256 * mib);
    REQUIRE(fake.resize_dax("dax1.0", 128 * mib, 0, Deadline()));
    REQUIRE(fake.destroy_dax("dax2.0", Deadline()));
    fake.add_region(4 * gib);
    fake.add_namespace(0, 256 * mib, "vol", PmemMode::devdax);
    fake.state.dax_regions.push_back({0, "/sys/devices/LNXSYSTM:00/ndbus0/region0/dax0.1", 252 * mib, 2 * mib, {}, 0});
    DaxDevice whole;
    whole.name = "dax0.0";
    whole.region_id = 0;
    whole.size_bytes = 252 * mib;
    whole.align_bytes = 2 * mib;
    whole.enabled = true;
    whole.ns = 0;
    fake.state.dax_devices.push_back(whole);
    fake.log.clear();
    context.options.yes = true;
  }
  [[nodiscard]] std::uint64_t size(const std::string& name) const {
    for (const DaxDevice& device : fake.state.dax_devices)
      if (device.name == name) return device.size_bytes;
    return 0;
  }
};

}  // namespace

TEST_CASE("A DAX device goes where it fills best, rounded up") {
  const DaxScene scene;
  const auto plan = [&](std::string_view region, std::optional<std::uint64_t> bytes,
                        std::optional<std::uint64_t> align = {}) {
    return pmem::plan_dax(scene.fake.state, region, bytes, align);
  };
  const auto small = plan("", 100'000'000);
  REQUIRE(small);
  CHECK(small->region == 2);
  CHECK(small->bytes == 96 * mib);
  CHECK(small->align == 2 * mib);
  CHECK(plan("", 300 * mib)->region == 1);
  CHECK(plan("hmem.1", 2 * mib)->region == 1);
  CHECK(plan("", std::nullopt)->bytes == 384 * mib);
  CHECK(plan("2", std::nullopt)->bytes == 256 * mib);
  CHECK(plan("", 1, 4096)->bytes == 2 * mib);
}

TEST_CASE("Why a DAX device cannot be cut") {
  DaxScene scene;
  const auto why = [&](std::string_view region, std::optional<std::uint64_t> bytes,
                       std::optional<std::uint64_t> align = {}) {
    const auto plan = pmem::plan_dax(scene.fake.state, region, bytes, align);
    REQUIRE_FALSE(plan);
    return plan.error();
  };
  CHECK(why("", 0).kind == ErrorKind::usage);
  CHECK(why("", 4 * mib, 3 * mib).kind == ErrorKind::usage);
  CHECK(why("7", 4 * mib).kind == ErrorKind::not_found);
  CHECK_THAT(why("7", 4 * mib).hint, ContainsSubstring("hmem.2"));
  CHECK(why("0", 4 * mib).kind == ErrorKind::unsupported);
  const Error large = why("", gib);
  CHECK(large.kind == ErrorKind::no_space);
  CHECK_THAT(large.cause, ContainsSubstring("384 MiB are free"));
  REQUIRE(large.context.size() == 1);
  CHECK_THAT(large.context[0], ContainsSubstring("256 MiB are free"));
  CHECK_THAT(why("", 10 * mib, gib).message, ContainsSubstring("in steps of 1 GiB"));
  CHECK(why("", ~std::uint64_t{0}).kind == ErrorKind::no_space);
  scene.fake.state.dax_regions.clear();
  CHECK(why("", 4 * mib).kind == ErrorKind::unsupported);
}

TEST_CASE("dax create tells the real size, and makes system RAM or nothing") {
  DaxScene scene;
  REQUIRE(scene.run({"dax", "create", "--size=100M"}));
  CHECK(scene.size("dax2.1") == 100 * mib);
  scene.fake.fails["reconfigure-dax"] = ErrorKind::unsupported;
  CHECK(scene.kind({"dax", "create", "--size=128M", "--mode=system-ram"}) == ErrorKind::unsupported);
  CHECK(scene.fake.log.back() == "destroy dax2.2");
  scene.context.options.dry_run = true;
  REQUIRE(scene.run({"dax", "create"}));
  CHECK(scene.size("dax1.1") == 0);
}

TEST_CASE("dax resize grows into what is free, and a namespace's device it leaves alone") {
  DaxScene scene;
  REQUIRE(scene.run({"dax", "resize", "dax1.0", "--size=511M"}));
  CHECK(scene.size("dax1.0") == 512 * mib);
  REQUIRE(scene.run({"dax", "resize", "dax1.0", "--size=512M"}));
  CHECK(scene.fake.log.size() == 1);
  CHECK(scene.kind({"dax", "resize", "dax1.0", "--size=513M"}) == ErrorKind::no_space);
  CHECK(scene.kind({"dax", "resize", "dax1.0", "--size=0"}) == ErrorKind::usage);
  CHECK(scene.kind({"dax", "resize", "dax0.0", "--size=64M"}) == ErrorKind::unsupported);
  scene.fake.state.dax_devices[0].system_ram = true;
  CHECK(scene.kind({"dax", "resize", "dax1.0", "--size=64M"}) == ErrorKind::busy);
}

TEST_CASE("dax split makes equal parts, or leaves the device as it was") {
  DaxScene scene;
  REQUIRE(scene.run({"dax", "split", "dax1.0", "--into=3"}));
  CHECK(scene.fake.log ==
        std::vector<std::string>{"resize dax1.0 46137344", "create dax1.1 44040192", "create dax1.2 44040192"});
  CHECK(scene.kind({"dax", "split", "dax1.0", "--into=1"}) == ErrorKind::usage);
  CHECK(scene.kind({"dax", "split", "dax1.0", "--into=23"}) == ErrorKind::usage);
  CHECK(scene.kind({"dax", "split", "dax0.0"}) == ErrorKind::unsupported);
  scene.fake.log.clear();
  scene.fake.fails["create_dax 14680064"] = ErrorKind::io;
  CHECK(scene.kind({"dax", "split", "dax1.0", "--into=3"}) == ErrorKind::partial);
  CHECK(scene.size("dax1.0") == 44 * mib);
  CHECK(scene.fake.state.dax_devices.size() == 4);
}

TEST_CASE("Nothing is locked while a question is asked, and what has changed by then is not split") {
  DaxScene scene;
  scene.context.options.yes = false;
  int locks = -1;
  bool grows = false;
  scene.context.guard_with = [&](Effect, std::string_view, std::string_view) -> Result<> {
    locks = scene.fake.locks;
    if (grows) REQUIRE(scene.fake.resize_dax("dax1.0", 256 * mib, 0, Deadline()));
    return {};
  };
  REQUIRE(scene.run({"dax", "resize", "dax1.0", "--size=64M"}));
  CHECK(locks == 0);
  grows = true;
  CHECK(scene.kind({"dax", "split", "dax1.0"}) == ErrorKind::busy);
  CHECK(locks == 0);
  CHECK(scene.size("dax1.0") == 256 * mib);
  CHECK(scene.fake.locks == 0);
}

TEST_CASE("Verbs of DAX devices keep to the regions that were named") {
  DaxScene scene;
  REQUIRE(scene.run({"dax", "enable", "all", "--region=1"}));
  CHECK(scene.fake.log == std::vector<std::string>{"enable dax1.0"});
  CHECK(scene.kind({"dax", "enable", "all", "--region=9"}) == ErrorKind::not_found);
  CHECK(scene.kind({"dax", "disable", "all", "--region=hmem.2"}) == ErrorKind::not_found);
  REQUIRE(scene.run({"reconfigure-device", "dax1.0", "--size=64M", "--force"}));
  CHECK(scene.size("dax1.0") == 64 * mib);
  CHECK(scene.kind({"reconfigure-device", "dax1.0"}) == ErrorKind::usage);
  CHECK(scene.kind({"create-device", "--input=x"}) == ErrorKind::usage);
}

TEST_CASE("The list has the regions, with what is free, and where devices lie") {
  DaxScene scene;
  scene.fake.state.dax_devices[0].mappings = {{0, gib, 128 * mib}};
  REQUIRE(scene.run({"list"}));
  const auto& regions = scene.sink.last.as<Record>()->at("dax_regions").as<List>()->items;
  REQUIRE(regions.size() == 3);
  CHECK(regions[0].as<Record>()->at("available_bytes").number() == 384 * mib);
  CHECK(regions[2].as<Record>()->at("available_bytes").is_null());
  CHECK(regions[2].as<Record>()->at("namespace").text() == "namespace0.0");
  CHECK(scene.messages.notes.empty());
  const auto& devices = scene.sink.last.as<Record>()->at("dax_devices").as<List>()->items;
  CHECK(devices[0].as<Record>()->at("mappings").as<List>()->items[0].as<Record>()->at("start").number() == gib);
  REQUIRE(scene.run({"list", "--mode=fsdax"}));
  CHECK(scene.sink.last.as<Record>()->at("dax_regions").as<List>()->items.empty());
}
