#include "backends/linux/control.hpp"

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <unistd.h>

#include "support/catch.hpp"
#include "unit/linux/tree.hpp"

using namespace nvmectl;
using namespace nvmectl::linux_backend;
using namespace std::chrono_literals;
using nvmectl::test::Tree;

namespace {

DeviceRef ref(std::string_view text) {
  const auto parsed = DeviceRef::parse(text);
  REQUIRE(parsed);
  return *parsed;
}

// One controller in this state, whose attributes are files.
struct Bed {
  explicit Bed(std::string_view state) {
    tree.subsystem("nvme-subsys0", "nqn.a");
    tree.controller("nvme0", "nvme-subsys0",
                    {{"state", state}, {"reset_controller", ""}, {"rescan_controller", ""}, {"transport", "pcie"}});
  }
  [[nodiscard]] std::string written(std::string_view attribute) const {
    std::ifstream stream(tree.sys("class/nvme/nvme0") / attribute);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
  }
  Tree tree;
  std::string root = tree.root();
  KernelCalls calls = KernelCalls::real();
  KernelControl control{root, calls};
};

ErrorKind kind(const Result<>& result) {
  REQUIRE_FALSE(result);
  CHECK_FALSE(result.error().message.empty());
  return result.error().kind;
}

}  // namespace

TEST_CASE("control: a live controller is reset and rescanned") {
  Bed bed("live");
  REQUIRE(bed.control.reset(ref("/dev/nvme0"), Deadline::in(5s)));
  CHECK(bed.written("reset_controller") == "1");
  REQUIRE(bed.control.rescan(ref("nvme0"), Deadline::in(5s)));
  CHECK(bed.written("rescan_controller") == "1");
}

TEST_CASE("control: what is not to be reset") {
  CHECK(kind(Bed("live").control.reset(ref("nvme0n1"), Deadline::in(5s))) == ErrorKind::usage);
  CHECK(kind(Bed("live").control.rescan(ref("nvme7"), Deadline::in(5s))) == ErrorKind::not_found);
  CHECK(kind(Bed("live").control.reset(ref("tcp://192.0.2.1"), Deadline::in(5s))) == ErrorKind::unsupported);
  Bed dead("dead");
  CHECK(kind(dead.control.reset(ref("nvme0"), Deadline::in(5s))) == ErrorKind::refused);
  CHECK(dead.written("reset_controller") == "\n");
  CHECK(kind(Bed("connecting").control.reset_subsystem(ref("nvme0"), Deadline::in(5s))) == ErrorKind::busy);
}

TEST_CASE("control: the kernel's refusals are explained") {
  Bed bed("live");
  int why = 0;
  bed.calls.open = [&](const std::string&, int) {
    errno = why;
    return -1;
  };
  const auto refused = [&](int number) {
    why = number;
    return kind(bed.control.reset(ref("nvme0"), Deadline::in(5s)));
  };
  CHECK(refused(EACCES) == ErrorKind::permission);
  CHECK(refused(EROFS) == ErrorKind::permission);
  CHECK(refused(EBUSY) == ErrorKind::busy);
  CHECK(refused(ENOENT) == ErrorKind::not_found);
}

TEST_CASE("control: no subsystem reset without the capability") {
  Bed bed("live");
  bed.calls.open = [](const std::string&, int) { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); };
  bed.calls.ioctl = [](int, unsigned long, void*) {
    errno = ENOTTY;
    return -1;
  };
  CHECK(kind(bed.control.reset_subsystem(ref("nvme0"), Deadline::in(5s))) == ErrorKind::unsupported);
  bed.calls.ioctl = [](int, unsigned long, void*) { return 0; };
  CHECK(bed.control.reset_subsystem(ref("nvme0"), Deadline::in(5s)));
}

TEST_CASE("control: a kernel that does not come back does not keep us") {
  Bed bed("live");
  bed.calls.open = [](const std::string&, int) {
    ::sleep(60);
    return -1;
  };
  const auto began = std::chrono::steady_clock::now();
  CHECK(kind(bed.control.reset(ref("nvme0"), Deadline::in(100ms))) == ErrorKind::timeout);
  CHECK(std::chrono::steady_clock::now() - began < 5s);
}

TEST_CASE("control: a controller that does not come back") {
  Bed bed("live");
  // The kernel's write attribute, after which the controller is in another state.
  bed.calls.open = [&](const std::string& path, int flags) {
    bed.tree.attributes("class/nvme/nvme0", {{"state", "connecting"}});
    return ::open(path.c_str(), flags);
  };
  CHECK(kind(bed.control.reset(ref("nvme0"), Deadline::in(200ms))) == ErrorKind::timeout);
  Bed gone("live");
  gone.calls.open = [&](const std::string& path, int flags) {
    gone.tree.attributes("class/nvme/nvme0", {{"state", "dead"}});
    return ::open(path.c_str(), flags);
  };
  CHECK(kind(gone.control.reset(ref("nvme0"), Deadline::in(5s))) == ErrorKind::refused);
}
