#include "pmem/infoblock.hpp"

#include <array>
#include <cstring>

#include "core/endian.hpp"
#include "core/text.hpp"
#include "pmem/labels.hpp"

namespace nvmectl::pmem {
namespace {

struct Kind {
  std::string_view signature, kind;
};
constexpr std::array kinds{Kind{{"NVDIMM_PFN_INFO\0", 16}, "fsdax"}, Kind{{"NVDIMM_DAX_INFO\0", 16}, "devdax"},
                           Kind{{"BTT_ARENA_INFO\0\0", 16}, "sector"}};

std::string_view kind_at(std::span<const std::byte> block) {
  for (const Kind& kind : kinds)
    if (std::memcmp(block.data(), kind.signature.data(), kind.signature.size()) == 0) return kind.kind;
  return "";
}

void decode_pages(InfoBlock& info, std::span<const std::byte> block) {
  info.data_offset = load_le64(block, 56);
  info.page_count = load_le64(block, 64);
  info.page_array = load_le32(block, 72);
  if (info.minor >= 1) {
    info.start_pad = load_le32(block, 76);
    info.end_trunc = load_le32(block, 80);
  }
  if (info.minor >= 2) info.align_bytes = load_le32(block, 84);
  if (info.minor >= 4) {
    info.page_bytes = load_le32(block, 88);
    info.page_struct_bytes = load_le16(block, 92);
  }
}

void decode_sectors(InfoBlock& info, std::span<const std::byte> block) {
  info.external_sector_bytes = load_le32(block, 56);
  info.external_sectors = load_le32(block, 60);
  info.internal_sector_bytes = load_le32(block, 64);
  info.internal_sectors = load_le32(block, 68);
  info.free_blocks = load_le32(block, 72);
  info.info_bytes = load_le32(block, 76);
  info.next_offset = load_le64(block, 80);
  info.data_offset = load_le64(block, 88);
  info.map_offset = load_le64(block, 96);
  info.log_offset = load_le64(block, 104);
  info.info2_offset = load_le64(block, 112);
}

}  // namespace

std::optional<InfoBlock> decode_infoblock(std::span<const std::byte> start) {
  for (const std::size_t at : {infoblock_bytes, std::size_t{0}}) {
    if (start.size() < at + infoblock_bytes) continue;
    const auto block = start.subspan(at, infoblock_bytes);
    InfoBlock info;
    info.kind = kind_at(block);
    if (info.kind.empty()) continue;
    info.offset = at;
    info.uuid = format_uuid(block.subspan(16, 16));
    info.parent_uuid = format_uuid(block.subspan(32, 16));
    info.flags = load_le32(block, 48);
    info.major = load_le16(block, 52);
    info.minor = load_le16(block, 54);
    constexpr std::size_t checksum_at = infoblock_bytes - 8;
    info.checksum_ok = fletcher64(block, checksum_at) == load_le64(block, checksum_at);
    if (info.kind == "sector") decode_sectors(info, block);
    else decode_pages(info, block);
    return info;
  }
  return std::nullopt;
}

}  // namespace nvmectl::pmem
