// The only file of the target that touches files.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "core/text.hpp"
#include "target/store.hpp"

namespace nvmectl::target {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

StoreStatus write_status(int os_errno) {
  switch (os_errno) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return StoreStatus::no_space;
    case EROFS:
    case EPERM:
    case EBADF: return StoreStatus::write_protected;
    default: return StoreStatus::write_failed;
  }
}

class FileStore final : public BlockStore {
 public:
  FileStore(Descriptor file, std::uint64_t size, bool read_only)
      : file_(std::move(file)), size_(size), read_only_(read_only) {}

  std::uint64_t size() const override { return size_; }
  bool read_only() const override { return read_only_; }
  bool has_volatile_cache() const override { return !read_only_; }

  std::uint64_t allocated() const override {
    struct stat info = {};
    if (::fstat(file_.get(), &info) != 0 || !S_ISREG(info.st_mode)) return size_;
    return std::min(size_, static_cast<std::uint64_t>(info.st_blocks) * 512);  // POSIX: units of 512 in practice
  }

  StoreStatus read(std::uint64_t offset, std::span<std::byte> data) override {
    while (!data.empty()) {
      const ssize_t got = ::pread(file_.get(), data.data(), data.size(), static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return StoreStatus::read_failed;  // 0: the file was cut short behind our back
      data = data.subspan(static_cast<std::size_t>(got));
      offset += static_cast<std::uint64_t>(got);
    }
    return StoreStatus::ok;
  }

  StoreStatus write(std::uint64_t offset, std::span<const std::byte> data) override {
    if (read_only_) return StoreStatus::write_protected;
    while (!data.empty()) {
      const ssize_t put = ::pwrite(file_.get(), data.data(), data.size(), static_cast<off_t>(offset));
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return write_status(errno);
      if (put == 0) return StoreStatus::write_failed;
      data = data.subspan(static_cast<std::size_t>(put));
      offset += static_cast<std::uint64_t>(put);
    }
    return StoreStatus::ok;
  }

  StoreStatus zero(std::uint64_t offset, std::uint64_t length, bool deallocate) override {
    if (read_only_) return StoreStatus::write_protected;
    if (deallocate && punch_hole(offset, length)) return StoreStatus::ok;
    static constexpr std::array<std::byte, std::size_t{64}* 1024> zeroes = {};
    while (length != 0) {
      const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(length, zeroes.size()));
      if (const StoreStatus status = write(offset, std::span(zeroes).first(piece)); status != StoreStatus::ok)
        return status;
      offset += piece;
      length -= piece;
    }
    return StoreStatus::ok;
  }

  void deallocate(std::uint64_t offset, std::uint64_t length) override {
    if (!read_only_) punch_hole(offset, length);
  }

  StoreStatus flush() override {
    if (read_only_) return StoreStatus::ok;
#if defined(_POSIX_SYNCHRONIZED_IO) && _POSIX_SYNCHRONIZED_IO > 0
    const int failed = ::fdatasync(file_.get());
#else
    const int failed = ::fsync(file_.get());
#endif
    if (failed == 0) return StoreStatus::ok;
    return errno == ENOSPC || errno == EDQUOT ? StoreStatus::no_space : StoreStatus::write_failed;
  }

 private:
  // False where the system or the file system cannot.
  bool punch_hole(std::uint64_t offset, std::uint64_t length) {
#ifdef FALLOC_FL_PUNCH_HOLE
    return ::fallocate(file_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
                       static_cast<off_t>(length)) == 0;
#else
    static_cast<void>(offset), static_cast<void>(length);
    return false;
#endif
  }

  Descriptor file_;
  std::uint64_t size_;
  bool read_only_;
};

struct Opened {
  Descriptor file;
  bool read_only;
};

Result<Opened> open_file(const FileStoreOptions& options, const std::string& shown) {
  const char* path = options.path.c_str();
  const int flags = O_CLOEXEC | O_NONBLOCK;  // a FIFO must not stop us
  int fd = -1;
  if (!options.read_only) {
    fd = ::open(path, O_RDWR | flags);
    if (fd < 0 && errno == ENOENT && options.create_bytes) {
      Descriptor made(::open(path, O_RDWR | O_CREAT | O_EXCL | flags, 0600));
      if (made.get() < 0) return fail(os_error(errno, fmt::format("cannot create {}", shown)));
      if (::ftruncate(made.get(), static_cast<off_t>(*options.create_bytes)) != 0) {
        const int reason = errno;
        ::unlink(path);
        return fail(os_error(reason, fmt::format("cannot make {} {} long", shown, format_iec(*options.create_bytes))));
      }
      return Opened{std::move(made), false};
    }
    if (fd >= 0) return Opened{Descriptor(fd), false};
    if (errno != EACCES && errno != EROFS && errno != EPERM)
      return fail(os_error(errno, fmt::format("cannot open {}", shown),
                           errno == ENOENT ? fmt::format("to create it, give a size: {}:64MiB", shown) : ""));
  }
  fd = ::open(path, O_RDONLY | flags);
  if (fd < 0) return fail(os_error(errno, fmt::format("cannot open {}", shown)));
  return Opened{Descriptor(fd), true};
}

Result<std::uint64_t> size_of(int fd, const std::string& shown) {
  struct stat info = {};
  if (::fstat(fd, &info) != 0) return fail(os_error(errno, fmt::format("cannot look at {}", shown)));
  if (S_ISREG(info.st_mode)) return static_cast<std::uint64_t>(info.st_size);
  if (!S_ISBLK(info.st_mode))
    return fail(ErrorKind::usage, fmt::format("{} is neither a regular file nor a block device", shown));
  const off_t end = ::lseek(fd, 0, SEEK_END);
  if (end < 0) return fail(os_error(errno, fmt::format("cannot find the size of {}", shown)));
  return static_cast<std::uint64_t>(end);
}

Result<> lock(int fd, bool read_only, const std::string& shown) {
  struct flock range = {};
  range.l_type = read_only ? F_RDLCK : F_WRLCK;
  range.l_whence = SEEK_SET;
  if (::fcntl(fd, F_SETLK, &range) == 0) return {};
  if (errno == EACCES || errno == EAGAIN)
    return fail(ErrorKind::busy, fmt::format("{} is in use by another process", shown),
                "two servers on one file would destroy its data; stop the other one first");
  return {};  // a file system without locks
}

}  // namespace

Result<std::unique_ptr<BlockStore>> open_file_store(const FileStoreOptions& options) {
  const std::string shown = printable(options.path);
  if (options.path.empty() || options.path.find('\0') != std::string::npos)
    return fail(ErrorKind::usage, "the namespace's file has no usable name");
  if (options.create_bytes && (*options.create_bytes == 0 || *options.create_bytes > (std::uint64_t{1} << 62U)))
    return fail(ErrorKind::usage, fmt::format("{} cannot be created with {} bytes", shown, *options.create_bytes));
  NVMECTL_ASSIGN(Opened opened, open_file(options, shown));
  NVMECTL_ASSIGN(const std::uint64_t size, size_of(opened.file.get(), shown));
  if (size == 0)
    return fail(ErrorKind::usage, fmt::format("{} is empty", shown), "give it a size with truncate -s, or a new name");
  NVMECTL_TRY(lock(opened.file.get(), opened.read_only, shown));
  return std::make_unique<FileStore>(std::move(opened.file), size, opened.read_only);
}

Result<FileStoreOptions> parse_file_store(std::string_view text) {
  FileStoreOptions options;
  options.path = std::string(text);
  const std::size_t colon = text.rfind(':');
  struct stat info = {};
  if (colon == std::string_view::npos || ::stat(options.path.c_str(), &info) == 0) return options;
  const std::string_view size = text.substr(colon + 1);
  if (size.empty() || size.front() < '0' || size.front() > '9') return options;
  NVMECTL_ASSIGN(const std::uint64_t bytes, parse_size(size, "the size of the file"));
  options.path = std::string(text.substr(0, colon));
  options.create_bytes = bytes;
  return options;
}

}  // namespace nvmectl::target
