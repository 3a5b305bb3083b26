#include "backends/linux/sysfs_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

#include "support/catch.hpp"
#include "unit/linux/tree.hpp"

using nvmectl::linux_backend::ClosingQueue;
using nvmectl::linux_backend::SysfsReader;
using nvmectl::test::Tree;

namespace {

std::size_t open_descriptors() {
  std::size_t count = 0;
  for (int fd = 0; fd < 4096; ++fd) count += ::fcntl(fd, F_GETFD) != -1;
  return count;
}

}  // namespace

TEST_CASE("an attribute is read without the blanks around it", "[linux]") {
  const Tree tree;
  tree.file("class/a", "  two words \n");
  tree.file("class/empty", "");
  tree.file("class/long", std::string(10'000, 'x'));
  SysfsReader reader(tree.root() + "//");
  REQUIRE(reader.read("class/a") == "two words");
  REQUIRE(reader.read("class/empty") == "");
  REQUIRE(reader.read("class/long")->size() == 4096);
  int why = 0;
  REQUIRE_FALSE(reader.read("class/none", &why));
  REQUIRE(why == ENOENT);
  REQUIRE_FALSE(reader.read("class", &why));
  REQUIRE(why == EISDIR);
  REQUIRE(reader.exists("class/a"));
  REQUIRE_FALSE(reader.exists("class/none"));
  REQUIRE_FALSE(reader.live());
}

TEST_CASE("a directory of any size is listed whole", "[linux]") {
  const Tree tree;
  for (int i = 0; i < 3000; ++i) tree.file("class/nvme/a-rather-long-name-" + std::to_string(i), "");
  SysfsReader reader(tree.root());
  auto names = reader.list("class/nvme");
  REQUIRE(names);
  std::sort(names->begin(), names->end());
  REQUIRE(names->size() == 3000);
  REQUIRE(std::unique(names->begin(), names->end()) == names->end());
  REQUIRE_FALSE(reader.list("class/none"));
  REQUIRE_FALSE(reader.list("class/nvme/a-rather-long-name-1"));
  REQUIRE(reader.list_in_root("sys") == std::vector<std::string>{"class"});
}

TEST_CASE("links of a captured tree do not lead out of it", "[linux]") {
  const Tree tree;
  tree.file("real/value", "inside\n");
  tree.link("class/inside", "../real");
  tree.link("class/absolute", "/sys/real");
  tree.link("class/outside", "../../../../../../../../../etc");
  SysfsReader reader(tree.root());
  REQUIRE(reader.read("class/inside/value") == "inside");
  REQUIRE(reader.read("class/absolute/value") == "inside");  // "/" is the tree's root
  REQUIRE_FALSE(reader.read("class/outside/passwd"));
}

TEST_CASE("a FIFO in a captured tree does not stop the reader", "[linux]") {
  const Tree tree;
  tree.directory("class");
  REQUIRE(::mkfifo(tree.sys("class/fifo").c_str(), 0600) == 0);
  SysfsReader reader(tree.root());
  REQUIRE(reader.read("class/fifo").value_or("").empty());
}

TEST_CASE("a missing root gives nothing", "[linux]") {
  SysfsReader reader("/nonexistent/nvmectl");
  REQUIRE_FALSE(reader.read("class/a"));
  REQUIRE_FALSE(reader.list("class"));
}

TEST_CASE("no descriptor is left behind, and few are open at a time", "[linux]") {
  const Tree tree;
  tree.file("class/a", "1");
  const std::size_t before = open_descriptors();
  std::size_t most = 0;
  {
    SysfsReader reader(tree.root());
    for (int i = 0; i < 1000; ++i) {
      REQUIRE(reader.read("class/a") == "1");
      if (i % 50 == 0) most = std::max(most, open_descriptors());
    }
  }
  REQUIRE(open_descriptors() == before);
  REQUIRE(most <= before + 97);
}

TEST_CASE("many files of one member of a class are read as they are", "[linux]") {
  const auto direct = [](const std::string& path) {
    std::ifstream stream("/sys/" + path);
    std::string word;
    stream >> word;
    return word;
  };
  const std::size_t before = open_descriptors();
  {
    SysfsReader reader("/");
    const auto members = reader.list("class/tty").value_or(std::vector<std::string>{});
    for (std::size_t i = 0; i < std::min<std::size_t>(members.size(), 5); ++i)
      for (int times = 0; times < 40; ++times) {
        const std::string path = "class/tty/" + members[i] + (times % 2 == 0 ? "/dev" : "/power/control");
        REQUIRE(reader.read(path).value_or("") == direct(path));
        REQUIRE_FALSE(reader.read("class/tty/" + members[i] + "/none/such"));
      }
    REQUIRE(reader.exists("class"));
  }
  REQUIRE(open_descriptors() == before);
}

TEST_CASE("closing together spares what lies between", "[linux]") {
  const int a = ::open("/dev/null", O_RDONLY);
  const int kept = ::open("/dev/null", O_RDONLY);
  const int b = ::open("/dev/null", O_RDONLY);
  {
    ClosingQueue queue;
    queue.add(b);
    queue.add(a);
  }
  REQUIRE(::fcntl(a, F_GETFD) == -1);
  REQUIRE(::fcntl(b, F_GETFD) == -1);
  REQUIRE(::fcntl(kept, F_GETFD) != -1);
  ::close(kept);
}
