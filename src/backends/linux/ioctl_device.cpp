#include "backends/linux/ioctl_device.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <linux/nvme_ioctl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <utility>

#include "backends/linux/node.hpp"
#include "backends/linux/sysfs_reader.hpp"
#include "core/text.hpp"

namespace nvmectl::linux_backend {
namespace {

// The kernel builds one request of at most 256 pages from a user's buffer, PCIe devices of 127 segments, and says
// EINVAL to more. This much fits everywhere, however the buffer lies.
constexpr std::size_t most_transfer = 128 * 1024;

std::string_view base_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

Result<std::string> resolve_node(const std::string& path) {
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0) return fail(explain_open(errno, path, {}));
  if (!S_ISBLK(about.st_mode) && !S_ISCHR(about.st_mode))
    return fail(ErrorKind::unsupported, fmt::format("{} is not a device node", path),
                "name a device as nvme0, nvme0n1 or /dev/disk/by-id/…");
  // sysfs knows what a device number is, whatever the node's file is called.
  const std::string link = fmt::format("/sys/dev/{}/{}:{}", S_ISBLK(about.st_mode) ? "block" : "char",
                                       ::major(about.st_rdev), ::minor(about.st_rdev));
  std::array<char, 4096> target{};
  const ssize_t size = ::readlink(link.c_str(), target.data(), target.size());
  if (size > 0) return std::string(base_name({target.data(), static_cast<std::size_t>(size)}));
  char* real = ::realpath(path.c_str(), nullptr);
  std::string name(base_name(real != nullptr ? real : path));
  ::free(real);
  return name;
}

class IoctlDevice final : public Device, public AdminTransport, public IoTransport {
 public:
  IoctlDevice(int fd, NodeFacts facts, bool io, IoctlFunction ioctl)
      : fd_(fd), facts_(std::move(facts)), has_io_(io), ioctl_(std::move(ioctl)) {}
  IoctlDevice(const IoctlDevice&) = delete;
  IoctlDevice& operator=(const IoctlDevice&) = delete;
  ~IoctlDevice() override { ::close(fd_); }

  AdminTransport* admin() override { return this; }
  IoTransport* io() override { return has_io_ ? this : nullptr; }
  std::optional<std::uint32_t> nsid() const override { return facts_.nsid; }
  std::size_t max_transfer_bytes() const override { return facts_.max_transfer_bytes; }

  Result<Completion> submit_admin(const Request& request, const Deadline& deadline) override {
    return submit(request, deadline, {NVME_IOCTL_ADMIN64_CMD, NVME_IOCTL_ADMIN_CMD});
  }
  Result<Completion> submit_io(const Request& request, const Deadline& deadline) override {
    return submit(request, deadline, {NVME_IOCTL_IO64_CMD, NVME_IOCTL_IO_CMD});
  }

 private:
  struct Codes {
    unsigned long wide, narrow;
  };
  Result<> check(const Request& request, const Deadline& deadline) const;
  Result<Completion> submit(const Request& request, const Deadline& deadline, Codes codes);

  int fd_;
  NodeFacts facts_;
  bool has_io_;
  bool narrow_ = false;  // Linux before 5.5 has no 64-bit results
  IoctlFunction ioctl_;
};

Result<> IoctlDevice::check(const Request& request, const Deadline& deadline) const {
  // The kernel takes the direction from the opcode alone and would transfer the wrong way.
  const bool to_device = (request.command.opcode & 1U) != 0;
  if ((!request.in.empty() && to_device) || (!request.out.empty() && !to_device))
    return fail(
        make_error(ErrorKind::usage,
                   fmt::format("opcode {:#04x} does not transfer data in that direction", request.command.opcode),
                   "bit 0 of the opcode is set for data to the device, bit 1 for data from it")
            .on(facts_.name));
  constexpr std::size_t most = std::numeric_limits<std::uint32_t>::max();
  if (std::max({request.in.size(), request.out.size(), request.metadata.size()}) > most)
    return fail(ErrorKind::usage, "the buffer is larger than a command can transfer");
  if (deadline.passed()) return fail(explain_ioctl(ETIMEDOUT, facts_.name, request.operation, true));
  return {};
}

// One layout for both: they differ in the width of the result alone.
template <class Raw>
Raw raw_command(const Request& request, const Deadline& deadline) {
  const Command& command = request.command;
  Raw raw{};
  raw.opcode = command.opcode;
  raw.flags = command.flags;
  raw.nsid = command.nsid;
  raw.cdw2 = command.cdw2;
  raw.cdw3 = command.cdw3;
  raw.cdw10 = command.cdw10;
  raw.cdw11 = command.cdw11;
  raw.cdw12 = command.cdw12;
  raw.cdw13 = command.cdw13;
  raw.cdw14 = command.cdw14;
  raw.cdw15 = command.cdw15;
  const bool reads = !request.in.empty();
  raw.addr = reads ? reinterpret_cast<std::uintptr_t>(request.in.data())
                   : reinterpret_cast<std::uintptr_t>(request.out.data());
  raw.data_len = static_cast<std::uint32_t>(reads ? request.in.size() : request.out.size());
  raw.metadata = reinterpret_cast<std::uintptr_t>(request.metadata.data());
  raw.metadata_len = static_cast<std::uint32_t>(request.metadata.size());
  // 0 is the kernel's own limit: 60 s for admin commands, 30 s for others.
  if (!deadline.never()) {
    constexpr long long most = std::numeric_limits<std::uint32_t>::max();
    raw.timeout_ms = static_cast<std::uint32_t>(std::clamp<long long>(deadline.left().count(), 1, most));
  }
  return raw;
}

Result<Completion> IoctlDevice::submit(const Request& request, const Deadline& deadline, Codes codes) {
  NVMECTL_TRY(check(request, deadline));
  Completion completion;
  int status = -1;
  if (!narrow_) {
    auto raw = raw_command<nvme_passthru_cmd64>(request, deadline);
    status = ioctl_(fd_, codes.wide, &raw);
    completion.result = raw.result;
    narrow_ = status < 0 && errno == ENOTTY;
  }
  if (narrow_) {
    auto raw = raw_command<nvme_passthru_cmd>(request, deadline);
    status = ioctl_(fd_, codes.narrow, &raw);
    completion.result = raw.result;
  }
  if (status < 0) return fail(explain_ioctl(errno, facts_.name, request.operation, deadline.passed()));
  completion.status = NvmeStatus::from_wire(static_cast<std::uint16_t>(status));
  completion.received = completion.ok() ? request.in.size() : 0;
  return completion;
}

std::size_t transfer_limit(SysfsReader& sysfs, const NodeName& node, const std::string& name) {
  std::string block = node.kind == NodeName::Kind::controller ? std::string() : node.block_name();
  if (block.empty()) {
    for (const std::string& child : sysfs.list("class/nvme/" + name).value_or(std::vector<std::string>{})) {
      const auto parsed = NodeName::parse(child);
      if (parsed && (parsed->kind == NodeName::Kind::block || parsed->kind == NodeName::Kind::path)) block = child;
    }
  }
  const auto text = sysfs.read("class/block/" + block + "/queue/max_hw_sectors_kb");
  std::size_t kib = 0;
  if (block.empty() || !text || std::from_chars(text->data(), text->data() + text->size(), kib).ec != std::errc() ||
      kib < 4)
    return 4096;
  return std::min(most_transfer / 1024, kib) * 1024;
}

Error not_found(Error error, SysfsReader& sysfs, std::string_view name) {
  std::vector<std::string> known = sysfs.list("class/nvme").value_or(std::vector<std::string>{});
  for (std::string& block : sysfs.list("class/block").value_or(std::vector<std::string>{}))
    if (const auto node = NodeName::parse(block); node && node->kind == NodeName::Kind::block)
      known.push_back(std::move(block));
  if (known.empty()) {
    error.hint = "this machine shows no NVMe device; see: nvmectl backends";
    return error;
  }
  const auto near = similar(name, known);
  std::sort(known.begin(), known.end(), natural_less);
  if (known.size() > 8) known.resize(8);
  error.hint = near.empty() ? fmt::format("there is {}; see: nvmectl list -v", fmt::join(known, ", "))
                            : fmt::format("did you mean {}?", fmt::join(near, " or "));
  return error;
}

}  // namespace

KernelCalls KernelCalls::real() {
  return {[](int fd, unsigned long request, void* argument) { return ::ioctl(fd, request, argument); },
          [](const std::string& path, int flags) { return ::open(path.c_str(), flags); }, resolve_node};
}

std::unique_ptr<Device> make_ioctl_device(int fd, NodeFacts facts, bool io, IoctlFunction ioctl) {
  return std::make_unique<IoctlDevice>(fd, std::move(facts), io, std::move(ioctl));
}

Result<std::unique_ptr<Device>> open_kernel_device(const DeviceRef& device, const OpenOptions& options,
                                                   const KernelCalls& calls, const std::string& sysroot) {
  SysfsReader sysfs(sysroot);
  std::string path = device.name.starts_with('/') ? device.name : "/dev/" + device.name;
  auto name = calls.resolve(path);
  if (!name) {
    Error error = std::move(name).error();
    return fail(error.os_errno == ENOENT ? not_found(std::move(error), sysfs, device.name) : std::move(error));
  }
  const auto node = NodeName::parse(*name);
  if (!node || node->kind == NodeName::Kind::path || node->kind == NodeName::Kind::hidden_generic)
    return fail(make_error(ErrorKind::unsupported, fmt::format("{} is not an NVMe device", path),
                           "see what there is with: nvmectl list")
                    .on(device.text));
  const bool controller = node->kind == NodeName::Kind::controller;
  if (controller && options.io)
    return fail(make_error(ErrorKind::usage, fmt::format("{} is a controller, not a namespace", device.text),
                           fmt::format("name one of its namespaces, such as {}n1", *name))
                    .on(device.text));
  if (node->kind == NodeName::Kind::partition) path = "/dev/" + node->block_name();

  // Read-only is enough for commands of every kind when root asks, and a block node that was open for writing makes
  // udev look at it again.
  const int fd = calls.open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    const int why = errno;
    const auto state = controller ? sysfs.read("class/nvme/" + *name + "/state") : std::nullopt;
    Error error = explain_open(why, path, printable(state.value_or("")));
    return fail(why == ENOENT ? not_found(std::move(error), sysfs, *name) : std::move(error));
  }
  NodeFacts facts{*name, std::nullopt, transfer_limit(sysfs, *node, *name)};
  if (!controller) {
    const int nsid = calls.ioctl(fd, NVME_IOCTL_ID, nullptr);
    if (nsid <= 0) {
      Error error = explain_ioctl(nsid == 0 ? ENODEV : errno, *name, "asking for the namespace's identifier", false);
      ::close(fd);
      return fail(std::move(error));
    }
    facts.nsid = static_cast<std::uint32_t>(nsid);
  }
  return make_ioctl_device(fd, std::move(facts), options.io, calls.ioctl);
}

int identify_usage(const KernelCalls& calls, const std::string& node, std::uint32_t nsid, UsageFacts& facts) {
  const int fd = calls.open(node, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  std::array<std::uint8_t, 4096> data{};
  nvme_passthru_cmd raw{};
  raw.opcode = 0x06;  // Identify, CNS 0
  raw.nsid = nsid;
  raw.addr = reinterpret_cast<std::uintptr_t>(data.data());
  raw.data_len = static_cast<std::uint32_t>(data.size());
  const int status = calls.ioctl(fd, NVME_IOCTL_ADMIN_CMD, &raw);
  const int why = status < 0 ? errno : status > 0 ? EIO : 0;
  ::close(fd);
  const auto load = [&](std::size_t at, std::size_t bytes) {
    std::uint64_t value = 0;
    while (bytes-- > 0) value = (value << 8U) | data[at + bytes];
    return value;
  };
  facts.identified = true;
  facts.size_blocks = load(0, 8);
  facts.capacity_blocks = load(8, 8);
  facts.used_blocks = load(16, 8);
  // FLBAS: the format's index, its two upper bits apart.
  const std::uint64_t flbas = load(26, 1);
  const std::size_t format = (flbas & 0xfU) | ((flbas >> 1U) & 0x30U);
  facts.metadata_bytes = static_cast<std::uint32_t>(load(128 + 4 * format, 2));
  return why;
}

}  // namespace nvmectl::linux_backend
