#include "backends/linux/sysfs_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/text.hpp"

namespace nvmectl::linux_backend {
namespace {

// close_range(2) has no wrapper in older C libraries, and the kernel has it from 5.9 on.
void close_run(int first, int last) {
#ifdef SYS_close_range
  if (::syscall(SYS_close_range, static_cast<unsigned>(first), static_cast<unsigned>(last), 0U) == 0) return;
#endif
  for (int fd = first; fd <= last; ++fd) ::close(fd);
}

}  // namespace

void ClosingQueue::add(int fd) {
  if (count_ == capacity) flush();
  fds_[count_++] = fd;
}

void ClosingQueue::flush() {
  std::sort(fds_.begin(), fds_.begin() + static_cast<std::ptrdiff_t>(count_));
  // Only numbers that are in the queue: a gap belongs to somebody else.
  for (std::size_t first = 0, next = 0; first < count_; first = next) {
    for (next = first + 1; next < count_ && fds_[next] == fds_[next - 1] + 1;) ++next;
    close_run(fds_[first], fds_[next - 1]);
  }
  count_ = 0;
}

SysfsReader::SysfsReader(std::string root) : root_(std::move(root)) {
  while (!root_.empty() && root_.back() == '/') root_.pop_back();
  if (!root_.empty()) root_fd_ = ::open(root_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
}

SysfsReader::~SysfsReader() {
  if (root_fd_ >= 0) ::close(root_fd_);
  if (member_fd_ >= 0) ::close(member_fd_);
}

// A path into /sys/class leads over a link and a dozen directories. Where many files are read below one and the same
// member of a class, a subsystem with a thousand namespaces, the way to it is gone only once.
int SysfsReader::open_live(int flags) {
  path_.insert(path_.begin(), '/');
  std::size_t end = 0;
  for (int slashes = 0; slashes < 4 && end != std::string::npos; ++slashes) end = path_.find('/', end + 1);
  if (end == std::string::npos) return ::open(path_.c_str(), flags);
  if (path_.compare(0, end, member_) != 0) {
    if (member_fd_ >= 0) closing_.add(member_fd_);
    member_fd_ = -1;
    member_.assign(path_, 0, end);
    member_uses_ = 0;
  }
  constexpr int many = 16;
  if (++member_uses_ == many) member_fd_ = ::open(member_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  return member_fd_ < 0 ? ::open(path_.c_str(), flags) : ::openat(member_fd_, path_.c_str() + end + 1, flags);
}

int SysfsReader::open(int flags) {
  // A captured tree may hold anything: no FIFO shall make us wait, no terminal become ours. (With O_PATH nothing is
  // opened, and openat2() refuses flags that mean nothing.)
  flags |= O_CLOEXEC;
  if ((flags & O_PATH) == 0) flags |= O_RDONLY | O_NONBLOCK | O_NOCTTY;
  if (root_.empty()) return open_live(flags);
  if (root_fd_ < 0) {
    errno = ENOENT;
    return -1;
  }
  if (confined_) {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags);
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    const long fd = ::syscall(SYS_openat2, root_fd_, path_.c_str(), &how, sizeof(how));
    if (fd >= 0 || (errno != ENOSYS && errno != EPERM)) return static_cast<int>(fd);
    confined_ = false;  // before Linux 5.6, or forbidden by a container's filter
  }
  return ::openat(root_fd_, path_.c_str(), flags);
}

void SysfsReader::set_path(std::string_view path) {
  path_.assign("sys/");
  path_.append(path);
}

std::optional<std::string> SysfsReader::read(std::string_view path, int* os_errno) {
  set_path(path);
  std::array<char, 4096> text;
  const int fd = open(0);
  const ssize_t size = fd < 0 ? -1 : ::read(fd, text.data(), text.size());
  if (os_errno != nullptr) *os_errno = size < 0 ? errno : 0;
  if (fd >= 0) closing_.add(fd);
  if (size < 0) return std::nullopt;
  return std::string(trim({text.data(), static_cast<std::size_t>(size)}));
}

std::optional<std::vector<std::string>> SysfsReader::list_path() {
  const int fd = open(O_DIRECTORY);
  if (fd < 0) return std::nullopt;
  closing_.add(fd);
  if (!names_) names_ = std::make_unique<std::array<char, 32768>>();
  std::vector<std::string> names;
  for (;;) {
    const long size = ::syscall(SYS_getdents64, fd, names_->data(), names_->size());
    if (size <= 0) {
      if (size < 0) return std::nullopt;
      return names;
    }
    // struct linux_dirent64: d_ino 8 bytes, d_off 8, d_reclen 2, d_type 1, then the name with its NUL.
    for (std::size_t at = 0; at + 19 < static_cast<std::size_t>(size);) {
      std::uint16_t length = 0;
      std::memcpy(&length, names_->data() + at + 16, sizeof(length));
      const std::string_view name = names_->data() + at + 19;
      if (name != "." && name != "..") names.emplace_back(name);
      at += length;
    }
  }
}

std::optional<std::vector<std::string>> SysfsReader::list(std::string_view path) {
  set_path(path);
  return list_path();
}

std::optional<std::vector<std::string>> SysfsReader::list_in_root(std::string_view path) {
  path_.assign(path);
  return list_path();
}

bool SysfsReader::exists(std::string_view path) {
  set_path(path);
  const int fd = open(O_PATH);
  if (fd >= 0) closing_.add(fd);
  return fd >= 0;
}

bool SysfsReader::live() const {
  struct statfs about {};
  return ::statfs((root_ + "/sys").c_str(), &about) == 0 && about.f_type == SYSFS_MAGIC;
}

}  // namespace nvmectl::linux_backend
