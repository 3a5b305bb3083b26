// The index blocks at the start of a DIMM's label area: which label slots are in use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/result.hpp"

namespace nvmectl::pmem_backend {

/// Slots in use by the newer of the two valid index blocks; an io error says why neither is valid. The bytes are the
/// whole label area. NVDIMM Namespace Specification (Intel, rev 1.0) 2.2; UEFI 2.10 13.19.3 (Label Index Block).
[[nodiscard]] Result<std::uint64_t> used_label_slots(std::span<const std::byte> area);

/// Fletcher's checksum as libnvdimm uses it for labels and info blocks: over little-endian 32-bit words.
[[nodiscard]] std::uint64_t fletcher64(std::span<const std::byte> bytes);

}  // namespace nvmectl::pmem_backend
