#include "pmem/filter.hpp"

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
  fake.add_region(4 * gib, 2);                              // region0 on nmem0, nmem1
  fake.add_region(4 * gib);                                 // region1 on nmem2
  fake.add_region(4 * gib, 1, true, "e820");                // region2
  fake.add_namespace(0, 128 * mib, "a");                    // namespace0.0
  fake.add_namespace(0, 128 * mib, "b", PmemMode::devdax);  // namespace0.1
  fake.add_namespace(1, 128 * mib, "c");
  fake.add_namespace(2, 128 * mib, "d", PmemMode::sector);
  fake.state.dax_devices.push_back({"dax0.1", 0, 124 * mib, 2 * mib, {}, true, false, {}, {}, {}, 1});
  fake.state.dax_devices.push_back({"dax9.0", 9, gib, 2 * mib, {}, true, false, {}, {}, {}, {}});
  return fake.state;
}
using Flags = std::vector<bool>;

PmemTopology chosen(const Filter& filter) {
  const PmemTopology all = scene();
  return part_of(all, select(all, filter).value());
}
std::string names(const PmemTopology& part) {
  std::string text;
  for (const auto& n : part.namespaces) text += n.name;
  return text;
}

}  // namespace

TEST_CASE("No filter lets everything pass") {
  const PmemTopology part = chosen({});
  CHECK(names(part) == "abcd");
  CHECK(part.buses.size() == 2);
  CHECK(part.dimms.size() == 4);
  CHECK(part.dax_devices.size() == 2);
  CHECK(Filter{}.empty());
  CHECK(Filter{.buses = {"all"}}.empty());
}

TEST_CASE("By region, with a comma or again") {
  CHECK(names(chosen({.regions = {"region0,region2"}})) == "abd");
  CHECK(names(chosen({.regions = {"region0", "2"}})) == "abd");
  const PmemTopology part = chosen({.regions = {"region2"}});
  REQUIRE(part.regions.size() == 1);
  REQUIRE(part.buses.size() == 1);
  CHECK(part.buses[part.regions[0].bus].provider == "e820");
  CHECK(part.namespaces[0].region == 0);
  CHECK(part.dimms.size() == 1);
  CHECK(part.dax_devices.empty());
}

TEST_CASE("By mode: regions and DIMMs without such a namespace go") {
  const PmemTopology part = chosen({.modes = {"devdax"}});
  CHECK(names(part) == "b");
  CHECK(part.regions.size() == 1);
  CHECK(part.dimms.size() == 2);
  REQUIRE(part.dax_devices.size() == 1);
  CHECK(part.dax_devices[0].ns == 0);
  CHECK(names(chosen({.modes = {"devdax,sector"}})) == "bd");
  CHECK(names(chosen({.modes = {"safe"}})) == "d");
  CHECK(names(chosen({.modes = {"raw"}})).empty());
}

TEST_CASE("By DIMM, bus, NUMA node, name") {
  CHECK(names(chosen({.dimms = {"nmem1"}})) == "ab");
  CHECK(chosen({.dimms = {"nmem1"}}).regions[0].mappings.size() == 1);
  CHECK(names(chosen({.buses = {"e820"}})) == "d");
  CHECK(names(chosen({.numa_nodes = {"1"}})) == "c");
  CHECK(names(chosen({.namespaces = {"a,d"}})) == "ad");
  CHECK(chosen({.namespaces = {"a,d"}}).regions.size() == 2);
  CHECK(names(chosen({.regions = {"0"}, .modes = {"fsdax"}})) == "a");
}

TEST_CASE("Filters that mean nothing") {
  const PmemTopology all = scene();
  CHECK(select(all, {.regions = {"region9"}}).error().kind == ErrorKind::not_found);
  CHECK(select(all, {.namespaces = {"nobody"}}).error().kind == ErrorKind::not_found);
  CHECK(select(all, {.modes = {"fast"}}).error().kind == ErrorKind::usage);
  CHECK(select(all, {.types = {"blk"}}).error().kind == ErrorKind::usage);
  CHECK(select(all, {.numa_nodes = {"x"}}).error().kind == ErrorKind::usage);
}

TEST_CASE("An empty word is not everything") {
  for (const char* word : {"", " ", ",", ", ,"}) {
    Filter filter;
    filter.regions = {"region0", word};
    const auto selected = select(scene(), filter);
    REQUIRE(!selected);
    CHECK(selected.error().kind == ErrorKind::usage);
    CHECK(selected.error().message == "--region is empty");
  }
  CHECK(names(chosen({.regions = {"region0,"}})) == "ab");
}
