// BlockStore: where a namespace's blocks live: in memory, in a file or on a block device.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace nvmectl::target {

/// How a store's operation ended. The controller makes the NVMe status of it.
enum class StoreStatus : std::uint8_t {
  ok,
  no_space,         ///< ENOSPC, EDQUOT, EFBIG, or no memory left for a RAM store
  read_failed,      ///< EIO and every other failure to read
  write_failed,     ///< EIO and every other failure to write or to make durable
  write_protected,  ///< read-only store
};

/// Bytes by offset. The caller has checked that offset + length lies within size(); not thread-safe.
class BlockStore {
 public:
  virtual ~BlockStore() = default;
  /// Bytes; constant.
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  [[nodiscard]] virtual bool read_only() const { return false; }
  /// True when written data may be lost with the power until flush().
  [[nodiscard]] virtual bool has_volatile_cache() const { return false; }
  /// Bytes that take up room now; at most size().
  [[nodiscard]] virtual std::uint64_t allocated() const = 0;
  [[nodiscard]] virtual StoreStatus read(std::uint64_t offset, std::span<std::byte> data) = 0;
  [[nodiscard]] virtual StoreStatus write(std::uint64_t offset, std::span<const std::byte> data) = 0;
  /// The range reads as zeroes afterwards. Room is given back where the store can and `deallocate` allows it.
  [[nodiscard]] virtual StoreStatus zero(std::uint64_t offset, std::uint64_t length, bool deallocate) = 0;
  /// Gives the range's room back where the store can: then it reads as zeroes, else nothing changes.
  virtual void deallocate(std::uint64_t offset, std::uint64_t length) = 0;
  /// Everything written is durable afterwards.
  [[nodiscard]] virtual StoreStatus flush() { return StoreStatus::ok; }
};

inline constexpr std::uint64_t max_ram_store_bytes = std::uint64_t{64} << 40U;

/// Memory, allocated when written to. Usage error for 0 bytes and above max_ram_store_bytes.
[[nodiscard]] Result<std::unique_ptr<BlockStore>> make_ram_store(std::uint64_t bytes);

struct FileStoreOptions {
  std::string path = {};
  std::optional<std::uint64_t> create_bytes = {};  ///< create the file with this size when it is not there
  bool read_only = false;
};

/// "PATH" or "PATH:SIZE" (created with that size when missing). A path that exists is taken as it is, colons included.
[[nodiscard]] Result<FileStoreOptions> parse_file_store(std::string_view text);

/// A regular file or block device, locked against a second server. A file that may not be written is opened
/// read-only. Errors: not_found, permission, busy (locked), usage (a directory, empty), io.
[[nodiscard]] Result<std::unique_ptr<BlockStore>> open_file_store(const FileStoreOptions& options);

}  // namespace nvmectl::target
