// Loading a driver: modprobe as a process of its own, by its path and without a shell.
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backends/linux/doctor.hpp"
#include "core/text.hpp"

namespace nvmectl::linux_backend {
namespace {

constexpr std::array programs{"/usr/sbin/modprobe", "/sbin/modprobe", "/usr/bin/modprobe"};

// Starts `program` with its standard error on `error_fd`. 0 or an errno.
int start(const char* program, const std::string& module, int error_fd, pid_t& pid) {
  std::string name = "modprobe", dashes = "--", argument = module;
  const std::array<char*, 4> arguments{name.data(), dashes.data(), argument.data(), nullptr};
  // Nothing of the caller's environment: modprobe takes options from it.
  std::string path = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", language = "LC_ALL=C";
  const std::array<char*, 3> environment{path.data(), language.data(), nullptr};
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, error_fd, 2);
  const int code = ::posix_spawn(&pid, program, &actions, nullptr, arguments.data(), environment.data());
  ::posix_spawn_file_actions_destroy(&actions);
  return code;
}

// What it says until it ends, at most 4 KiB. False when the deadline passed.
bool listen(int fd, const Deadline& deadline, std::string& words) {
  std::array<char, 1024> part{};
  while (!deadline.passed()) {
    pollfd wait{fd, POLLIN, 0};
    if (::poll(&wait, 1, static_cast<int>(deadline.left().count())) <= 0) continue;
    const ssize_t size = ::read(fd, part.data(), part.size());
    if (size == 0) return true;
    if (size < 0 && errno != EINTR) return true;
    if (size > 0 && words.size() < 4096) words.append(part.data(), static_cast<std::size_t>(size));
  }
  return false;
}

Error explained(const std::string& module, std::string_view words) {
  const bool denied = words.find("not permitted") != std::string_view::npos ||
                      words.find("Permission denied") != std::string_view::npos;
  const bool missing = words.find("not found") != std::string_view::npos;
  const ErrorKind kind = denied ? ErrorKind::permission : missing ? ErrorKind::unsupported : ErrorKind::io;
  return make_error(kind, fmt::format("the driver {} could not be loaded", module),
                    denied    ? "loading drivers takes root: try again with sudo"
                    : missing ? "install the package with the rest of this kernel's drivers"
                              : "the kernel's log may tell more: dmesg")
      .with_cause(printable(trim(words.substr(0, words.find('\n')))));
}

}  // namespace

Result<> run_modprobe(const std::string& module) {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail(os_error(errno, "modprobe cannot be started"));
  pid_t pid = -1;
  int code = ENOENT;
  for (const char* const program : programs)
    if (code == ENOENT) code = start(program, module, ends[1], pid);
  ::close(ends[1]);
  if (code != 0) {
    ::close(ends[0]);
    Error error = os_error(code, "modprobe cannot be started", "install it (Debian: apt install kmod)");
    if (code == ENOENT) error.kind = ErrorKind::unsupported;
    return fail(std::move(error));
  }
  std::string words;
  const bool ended = listen(ends[0], Deadline::in(std::chrono::seconds(30)), words);
  ::close(ends[0]);
  if (!ended) {
    ::kill(pid, SIGKILL);  // one that hangs in the kernel dies when the kernel lets it
    return fail(ErrorKind::timeout, fmt::format("modprobe {} does not come back", module),
                "the kernel's log may tell more: dmesg");
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return fail(explained(module, words));
}

}  // namespace nvmectl::linux_backend
