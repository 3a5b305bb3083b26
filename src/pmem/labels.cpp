#include "pmem/labels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "core/endian.hpp"
#include "core/text.hpp"

namespace nvmectl::pmem {
namespace {

using Area = std::span<const std::byte>;

constexpr std::string_view index_signature{"NAMESPACE_INDEX\0", 16};
constexpr std::size_t index_header_bytes = 72;
constexpr std::size_t index_step = 256;

bool has_signature(Area area, std::size_t at) {
  return at + index_header_bytes <= area.size() &&
         std::memcmp(area.data() + at, index_signature.data(), index_signature.size()) == 0;
}

std::size_t bitmap_bytes(std::uint32_t slots) {
  return (std::size_t{slots} + 7) / 8;
}

bool all_zero(Area bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{}; });
}

// Why the kernel would not take it; "" when it would. Everything that decides where labels are must lie within the
// area.
std::string_view fault_of(const LabelIndex& index, Area area) {
  if (index.own_bytes < index_step || index.own_bytes % index_step != 0 || index.own_bytes > area.size() - index.offset)
    return "has no sensible size";
  if (!index.checksum_ok) return "has a wrong checksum";
  if (bitmap_bytes(index.slot_count) > index.own_bytes - index_header_bytes) return "has more slots than bits for them";
  if (index.label_bytes != 128 && index.label_bytes != 256) return "has labels of no known size";
  if (index.label_offset > area.size() || index.label_offset < 2 * index.own_bytes ||
      index.slot_count > (area.size() - index.label_offset) / index.label_bytes)
    return "has more slots than the area has room for";
  if (index.own_offset != index.offset || (index.offset != 0 && index.offset != index.own_bytes))
    return "is meant for another place";
  if (index.sequence < 1 || index.sequence > 3) return "has no sequence number";
  return "";
}

LabelIndex decode_index(Area area, std::size_t at) {
  const Area block = area.subspan(at);
  LabelIndex index;
  index.offset = at;
  index.flags =
      load_u8(block, 16) | (std::uint32_t{load_u8(block, 17)} << 8U) | (std::uint32_t{load_u8(block, 18)} << 16U);
  const std::uint8_t size_code = load_u8(block, 19);
  index.label_bytes = size_code < 8 ? 128U << size_code : 0;
  index.sequence = load_le32(block, 20);
  index.own_offset = load_le64(block, 24);
  index.own_bytes = load_le64(block, 32);
  index.other_offset = load_le64(block, 40);
  index.label_offset = load_le64(block, 48);
  index.slot_count = load_le32(block, 56);
  index.major = load_le16(block, 60);
  index.minor = load_le16(block, 62);
  index.checksum_ok = index.own_bytes >= index_header_bytes && index.own_bytes <= block.size() &&
                      fletcher64(block.first(index.own_bytes), 64) == load_le64(block, 64);
  index.fault = fault_of(index, area);
  return index;
}

// The sequence goes round 1, 2, 3: the one behind the other is the later one.
std::size_t later_of(const std::vector<LabelIndex>& indexes, std::size_t a, std::size_t b) {
  return indexes[a].sequence % 3 + 1 == indexes[b].sequence ? b : a;
}

std::string_view abstraction_of(std::string_view guid) {
  struct Name {
    std::string_view guid, mode;
  };
  static constexpr std::array names{Name{"18633bfc-1735-4217-8ac9-17239282d3f8", "sector"},
                                    Name{"266400ba-fb9f-4677-bcb0-968f11d0d225", "fsdax"},
                                    Name{"97a86d9c-3cdd-4eda-986f-5068b4f80088", "devdax"}};
  for (const Name& name : names)
    if (name.guid == guid) return name.mode;
  return "";
}

NamespaceLabel decode_label(Area bytes, std::uint32_t slot) {
  NamespaceLabel label;
  label.slot = slot;
  label.uuid = format_uuid(bytes.first(16));
  label.name = wire_text(bytes.subspan(16, 64));
  label.flags = load_le32(bytes, 80);
  label.label_count = load_le16(bytes, 84);
  label.position = load_le16(bytes, 86);
  label.interleave_set = load_le64(bytes, 88);
  label.lba_bytes = load_le64(bytes, 96);
  label.dpa = load_le64(bytes, 104);
  label.raw_bytes = load_le64(bytes, 112);
  label.slot_told = load_le32(bytes, 120);
  if (bytes.size() < 256) return label;
  label.align_log2 = load_u8(bytes, 124);
  if (!all_zero(bytes.subspan(128, 16))) label.type_guid = format_guid(bytes.subspan(128, 16));
  if (!all_zero(bytes.subspan(144, 16))) label.abstraction_guid = format_guid(bytes.subspan(144, 16));
  label.abstraction = abstraction_of(label.abstraction_guid);
  label.checksum_ok = fletcher64(bytes, 248) == load_le64(bytes, 248);
  return label;
}

void decode_slots(Area area, const LabelIndex& index, LabelArea& to) {
  const Area bitmap = area.subspan(index.offset + index_header_bytes, bitmap_bytes(index.slot_count));
  for (std::uint32_t slot = 0; slot < index.slot_count; ++slot) {
    const bool free = ((load_u8(bitmap, slot / 8) >> (slot % 8)) & 1U) != 0;
    if (free) ++to.free_slots;
    else
      to.labels.push_back(decode_label(
          area.subspan(index.label_offset + std::uint64_t{slot} * index.label_bytes, index.label_bytes), slot));
  }
}

}  // namespace

std::uint64_t fletcher64(std::span<const std::byte> bytes, std::size_t skip) {
  std::uint32_t low = 0;
  std::uint64_t high = 0;
  for (std::size_t at = 0; at + 4 <= bytes.size(); at += 4) {
    if (at < skip || at >= skip + 8) low += load_le32(bytes, at);
    high += low;
  }
  return (high << 32U) | low;
}

std::string format_guid(std::span<const std::byte> bytes) {
  static constexpr std::array<std::size_t, 16> order{3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
  std::array<std::byte, 16> turned{};
  for (std::size_t i = 0; i < order.size(); ++i) turned[i] = bytes[order[i]];
  return format_uuid(turned);
}

Result<LabelArea> decode_labels(std::span<const std::byte> area) {
  if (area.size() > most_label_area)
    return fail(ErrorKind::protocol, "the label area is larger than any", "16 MiB are taken at most");
  LabelArea found;
  // The second block stands behind the first, whose size depends on the number of slots; either may be damaged.
  for (std::size_t at = 0; at + index_header_bytes <= area.size() && found.indexes.size() < 2; at += index_step)
    if (has_signature(area, at)) found.indexes.push_back(decode_index(area, at));
  for (std::size_t i = 0; i < found.indexes.size(); ++i) {
    if (!found.indexes[i].fault.empty()) continue;
    found.current = found.current ? later_of(found.indexes, *found.current, i) : i;
  }
  if (found.current) decode_slots(area, found.indexes[*found.current], found);
  return found;
}

Result<std::uint64_t> used_label_slots(std::span<const std::byte> area) {
  NVMECTL_ASSIGN(const LabelArea found, decode_labels(area));
  if (found.current) return found.labels.size();
  const bool first = !found.indexes.empty() && found.indexes.front().offset == 0;
  return fail(make_error(ErrorKind::io, "the label area is not valid", "write labels: nvmectl pmem init")
                  .with_cause(fmt::format("its first index block {}, and there is no valid copy",
                                          first ? found.indexes.front().fault : "has no signature")));
}

Result<std::uint64_t> check_labels(PmemManager& manager, const std::string& dimm, const Deadline& deadline) {
  NVMECTL_ASSIGN(const Bytes area, manager.read_labels(dimm, deadline));
  auto used = used_label_slots(area);
  if (!used) return fail(std::move(used).error().on(dimm));
  return used;
}

}  // namespace nvmectl::pmem
