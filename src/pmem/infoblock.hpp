// The info blocks that make a namespace fsdax, devdax or sector. Linux drivers/nvdimm/pfn.h, btt.h.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace nvmectl::pmem {

inline constexpr std::size_t infoblock_bytes = 4096;

/// One that was found, with what its kind has; the other optionals are empty.
struct InfoBlock {
  std::string_view kind;     ///< "fsdax", "devdax", "sector"
  std::uint64_t offset = 0;  ///< in what was read
  std::string uuid, parent_uuid;
  std::uint32_t flags = 0;
  std::uint16_t major = 0, minor = 0;
  bool checksum_ok = false;
  std::uint64_t data_offset = 0;
  // fsdax, devdax
  std::optional<std::uint64_t> page_count;
  std::optional<std::uint32_t> page_array;  ///< 1 in RAM, 2 on the device
  std::optional<std::uint32_t> start_pad, end_trunc, align_bytes, page_bytes;
  std::optional<std::uint16_t> page_struct_bytes;
  // sector
  std::optional<std::uint32_t> external_sector_bytes, external_sectors, internal_sector_bytes, internal_sectors;
  std::optional<std::uint32_t> free_blocks, info_bytes;
  std::optional<std::uint64_t> next_offset, map_offset, log_offset, info2_offset;
};

/// Looks at 0 and at 4096 of a namespace's first bytes; empty when neither is an info block.
[[nodiscard]] std::optional<InfoBlock> decode_infoblock(std::span<const std::byte> start);

}  // namespace nvmectl::pmem
