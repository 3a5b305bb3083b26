// The label area of a DIMM: two index blocks and slots of labels. NVDIMM Namespace Specification (Intel, revision 1.1)
// and UEFI Specification 2.7, section 13.19 (version 1.2); Linux drivers/nvdimm/label.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/pmem.hpp"
#include "core/result.hpp"

namespace nvmectl::pmem {

struct LabelIndex {
  std::uint64_t offset = 0;  ///< of the block in the area
  std::uint16_t major = 0, minor = 0;
  std::uint32_t sequence = 0;     ///< 1, 2, 3, 1 …: the later one counts; 0 = not valid
  std::uint32_t label_bytes = 0;  ///< 128 (1.1) or 256 (1.2)
  std::uint64_t own_offset = 0, own_bytes = 0, other_offset = 0, label_offset = 0;
  std::uint32_t slot_count = 0;
  std::uint32_t flags = 0;
  bool checksum_ok = false;
  std::string_view fault;  ///< why the kernel does not take it: "has a wrong checksum"; "" = it is valid
};

/// A label in a slot that the current index says is used.
struct NamespaceLabel {
  std::uint32_t slot = 0;       ///< where it is
  std::uint32_t slot_told = 0;  ///< where it says it is
  std::string uuid, name;       ///< printable
  std::uint32_t flags = 0;      ///< 1 read-only, 2 local, 8 updating
  std::uint16_t label_count = 0, position = 0;
  std::uint64_t interleave_set = 0;  ///< ISETCOOKIE
  std::uint64_t lba_bytes = 0, dpa = 0, raw_bytes = 0;
  std::uint8_t align_log2 = 0;              ///< 1.2
  std::string type_guid, abstraction_guid;  ///< 1.2; "" when all are zero
  std::string abstraction;                  ///< "fsdax", "devdax", "sector", "" for none or unknown
  std::optional<bool> checksum_ok;          ///< 1.2
};

struct LabelArea {
  std::vector<LabelIndex> indexes;     ///< what was found of the two, in order
  std::optional<std::size_t> current;  ///< the one that counts; empty: the area is not initialised, or damaged
  std::vector<NamespaceLabel> labels;
  std::uint32_t free_slots = 0;
};

inline constexpr std::size_t most_label_area = std::size_t{16} << 20U;

/// Takes the area apart; whatever is in it, nothing outside `area` is looked at. protocol when it is larger than any.
[[nodiscard]] Result<LabelArea> decode_labels(std::span<const std::byte> area);

/// How many slots are in use; an io error says why the area is not valid.
[[nodiscard]] Result<std::uint64_t> used_label_slots(std::span<const std::byte> area);
/// The same of a DIMM's.
[[nodiscard]] Result<std::uint64_t> check_labels(PmemManager& manager, const std::string& dimm,
                                                 const Deadline& deadline);

/// Fletcher's sum of 64 bits over little-endian words of 32, as the labels and info blocks have it; the 8 bytes from
/// `skip` on count as zero. The size must be a multiple of 4.
[[nodiscard]] std::uint64_t fletcher64(std::span<const std::byte> bytes, std::size_t skip);

/// "66f0d379-…" from the 16 bytes of a GUID, whose first three parts are little-endian.
[[nodiscard]] std::string format_guid(std::span<const std::byte> bytes);

}  // namespace nvmectl::pmem
