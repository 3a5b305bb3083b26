#include "plugins/files.hpp"

#include <sys/stat.h>

#include "plugins/plugin.hpp"
#include "support.hpp"

using namespace plugin_test;

namespace {

Environment with_path(std::string value) {
  return {[value](std::string_view name) {
    return name == "NVMECTL_PLUGIN_PATH" ? std::optional<std::string>(value) : std::nullopt;
  }};
}

std::vector<std::string> paths(const std::vector<plugins::Folder>& folders) {
  std::vector<std::string> result;
  for (const auto& folder : folders) result.push_back(folder.path);
  return result;
}

}  // namespace

TEST_CASE("folders: the variable's, then the prefix's, then the checkout's", "[plugins][files]") {
  TemporaryFolder tree;
  (void)tree.folder("share");
  (void)tree.folder("share/nvmectl");
  (void)tree.folder("share/nvmectl/plugins");
  (void)tree.folder("bin");
  (void)tree.folder("build");
  (void)tree.folder("build/release");
  (void)tree.folder("plugins");
  (void)tree.folder("plugins/vendors");
  const std::string installed = tree.file("bin/nvmectl", "");
  const std::string built = tree.file("build/release/nvmectl", "");
  const Environment named = with_path("/a::/b c");
  CHECK(paths(plugins::plugin_folders(named, installed)) ==
        std::vector<std::string>{"/a", "/b c", tree.path() + "/share/nvmectl/plugins"});
  CHECK(paths(plugins::plugin_folders(with_path("/a:/a:" + tree.path() + "/share/nvmectl/plugins"), installed)) ==
        std::vector<std::string>{"/a", tree.path() + "/share/nvmectl/plugins"});
  CHECK(paths(plugins::plugin_folders(with_path(""), built)) ==
        std::vector<std::string>{tree.path() + "/plugins/vendors"});
  CHECK(paths(plugins::plugin_folders(with_path(""), tree.path() + "/build/release/src/nvmectl")) ==
        std::vector<std::string>{tree.path() + "/plugins/vendors"});
  CHECK(plugins::plugin_folders(with_path(""), "/nowhere/bin/nvmectl").empty());
  CHECK(plugins::plugin_folders(with_path(""), "").empty());
}

TEST_CASE("the program's own path is known", "[plugins][files]") {
  const std::string path = plugins::program_path("unit_plugins");
  CHECK(path.starts_with("/"));
  CHECK(path.ends_with("unit_plugins"));
}

TEST_CASE("a folder gives its JSON files by name", "[plugins][files]") {
  TemporaryFolder folder;
  (void)folder.file("b.json", "2");
  (void)folder.file("a.json", "1");
  (void)folder.file(".hidden.json", "x");
  (void)folder.file("notes.txt", "x");
  (void)folder.folder("c.json");
  const auto files = plugins::read_folder({folder.path(), true, 0}, 1000);
  REQUIRE(files.size() == 3);
  CHECK(files[0].path == folder.path() + "/a.json");
  CHECK(files[0].text == "1");
  CHECK(files[1].text == "2");
  CHECK(files[2].reason == "not a regular file");
}

TEST_CASE("a folder that is not there has a reason", "[plugins][files]") {
  const auto files = plugins::read_folder({"/nowhere/plugins", true, 0}, 1000);
  REQUIRE(files.size() == 1);
  CHECK(files[0].reason == "No such file or directory");
}

TEST_CASE("root does not believe what others may write", "[plugins][files]") {
  TemporaryFolder folder;
  const std::string file = folder.file("a.json", "1");
  REQUIRE(::chmod(file.c_str(), 0644) == 0);
  REQUIRE(::chmod(folder.path().c_str(), 0755) == 0);
  const bool own_is_root = ::geteuid() == 0;
  if (own_is_root) {
    CHECK(plugins::read_folder({folder.path(), true, 0}, 0)[0].reason.empty());
    REQUIRE(::chmod(file.c_str(), 0664) == 0);
    CHECK(plugins::read_folder({folder.path(), true, 0}, 0)[0].reason == "not read as root: others may write to it");
    CHECK(plugins::read_folder({folder.path(), false, 0}, 0)[0].reason.empty());  // a checkout's group
    REQUIRE(::chmod(file.c_str(), 0666) == 0);
    CHECK_FALSE(plugins::read_folder({folder.path(), false, 0}, 0)[0].reason.empty());
    REQUIRE(::chown(file.c_str(), 65534, 65534) == 0);
    REQUIRE(::chmod(file.c_str(), 0644) == 0);
    CHECK(plugins::read_folder({folder.path(), true, 0}, 0)[0].reason ==
          "not read as root: it does not belong to root");
    CHECK(plugins::read_folder({folder.path(), false, 65534}, 0)[0].reason.empty());  // the program's owner
    REQUIRE(::chmod(folder.path().c_str(), 0777) == 0);
    const auto files = plugins::read_folder({folder.path(), true, 0}, 0);
    REQUIRE(files.size() == 1);
    CHECK(files[0].path == folder.path());
    CHECK_FALSE(files[0].reason.empty());
  } else {
    CHECK(plugins::read_folder({folder.path(), true, 0}, 0)[0].reason ==
          "not read as root: it does not belong to root");
    CHECK(plugins::read_folder({folder.path(), false, ::geteuid()}, 0)[0].reason.empty());
  }
  // For everybody else the file is what its owner made it.
  REQUIRE(::chmod(file.c_str(), 0666) == 0);
  CHECK(plugins::read_folder({folder.path(), true, 0}, 1000)[0].reason.empty());
}

TEST_CASE("a file is read no further than its bound", "[plugins][files]") {
  TemporaryFolder folder;
  const auto file = plugins::read_plugin_file(folder.file("big.json", std::string(plugins::max_file_bytes + 500, ' ')));
  CHECK(file.text.size() == plugins::max_file_bytes + 1);
  CHECK_FALSE(plugins::parse_plugin(file.text).plugin);
  CHECK(plugins::read_plugin_file("/nowhere.json").reason == "No such file or directory");
}
