#include "scene.hpp"
#include "support/catch.hpp"

using namespace nvmectl;
using nvmectl_test::gib;
using nvmectl_test::mib;
using nvmectl_test::PmemScene;

namespace {

std::vector<std::pair<std::string, std::uint64_t>> made(const PmemScene& scene) {
  std::vector<std::pair<std::string, std::uint64_t>> all;
  for (std::size_t i = 0; i < scene.row_count(); ++i)
    all.emplace_back(scene.row(i, "name").text(), scene.row(i, "reserved_bytes").number() / mib);
  return all;
}
using Made = std::vector<std::pair<std::string, std::uint64_t>>;

}  // namespace

TEST_CASE("Filling ends when nothing fits any more") {
  PmemScene scene;
  scene.fake.add_region(gib);
  REQUIRE(scene.run({"fill", "--size=300M", "--name=v"}));
  CHECK(made(scene) == Made{{"v-1", 304}, {"v-2", 304}, {"v-3", 304}});
  CHECK(scene.fake.state.namespaces.size() == 3);
  REQUIRE(scene.run({"fill"}));
  CHECK(made(scene) == Made{{"", 112}});
  CHECK(scene.kind({"fill"}) == ErrorKind::no_space);
}

TEST_CASE("Filling takes names that are free, and a dry run says the same") {
  PmemScene scene;
  scene.fake.add_region(gib);
  scene.fake.add_namespace(0, 256 * mib, "a");
  scene.fake.add_namespace(0, 256 * mib, "v-2");
  REQUIRE(scene.fake.destroy("namespace0.0", {}));
  const Made expected{{"v-1", 256}, {"v-3", 256}, {"v-4", 256}};
  scene.context.options.dry_run = true;
  REQUIRE(scene.run({"fill", "--size=256M", "--name=v"}));
  CHECK(made(scene) == expected);
  CHECK(scene.row(0, "result").text() == "planned");
  CHECK(scene.fake.state.namespaces.size() == 1);
  scene.context.options.dry_run = false;
  REQUIRE(scene.run({"fill", "--size=256M", "--name=v"}));
  CHECK(made(scene) == expected);
}

TEST_CASE("What fails on the way is told beside what was made") {
  PmemScene scene;
  scene.fake.add_region(gib);
  scene.fake.add_namespace(0, 256 * mib, "v-1");
  scene.fake.fails["enable region0"] = ErrorKind::io;
  CHECK(scene.kind({"fill", "--size=256M"}) == ErrorKind::io);
  scene.fake.fails.clear();
  scene.fake.add_region(128 * mib);
  scene.fake.fails["enable region0"] = ErrorKind::io;
  CHECK(scene.kind({"fill", "--size=128M"}) == ErrorKind::partial);
  CHECK(made(scene) == Made{{"", 128}});
  CHECK(scene.sink.errors.size() == 1);
}

TEST_CASE("ndctl's --continue fills; --reconfig changes one") {
  PmemScene scene;
  scene.fake.add_region(gib);
  REQUIRE(scene.run({"create-namespace", "--continue", "--size=512M"}));
  CHECK(scene.row_count() == 2);
  REQUIRE(scene.run({"create-namespace", "--reconfig=namespace0.0", "--mode=raw", "--force"}));
  CHECK(scene.field("mode").text() == "raw");
}

TEST_CASE("Errors are looked for once on each bus before they are cleared") {
  PmemScene scene;
  scene.fake.add_region(gib);
  for (const char* name : {"a", "b"}) scene.fake.add_namespace(0, 128 * mib, name);
  REQUIRE(scene.run({"clear-errors", "all", "--scrub"}));
  CHECK(scene.fake.log == std::vector<std::string>{"start-scrub ndbus0", "wait-scrub ndbus0"});
}
