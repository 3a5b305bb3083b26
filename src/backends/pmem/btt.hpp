// Checking a Block Translation Table: what a sector namespace's bytes say, and whether they agree with each other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/deadline.hpp"
#include "core/pmem.hpp"
#include "core/result.hpp"

namespace nvmectl::pmem_backend {

/// One arena's info block. UEFI 2.10, 6.2 (Block Translation Table, BTT Layout): EFI_BTT_INFO_BLOCK.
struct BttInfo {
  std::uint32_t flags = 0;
  std::uint16_t major = 0, minor = 0;
  std::uint32_t external_lba_bytes = 0, external_blocks = 0;
  std::uint32_t internal_lba_bytes = 0, internal_blocks = 0;
  std::uint32_t free_blocks = 0, info_bytes = 0;
  /// Bytes from the arena's start; `next` is 0 in the last arena.
  std::uint64_t next = 0, data = 0, map = 0, log = 0, copy = 0;
};

inline constexpr std::size_t btt_info_bytes = 4096;

/// Empty when the 4096 bytes are no info block; `why` then says which of signature, checksum and sizes is wrong.
/// `room` is what is left of the namespace from the arena's start: nothing may lie beyond.
[[nodiscard]] std::optional<BttInfo> parse_btt_info(std::span<const std::byte> block, std::uint64_t room,
                                                    std::string& why);

/// The bytes of a namespace in raw mode.
struct BttDevice {
  std::uint64_t size = 0;
  std::function<Result<Bytes>(std::uint64_t offset, std::size_t size)> read;
  /// Null when nothing is to be repaired.
  std::function<Result<>(std::uint64_t offset, std::span<const std::byte> bytes)> write;
};

/// Walks all arenas: info blocks and their copies, that map and flog together name each internal block exactly once,
/// and that no flog entry is broken. With `write`, an info block that is broken is restored from its copy and the other
/// way round, and a flog in the layout of Linux before 4.15 is written in the standard one. An error is only what could
/// not be read or written; what is wrong is a finding.
[[nodiscard]] Result<std::vector<PmemFinding>> check_btt(const BttDevice& device, const Deadline& deadline);

/// Zeroes the info blocks of all arenas and their copies, if there are any. The first arena's own comes behind all
/// copies: until it is gone the table is whole, from then on there is none. What cannot be read is taken for none.
[[nodiscard]] Result<> erase_btt(const BttDevice& device);

}  // namespace nvmectl::pmem_backend
