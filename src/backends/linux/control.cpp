#include "backends/linux/control.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <fcntl.h>
#include <functional>
#include <linux/nvme_ioctl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "backends/linux/child.hpp"
#include "backends/linux/node.hpp"
#include "backends/linux/sysfs_reader.hpp"
#include "core/text.hpp"

namespace nvmectl::linux_backend {
namespace {

constexpr std::string_view look = "look at its state with: nvmectl status -v";

std::string state_of(SysfsReader& sysfs, const std::string& name) {
  return printable(sysfs.read("class/nvme/" + name + "/state").value_or(""));
}

// The controller that is meant, by its name in the kernel.
Result<std::string> controller_name(const DeviceRef& device, SysfsReader& sysfs, const KernelCalls& calls) {
  if (device.scheme != DeviceRef::Scheme::kernel)
    return fail(make_error(ErrorKind::unsupported, fmt::format("{} is no controller of this machine", device.text),
                           "name one, such as nvme0"));
  std::string name = device.name;
  if (name.find('/') != std::string::npos) {
    NVMECTL_ASSIGN(name, calls.resolve(name.starts_with('/') ? name : "/dev/" + name));
  }
  const auto node = NodeName::parse(name);
  if (node && node->kind != NodeName::Kind::controller)
    return fail(make_error(ErrorKind::usage, fmt::format("{} is not a controller", device.text),
                           fmt::format("nvmectl status {} names the controllers that lead to it", device.text)));
  if (!node || !sysfs.exists("class/nvme/" + name))
    return fail(make_error(ErrorKind::not_found, fmt::format("there is no controller {}", device.text),
                           "nvmectl list -v shows the controllers"));
  return name;
}

// What the kernel says "busy" to, said beforehand.
Result<> check_live(SysfsReader& sysfs, const std::string& name) {
  const std::string state = state_of(sysfs, name);
  if (state == "live" || state.empty()) return {};
  if (state == "dead")
    return fail(make_error(ErrorKind::refused, fmt::format("{} is dead: the kernel has given it up", name),
                           "disconnect and connect it again (fabrics), or remove and rescan its PCI device"));
  return fail(make_error(ErrorKind::busy, fmt::format("{} is {}", name, state), std::string(look))
                  .with_cause("the kernel resets live controllers only"));
}

// The errno that `work` returns, from a process of its own.
Result<int> in_child(const std::string& name, const Deadline& deadline, const std::function<int()>& work) {
  NVMECTL_ASSIGN(Child child, Child::start(Child::End::killed, [&](int socket) {
                   std::array<char, 16> text{};
                   char* const end = std::to_chars(text.data(), text.data() + text.size() - 1, work()).ptr;
                   *end = '\n';
                   static_cast<void>(!::write(socket, text.data(), static_cast<std::size_t>(end - text.data()) + 1));
                 }));
  auto line = child.read_line(deadline);
  if (!line)
    return fail(make_error(ErrorKind::timeout, fmt::format("{} did not answer in time", name), std::string(look))
                    .with_cause("the kernel still waits for the controller"));
  int why = EIO;
  std::from_chars(line->data(), line->data() + line->size(), why);
  return why;
}

Error explain(int why, const std::string& name, std::string_view what) {
  Error error = os_error(why, fmt::format("{} {} failed", what, name));
  if (why == EACCES || why == EPERM) {
    error.kind = ErrorKind::permission;
    error.cause = "the kernel lets only root do that";
    error.hint = "run it as root (sudo)";
  } else if (why == EROFS) {
    error.kind = ErrorKind::permission;
    error.cause = "sysfs is mounted read-only, as in a container";
    error.hint = "run it on the host";
  } else if (why == EBUSY) {
    error.kind = ErrorKind::busy;
    error.cause = "the controller is not live, or is being reset already";
    error.hint = look;
  } else if (why == ENOENT || why == ENODEV || why == ENXIO) {
    error.kind = ErrorKind::not_found;
    error.cause = "the controller has gone";
  }
  return error;
}

int write_one(const KernelCalls& calls, const std::string& path) {
  const int fd = calls.open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  const int why = ::write(fd, "1", 1) == 1 ? 0 : errno;
  ::close(fd);
  return why;
}

Result<> wait_live(SysfsReader& sysfs, const std::string& name, const Deadline& deadline) {
  for (;;) {
    const std::string state = state_of(sysfs, name);
    if (state == "live") return {};
    if (state == "dead" || (state.empty() && !sysfs.exists("class/nvme/" + name)))
      return fail(make_error(ErrorKind::refused, fmt::format("{} did not survive the reset", name),
                             "look at the kernel's log with: dmesg")
                      .with_cause(state.empty() ? "the kernel has removed it" : "the kernel has given it up"));
    if (deadline.passed())
      return fail(make_error(ErrorKind::timeout, fmt::format("{} is not live again: it is {}", name, state),
                             "the kernel goes on trying; give it longer with --timeout"));
    constexpr std::chrono::milliseconds pause{20};
    ::poll(nullptr, 0, static_cast<int>(std::min(pause, deadline.left()).count()));
  }
}

}  // namespace

Result<> KernelControl::reset(const DeviceRef& controller, const Deadline& deadline) {
  SysfsReader sysfs(root_);
  NVMECTL_ASSIGN(const std::string name, controller_name(controller, sysfs, calls_));
  NVMECTL_TRY(check_live(sysfs, name));
  const std::string path = fmt::format("{}/sys/class/nvme/{}/reset_controller", root_, name);
  NVMECTL_ASSIGN(const int why, in_child(name, deadline, [&] { return write_one(calls_, path); }));
  // ENETRESET: the first try to connect again failed; the kernel makes more.
  if (why != 0 && why != ENETRESET) return fail(explain(why, name, "resetting"));
  return wait_live(sysfs, name, deadline);
}

Result<> KernelControl::reset_subsystem(const DeviceRef& controller, const Deadline& deadline) {
  SysfsReader sysfs(root_);
  NVMECTL_ASSIGN(const std::string name, controller_name(controller, sysfs, calls_));
  NVMECTL_TRY(check_live(sysfs, name));
  NVMECTL_ASSIGN(const int why, in_child(name, deadline, [&] {
                   const int fd = calls_.open("/dev/" + name, O_RDONLY | O_CLOEXEC);
                   if (fd < 0) return errno;
                   const int error = calls_.ioctl(fd, NVME_IOCTL_SUBSYS_RESET, nullptr) < 0 ? errno : 0;
                   ::close(fd);
                   return error;
                 }));
  if (why == ENOTTY || why == EOPNOTSUPP)
    return fail(
        make_error(ErrorKind::unsupported, fmt::format("{} has no NVM Subsystem Reset", name),
                   fmt::format("nvmectl reset {} resets this controller alone", name))
            .with_cause("the controller does not report the capability (CAP.NSSRS), or the transport has none"));
  if (why != 0) return fail(explain(why, name, "resetting the subsystem of"));
  return wait_live(sysfs, name, deadline);
}

Result<> KernelControl::rescan(const DeviceRef& controller, const Deadline& deadline) {
  SysfsReader sysfs(root_);
  NVMECTL_ASSIGN(const std::string name, controller_name(controller, sysfs, calls_));
  const std::string path = fmt::format("{}/sys/class/nvme/{}/rescan_controller", root_, name);
  NVMECTL_ASSIGN(const int why, in_child(name, deadline, [&] { return write_one(calls_, path); }));
  if (why != 0) return fail(explain(why, name, "rescanning"));
  return {};
}

}  // namespace nvmectl::linux_backend
