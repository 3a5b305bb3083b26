// The wire layouts of the structures that controllers hand out. Each is constant data; its fields cover the whole
// structure (static_assert in its file). Keys are ours and stable; mnemonics are the specification's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/schema.hpp"

namespace nvmectl::nvme {

/// Identify Controller, 4,096 bytes. NVM Express Base Specification 2.0d, figure 275, with the fields of 2.1.
extern const Schema id_ctrl;
/// Power State Descriptor, 32 bytes. Base Specification 2.0d, figure 276.
extern const Schema power_state;
/// Identify Namespace, NVM command set, 4,096 bytes. NVM Command Set Specification 1.0d, section 4.1.5.1.
extern const Schema id_ns;
/// LBA Format, 4 bytes. NVM Command Set Specification 1.0d, section 4.1.5.1.
extern const Schema lba_format;
/// I/O Command Set specific Identify Namespace, NVM command set (CNS 05h, CSI 0), 4,096 bytes. NVM Command Set
/// Specification 1.0d, section 4.1.5.3, with the fields of 1.1.
extern const Schema nvm_id_ns;
/// I/O Command Set specific Identify Controller, NVM command set (CNS 06h, CSI 0). Section 4.1.5.4.
extern const Schema nvm_id_ctrl;
/// I/O Command Set independent Identify Namespace (CNS 08h), 4,096 bytes. Base Specification 2.0d, figure 280.
extern const Schema independent_id_ns;
/// I/O Command Set specific Identify Namespace, zoned (CNS 05h, CSI 2), 4,096 bytes. Zoned Namespace Command Set
/// Specification 1.1d, section 4.1.5.1.
extern const Schema zns_id_ns;
/// I/O Command Set specific Identify Controller, zoned (CNS 06h, CSI 2). ZNS 1.1d, section 4.1.5.2.
extern const Schema zns_id_ctrl;

/// Namespace List, 1,024 NSIDs (CNS 02h, 07h, 10h; log 04h). Base Specification 2.0d, section 4.4.2. As a layout it
/// keeps the zeros behind the end; parse_ns_list() gives the NSIDs alone.
extern const Schema ns_list;

/// Supported Log Pages (log 00h), 1,024 bytes. Base Specification 2.0d, section 5.16.1.1.
extern const Schema supported_logs;
/// Error Information Log Entry (log 01h), 64 bytes. Section 5.16.1.2.
extern const Schema error_entry;
/// SMART / Health Information (log 02h), 512 bytes. Section 5.16.1.3 (figure 207).
extern const Schema smart_log;
/// Firmware Slot Information (log 03h), 512 bytes. Section 5.16.1.4.
extern const Schema firmware_slot_log;
/// Changed Namespace List (log 04h), 4,096 bytes. Section 5.16.1.5.
extern const Schema changed_ns_log;
/// Commands Supported and Effects (log 05h), 4,096 bytes. Section 5.16.1.6.
extern const Schema command_effects_log;
/// Asymmetric Namespace Access log header (log 0Ch), 16 bytes, and group descriptor, 32 bytes without its NSIDs.
/// Section 5.16.1.13. See parse_ana_log().
extern const Schema ana_header;
extern const Schema ana_group;
/// Discovery log header (log 70h), 1,024 bytes, and entry, 1,024 bytes. Section 5.16.1.23.
extern const Schema discovery_header;
extern const Schema discovery_entry;

/// The specification's names for codes that also stand outside of layouts.
extern const std::span<const SymbolName> ana_state_names;  ///< "optimized" …, as the kernel prints them
extern const std::span<const SymbolName> trtype_names;     ///< "rdma", "fc", "tcp", "loop"
extern const std::span<const SymbolName> adrfam_names;     ///< "ipv4" …
extern const std::span<const SymbolName> subtype_names;    ///< "nvme subsystem" …
extern const std::span<const SymbolName> treq_names;       ///< "not specified, sq flow control disable supported" …
extern const std::span<const SymbolName> eflags_names;     ///< "none", "explicit discovery connections" …
extern const std::span<const SymbolName> sectype_names;    ///< "none", "tls", "tls13"
extern const std::span<const SymbolName> controller_type_names;  ///< "io", "discovery", "admin"
extern const std::span<const SymbolName> csi_names;              ///< "nvm", "kv", "zns"

/// A log page whose layout is known.
struct KnownLog {
  std::uint8_t id;
  std::string_view name;   ///< "smart-log"
  std::string_view title;  ///< "SMART / Health Information"
  const Schema* schema;    ///< of the page, of its header (`entry` given), or of one entry (`repeated`)
  bool repeated;           ///< the page is nothing but entries of `schema`
  const Schema* entry;     ///< entries behind the header; null when there are none of fixed size
  std::uint32_t bytes;     ///< of the whole page; 0 when it depends on the controller
};
/// Sorted by id.
[[nodiscard]] std::span<const KnownLog> known_logs();
/// Null when the layout of that page is not known.
[[nodiscard]] const KnownLog* find_log(std::uint8_t log_id);
/// What Identify with that CNS and CSI returns; null when the layout is not known. `csi` matters only where the CNS
/// value uses it.
[[nodiscard]] const Schema* identify_schema(std::uint8_t cns, std::uint8_t csi);
/// All layouts, for documentation, tests and fuzzing.
[[nodiscard]] std::span<const Schema* const> all_layouts();

}  // namespace nvmectl::nvme
