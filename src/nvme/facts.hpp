// Typed structs of the few identify fields that code decides on; what people see comes from the layouts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "core/error.hpp"
#include "nvme/parsers.hpp"

namespace nvmectl::nvme {

/// From Identify Controller. Strings are printable and without padding. NVM Express Base Specification 2.0d, figure
/// 275; numbers as on the wire unless said otherwise.
struct ControllerFacts {
  std::string serial, model, firmware, subsystem_nqn;
  std::uint16_t vendor_id = 0;
  std::uint16_t controller_id = 0;
  std::uint32_t version = 0;  ///< major 31:16, minor 15:8, tertiary 7:0
  std::uint8_t type = 0;      ///< CNTRLTYPE: 0 not reported, 1 I/O, 2 discovery, 3 administrative
  std::uint8_t cmic = 0;
  std::uint8_t mdts = 0;  ///< see max_transfer_bytes()
  std::uint32_t ctratt = 0;
  std::uint16_t oacs = 0;
  std::uint16_t oncs = 0;
  std::uint8_t lpa = 0;
  std::uint8_t vwc = 0;
  std::uint32_t namespace_id_max = 0;   ///< NN
  std::uint32_t error_log_entries = 1;  ///< ELPE + 1
  std::uint32_t async_event_limit = 1;  ///< AERL + 1
  std::uint16_t keep_alive_100ms = 0;   ///< KAS; 0: no keep alive
  std::uint32_t ana_group_count = 0;    ///< NANAGRPID
  std::uint16_t max_outstanding = 0;    ///< MAXCMD
  std::uint32_t sgls = 0;
  std::uint32_t io_capsule_16b = 0;         ///< IOCCSZ
  std::uint32_t response_capsule_16b = 0;   ///< IORCSZ
  std::uint16_t in_capsule_offset_16b = 0;  ///< ICDOFF
  std::uint8_t max_sgl_descriptors = 0;     ///< MSDBD

  [[nodiscard]] bool is_discovery() const { return type == 2; }
  [[nodiscard]] bool extended_log_data() const { return (lpa & 4U) != 0; }  ///< offsets in Get Log Page
};
/// Never fails: fields behind the end of `page` stay 0.
[[nodiscard]] ControllerFacts controller_facts(std::span<const std::byte> page);

/// Bytes of the largest transfer that MDTS allows, `otherwise` when it sets no limit. `min_page_bytes`: CAP.MPSMIN.
[[nodiscard]] std::size_t max_transfer_bytes(std::uint8_t mdts, std::uint64_t min_page_bytes, std::size_t otherwise);

/// From Identify Namespace and its identification descriptors.
struct NamespaceFacts {
  std::uint32_t nsid = 0;
  std::uint64_t size_blocks = 0;      ///< NSZE
  std::uint64_t capacity_blocks = 0;  ///< NCAP
  std::uint64_t used_blocks = 0;      ///< NUSE
  std::uint8_t format_index = 0;      ///< LBA format in use
  std::uint32_t lba_bytes = 0;        ///< 0: not known, or nonsense was reported
  std::uint16_t metadata_bytes = 0;
  bool metadata_extended = false;  ///< metadata at the end of each block's data
  bool shared = false;
  std::uint32_t ana_group_id = 0;
  NamespaceIds ids;
  /// Identify of this namespace failed while others were read; the numbers are then 0.
  std::optional<Error> problem;

  /// `blocks` in bytes; empty when the block size is not known or the product does not fit 64 bits.
  [[nodiscard]] std::optional<std::uint64_t> bytes(std::uint64_t blocks) const;
};
/// Never fails: fields behind the end of `page` stay 0. Fills `ids` from NGUID and EUI64.
[[nodiscard]] NamespaceFacts namespace_facts(std::uint32_t nsid, std::span<const std::byte> page);

}  // namespace nvmectl::nvme
