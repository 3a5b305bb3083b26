#include "connections/files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include "core/text.hpp"

namespace nvmectl::connections {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

/// Unlinks the temporary file unless it has taken its place.
class Temporary {
 public:
  explicit Temporary(std::string path) : path_(std::move(path)) {}
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    if (!done_) ::unlink(path_.c_str());
  }
  void done() { done_ = true; }

 private:
  std::string path_;
  bool done_ = false;
};

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

tl::unexpected<Error> failed(int number, std::string_view doing, const std::string& path) {
  std::string hint;
  if (number == EACCES || number == EPERM)
    hint = "run it as root (sudo), or name another store by the environment variable NVMECTL_CONNECTIONS";
  else if (number == EROFS) hint = "the file system is read-only: nothing can be stored on it";
  else if (number == ENOSPC || number == EDQUOT) hint = "free some space; the store is as it was before";
  else if (number == ENOENT || number == ENOTDIR) hint = "make its directory first";
  return fail(
      os_error(number, fmt::format("cannot {} {}", doing, printable(path)), std::move(hint)).on(printable(path)));
}

Result<> step(const BeforeStep& before, Step which, const std::string& path) {
  return before ? before(which, path) : Result<>{};
}

Result<> sync_directory(const std::string& path) {
  const std::string directory = directory_of(path);
  const Descriptor fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Some file systems cannot sync a directory (EINVAL): the rename is then as safe as it gets.
  if (fd.get() < 0 || (::fsync(fd.get()) != 0 && errno != EINVAL)) return failed(errno, "sync the directory of", path);
  return {};
}

Result<> write_all(int fd, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed(errno, "write", path);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<> make_directory(const std::string& path) {
  const std::string directory = directory_of(path);
  if (::mkdir(directory.c_str(), 0755) == 0 || errno == EEXIST) return {};
  // Where it exists on a read-only file system, mkdir may say EROFS first.
  const int number = errno;
  if (::access(directory.c_str(), F_OK) == 0) return {};
  return failed(number, "make the directory", directory);
}

std::string holder(int fd, const std::string& path) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(fd, text.data(), text.size() - 1, 0);
  const auto pid = size > 0 ? parse_number(trim({text.data(), static_cast<std::size_t>(size)}), "pid", 1U << 30U)
                            : Result<std::uint64_t>(fail(ErrorKind::internal, ""));
  if (!pid || *pid == 0) return fmt::format("somebody holds the lock {}", printable(path));
  const auto name = read_file(fmt::format("/proc/{}/comm", *pid), 64);
  return fmt::format("process {}{} holds the lock {}", *pid,
                     name && *name ? fmt::format(" ({})", printable(trim(**name))) : "", printable(path));
}

}  // namespace

Result<std::optional<std::string>> read_file(const std::string& path, std::size_t most, bool pipes) {
  // Standard input may be a socket, which cannot be opened again, and /dev may lack its name.
  const Descriptor fd(path == "/dev/stdin" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                                           : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | (pipes ? 0 : O_NONBLOCK)));
  if (fd.get() < 0 && errno == ENOENT) return std::optional<std::string>();
  if (fd.get() < 0) return failed(errno, "read", path);
  struct stat about {};
  if (::fstat(fd.get(), &about) != 0) return failed(errno, "read", path);
  if (!S_ISREG(about.st_mode) && !(pipes && !S_ISDIR(about.st_mode)))
    return fail(ErrorKind::io, fmt::format("{} is not a file", printable(path)), "give the path of a file");
  std::string content;
  std::array<char, 65536> piece;
  for (;;) {
    const ssize_t size = ::read(fd.get(), piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return failed(errno, "read", path);
    if (size == 0) return std::optional(std::move(content));
    content.append(piece.data(), static_cast<std::size_t>(size));
    if (content.size() > most)
      return fail(ErrorKind::io, fmt::format("{} is larger than {}", printable(path), format_iec(most)),
                  "is it the right file?");
  }
}

Result<> replace_file(const std::string& path, std::string_view content, const BeforeStep& before) {
  NVMECTL_TRY(make_directory(path));
  const std::string name = path + ".new";  // the lock's holder alone writes; what a crash left is replaced
  NVMECTL_TRY(step(before, Step::create, path));
  ::unlink(name.c_str());
  const Descriptor fd(::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (fd.get() < 0) return failed(errno, "write", path);
  Temporary temporary(name);
  NVMECTL_TRY(step(before, Step::write, path));
  NVMECTL_TRY(write_all(fd.get(), content, path));
  NVMECTL_TRY(step(before, Step::sync_file, path));
  if (::fsync(fd.get()) != 0) return failed(errno, "write", path);
  NVMECTL_TRY(step(before, Step::rename, path));
  if (::rename(name.c_str(), path.c_str()) != 0) return failed(errno, "replace", path);
  temporary.done();
  NVMECTL_TRY(step(before, Step::sync_directory, path));
  return sync_directory(path);
}

Result<> remove_file(const std::string& path, const BeforeStep& before) {
  NVMECTL_TRY(step(before, Step::rename, path));
  if (::unlink(path.c_str()) != 0) {
    if (errno == ENOENT) return {};
    return failed(errno, "remove", path);
  }
  NVMECTL_TRY(step(before, Step::sync_directory, path));
  return sync_directory(path);
}

Result<FileLock> FileLock::take(const std::string& path, const Deadline& deadline, std::string_view what) {
  NVMECTL_TRY(make_directory(path));
  Descriptor fd(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (fd.get() < 0) return failed(errno, "lock", path);
  for (;;) {
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) break;
    if (errno != EWOULDBLOCK && errno != EINTR) return failed(errno, "lock", path);
    if (deadline.passed())
      return fail(make_error(ErrorKind::busy, fmt::format("{} is being changed by somebody else", what),
                             "wait until that has ended, or give more --timeout")
                      .with_cause(holder(fd.get(), path)));
    std::this_thread::sleep_for(std::min(deadline.left(), std::chrono::milliseconds(20)));
  }
  // Who holds it is a courtesy: without space for it the lock holds as well.
  const std::string pid = fmt::format("{}\n", ::getpid());
  if (::ftruncate(fd.get(), 0) == 0) static_cast<void>(!::pwrite(fd.get(), pid.data(), pid.size(), 0));
  return FileLock(fd.release());
}

FileLock::FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace nvmectl::connections
