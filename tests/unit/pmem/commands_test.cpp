// The commands over the fake: what they say, which kind of error they give, and that nothing happens that was not asked
// for. The error tables of ndctl are here: none of their rows may succeed.
#include <cstdlib>
#include <cstring>
#include <unistd.h>

#include "commands/areas.hpp"
#include "commands/pmem/rows.hpp"
#include "core/endian.hpp"
#include "core/text.hpp"
#include "label_area.hpp"
#include "pmem/infoblock.hpp"
#include "pmem/labels.hpp"
#include "scene.hpp"
#include "support/catch.hpp"

using namespace nvmectl;
using nvmectl_test::ContainsSubstring;
using nvmectl_test::gib;
using nvmectl_test::mib;
using nvmectl_test::PmemScene;

namespace {

std::unique_ptr<PmemScene> three() {
  auto scene = std::make_unique<PmemScene>();
  scene->fake.add_region(4 * gib);
  scene->fake.add_namespace(0, 128 * mib, "a");
  scene->fake.add_namespace(0, 128 * mib, "b", PmemMode::devdax);
  scene->fake.add_namespace(0, 128 * mib, "c", PmemMode::sector);
  return scene;
}

}  // namespace

TEST_CASE("Listing has one shape, empty or not") {
  PmemScene none;
  REQUIRE(none.run({"list"}));
  for (const char* key : {"buses", "dimms", "regions", "dax_regions", "dax_devices", "namespaces"})
    CHECK(none.field(key).as<List>()->items.empty());
  const auto scene = three();
  REQUIRE(scene->run({"list", "--mode=devdax"}));
  CHECK(scene->field("namespaces").as<List>()->items.size() == 1);
  CHECK(scene->field("regions").as<List>()->items.size() == 1);
  REQUIRE(scene->run({"list", "--mode=raw"}));
  CHECK(scene->field("namespaces").as<List>()->items.empty());
  CHECK(scene->messages.notes ==
        std::vector<std::string>{"nothing fits the filter; without it 3 namespaces are listed"});
  CHECK(scene->kind({"list", "--region=region9"}) == ErrorKind::not_found);
}

TEST_CASE("The tree fits a terminal, and is whole in a pipe") {
  const auto scene = three();
  const std::string where = "mounted at /srv/" + std::string(90, 'x');
  scene->fake.state.namespaces[0].uses.push_back({"pmem0.0", where});
  REQUIRE(scene->run({"list"}));
  CHECK_THAT(pmem_tree_text(scene->sink.last, {}), ContainsSubstring(where));
  std::string tree = pmem_tree_text(scene->sink.last, {.width = 80});
  UNSCOPED_INFO(tree);
  CHECK_THAT(tree, ContainsSubstring("/srv/x"));
  CHECK_THAT(tree, ContainsSubstring("x…\n"));
  for (std::size_t end = tree.find('\n'); end != std::string::npos; end = tree.find('\n')) {
    CHECK(display_width(tree.substr(0, end)) <= 80);
    tree.erase(0, end + 1);
  }
}

TEST_CASE("A disabled namespace keeps its mode in the list, and its label") {
  const auto scene = three();
  REQUIRE(scene->run({"disable", "a"}));
  REQUIRE(scene->run({"list", "--namespace=a"}));
  const Record& ns = *scene->field("namespaces").as<List>()->items[0].as<Record>();
  CHECK(ns.at("mode").text() == "fsdax");
  CHECK(ns.at("state").text() == "disabled");
  CHECK(ns.at("usable_bytes").is_null());
  CHECK(ns.at("reserved_bytes").number() == 128 * mib);
  CHECK(ns.at("uuid").is_null());  // the kernel has not read its info block
  CHECK(!ns.at("label_uuid").is_null());
}

TEST_CASE("Creating gives the namespace, and again nothing") {
  PmemScene scene;
  scene.fake.add_region(4 * gib);
  REQUIRE(scene.run({"create", "--name=vol", "--size=100M", "--if-not-exists"}));
  CHECK(scene.field("result").text() == "created");
  CHECK(scene.field("reserved_bytes").number() == 112 * mib);
  CHECK(scene.field("block_device").text() == "/dev/pmem0.0");
  const auto log = scene.fake.log;
  REQUIRE(scene.run({"create", "--name=vol", "--size=100M", "--if-not-exists"}));
  CHECK(scene.field("result").text() == "unchanged");
  CHECK(scene.fake.log == log);
  CHECK(scene.kind({"create", "--name=vol", "--size=100M"}) == ErrorKind::exists);
  CHECK(scene.kind({"create", "--name=vol", "--size=100M", "--mode=raw", "--if-not-exists"}) == ErrorKind::exists);
}

TEST_CASE("A dry run changes nothing") {
  const auto scene = three();
  scene->context.options.dry_run = true;
  REQUIRE(scene->run({"create", "--size=64M", "--name=new"}));
  CHECK(scene->field("result").text() == "planned");
  CHECK(scene->field("device").is_null());
  CHECK(scene->field("state").is_null());
  REQUIRE(scene->run({"destroy", "all"}));
  CHECK(scene->row(0, "result").text() == "planned");
  REQUIRE(scene->run({"disable", "a"}));
  REQUIRE(scene->run({"rename", "a", "z"}));
  REQUIRE(scene->run({"reconfigure", "a", "--mode=raw"}));
  REQUIRE(scene->run({"region", "disable", "0"}));
  REQUIRE(scene->run({"init", "region0", "--force"}));
  REQUIRE(scene->run({"inject-error", "a", "--block=1"}));
  CHECK(scene->fake.log.empty());
  CHECK(scene->asked.empty());
}

TEST_CASE("A dry run fails where the change would") {
  const auto scene = three();
  scene->fake.add_region(gib, 1, false);
  scene->fake.add_namespace(1, gib, "", PmemMode::raw);
  scene->context.options.dry_run = true;
  CHECK(scene->kind({"rename", "a", "b"}) == ErrorKind::exists);
  CHECK(scene->kind({"rename", "namespace1.0", "z"}) == ErrorKind::unsupported);
  CHECK(scene->kind({"destroy", "namespace1.0"}) == ErrorKind::unsupported);
  CHECK(scene->kind({"destroy", "a,namespace1.0"}) == ErrorKind::partial);
  CHECK(scene->row(0, "result").text() == "planned");
  REQUIRE(scene->run({"rename", "a", "a"}));
  CHECK(scene->row(0, "result").text() == "unchanged");
}

TEST_CASE("Destroying all of nothing is success where that was asked for") {
  PmemScene scene;
  scene.fake.add_region(gib);
  CHECK(scene.kind({"destroy", "all"}) == ErrorKind::not_found);
  REQUIRE(scene.run({"destroy", "all", "--if-exists"}));
  CHECK(scene.row_count() == 0);
}

TEST_CASE("A dry run of reconfigure shows what it would be") {
  const auto scene = three();
  scene->context.options.dry_run = true;
  REQUIRE(scene->run({"reconfigure", "c", "--mode=devdax", "--align=4K"}));
  CHECK(scene->field("mode").text() == "devdax");
  CHECK(scene->field("align_bytes").number() == 4096);
  CHECK(scene->field("usable_bytes").number() == 124 * mib);
  CHECK(scene->field("block_device").is_null());
  CHECK(scene->fake.log.empty());
}

TEST_CASE("An option with an empty value, as of a shell's variable that nobody set, does nothing") {
  const auto scene = three();
  for (const char* option : {"--name=", "--name= ", "--from=", "--mount=", "--uuid=", "--region="})
    CHECK(scene->kind({"create", "--size=64M", option}) == ErrorKind::usage);
  CHECK(scene->kind({"destroy", "all", "--region="}) == ErrorKind::usage);
  CHECK(scene->kind({"list", "--namespace="}) == ErrorKind::usage);
  CHECK(scene->kind({"fill", "--name="}) == ErrorKind::usage);
  CHECK(scene->fake.log.empty());
}

TEST_CASE("What became another one while the person was asked is left alone") {
  const auto scene = three();
  scene->context.guard_with = [&](Effect, std::string_view, std::string_view) -> Result<> {
    scene->fake.state.namespaces[0].label_uuid = "99999999-0000-4000-8000-000000000000";
    scene->fake.state.namespaces[1].label_uuid = scene->fake.state.namespaces[0].label_uuid;
    return {};
  };
  CHECK(scene->kind({"destroy", "a"}) == ErrorKind::not_found);
  CHECK(scene->kind({"destroy", "a,c"}) == ErrorKind::internal);  // none: it was seen as it is
}

TEST_CASE("No info block is written to what became another one") {
  Bytes blocks(2 * pmem::infoblock_bytes);
  const auto block = std::span(blocks).subspan(pmem::infoblock_bytes);
  std::memcpy(block.data(), "NVDIMM_PFN_INFO", 15);
  store_le<std::uint64_t>(block, 4088, pmem::fletcher64(block, 4088));
  char path[] = "/tmp/nvmectl-info-XXXXXX";
  const int fd = ::mkstemp(path);
  REQUIRE(::write(fd, blocks.data(), blocks.size()) == static_cast<ssize_t>(blocks.size()));
  ::close(fd);
  const auto scene = three();
  CHECK(scene->kind({"infoblock", "write", "b", path}) == ErrorKind::unsupported);  // the fake has no bytes
  scene->context.guard_with = [&](Effect, std::string_view, std::string_view) -> Result<> {
    scene->fake.state.namespaces[1].label_uuid = "99999999-0000-4000-8000-000000000000";
    return {};
  };
  CHECK(scene->kind({"infoblock", "write", "b", path}) == ErrorKind::not_found);
  ::unlink(path);
}

TEST_CASE("Destroying asks and shows what goes") {
  const auto scene = three();
  scene->consents = false;
  CHECK(scene->kind({"destroy", "a"}) == ErrorKind::not_confirmed);
  CHECK(scene->asked_for == "a");
  CHECK(scene->asked == "  a (namespace0.0)  fsdax, 128 MiB of region0, /dev/pmem0.0\n");
  CHECK(scene->fake.log.empty());
}

TEST_CASE("Destroying all with one in use: the others go, it is told, and it is partial") {
  const auto scene = three();
  scene->fake.use(1, "opened by process 77");
  CHECK(scene->kind({"destroy", "all"}) == ErrorKind::partial);
  REQUIRE(scene->row_count() == 3);
  CHECK(scene->row(0, "result").text() == "done");
  CHECK(scene->row(1, "result").text() == "failed");
  CHECK(scene->row(1, "error").text() == "busy");
  CHECK(scene->row(2, "result").text() == "done");
  CHECK(scene->sink.errors.size() == 1);
  CHECK(scene->fake.state.namespaces.size() == 1);
  CHECK(scene->kind({"destroy", "b"}) == ErrorKind::busy);
  CHECK_THAT(scene->error.cause, ContainsSubstring("opened by process 77"));
}

TEST_CASE("What matched nothing is not found, and is success only where that was asked for") {
  const auto scene = three();
  scene->fake.add_region(gib);
  for (const std::vector<std::string>& words : {std::vector<std::string>{"destroy", "all", "--region=region1"},
                                                {"destroy", "nobody"},
                                                {"enable", "nobody"},
                                                {"disable", "all", "--region=1"},
                                                {"region", "disable", "region9"},
                                                {"region", "enable", "region9"},
                                                {"dimm", "disable", "nmem9"},
                                                {"labels", "init", "nmem9"},
                                                {"labels", "zero", "nmem9"},
                                                {"labels", "check", "nmem9"},
                                                {"rename", "nobody", "x"},
                                                {"resize", "nobody", "--size=1G"},
                                                {"reconfigure", "nobody"},
                                                {"clear-errors", "nobody"},
                                                {"check", "nobody"},
                                                {"scrub", "start", "ndbus9"},
                                                {"infoblock", "read", "nobody"},
                                                {"inject-smart", "nmem9", "--fatal"},
                                                {"health", "nmem9"},
                                                {"dax", "online", "dax9.9"},
                                                {"init", "region9"},
                                                {"create", "--size=1G", "--region=region9"},
                                                {"disable-region", "region9"},
                                                {"destroy-namespace", "nobody"},
                                                {"init-labels", "nmem9"}}) {
    INFO(words[0] << " " << words[1]);
    CHECK(scene->kind(words) == ErrorKind::not_found);
  }
  CHECK(scene->fake.log.empty());
  REQUIRE(scene->run({"destroy", "nobody", "--if-exists"}));
  CHECK(scene->row(0, "result").text() == "unchanged");
}

TEST_CASE("Without any persistent memory nothing succeeds but listing") {
  PmemScene scene;
  for (const std::vector<std::string>& words : {std::vector<std::string>{"create", "--size=1G"},
                                                {"destroy", "all"},
                                                {"enable", "all"},
                                                {"region", "disable", "all"},
                                                {"init", "all"},
                                                {"labels", "check", "all"},
                                                {"scrub", "start"},
                                                {"plan", "--size=1G"},
                                                {"labels", "read", "all"},
                                                {"monitor"},
                                                {"health", "--check"}})
    CHECK(scene.kind(words) == ErrorKind::not_found);
}

TEST_CASE("The table of ndctl's create errors") {
  PmemScene scene;
  scene.fake.add_region(gib);
  CHECK(scene.kind({"create", "--size=10G"}) == ErrorKind::no_space);
  CHECK(scene.kind({"create", "--size=100M", "--align=8M"}) == ErrorKind::usage);
  CHECK(scene.kind({"create", "--size=100M", "--mode=raw", "--align=2M"}) == ErrorKind::usage);
  CHECK(scene.kind({"create", "--size=100M", "--size-policy=exact"}) == ErrorKind::usage);
  CHECK_THAT(scene.error.hint, ContainsSubstring("96 MiB"));
  CHECK_THAT(scene.error.hint, ContainsSubstring("112 MiB"));
  CHECK(scene.kind({"create", "--size=-5"}) == ErrorKind::usage);
  CHECK(scene.kind({"create", "--size=0"}) == ErrorKind::usage);
  CHECK(scene.kind({"create", "--size=1G", "--align=1G"}) == ErrorKind::no_space);
  CHECK(scene.kind({"create", "--mode=devdax", "--mkfs=ext4"}) == ErrorKind::usage);
  CHECK(scene.kind({"create", "--mount=relative"}) == ErrorKind::usage);
  CHECK(scene.kind({"create", "--usable-size"}) == ErrorKind::usage);
  CHECK(scene.kind({"create", "--if-not-exists"}) == ErrorKind::usage);
  CHECK(scene.fake.log.empty());
  REQUIRE(scene.run({"create"}));
  CHECK(scene.kind({"create"}) == ErrorKind::no_space);
  scene.fake.root = false;
  CHECK(scene.kind({"destroy", "all"}) == ErrorKind::permission);
  CHECK(scene.kind({"region", "disable", "region0"}) == ErrorKind::permission);
}

TEST_CASE("A failing mkfs takes the new namespace back") {
  PmemScene scene;
  scene.fake.add_region(gib);
  scene.fake.fails["erase"] = ErrorKind::io;
  CHECK(scene.kind({"create", "--name=v", "--size=256M", "--mkfs=ext4"}) == ErrorKind::io);
  CHECK(scene.fake.state.namespaces.empty());
}

TEST_CASE("Disabling a region looks at all namespaces before it touches one") {
  const auto scene = three();
  scene->fake.use(2, "mounted at /srv");
  CHECK(scene->kind({"region", "disable", "region0"}) == ErrorKind::busy);
  CHECK(scene->fake.log.empty());
  CHECK(scene->kind({"dimm", "disable", "nmem0"}) == ErrorKind::busy);
  CHECK_THAT(scene->error.hint, ContainsSubstring("region disable region0"));
}

TEST_CASE("Labels of a disabled region are not lost for not being seen") {
  const auto scene = three();
  scene->fake.state.namespaces.clear();
  scene->fake.state.regions[0].enabled = scene->fake.state.dimms[0].active = false;
  scene->fake.labels["nmem0"] = nvmectl_test::two_labels(true);
  CHECK(scene->kind({"init", "region0", "--no-backup"}) == ErrorKind::busy);
  CHECK_THAT(scene->error.cause, ContainsSubstring("it is disabled, and nmem0 has 2 labels in use"));
  CHECK(scene->fake.log.empty());
  REQUIRE(scene->run({"init", "region0", "--no-backup", "--force"}));
  CHECK(scene->fake.log.back() == "enable region0");
}

TEST_CASE("Labels in use are not written; a copy comes first") {
  const auto scene = three();
  scene->fake.labels["nmem0"] = nvmectl_test::two_labels(true);
  for (const char* verb : {"init", "zero"})
    CHECK(scene->kind({"labels", verb, "nmem0", "--no-backup"}) == ErrorKind::busy);
  CHECK(scene->fake.log.empty());
  REQUIRE(scene->run({"region", "disable", "region0"}));
  CHECK(scene->kind({"labels", "init", "nmem0", "--no-backup"}) == ErrorKind::busy);  // there are labels
  scene->state_directory = "/proc/nothing";
  CHECK(!scene->run({"labels", "zero", "nmem0"}));
  CHECK(scene->fake.log == std::vector<std::string>{"disable region0"});
  REQUIRE(scene->run({"labels", "init", "nmem0", "--no-backup", "--force"}));
  CHECK(scene->row(0, "detail").text() == "510 slots, version 1.2");
}

TEST_CASE("Rare verbs go through operate, with their arguments") {
  const auto scene = three();
  REQUIRE(scene->run({"inject-smart", "nmem0", "--media-temperature=70", "--spares-alarm=on", "--fatal"}));
  CHECK(scene->fake.log.back() == "inject-smart nmem0 media_temperature=70 spares_alarm=on fatal=true");
  REQUIRE(scene->run({"security", "setup", "nmem0", "--key-handle=user:k", "--master"}));
  CHECK(scene->fake.log.back() == "setup-passphrase nmem0 key_handle=user:k master=true");
  scene->fake.use(0, "mounted at /srv");
  CHECK(scene->kind({"security", "sanitize", "nmem0"}) == ErrorKind::busy);
  scene->fake.cannot = {"update-firmware", "freeze-security"};
  CHECK(scene->kind({"security", "freeze", "nmem0"}) == ErrorKind::unsupported);
  CHECK(scene->kind({"firmware", "update", "nmem0", "--file=fw"}) == ErrorKind::unsupported);
  REQUIRE(scene->run({"security", "load-keys", "--path=/etc/keys"}));
  CHECK(scene->fake.log.back() == "load-keys  path=/etc/keys");
}

TEST_CASE("ndctl's words do what they did, and say what they are") {
  PmemScene scene;
  scene.fake.add_region(4 * gib);
  REQUIRE(scene.run({"create-namespace", "--mode=memory", "--size=128M", "--name=v", "--type=pmem"}));
  CHECK(scene.field("mode").text() == "fsdax");
  REQUIRE(scene.run({"create-namespace", "--reconfig=namespace0.0", "--mode=dax", "--force"}));
  CHECK(scene.field("result").text() == "reconfigured");
  CHECK(scene.fake.state.namespaces[0].mode == PmemMode::devdax);
  REQUIRE(scene.run({"disable-namespace", "v"}));
  REQUIRE(scene.run({"enable-namespace", "0.0"}));
  REQUIRE(scene.run({"disable-region", "0"}));
  REQUIRE(scene.run({"enable-region", "all"}));
  scene.consents = false;
  scene.context.options.yes = false;
  CHECK(scene.kind({"destroy-namespace", "v"}) == ErrorKind::not_confirmed);
  REQUIRE(scene.run({"destroy-namespace", "v", "--force"}));
  CHECK(scene.fake.state.namespaces.empty());
}

TEST_CASE("Clearing errors and checking name what they cannot") {
  const auto scene = three();
  CHECK(scene->kind({"clear-errors", "c"}) == ErrorKind::unsupported);
  scene->fake.state.namespaces[0].bad_blocks = {{8, 4}};
  REQUIRE(scene->run({"bad-blocks"}));
  CHECK(scene->row_count() == 1);
  CHECK(scene->row(0, "offset_bytes").number() == 4096);
  REQUIRE(scene->run({"clear-errors", "a"}));
  CHECK(scene->row(0, "detail").text() == "4 sectors");
  REQUIRE(scene->run({"clear-errors", "a"}));
  CHECK(scene->row(0, "result").text() == "unchanged");
  CHECK(scene->kind({"check", "a"}) == ErrorKind::unsupported);
  CHECK(scene->kind({"check", "c"}) == ErrorKind::unsupported);  // the fake has no BTT
  CHECK(scene->kind({"scrub", "start"}) == ErrorKind::internal);
  scene->fake.state.buses[0].scrub_state.clear();
  CHECK(scene->kind({"scrub", "start"}) == ErrorKind::unsupported);
}

TEST_CASE("Health: what does not report it is not well by itself") {
  const auto scene = three();
  CHECK(scene->kind({"health", "--check"}) == ErrorKind::unsupported);
  scene->fake.state.dimms[0].health.emplace().state = "ok";
  REQUIRE(scene->run({"health", "--check"}));
  scene->fake.state.dimms[0].health->state = "non-critical";
  CHECK(scene->kind({"health", "--check"}) == ErrorKind::health_warning);
  scene->fake.state.dimms[0].health->state = "fatal";
  CHECK(scene->kind({"health", "--check"}) == ErrorKind::health_critical);
  REQUIRE(scene->run({"health"}));
}

TEST_CASE("Capacity and plan over commands") {
  const auto scene = three();
  REQUIRE(scene->run({"capacity"}));
  CHECK(scene->field("max_reserved_bytes").number() == 4 * gib - 384 * mib);
  REQUIRE(scene->run({"plan", "--size=100M"}));
  CHECK(scene->field("feasible") == Value(true));
  CHECK(scene->field("reserved_bytes").number() == 112 * mib);
  CHECK(scene->field("overhead_bytes").number() == 112 * mib - scene->field("usable_bytes").number());
  CHECK(scene->kind({"plan", "--size=100G"}) == ErrorKind::no_space);
  CHECK(scene->field("feasible") == Value(false));  // the document is there all the same
  CHECK(!scene->field("alternatives").as<List>()->items.empty());
}
