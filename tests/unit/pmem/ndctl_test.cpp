// ndctl's words: what they turn into here, and what is said of those that are not taken.
#include <array>

#include "scene.hpp"
#include "support/catch.hpp"

using namespace nvmectl;
using nvmectl_test::ContainsSubstring;
using nvmectl_test::gib;
using nvmectl_test::mib;
using nvmectl_test::PmemScene;

namespace {

std::string last_of(PmemScene& scene, const std::vector<std::string>& words) {
  scene.fake.log.clear();
  REQUIRE(scene.run(words));
  return scene.fake.log.empty() ? "" : scene.fake.log.back();
}

}  // namespace

TEST_CASE("What ndctl does otherwise is refused, with nvmectl's way") {
  PmemScene scene;
  scene.fake.add_region(4 * gib);
  struct Row {
    std::vector<std::string> words;
    const char* hint;
  };
  const std::array rows{
      Row{{"read-labels", "nmem0", "--size=4096"}, "nvmectl pmem labels read DIMM -o raw"},
      Row{{"read-labels", "nmem0", "--offset=0"}, "nvmectl pmem labels read DIMM -o raw"},
      Row{{"zero-labels", "nmem0", "--size=256"}, "nvmectl pmem labels restore"},
      Row{{"write-labels", "nmem0", "--input=f", "--offset=256"}, "nvmectl pmem labels backup"},
      Row{{"write-infoblock", "v", "--mode=fsdax"}, "nvmectl pmem reconfigure"},
      Row{{"write-infoblock", "--stdout", "--mode=devdax"}, "nvmectl pmem reconfigure"},
      Row{{"write-infoblock", "--output-file=f"}, "nvmectl pmem reconfigure"},
  };
  for (const Row& row : rows) {
    INFO(row.words.front() + " " + row.words.back());
    CHECK(scene.kind(row.words) == ErrorKind::usage);
    CHECK_THAT(scene.error.message, ContainsSubstring("is not taken here"));
    CHECK(!scene.error.cause.empty());
    CHECK_THAT(scene.error.hint, ContainsSubstring(row.hint));
  }
  CHECK(scene.fake.log.empty());
  CHECK(scene.kind({"write-infoblock", "v"}) == ErrorKind::usage);
  CHECK(scene.error.message == "write-infoblock: FILE is missing");
}

TEST_CASE("ndctl's inject-error also takes back and lists") {
  PmemScene scene;
  scene.fake.add_region(4 * gib);
  scene.fake.add_namespace(0, 128 * mib, "v");
  CHECK(last_of(scene, {"inject-error", "v", "--block=8", "--count=2"}) == "inject-error namespace0.0 block=8 count=2");
  CHECK(last_of(scene, {"inject-error", "v", "--block=8", "--count=2", "--uninject"}) ==
        "uninject-error namespace0.0 block=8 count=2");
  CHECK(scene.row(0, "action").text() == "uninject-error");
  const ErrorKind listing = scene.kind({"injected-errors", "v"});  // which the fake cannot
  const std::string said = scene.error.message;
  CHECK(scene.kind({"inject-error", "v", "--status"}) == listing);
  CHECK(scene.error.message == said);
  CHECK(scene.kind({"inject-error", "v"}) == ErrorKind::usage);
  CHECK(scene.kind({"inject-error", "v", "--uninject"}) == ErrorKind::usage);
  CHECK_THAT(scene.error.message, ContainsSubstring("--block is missing"));
}

TEST_CASE("ndctl's update-firmware without a file only arms") {
  PmemScene scene;
  scene.fake.add_region(4 * gib);
  CHECK(last_of(scene, {"update-firmware", "nmem0", "--arm"}) == "arm-firmware nmem0");
  CHECK(last_of(scene, {"update-firmware", "nmem0", "--arm", "--force"}) == "arm-firmware nmem0 force=true");
  CHECK(last_of(scene, {"update-firmware", "nmem0", "--disarm"}) == "disarm-firmware nmem0");
  CHECK(last_of(scene, {"update-firmware", "nmem0", "--file=fw", "--disarm"}) ==
        "update-firmware nmem0 file=fw disarm=true");
  CHECK(last_of(scene, {"update-firmware", "nmem0", "--file=fw", "--arm"}) == "update-firmware nmem0 file=fw");
  CHECK(scene.kind({"update-firmware", "nmem0"}) == ErrorKind::usage);
  CHECK(scene.error.message == "update-firmware: --file is missing");
  CHECK(last_of(scene, {"activate-firmware", "ndbus0", "--dry-run-activation"}).empty());
  CHECK(scene.row(0, "result").text() == "planned");
}
