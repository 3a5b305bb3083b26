#include "pmem/create.hpp"

#include <cstring>

#include "label_area.hpp"
#include "pmem/change.hpp"
#include "pmem/outcome.hpp"
#include "support/catch.hpp"
#include "support/fake_pmem.hpp"

using namespace nvmectl;
using namespace nvmectl::pmem;
using nvmectl_test::ContainsSubstring;
using nvmectl_test::FakePmem;
using nvmectl_test::gib;
using nvmectl_test::mib;

namespace {

CreateOptions want(const std::string& name, std::optional<std::uint64_t> bytes, PmemMode mode = PmemMode::fsdax) {
  CreateOptions options;
  options.wish.name = name;
  options.wish.bytes = bytes;
  options.wish.mode = mode;
  return options;
}

}  // namespace

TEST_CASE("A namespace is made in each mode") {
  for (const PmemMode mode : {PmemMode::fsdax, PmemMode::devdax, PmemMode::sector, PmemMode::raw}) {
    FakePmem fake;
    fake.add_region(4 * gib);
    const auto made = create(fake, want("vol", 100 * mib, mode), {});
    REQUIRE(made);
    CHECK(made->result == CreateResult::created);
    REQUIRE(fake.state.namespaces.size() == 1);
    const PmemNamespace& ns = fake.state.namespaces[0];
    CHECK(made->device == ns.device);
    CHECK(ns.name == "vol");
    CHECK(ns.mode == mode);
    CHECK(ns.reserved_bytes == 112 * mib);
    CHECK(ns.label_uuid.size() == 36);
    CHECK(ns.label_uuid != ns.uuid);
    CHECK(fake.locks == 0);
  }
}

TEST_CASE("A seed that remembers another alignment does no harm") {
  FakePmem fake;
  fake.add_region(4 * gib);
  fake.rolls_back = false;
  fake.fails["enable"] = ErrorKind::io;
  CreateOptions huge = want("x", 2 * gib);
  huge.wish.align_bytes = gib;
  CHECK(!create(fake, huge, {}));
  CHECK(fake.seed_align.at("region0") == gib);
  fake.fails.clear();
  CHECK(create(fake, want("y", 64 * mib), {}));
}

TEST_CASE("The same name and parameters a second time change nothing") {
  FakePmem fake;
  fake.add_region(4 * gib);
  CreateOptions options = want("vol", 100 * mib);
  options.if_not_exists = true;
  REQUIRE(create(fake, options, {}));
  const auto log = fake.log;
  const auto again = create(fake, options, {});
  REQUIRE(again);
  CHECK(again->result == CreateResult::unchanged);
  CHECK(fake.log == log);
  options.wish.bytes = 112 * mib;
  CHECK(create(fake, options, {})->result == CreateResult::unchanged);
  options.wish.bytes.reset();
  CHECK(create(fake, options, {})->result == CreateResult::unchanged);
  options.wish.bytes = usable_bytes(112 * mib, options.wish.shape());
  options.wish.usable = true;
  options.wish.policy = SizePolicy::exact;
  CHECK(create(fake, options, {})->result == CreateResult::unchanged);
}

TEST_CASE("The same name and other parameters: what differs") {
  FakePmem fake;
  fake.add_region(4 * gib);
  REQUIRE(create(fake, want("vol", 128 * mib), {}));
  const auto refuses = [&](const CreateOptions& options, const std::string& says) {
    const auto made = create(fake, options, {});
    REQUIRE(!made);
    CHECK(made.error().kind == ErrorKind::exists);
    CHECK_THAT(made.error().cause, ContainsSubstring(says));
    CHECK(fake.state.namespaces.size() == 1);
  };
  CreateOptions other = want("vol", 128 * mib, PmemMode::devdax);
  other.if_not_exists = true;
  refuses(other, "its mode is fsdax, not devdax");
  other = want("vol", gib);
  other.if_not_exists = true;
  refuses(other, "it has 134217728 bytes");
  other = want("vol", 128 * mib);
  other.if_not_exists = true;
  other.wish.align_bytes = 4096;
  refuses(other, "its alignment is 2 MiB, not 4 KiB");
  other.wish.align_bytes.reset();
  other.wish.map = PmemMap::memory;
  refuses(other, "page array is on the device");
  refuses(want("vol", 128 * mib), "it is namespace0.0");
}

TEST_CASE("Names are unique unless that is allowed; an idempotent create needs one") {
  FakePmem fake;
  fake.add_region(4 * gib);
  REQUIRE(create(fake, want("vol", 128 * mib), {}));
  CreateOptions twin = want("vol", 128 * mib);
  twin.allow_duplicate = true;
  CHECK(create(fake, twin, {})->result == CreateResult::created);
  CHECK(fake.state.namespaces.size() == 2);
  CreateOptions nameless = want("", 128 * mib);
  CHECK(create(fake, nameless, {}));
  nameless.if_not_exists = true;
  CHECK(create(fake, nameless, {}).error().kind == ErrorKind::usage);
}

TEST_CASE("A name is taken also while its region is disabled") {
  FakePmem fake;
  fake.add_region(gib);
  fake.add_region(gib);
  fake.labels["nmem1"] = nvmectl_test::two_labels(true);
  CreateOptions options;
  options.wish.name = "vol-a";
  options.wish.bytes = 64 * mib;
  options.if_not_exists = true;
  fake.state.regions[1].enabled = false;
  const auto refused = create(fake, options, {});
  REQUIRE(!refused);
  CHECK(refused.error().kind == ErrorKind::exists);
  CHECK(refused.error().cause == "it is in region1, which is disabled");
  fake.add_namespace(0, 64 * mib, "other");
  CHECK(rename(fake, fake.state, 0, "vol-b", false, {}).error().kind == ErrorKind::exists);
  CHECK(rename(fake, fake.state, 0, "stale", false, {}).value());
  options.if_not_exists = false;
  options.allow_duplicate = true;
  CHECK(create(fake, options, {}));
  fake.fails["read-labels"] = ErrorKind::io;
  options.allow_duplicate = false;
  options.wish.name = "vol-b";
  CHECK(create(fake, options, {}));  // nobody can tell
}

TEST_CASE("A failure at any step leaves nothing behind") {
  for (const char* step : {"lock", "scan", "uuid", "size", "mode", "align", "enable"}) {
    FakePmem fake;
    fake.add_region(4 * gib);
    fake.fails[step] = ErrorKind::io;
    const auto made = create(fake, want("vol", 128 * mib), {});
    REQUIRE(!made);
    CHECK(made.error().kind == ErrorKind::io);
    CHECK(fake.state.namespaces.empty());
    CHECK(fake.locks == 0);
    fake.fails.clear();
    CHECK(create(fake, want("vol", 128 * mib), {}));
  }
}

TEST_CASE("A namespace without a usable byte is no success") {
  FakePmem fake;
  fake.add_region(4 * gib);
  fake.short_of_usable = true;
  const auto made = create(fake, want("vol", 128 * mib), {});
  REQUIRE(!made);
  CHECK(made.error().kind == ErrorKind::no_space);
  CHECK(fake.state.namespaces.empty());
}

TEST_CASE("A wipe that fails takes the namespace back") {
  FakePmem fake;
  fake.add_region(4 * gib);
  CreateOptions options = want("vol", 128 * mib);
  options.wipe = true;
  fake.fails["erase"] = ErrorKind::io;
  CHECK(!create(fake, options, {}));
  CHECK(fake.state.namespaces.empty());
  fake.fails.clear();
  REQUIRE(create(fake, options, {}));
  CHECK(fake.log.back() == "erase namespace0.0 head");
  fake.fails["erase"] = fake.fails["destroy"] = ErrorKind::io;
  options.wish.name = "other";
  const auto stuck = create(fake, options, {});
  REQUIRE(!stuck);
  REQUIRE(!stuck.error().context.empty());
  CHECK_THAT(stuck.error().context.back(), ContainsSubstring("could not be taken back"));
}

TEST_CASE("When one region fails the next is tried; without rights none is") {
  FakePmem fake;
  fake.add_region(gib);
  fake.add_region(4 * gib);
  fake.fails["enable region0"] = ErrorKind::io;
  const auto made = create(fake, want("vol", 128 * mib), {});
  REQUIRE(made);
  CHECK(made->passed_over.size() == 1);
  CHECK(made->passed_over[0].device == "region0");
  CHECK(fake.state.namespaces[0].region == 1);
  fake.root = false;
  const auto refused = create(fake, want("other", 128 * mib), {});
  REQUIRE(!refused);
  CHECK(refused.error().kind == ErrorKind::permission);
}

TEST_CASE("What an interrupted create left is completed") {
  FakePmem fake;
  fake.add_region(4 * gib);
  fake.add_namespace(0, 112 * mib, "vol");
  fake.state.namespaces[0].uuid.clear();
  fake.state.namespaces[0].enabled = false;
  CreateOptions options = want("vol", 100 * mib);
  options.if_not_exists = true;
  auto made = create(fake, options, {});
  REQUIRE(made);
  CHECK(made->result == CreateResult::completed);
  CHECK(fake.log == std::vector<std::string>{"enable namespace0.0", "reconfigure namespace0.0 fsdax"});
  CHECK(!fake.state.namespaces[0].uuid.empty());
  CHECK(fake.state.namespaces.size() == 1);
  CHECK(create(fake, options, {})->result == CreateResult::unchanged);
}

TEST_CASE("What was there before is wiped before the namespace looks finished") {
  FakePmem fake;
  fake.add_region(4 * gib);
  CreateOptions options = want("vol", 64 * mib);
  REQUIRE(create(fake, options, {}));
  CHECK(!fake.wanted.wipe_at);
  options.wish.name = "wiped";
  options.wipe = options.if_not_exists = true;
  REQUIRE(create(fake, options, {}));
  CHECK(fake.wanted.wipe_at == 2 * mib);
  fake.state.namespaces[1].uuid.clear();
  fake.state.namespaces[1].enabled = false;
  fake.wanted = {};
  CHECK(create(fake, options, {})->result == CreateResult::completed);
  CHECK(fake.wanted.wipe_at == 2 * mib);
}

TEST_CASE("One that is disabled is enabled and keeps its data") {
  FakePmem fake;
  fake.add_region(4 * gib);
  fake.add_namespace(0, 112 * mib, "vol");
  fake.state.namespaces[0].enabled = false;
  const std::string uuid = fake.state.namespaces[0].uuid;
  CreateOptions options = want("vol", 100 * mib);
  options.if_not_exists = options.wipe = true;
  const auto made = create(fake, options, {});
  REQUIRE(made);
  CHECK(made->result == CreateResult::completed);
  CHECK(fake.log == std::vector<std::string>{"enable namespace0.0"});
  CHECK(fake.state.namespaces[0].uuid == uuid);
}

TEST_CASE("A damaged info block is not taken for an unfinished create") {
  FakePmem fake;
  fake.add_region(4 * gib);
  fake.add_namespace(0, 112 * mib, "vol");
  fake.state.namespaces[0].uuid.clear();
  Bytes damaged(8192);
  const std::string_view signature = "NVDIMM_PFN_INFO";
  std::memcpy(damaged.data() + 4096, signature.data(), signature.size());
  fake.info["namespace0.0"] = damaged;
  CreateOptions options = want("vol", 100 * mib);
  options.if_not_exists = true;
  const auto made = create(fake, options, {});
  REQUIRE(!made);
  CHECK(made.error().kind == ErrorKind::exists);
  CHECK_THAT(made.error().cause, ContainsSubstring("damaged"));
  CHECK(fake.log.empty());
}

TEST_CASE("The next region's name does not fill up by retries") {
  FakePmem fake;
  fake.add_region(256 * mib);
  CreateOptions options = want("vol", 512 * mib);
  for (int i = 0; i < 3; ++i) CHECK(create(fake, options, {}).error().kind == ErrorKind::no_space);
  CHECK(fake.log.empty());
}

TEST_CASE("Outcomes never claim what did not happen") {
  FakePmem fake;
  fake.add_region(4 * gib);
  for (const char* name : {"a", "b", "c"}) fake.add_namespace(0, 128 * mib, name);
  fake.fails["destroy namespace0.1"] = ErrorKind::busy;
  std::vector<Outcome> rows;
  for (std::size_t i = 0; i < 3; ++i) rows.push_back(outcome_for(fake.state, Object::ns, i, "destroy"));
  carry_out(rows, {}, [&](Outcome& row) { return fake.destroy(row.device, {}); });
  CHECK(rows[0].result == "done");
  CHECK(rows[1].result == "failed");
  REQUIRE(rows[1].error);
  CHECK(rows[1].error->device == "namespace0.1");
  CHECK(rows[2].result == "done");
  CHECK(fake.state.namespaces.size() == 1);
  const int stop = 1;
  volatile int flag = stop;
  std::vector<Outcome> late{outcome_for(fake.state, Object::ns, 0, "destroy")};
  carry_out(late, Deadline().or_when(&flag), [&](Outcome& row) { return fake.destroy(row.device, {}); });
  CHECK(late[0].error->kind == ErrorKind::cancelled);
  CHECK(fake.state.namespaces.size() == 1);
}

TEST_CASE("Who uses a namespace is in the error") {
  FakePmem fake;
  fake.add_region(4 * gib);
  fake.add_namespace(0, 128 * mib, "a");
  CHECK(!in_use(fake.state.namespaces[0]));
  fake.use(0, "mounted at /srv");
  fake.use(0, "held by dm-0");
  const auto error = in_use(fake.state.namespaces[0]);
  REQUIRE(error);
  CHECK(error->kind == ErrorKind::busy);
  CHECK(error->cause == "pmem0.0 is mounted at /srv");
  CHECK(error->context == std::vector<std::string>{"pmem0.0 is held by dm-0"});
}

TEST_CASE("Random UUIDs are of version 4 and differ") {
  const std::string a = new_uuid(), b = new_uuid();
  CHECK(a.size() == 36);
  CHECK(a[14] == '4');
  CHECK(a != b);
}
