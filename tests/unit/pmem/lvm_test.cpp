// LVM's and mkfs's programs played by a runner.
#include "commands/pmem/lvm.hpp"

#include <cstdlib>
#include <deque>
#include <unistd.h>

#include "commands/pmem/file_system.hpp"
#include "commands/pmem/volume_pool.hpp"
#include "scene.hpp"
#include "support/catch.hpp"

using namespace nvmectl;
using nvmectl_test::FakePmem;
using nvmectl_test::gib;
using nvmectl_test::mib;

namespace {

struct FakeRunner : ProgramRunner {
  std::map<std::string, ProgramResult> answers;  ///< by program; exit 0 and no words for others
  std::vector<std::string> log;
  Result<ProgramResult> run(const std::vector<std::string>& words, const Deadline&) override {
    std::string line;
    for (const std::string& word : words) line += (line.empty() ? "" : " ") + word;
    log.push_back(line);
    return answers[words.front()];
  }
};
using Log = std::vector<std::string>;

// A file of zeros that stands for a block device.
class Disk {
 public:
  explicit Disk(std::uint64_t bytes) {
    const int fd = ::mkstemp(path_.data());
    REQUIRE((fd >= 0 && ::ftruncate(fd, static_cast<off_t>(bytes)) == 0));
    ::close(fd);
  }
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;
  ~Disk() { ::unlink(path_.c_str()); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/nvmectl-disk-XXXXXX";
};

constexpr auto vgs = R"({"report": [{"vg": [
  {"vg_name":"nvmectl-1", "vg_size":"1069547520", "vg_free":"1065353216", "vg_extent_size":"4194304", "pv_name":"/dev/pmem0.0"},
  {"vg_name":"nvmectl-2", "vg_size":"1069547520", "vg_free":"8388608", "vg_extent_size":"4194304", "pv_name":"/dev/pmem1.0"}]}]})";

}  // namespace

TEST_CASE("A file system is made once, with the options that DAX needs") {
  const Disk disk(std::uint64_t{2} << 30U);
  FakeRunner runner;
  runner.answers["blkid"].code = 2;
  CHECK(make_file_system(runner, disk.path(), "ext4", true, {}).value());
  CHECK(runner.log.back() == "mkfs.ext4 -q -b 4096 -E stride=512,stripe_width=512 -F " + disk.path());
  CHECK(make_file_system(runner, disk.path(), "xfs", true, {}).value());
  CHECK(runner.log.back() == "mkfs.xfs -q -b size=4096 -m reflink=0 -d su=2m,sw=1 -f " + disk.path());
  runner.log.clear();
  runner.answers["blkid"] = {0, "DEVNAME=/dev/pmem0\nUUID=1\nTYPE=ext4\n", ""};
  CHECK(!make_file_system(runner, "/dev/pmem0", "ext4", true, {}).value());
  CHECK(runner.log.size() == 1);  // blkid alone
}

TEST_CASE("What cannot be read is not taken for empty") {
  FakeRunner runner;
  runner.answers["blkid"].code = 2;  // what it says of nothing, and of what it cannot open or read
  CHECK(file_system_on(runner, Disk(4096).path(), {}).value().empty());
  const Result<bool> made = make_file_system(runner, "/nonexistent/pmem0", "ext4", true, {});
  REQUIRE(!made);
  CHECK(made.error().message == "it cannot be told whether a file system is on /nonexistent/pmem0");
  CHECK(file_system_on(runner, "/proc/self", {}).error().device == "/proc/self");
  CHECK(runner.log.back().starts_with("blkid"));
}

TEST_CASE("What is there is never overwritten") {
  FakeRunner runner;
  for (const char* there : {"TYPE=xfs\n", "TYPE=LVM2_member\n", "PTTYPE=gpt\n"}) {
    runner.answers["blkid"] = {0, there, ""};
    CHECK(make_file_system(runner, "/dev/pmem0", "ext4", true, {}).error().kind == ErrorKind::exists);
  }
  runner.answers["blkid"] = {8, "", "ambivalent"};
  CHECK(make_file_system(runner, "/dev/pmem0", "ext4", true, {}).error().kind == ErrorKind::exists);
  runner.answers["blkid"] = {4, "", "usage"};
  CHECK(make_file_system(runner, "/dev/pmem0", "ext4", true, {}).error().kind == ErrorKind::io);
  for (const std::string& line : runner.log) CHECK(line.starts_with("blkid"));
}

TEST_CASE("The kernel's table of mounts, with blanks in names") {
  const std::string table =
      "36 25 259:0 / /srv/a\\040b rw,relatime shared:1 - ext4 /dev/pmem0 rw,dax=always\n"
      "37 25 259:1 / /srv/c rw - xfs /dev/pmem1 rw\nbroken line\n";
  CHECK(mounted_device(table, "/srv/a b") == "/dev/pmem0");
  CHECK(mounted_device(table, "/srv/c") == "/dev/pmem1");
  CHECK(mounted_device(table, "/srv").empty());
}

TEST_CASE("LVM's reports are read, and nothing else is taken for one") {
  const auto pools = parse_vgs(vgs).value();
  REQUIRE(pools.size() == 2);
  CHECK(pools[1].free_bytes == 8 * mib);
  CHECK(pools[0].device == "/dev/pmem0.0");
  const auto volumes =
      parse_lvs(
          R"({"report":[{"lv":[{"lv_name":"v","vg_name":"nvmectl-1","lv_size":"4194304","lv_path":"/dev/nvmectl-1/v","lv_attr":"-wi-ao----"}]}]})")
          .value();
  REQUIRE(volumes.size() == 1);
  CHECK(volumes[0].open);
  for (const char* text : {"", "{}", "[]", "No volume groups found"})
    CHECK(parse_vgs(text).error().kind == ErrorKind::protocol);
  CHECK(!parse_vgs(R"({"report":[{"vg":[{"vg_name":"x"}]}]})"));
}

TEST_CASE("Names that LVM would not take") {
  CHECK(check_volume_name("vol-a_1.x+").has_value());
  for (const std::string& name :
       {std::string(), std::string("-a"), std::string("a/b"), std::string("a b"), std::string(".."),
        std::string(128, 'a'), std::string("a;b"), std::string("snapshot-1"), std::string("pvmove0")})
    CHECK(check_volume_name(name).error().kind == ErrorKind::usage);
}

TEST_CASE("The group with the least room that suffices is taken, else one is made, else nothing") {
  FakePmem fake;
  fake.add_region(gib);
  fake.add_region(gib);
  fake.add_namespace(0, gib, "p0");
  fake.add_namespace(1, gib, "p1");
  fake.state.namespaces[0].block_device = "pmem0.0";
  fake.state.namespaces[1].block_device = "pmem1.0";
  FakeRunner runner;
  PmemVolumes all;
  all.pools = parse_vgs(vgs).value();
  CHECK(pool_for(fake, runner, fake.state, all, {mib, {}, {}}, {}).value() == "nvmectl-2");
  CHECK(pool_for(fake, runner, fake.state, all, {16 * mib, {}, {}}, {}).value() == "nvmectl-1");
  CHECK(pool_for(fake, runner, fake.state, all, {2 * gib, {}, {}}, {}).error().kind == ErrorKind::no_space);
  CHECK(runner.log.empty());
  fake.add_region(4 * gib);
  const std::string made = pool_for(fake, runner, fake.state, all, {2 * gib, {}, {}}, {}).value();
  CHECK(made.starts_with("nvmectl-"));
  REQUIRE(runner.log.size() == 3);
  CHECK(runner.log[0] == "wipefs -a -f /dev/pmem2.0");
  CHECK(runner.log[1] == "pvcreate -f -y --dataalignment 2m /dev/pmem2.0");
  CHECK(runner.log[2] == "vgcreate -y --addtag nvmectl.pmem " + made + " /dev/pmem2.0");
}

TEST_CASE("When LVM fails the namespace is taken back") {
  FakePmem fake;
  fake.add_region(gib);
  FakeRunner runner;
  runner.answers["vgcreate"] = {5, "", "  Cannot use it.\n"};
  const auto made = pool_for(fake, runner, fake.state, {}, {16 * mib, {}, {}}, {});
  REQUIRE(!made);
  CHECK(made.error().cause == "Cannot use it.");
  CHECK(fake.state.namespaces.empty());
}

TEST_CASE("A group that would be too small is not begun, and a dry run knows it") {
  FakePmem fake;
  fake.add_region(gib);
  FakeRunner runner;
  CHECK(check_pool_for(fake.state, {}, {16 * mib, {}, {}}).has_value());
  CHECK(check_pool_for(fake.state, {}, {16 * mib, 16 * mib, {}}).error().kind == ErrorKind::no_space);
  CHECK(check_pool_for(fake.state, {}, {~std::uint64_t{0}, {}, {}}).error().kind == ErrorKind::no_space);
  CHECK(pool_for(fake, runner, fake.state, {}, {16 * mib, 16 * mib, {}}, {}).error().kind == ErrorKind::no_space);
  CHECK(fake.log.empty());
}

TEST_CASE("A volume of any size is asked for in sectors") {
  FakeRunner runner;
  REQUIRE(make_volume(runner, "group", "a", 1, {}));
  CHECK_THAT(runner.log.back(), nvmectl_test::ContainsSubstring("-L 512b"));
}

TEST_CASE("Programs are run without a shell, bounded in time, and say what they said") {
  const Environment environment{[](std::string_view) { return std::optional<std::string>("/usr/bin:/bin"); }};
  PosixRunner runner(environment);
  const auto said = runner.run({"echo", "$HOME; ls"}, Deadline::in(std::chrono::seconds(10))).value();
  CHECK(said.out == "$HOME; ls\n");
  CHECK(runner.run({"false"}, Deadline::in(std::chrono::seconds(10)))->code == 1);
  CHECK(runner.run({"no-such-program-here"}, {}).error().kind == ErrorKind::unsupported);
  CHECK(runner.run({"sleep", "20"}, Deadline::in(std::chrono::milliseconds(100))).error().kind == ErrorKind::timeout);
  CHECK(run_program(runner, {"ls", "/nonexistent"}, Deadline::in(std::chrono::seconds(10))).error().kind ==
        ErrorKind::io);
}
