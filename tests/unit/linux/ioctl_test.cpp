#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <linux/nvme_ioctl.h>
#include <sys/ioctl.h>
#include <vector>

#include "backends/linux/ioctl_device.hpp"
#include "support/catch.hpp"
#include "unit/linux/tree.hpp"

using namespace nvmectl;
using namespace nvmectl::linux_backend;
using namespace std::chrono_literals;
using nvmectl::test::Tree;

namespace {

// A kernel that keeps the last command, answers as told, and knows 64-bit results or not.
struct FakeKernel {
  bool wide = true;
  int answer = 0;  // negative: an errno
  std::uint64_t result = 0;
  nvme_passthru_cmd64 last{};
  std::vector<unsigned long> requests;
  std::vector<std::string> opened;
  std::string name = "nvme0";
  int open_errno = 0;

  KernelCalls calls() {
    return {[this](int, unsigned long request, void* argument) { return ioctl(request, argument); },
            [this](const std::string& path, int) {
              opened.push_back(path);
              if (open_errno == 0) return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
              errno = open_errno;
              return -1;
            },
            [this](const std::string&) -> Result<std::string> { return name; }};
  }
  int ioctl(unsigned long request, void* argument) {
    requests.push_back(request);
    if (request == NVME_IOCTL_ID) return 5;
    if (request == NVME_IOCTL_ADMIN64_CMD || request == NVME_IOCTL_IO64_CMD) {
      if (!wide) {
        errno = ENOTTY;
        return -1;
      }
      auto& command = *static_cast<nvme_passthru_cmd64*>(argument);
      last = command;
      command.result = result;
    } else {
      auto& command = *static_cast<nvme_passthru_cmd*>(argument);
      std::memcpy(&last, &command, 72);  // the same up to the result
      command.result = static_cast<std::uint32_t>(result);
    }
    if (answer >= 0) return answer;
    errno = -answer;
    return -1;
  }
};

std::unique_ptr<Device> open_device(FakeKernel& kernel, bool io = false, std::string_view name = "nvme0") {
  OpenOptions options;
  options.io = io;
  const Tree nothing;
  auto device = open_kernel_device(*DeviceRef::parse(name), options, kernel.calls(), nothing.root());
  REQUIRE(device);
  return std::move(*device);
}

Error open_error(FakeKernel& kernel, const std::string& sysroot, std::string_view name, bool io = false) {
  OpenOptions options;
  options.io = io;
  auto device = open_kernel_device(*DeviceRef::parse(name), options, kernel.calls(), sysroot);
  REQUIRE_FALSE(device);
  return device.error();
}

}  // namespace

TEST_CASE("an admin command reaches the kernel field by field", "[linux]") {
  FakeKernel kernel;
  kernel.result = 0x1'0000'0002;
  const auto device = open_device(kernel);
  REQUIRE(device->io() == nullptr);
  REQUIRE_FALSE(device->nsid());
  std::array<std::byte, 4096> data{};
  Request request;
  request.command = {0x06, 0, 7, 2, 3, 10, 11, 12, 13, 14, 15};
  request.in = data;
  const auto done = device->admin()->submit_admin(request, Deadline::in(1500ms));
  REQUIRE(done);
  REQUIRE(done->ok());
  REQUIRE(done->result == 0x1'0000'0002);
  REQUIRE(done->received == 4096);
  REQUIRE(kernel.requests == std::vector<unsigned long>{NVME_IOCTL_ADMIN64_CMD});
  REQUIRE(kernel.last.opcode == 0x06);
  REQUIRE(kernel.last.nsid == 7);
  REQUIRE(kernel.last.cdw2 == 2);
  REQUIRE(kernel.last.cdw3 == 3);
  REQUIRE(kernel.last.cdw10 == 10);
  REQUIRE(kernel.last.cdw15 == 15);
  REQUIRE(kernel.last.addr == reinterpret_cast<std::uintptr_t>(data.data()));
  REQUIRE(kernel.last.data_len == 4096);
  REQUIRE(kernel.last.timeout_ms > 1000);
  REQUIRE(kernel.last.timeout_ms <= 1501);
}

TEST_CASE("data to the device and metadata go along", "[linux]") {
  FakeKernel kernel;
  kernel.name = "nvme0n1";
  const auto device = open_device(kernel, true, "nvme0n1");
  REQUIRE(device->nsid() == 5U);
  REQUIRE(device->io() != nullptr);
  const std::array<std::byte, 512> data{};
  std::array<std::byte, 8> metadata{};
  Request request;
  request.command.opcode = 0x01;
  request.command.nsid = 5;
  request.out = data;
  request.metadata = metadata;
  REQUIRE(device->io()->submit_io(request, Deadline{}));
  REQUIRE(kernel.requests.back() == NVME_IOCTL_IO64_CMD);
  REQUIRE(kernel.last.addr == reinterpret_cast<std::uintptr_t>(data.data()));
  REQUIRE(kernel.last.data_len == 512);
  REQUIRE(kernel.last.metadata == reinterpret_cast<std::uintptr_t>(metadata.data()));
  REQUIRE(kernel.last.metadata_len == 8);
  REQUIRE(kernel.last.timeout_ms == 0);  // no deadline: the kernel's own
}

TEST_CASE("an older kernel is asked with 32-bit results, and asked so from then on", "[linux]") {
  FakeKernel kernel;
  kernel.wide = false;
  kernel.result = 0xffffffff;
  const auto device = open_device(kernel);
  Request request;
  request.command.opcode = 0x0a;
  request.command.cdw10 = 7;
  REQUIRE(device->admin()->submit_admin(request, Deadline{})->result == 0xffffffff);
  REQUIRE(device->admin()->submit_admin(request, Deadline{}));
  REQUIRE(kernel.last.cdw10 == 7);
  REQUIRE(kernel.requests ==
          std::vector<unsigned long>{NVME_IOCTL_ADMIN64_CMD, NVME_IOCTL_ADMIN_CMD, NVME_IOCTL_ADMIN_CMD});
}

TEST_CASE("an error status is a completion", "[linux]") {
  FakeKernel kernel;
  kernel.answer = 0x4002;
  const auto device = open_device(kernel);
  std::array<std::byte, 16> data{};
  Request request;
  request.command.opcode = 0x02;
  request.in = data;
  const auto done = device->admin()->submit_admin(request, Deadline{});
  REQUIRE(done);
  REQUIRE(done->status == NvmeStatus{0, 2, 0, false, true});
  REQUIRE(done->received == 0);
}

TEST_CASE("an errno is an error that says what it means", "[linux]") {
  FakeKernel kernel;
  const auto device = open_device(kernel);
  Request request;
  request.operation = "Get Log Page";
  const auto kind = [&](int os_errno) {
    kernel.answer = -os_errno;
    const auto done = device->admin()->submit_admin(request, Deadline{});
    REQUIRE_FALSE(done);
    CHECK(done.error().os_errno == os_errno);
    CHECK(done.error().device == "nvme0");
    CHECK(done.error().operation == "Get Log Page");
    CHECK_FALSE(done.error().cause.empty());
    return done.error().kind;
  };
  REQUIRE(kind(EACCES) == ErrorKind::permission);
  REQUIRE(kind(EPERM) == ErrorKind::permission);
  REQUIRE(kind(ENODEV) == ErrorKind::not_found);
  REQUIRE(kind(EINVAL) == ErrorKind::unsupported);
  REQUIRE(kind(EINTR) == ErrorKind::cancelled);
  REQUIRE(kind(EWOULDBLOCK) == ErrorKind::busy);
  REQUIRE(kind(ENOTTY) == ErrorKind::unsupported);
  REQUIRE(kind(EIO) == ErrorKind::io);
  REQUIRE(explain_ioctl(EINTR, "nvme0", "x", true).kind == ErrorKind::timeout);
}

TEST_CASE("what cannot work is not sent", "[linux]") {
  FakeKernel kernel;
  const auto device = open_device(kernel);
  std::array<std::byte, 16> data{};
  Request request;
  request.command.opcode = 0x01;  // to the device
  request.in = data;
  REQUIRE(device->admin()->submit_admin(request, Deadline{}).error().kind == ErrorKind::usage);
  request.in = {};
  request.command.opcode = 0x02;  // from the device
  request.out = data;
  REQUIRE(device->admin()->submit_admin(request, Deadline{}).error().kind == ErrorKind::usage);
  request.out = {};
  REQUIRE(device->admin()->submit_admin(request, Deadline::in(-1ms)).error().kind == ErrorKind::timeout);
  REQUIRE(kernel.requests.empty());
}

TEST_CASE("a partition stands for its namespace", "[linux]") {
  FakeKernel kernel;
  kernel.name = "nvme0n1p2";
  const auto device = open_device(kernel, true, "/dev/disk/by-id/some-part2");
  REQUIRE(kernel.opened == std::vector<std::string>{"/dev/nvme0n1"});
  REQUIRE(device->nsid() == 5U);
}

TEST_CASE("opening explains what is wrong", "[linux]") {
  Tree tree;
  tree.controller("nvme0", "", {{"state", "resetting"}});
  tree.block("class/nvme/nvme0", "nvme0n1", "1", {{"queue/max_hw_sectors_kb", "64"}});
  FakeKernel kernel;
  kernel.open_errno = EACCES;
  REQUIRE(open_error(kernel, tree.root(), "nvme0").kind == ErrorKind::permission);
  kernel.open_errno = EWOULDBLOCK;
  REQUIRE(open_error(kernel, tree.root(), "nvme0").kind == ErrorKind::busy);
  REQUIRE(open_error(kernel, tree.root(), "nvme0").cause == "the controller is resetting, not live");
  kernel.open_errno = ENXIO;
  REQUIRE(open_error(kernel, tree.root(), "nvme0").kind == ErrorKind::not_found);
  kernel.open_errno = 0;
  REQUIRE(open_error(kernel, tree.root(), "nvme0", true).kind == ErrorKind::usage);
  kernel.name = "sda";
  REQUIRE(open_error(kernel, tree.root(), "sda").kind == ErrorKind::unsupported);
  kernel.name = "nvme0c0n1";
  REQUIRE(open_error(kernel, tree.root(), "nvme0c0n1").kind == ErrorKind::unsupported);

  kernel.name = "nvme0";
  OpenOptions options;
  const auto device = open_kernel_device(*DeviceRef::parse("nvme0"), options, kernel.calls(), tree.root());
  REQUIRE((*device)->admin()->max_transfer_bytes() == 64 * 1024);
}

TEST_CASE("an unknown node comes with what was meant", "[linux]") {
  Tree tree;
  tree.controller("nvme3", "", {});
  tree.block("class/nvme/nvme3", "nvme3n1", "1");
  KernelCalls calls = KernelCalls::real();
  const auto error_of = [&](std::string_view name) {
    auto device = open_kernel_device(*DeviceRef::parse(name), {}, calls, tree.root());
    REQUIRE_FALSE(device);
    return device.error();
  };
  const Error error = error_of("nvme3n99");
  REQUIRE(error.kind == ErrorKind::not_found);
  REQUIRE(error.hint.find("nvme3n1") != std::string::npos);
  REQUIRE(error_of("/dev/null").kind == ErrorKind::unsupported);
  REQUIRE(error_of(tree.root()).kind == ErrorKind::unsupported);
}

TEST_CASE("usage is found in Identify Namespace", "[linux]") {
  KernelCalls calls = FakeKernel().calls();
  calls.open = [](const std::string&, int) { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); };
  int answer = 0;
  calls.ioctl = [&](int, unsigned long, void* argument) {
    auto& command = *static_cast<nvme_passthru_cmd*>(argument);
    REQUIRE(command.opcode == 6);
    REQUIRE(command.nsid == 9);
    REQUIRE(command.cdw10 == 0);
    auto* data = reinterpret_cast<std::uint8_t*>(static_cast<std::uintptr_t>(command.addr));
    data[9] = 0x02;
    data[26] = 0x21;          // format 1 + 16
    data[128 + 4 * 17] = 64;  // its metadata
    data[16] = 0x34;
    data[17] = 0x12;
    data[23] = 0x01;
    return answer;
  };
  UsageFacts facts;
  REQUIRE(identify_usage(calls, "/dev/x", 9, facts) == 0);
  REQUIRE(facts.identified);
  REQUIRE(facts.used_blocks == 0x0100'0000'0000'1234);
  REQUIRE(facts.capacity_blocks == 0x200);
  REQUIRE(facts.metadata_bytes == 64);
  answer = 0x2;
  REQUIRE(identify_usage(calls, "/dev/x", 9, facts) == EIO);
}
