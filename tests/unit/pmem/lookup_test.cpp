#include "pmem/lookup.hpp"

#include "support/catch.hpp"
#include "support/fake_pmem.hpp"

using namespace nvmectl;
using namespace nvmectl::pmem;
using nvmectl_test::FakePmem;
using nvmectl_test::gib;
using nvmectl_test::mib;

namespace {

PmemTopology scene() {
  FakePmem fake;
  fake.add_region(4 * gib);
  fake.add_region(4 * gib, 1, true, "e820");
  fake.add_namespace(0, 128 * mib, "vol-a");
  fake.add_namespace(0, 128 * mib, "vol-b", PmemMode::devdax);
  fake.add_namespace(1, 128 * mib, "twin", PmemMode::sector);
  fake.add_namespace(1, 128 * mib, "twin", PmemMode::raw);
  fake.state.dax_devices.push_back({"dax0.1", 0, 124 * mib, 2 * mib, {}, true, false, {}, {}, {}, 1});
  return fake.state;
}

}  // namespace

TEST_CASE("A namespace by everything that it is called") {
  const PmemTopology all = scene();
  for (const char* text :
       {"vol-b", "namespace0.1", "/dev/dax0.1", "dax0.1", "pmem:vol-b", "00000000-0000-4000-8000-000000000002",
        "11111111-0000-4000-8000-000000000002", "pmem:11111111-0000-4000-8000-000000000002"})
    CHECK(find_namespace(all, text).value() == 1);
  CHECK(find_namespace(all, "/dev/pmem1.0s").value() == 2);
}

TEST_CASE("UUIDs are found in either case") {
  PmemTopology all = scene();
  all.namespaces[0].uuid = "443c80dd-aaaa-4bbb-8ccc-0123456789ab";
  CHECK(find_namespace(all, "443C80DD-AAAA-4BBB-8CCC-0123456789AB").value() == 0);
}

TEST_CASE("What names two is refused and lists both") {
  const auto found = find_namespace(scene(), "twin");
  REQUIRE(!found);
  CHECK(found.error().kind == ErrorKind::usage);
  CHECK(found.error().cause == "they are twin (namespace1.0), twin (namespace1.1)");
}

TEST_CASE("What names nothing is not found, with a near name") {
  const auto found = find_namespace(scene(), "vol-c");
  REQUIRE(!found);
  CHECK(found.error().kind == ErrorKind::not_found);
  CHECK_THAT(found.error().hint, nvmectl_test::ContainsSubstring("vol-"));
  for (const char* text : {"", "/dev/", "pmem:", "/dev/vol-a", "pmem:namespace0.0"})
    CHECK(find_namespace(scene(), text).error().kind == ErrorKind::not_found);
}

TEST_CASE("Without any memory the error says so") {
  const auto found = find_region(PmemTopology{}, "region0");
  REQUIRE(!found);
  CHECK(found.error().kind == ErrorKind::not_found);
  CHECK_THAT(found.error().cause, nvmectl_test::ContainsSubstring("no persistent memory"));
}

TEST_CASE("Regions, DIMMs, buses and DAX devices") {
  const PmemTopology all = scene();
  CHECK(find_region(all, "region1").value() == 1);
  CHECK(find_region(all, "1").value() == 1);
  using List = std::vector<std::size_t>;
  CHECK(find_all(all, Object::dimm, {"nmem1"}).value() == List{1});
  CHECK(find_all(all, Object::dimm, {"8680-00000000"}).value() == List{0});
  CHECK(find_all(all, Object::bus, {"e820"}).value() == List{1});
  CHECK(find_all(all, Object::bus, {"ndbus0"}).value() == List{0});
  CHECK(find_dax(all, "dax0.1").value() == 0);
  CHECK(find_dax(all, "/dev/dax0.1").value() == 0);
  CHECK(find_dax(all, "vol-b").value() == 0);
  CHECK(find_dax(all, "vol-a").error().kind == ErrorKind::not_found);
  CHECK(find_region(all, "region9").error().kind == ErrorKind::not_found);
  CHECK(find_all(all, Object::dimm, {"nmem9"}).error().kind == ErrorKind::not_found);
}

TEST_CASE("Lists of words: commas, repeats, all, patterns") {
  const PmemTopology all = scene();
  using List = std::vector<std::size_t>;
  CHECK(find_all(all, Object::ns, {"vol-b,vol-a", "namespace0.0"}).value() == List{0, 1});
  CHECK(find_all(all, Object::ns, {"all"}).value() == List{0, 1, 2, 3});
  CHECK(find_all(all, Object::ns, {"twin*"}).value() == List{2, 3});
  CHECK(find_all(all, Object::ns, {"namespace0.*"}).value() == List{0, 1});
  CHECK(find_all(all, Object::region, {"0,1"}).value() == List{0, 1});
  CHECK(find_all(all, Object::ns, {"vol-a,nothing"}).error().kind == ErrorKind::not_found);
  CHECK(find_all(all, Object::ns, {"twin"}).error().kind == ErrorKind::usage);
  CHECK(find_all(all, Object::ns, {"zzz*"}).error().kind == ErrorKind::not_found);
}
