#include "backends/pmem/raw_access.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <unistd.h>

#include "backends/pmem/changes.hpp"

namespace nvmectl::pmem_backend {

Result<RawAccess> RawAccess::open(const Session& session, Ns ns, bool writing) {
  const Ndctl& nd = session.nd();
  const std::string what = fmt::format("{} could not be opened in raw mode", session.name(ns));
  RawAccess access(session, ns);
  access.was_enabled_ = nd.namespace_is_active(ns);
  NVMECTL_TRY(disable(session, ns));
  access.undo_ = true;
  release_claim(session, ns);
  session.forget_log();
  if (const int code = nd.namespace_set_raw_mode(ns, 1); code < 0) return fail(session.error(code, what));
  if (const int code = nd.namespace_enable(ns); code < 0) return fail(session.error(code, what));
  const std::string path = fmt::format("/dev/{}", nd.namespace_get_block_device(ns));
  access.fd_ = ::open(path.c_str(), (writing ? O_RDWR : O_RDONLY) | O_EXCL | O_DIRECT | O_CLOEXEC);
  if (access.fd_ < 0) return fail(session.error(errno, what));
  return access;
}

RawAccess::RawAccess(RawAccess&& other) noexcept
    : session_(other.session_),
      ns_(other.ns_),
      fd_(std::exchange(other.fd_, -1)),
      was_enabled_(other.was_enabled_),
      undo_(std::exchange(other.undo_, false)) {}

RawAccess::~RawAccess() {
  static_cast<void>(close());
}

Result<> RawAccess::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  if (!std::exchange(undo_, false)) return {};
  const Ndctl& nd = session_->nd();
  nd.namespace_set_raw_mode(ns_, 0);
  nd.namespace_disable_invalidate(ns_);
  return was_enabled_ ? enable(*session_, ns_) : Result<>{};
}

Result<Bytes> RawAccess::read(std::uint64_t offset, std::size_t size) const {
  const std::size_t begin = offset % block;
  const std::size_t length = (begin + size + block - 1) / block * block;
  const std::unique_ptr<void, decltype(&std::free)> buffer(std::aligned_alloc(block, length), std::free);
  if (!buffer) return fail(os_error(ENOMEM, "there is no memory to read with"));
  const ssize_t got = ::pread(fd_, buffer.get(), length, static_cast<off_t>(offset - begin));
  if (got < static_cast<ssize_t>(begin + size))
    return fail(
        os_error(got < 0 ? errno : EIO, fmt::format("{} cannot be read at byte {}", session_->name(ns_), offset)));
  const auto* const bytes = static_cast<const std::byte*>(buffer.get()) + begin;
  return Bytes(bytes, bytes + size);
}

Result<> RawAccess::write(std::uint64_t offset, std::span<const std::byte> bytes) const {
  const std::unique_ptr<void, decltype(&std::free)> buffer(std::aligned_alloc(block, bytes.size()), std::free);
  if (!buffer || offset % block != 0 || bytes.size() % block != 0)
    return fail(os_error(EINVAL, "only whole blocks can be written"));
  std::memcpy(buffer.get(), bytes.data(), bytes.size());
  if (::pwrite(fd_, buffer.get(), bytes.size(), static_cast<off_t>(offset)) != static_cast<ssize_t>(bytes.size()) ||
      ::fsync(fd_) != 0)
    return fail(os_error(errno, fmt::format("{} cannot be written at byte {}", session_->name(ns_), offset)));
  return {};
}

}  // namespace nvmectl::pmem_backend
