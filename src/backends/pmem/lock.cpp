// One change at a time on this machine: neither libndctl nor the kernel copes with two that make namespaces at once.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include "backends/pmem/manager.hpp"

namespace nvmectl::pmem_backend {
namespace {

using namespace std::chrono_literals;

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { ::close(fd_); }
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

class Held final : public PmemManager::Lock {
 public:
  explicit Held(std::shared_ptr<void> file) : file_(std::move(file)) {}

 private:
  std::shared_ptr<void> file_;
};

std::string directory_of(const ManagerOptions& options) {
  if (!options.run_directory.empty()) return options.run_directory;
  const char* chosen = std::getenv("NVMECTL_RUN_DIR");
  return chosen != nullptr && *chosen != '\0' ? chosen : "/run/nvmectl";
}

Result<std::shared_ptr<File>> open_lock(const std::string& directory) {
  const std::string path = directory + "/pmem.lock";
  if (::mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST)
    return fail(os_error(
        errno, fmt::format("the lock {} cannot be made", path),
        errno == EACCES || errno == EROFS ? "run it as root, or name another directory in NVMECTL_RUN_DIR" : ""));
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0)
    return fail(errno == EACCES ? make_error(ErrorKind::permission, "only root may change persistent memory")
                                      .with_cause(fmt::format("the lock {} cannot be opened", path))
                                : os_error(errno, fmt::format("the lock {} cannot be opened", path)));
  return std::make_shared<File>(fd);
}

// "nvmectl (process 4711)", as the holder has left its number in the file.
std::string holder(int fd) {
  char text[16] = {};
  const ssize_t size = ::pread(fd, text, sizeof text - 1, 0);
  const long pid = size > 0 ? std::strtol(text, nullptr, 10) : 0;
  return pid > 0 ? fmt::format("process {}", pid) : std::string("another process");
}

void sign(int fd) {
  const std::string pid = fmt::format("{}\n", ::getpid());
  if (::ftruncate(fd, 0) == 0) static_cast<void>(::pwrite(fd, pid.data(), pid.size(), 0) + 0);
}

}  // namespace

Result<std::unique_ptr<PmemManager::Lock>> Manager::lock(const Deadline& deadline) {
  if (auto held = held_.lock()) return std::make_unique<Held>(std::move(held));
  NVMECTL_ASSIGN(const auto file, open_lock(directory_of(options_)));
  // flock() knows no timeout; the signal that makes the deadline pass does not interrupt it either.
  for (auto pause = 2ms; ::flock(file->fd(), LOCK_EX | LOCK_NB) != 0; pause = std::min(pause * 2, 50ms)) {
    if (errno != EWOULDBLOCK && errno != EINTR)
      return fail(os_error(errno, "persistent memory cannot be locked against other changes"));
    if (deadline.passed())
      return fail(make_error(ErrorKind::busy, "another process is changing persistent memory",
                             "wait for it, or allow more time with --timeout")
                      .with_cause(holder(file->fd()) + " holds the lock"));
    std::this_thread::sleep_for(std::min<std::chrono::milliseconds>(pause, deadline.left()));
  }
  sign(file->fd());
  std::shared_ptr<void> shared = file;
  held_ = shared;
  return std::make_unique<Held>(std::move(shared));
}

}  // namespace nvmectl::pmem_backend
