// A namespace's own bytes, without its personality: it is disabled, enabled raw, and put back when done.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "backends/pmem/session.hpp"
#include "core/value.hpp"

namespace nvmectl::pmem_backend {

class RawAccess {
 public:
  static constexpr std::size_t block = 4096;
  /// busy while anything uses the namespace.
  [[nodiscard]] static Result<RawAccess> open(const Session& session, Ns ns, bool writing);
  RawAccess(RawAccess&& other) noexcept;
  RawAccess& operator=(RawAccess&&) = delete;
  /// Puts the namespace back as close() does, and has nobody to tell when that fails.
  ~RawAccess();

  [[nodiscard]] Result<Bytes> read(std::uint64_t offset, std::size_t size) const;
  /// Whole blocks at a multiple of their size.
  [[nodiscard]] Result<> write(std::uint64_t offset, std::span<const std::byte> bytes) const;
  /// Ends raw mode; enables the namespace again if it was.
  [[nodiscard]] Result<> close();

 private:
  RawAccess(const Session& session, Ns ns) : session_(&session), ns_(ns) {}
  const Session* session_;
  Ns ns_;
  int fd_ = -1;
  bool was_enabled_ = false, undo_ = false;
};

}  // namespace nvmectl::pmem_backend
