// Overwriting what a namespace holds: a block device by writing, a DAX device, which has no write(), by mapping it.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "backends/pmem/changes.hpp"
#include "backends/pmem/manager.hpp"
#include "backends/pmem/scanner.hpp"
#include "core/text.hpp"

namespace nvmectl::pmem_backend {
namespace {

constexpr std::uint64_t piece = 1 << 20;

struct Range {
  std::uint64_t from, to;
};

// The first and last MiB, where file systems, partition tables, LVM and md keep what they are known by; or everything.
std::vector<Range> ranges(std::uint64_t size, PmemErase how) {
  if (how == PmemErase::full || size <= 2 * piece) return {{0, size}};
  return {{0, piece}, {size - piece, size}};
}

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

class Eraser {
 public:
  Eraser(std::string name, std::vector<Range> what, const PmemProgress& progress, const Deadline& deadline)
      : name_(std::move(name)), ranges_(std::move(what)), progress_(progress), deadline_(deadline) {
    for (const Range& range : ranges_) total_ += range.to - range.from;
  }

  // `zero(from, to)` overwrites a piece of at most 1 MiB; an errno or 0.
  template <class Zero>
  Result<> run(Zero zero) {
    for (const Range& range : ranges_)
      for (std::uint64_t at = range.from; at < range.to; at += piece) {
        if (deadline_.passed())
          return fail(ErrorKind::timeout,
                      fmt::format("{} of {} of {} are erased, and it is still there", format_iec(done_),
                                  format_iec(total_), name_),
                      "allow more time with --timeout");
        const std::uint64_t to = std::min(at + piece, range.to);
        if (const int code = zero(at, to); code != 0)
          return fail(os_error(code, fmt::format("{} could not be erased at byte {}", name_, at),
                               code == EIO ? "nvmectl pmem clear-errors mends bad blocks, where the platform can" : "")
                          .on(name_));
        done_ += to - at;
        if (progress_) progress_(done_, total_);
      }
    return {};
  }

 private:
  std::string name_;
  std::vector<Range> ranges_;
  const PmemProgress& progress_;
  const Deadline& deadline_;
  std::uint64_t done_ = 0, total_ = 0;
};

Result<> erase_block(const std::string& device, PmemErase how, const PmemProgress& progress, const Deadline& deadline) {
  const Fd fd(::open(("/dev/" + device).c_str(), O_RDWR | O_EXCL | O_DIRECT | O_CLOEXEC));
  if (fd.get() < 0) return fail(os_error(errno, fmt::format("/dev/{} could not be opened", device)).on(device));
  std::uint64_t size = 0;
  if (::ioctl(fd.get(), BLKGETSIZE64, &size) != 0) return fail(os_error(errno, "its size cannot be read").on(device));
  const std::unique_ptr<void, decltype(&std::free)> zeroes(std::aligned_alloc(4096, piece), std::free);
  if (!zeroes) return fail(os_error(ENOMEM, "there is no memory to erase with"));
  std::memset(zeroes.get(), 0, piece);
  Eraser eraser(device, ranges(size, how), progress, deadline);
  NVMECTL_TRY(eraser.run([&](std::uint64_t from, std::uint64_t to) {
    const ssize_t written = ::pwrite(fd.get(), zeroes.get(), to - from, static_cast<off_t>(from));
    return written == static_cast<ssize_t>(to - from) ? 0 : written < 0 ? errno : EIO;
  }));
  if (::fsync(fd.get()) != 0) return fail(os_error(errno, fmt::format("{} could not be flushed", device)).on(device));
  return {};
}

// Out of the processor's caches into the memory's domain.
void flush([[maybe_unused]] const char* from, [[maybe_unused]] std::size_t size) {
#if defined(__SSE2__)
  for (std::size_t at = 0; at < size; at += 64) _mm_clflush(from + at);
  _mm_mfence();
#endif
}

// A DAX device is mapped in units of its alignment, whatever part of one is to be erased.
int zero_mapped(int fd, std::uint64_t align, std::uint64_t from, std::uint64_t to) {
  const std::uint64_t begin = from / align * align;
  const std::uint64_t end = (to + align - 1) / align * align;
  void* const memory = ::mmap(nullptr, end - begin, PROT_READ | PROT_WRITE, MAP_SHARED, fd, static_cast<off_t>(begin));
  if (memory == MAP_FAILED) return errno;
  char* const first = static_cast<char*>(memory) + (from - begin);
  std::memset(first, 0, to - from);
  flush(first, to - from);
  ::munmap(memory, end - begin);
  return 0;
}

Result<> erase_dax(const Session& session, Ns ns, const std::string& device, PmemErase how,
                   const PmemProgress& progress, const Deadline& deadline) {
  const Ndctl& nd = session.nd();
  auto* const dax = nd.namespace_get_dax(ns);
  const std::uint64_t size = known(nd.dax_get_size(dax)).value_or(0);
  const std::uint64_t align = std::max<std::uint64_t>(4096, nd.dax_get_align(dax));
  const Fd fd(::open(("/dev/" + device).c_str(), O_RDWR | O_CLOEXEC));
  if (fd.get() < 0) return fail(os_error(errno, fmt::format("/dev/{} could not be opened", device)).on(device));
  Eraser eraser(device, ranges(size, how), progress, deadline);
  return eraser.run([&](std::uint64_t from, std::uint64_t to) { return zero_mapped(fd.get(), align, from, to); });
}

}  // namespace

Result<> Manager::erase(const std::string& name, PmemErase how, const PmemProgress& progress,
                        const Deadline& deadline) {
  if (how == PmemErase::none) return {};
  NVMECTL_ASSIGN(const auto held, lock(deadline));
  NVMECTL_ASSIGN(const Session opened, session());
  NVMECTL_ASSIGN(Ns const ns, opened.ns(name));
  if (!opened.nd().namespace_is_active(ns))
    return fail(ErrorKind::not_running, fmt::format("{} is disabled and cannot be erased", name),
                fmt::format("nvmectl pmem enable {}", name));
  NVMECTL_TRY(check_unused(opened, ns, "cannot be erased"));
  if (const std::string block = block_device(opened, ns); !block.empty())
    return erase_block(block, how, progress, deadline);
  const std::string device = dax_device(opened, ns);
  if (device.empty())
    return fail(ErrorKind::unsupported, fmt::format("{} has no device to write to", name),
                "is the driver device_dax loaded?");
  return erase_dax(opened, ns, device, how, progress, deadline);
}

}  // namespace nvmectl::pmem_backend
