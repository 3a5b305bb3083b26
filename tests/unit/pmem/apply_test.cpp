#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "commands/pmem/config.hpp"
#include "scene.hpp"
#include "support/catch.hpp"

using namespace nvmectl;
using nvmectl_test::ContainsSubstring;
using nvmectl_test::gib;
using nvmectl_test::mib;
using nvmectl_test::PmemScene;

namespace {

class File {
 public:
  explicit File(const std::string& text) {
    char name[] = "/tmp/nvmectl-apply-XXXXXX";
    const int fd = ::mkstemp(name);
    path_ = name;
    std::ofstream(path_) << text;
    if (fd >= 0) std::fclose(::fdopen(fd, "r"));
  }
  ~File() { std::remove(path_.c_str()); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

constexpr auto two = R"({"version": 1, "namespaces": [
  {"name": "a", "size": "100M"}, {"name": "b", "size": 268435456, "mode": "devdax", "align": "4K"}]})";

Error refused(const std::string& text) {
  const auto parsed = parse_pmem_config({text, "memory.json", ErrorKind::usage, ""});
  REQUIRE(!parsed);
  CHECK(parsed.error().kind == ErrorKind::usage);
  return parsed.error();
}

}  // namespace

TEST_CASE("A file is applied, and a second time nothing changes") {
  PmemScene scene;
  scene.fake.add_region(4 * gib);
  const File file(two);
  REQUIRE(scene.run({"apply", file.path()}));
  REQUIRE(scene.row_count() == 2);
  CHECK(scene.row(0, "result").text() == "done");
  CHECK(scene.row(0, "size_bytes").number() == 112 * mib);
  CHECK(scene.fake.state.namespaces[1].mode == PmemMode::devdax);
  const auto log = scene.fake.log;
  REQUIRE(scene.run({"apply", file.path()}));
  CHECK(scene.row(0, "result").text() == "unchanged");
  CHECK(scene.row(1, "result").text() == "unchanged");
  CHECK(scene.fake.log == log);
  CHECK(scene.asked.empty());
}

TEST_CASE("A dry run of apply makes nothing") {
  PmemScene scene;
  scene.fake.add_region(4 * gib);
  scene.context.options.dry_run = true;
  REQUIRE(scene.run({"apply", File(two).path(), "--prune"}));
  CHECK(scene.row(0, "result").text() == "planned");
  CHECK(scene.fake.log.empty());
}

TEST_CASE("A dry run of apply plans with what will be there by then") {
  PmemScene scene;
  scene.fake.add_region(512 * mib);
  scene.fake.add_namespace(0, 256 * mib, "old");
  scene.context.options.dry_run = true;
  const File file(two);  // 112 and 256 MiB
  CHECK(scene.kind({"apply", file.path()}) == ErrorKind::partial);
  CHECK(scene.row(0, "result").text() == "planned");
  CHECK(scene.row(0, "size_bytes").number() == 112 * mib);
  CHECK(scene.row(1, "error").text() == "no_space");
  REQUIRE(scene.run({"apply", file.path(), "--prune"}));
  CHECK(scene.row(2, "result").text() == "planned");
  CHECK(scene.fake.log.empty());
}

TEST_CASE("A dry run of apply counts on the labels that it would write") {
  PmemScene scene;
  scene.fake.add_region(gib, 1, false);
  scene.fake.add_namespace(0, gib, "", PmemMode::raw);
  scene.context.options.dry_run = true;
  const std::string rest = R"("namespaces": [{"name": "a", "size": "1G"}]})";
  CHECK(scene.kind({"apply", File("{\"version\": 1, " + rest).path()}) == ErrorKind::unsupported);
  REQUIRE(
      scene.run({"apply", File(R"({"version": 1, "regions": [{"region": "region0", "init": true}], )" + rest).path()}));
  CHECK(scene.row(1, "result").text() == "planned");
}

TEST_CASE("A file without a list of namespaces prunes nothing") {
  PmemScene scene;
  scene.fake.add_region(gib);
  scene.fake.add_namespace(0, 256 * mib, "old");
  const File silent(R"({"version": 1, "regions": []})"), none(R"({"version": 1, "namespaces": []})");
  CHECK(scene.kind({"apply", silent.path(), "--prune"}) == ErrorKind::usage);
  CHECK(scene.fake.state.namespaces.size() == 1);
  REQUIRE(scene.run({"apply", silent.path()}));
  REQUIRE(scene.run({"apply", none.path(), "--prune"}));
  CHECK(scene.fake.state.namespaces.empty());
}

TEST_CASE("Pruning asks, spares what is used, and comes first") {
  PmemScene scene;
  scene.fake.add_region(512 * mib);
  scene.fake.add_namespace(0, 256 * mib, "old");
  scene.fake.add_namespace(0, 64 * mib, "used");
  scene.fake.use(1, "mounted at /srv");
  const File file(two);
  CHECK(scene.kind({"apply", file.path()}) == ErrorKind::partial);  // b has no room
  CHECK(scene.fake.state.namespaces.size() == 3);
  CHECK(scene.kind({"apply", file.path(), "--prune"}) == ErrorKind::partial);
  CHECK_THAT(scene.asked, ContainsSubstring("destroy  old (namespace0.0)"));
  CHECK(scene.row(0, "result").text() == "done");
  CHECK(scene.row(1, "error").text() == "busy");
  CHECK(scene.row(3, "result").text() == "done");
  CHECK(scene.fake.state.namespaces.size() == 3);
}

TEST_CASE("One that differs is told and left alone") {
  PmemScene scene;
  scene.fake.add_region(4 * gib);
  scene.fake.add_namespace(0, 128 * mib, "a", PmemMode::raw);
  CHECK(scene.kind({"apply", File(two).path()}) == ErrorKind::partial);
  CHECK(scene.row(0, "error").text() == "exists");
  CHECK(scene.row(1, "result").text() == "done");
  CHECK(scene.fake.state.namespaces[0].mode == PmemMode::raw);
}

TEST_CASE("Regions get labels when they have none") {
  PmemScene scene;
  scene.fake.add_region(gib, 1, false);
  scene.fake.add_namespace(0, gib, "", PmemMode::raw);
  char folder[] = "/tmp/nvmectl-state-XXXXXX";
  REQUIRE(::mkdtemp(folder) != nullptr);
  scene.state_directory = folder;
  const File file(R"({"version": 1, "regions": [{"region": "region0", "init": true}]})");
  REQUIRE(scene.run({"apply", file.path()}));
  CHECK(scene.row(0, "result").text() == "done");
  REQUIRE(scene.run({"apply", file.path()}));
  CHECK(scene.row(0, "result").text() == "unchanged");
  CHECK(std::system(("test -s " + std::string(folder) + "/labels/*.labels && rm -r " + folder).c_str()) == 0);
}

TEST_CASE("A devdax namespace becomes system RAM, once, and a snapshot says so") {
  PmemScene scene;
  scene.fake.add_region(4 * gib);
  const auto wanted = [](std::string_view ram) {
    return fmt::format(
        R"({{"version": 1, "namespaces": [{{"name": "m", "size": "512M", "mode": "devdax", "system_ram": {}}}]}})",
        ram);
  };
  const File file(wanted("true, \"no_movable\": true"));
  REQUIRE(scene.run({"apply", file.path()}));
  CHECK(scene.row(0, "detail").text() == "system RAM");
  CHECK(scene.fake.log.back() == "dax dax0.0 system-ram true false");
  const auto log = scene.fake.log;
  REQUIRE(scene.run({"apply", file.path()}));
  CHECK(scene.row(0, "result").text() == "unchanged");
  CHECK(scene.fake.log == log);
  CHECK(scene.asked.empty());
  REQUIRE(scene.run({"snapshot-config"}));
  CHECK_THAT(pmem_config_text(scene.sink.last, {}), ContainsSubstring("\"system_ram\": true"));
  REQUIRE(scene.run({"apply", File(wanted("false")).path()}));
  CHECK(scene.fake.ram.empty());
}

TEST_CASE("System RAM is made of devdax only") {
  CHECK_THAT(refused(R"({"version": 1, "namespaces": [{"name": "a", "system_ram": true}]})").message,
             ContainsSubstring("devdax"));
  CHECK_THAT(refused(R"({"version": 1, "namespaces": [{"name": "a", "system_ram": 1}]})").message,
             ContainsSubstring("true or false"));
  CHECK_THAT(refused(R"({"version": 1, "namespaces": [{"name": "a", "no_online": true}]})").message,
             ContainsSubstring("system_ram"));
}

TEST_CASE("What snapshot-config writes, apply finds unchanged") {
  PmemScene scene;
  scene.fake.add_region(4 * gib);
  scene.fake.add_namespace(0, 128 * mib, "a");
  scene.fake.add_namespace(0, 128 * mib, "b", PmemMode::sector);
  scene.fake.add_namespace(0, 128 * mib, "", PmemMode::raw);
  REQUIRE(scene.run({"snapshot-config"}));
  const std::string text = pmem_config_text(scene.sink.last, {});
  CHECK_THAT(text, ContainsSubstring("\"size\": 134217728"));
  const File file(text);
  REQUIRE(scene.run({"apply", file.path()}));
  CHECK(scene.row_count() == 3);  // the region and the two that have names
  for (std::size_t i = 0; i < 3; ++i) CHECK(scene.row(i, "result").text() == "unchanged");
  CHECK(scene.fake.log.empty());
}

TEST_CASE("A snapshot has where a namespace is mounted, and not what is mounted on volumes in it") {
  PmemScene scene;
  scene.fake.add_region(4 * gib);
  for (const char* name : {"files", "pool", "off"}) scene.fake.add_namespace(0, 128 * mib, name);
  scene.fake.use(0, "mounted at /srv/a b");
  scene.fake.use(1, "held by dm-0 (vg-lv)");
  scene.fake.use(1, "mounted at /srv/lv through dm-0");
  scene.fake.state.namespaces[2].enabled = false;
  REQUIRE(scene.run({"snapshot-config"}));
  const std::string text = pmem_config_text(scene.sink.last, {});
  CHECK_THAT(text, ContainsSubstring("\"mount\": \"/srv/a b\""));
  CHECK_THAT(text, !ContainsSubstring("/srv/lv"));
  const auto told = [&](std::string_view words) {
    return std::any_of(scene.messages.warnings.begin(), scene.messages.warnings.end(),
                       [&](const std::string& warning) { return warning.find(words) != std::string::npos; });
  };
  CHECK(told("what is on pool (namespace0.1), such as volumes, is not told"));
  CHECK(told("off (namespace0.2) is disabled"));
}

TEST_CASE("Files that are wrong say where") {
  CHECK_THAT(refused("{\"version\": 1, \"namespaces\": [{\"size\": \"1G\"}]}").message, ContainsSubstring("column 31"));
  CHECK_THAT(refused("{\"namespaces\": []}").message, ContainsSubstring("version"));
  refused("[]");
  refused("{");
  refused(R"({"version": 2})");
  refused(R"({"version": 1, "volumes": []})");
  refused(R"({"version": 1, "namespaces": {}})");
  refused(R"({"version": 1, "namespaces": [{"name": "a"}, {"name": "a"}]})");
  refused(R"({"version": 1, "namespaces": [{"name": "a", "mode": "fast"}]})");
  refused(R"({"version": 1, "namespaces": [{"name": "a", "colour": "red"}]})");
  refused(R"({"version": 1, "namespaces": [{"name": "a", "size": true}]})");
  refused(R"({"version": 1, "namespaces": [{"name": "a", "mkfs": "ntfs"}]})");
  refused(R"({"version": 1, "namespaces": [{"name": "a", "mode": "devdax", "mkfs": "ext4"}]})");
  refused(R"({"version": 1, "namespaces": [{"name": "a", "from": "x"}]})");
  refused(R"({"version": 1, "regions": [{"name": "region0"}]})");
}
