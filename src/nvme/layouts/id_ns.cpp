// Identify Namespace in its three forms. NVM Command Set Specification 1.0d, section 4.1.5; Base Specification 2.0d,
// figure 280.
#include "nvme/layout.hpp"
#include "nvme/layouts/layouts.hpp"

namespace nvmectl::nvme {
namespace {

constexpr BitField nsfeat[] = {{"thin_provisioning", "Thin provisioning", 0},
                               {"namespace_atomics", "NAWUN, NAWUPF and NACWU are valid", 1},
                               {"deallocated_block_error", "Deallocated or unwritten block error", 2},
                               {"ids_not_reused", "NGUID and EUI64 are never reused", 3},
                               {"optimal_io_fields", "Preferred write and deallocate fields are valid", 4, 2}};
// NVM Command Set Specification 1.0d: FLBAS bits 6:5 are the upper, 3:0 the lower bits of the format index.
constexpr BitField flbas[] = {{"format_index_low", "LBA format index, bits 3:0", 0, 4},
                              {"metadata_extended", "Metadata at the end of the data", 4},
                              {"format_index_high", "LBA format index, bits 5:4", 5, 2}};
constexpr BitField mc[] = {{"extended", "Metadata as part of an extended block", 0},
                           {"separate", "Metadata in a separate buffer", 1}};
constexpr BitField dpc[] = {{"type_1", "Protection information type 1", 0},
                            {"type_2", "Protection information type 2", 1},
                            {"type_3", "Protection information type 3", 2},
                            {"first_bytes", "Protection information first in metadata", 3},
                            {"last_bytes", "Protection information last in metadata", 4}};
constexpr SymbolName protection[] = {{0, "disabled"}, {1, "type 1"}, {2, "type 2"}, {3, "type 3"}};
constexpr BitField dps[] = {{"type", "Protection information", 0, 3, protection},
                            {"first_bytes", "Protection information first in metadata", 3}};
constexpr BitField nmic[] = {{"shared", "May be attached to several controllers", 0},
                             {"dispersed", "Dispersed namespace", 1}};
constexpr BitField rescap[] = {{"persist_through_power_loss", "Persist through power loss", 0},
                               {"write_exclusive", "Write exclusive", 1},
                               {"exclusive_access", "Exclusive access", 2},
                               {"write_exclusive_registrants", "Write exclusive, registrants only", 3},
                               {"exclusive_access_registrants", "Exclusive access, registrants only", 4},
                               {"write_exclusive_all", "Write exclusive, all registrants", 5},
                               {"exclusive_access_all", "Exclusive access, all registrants", 6},
                               {"ignore_existing_key_13", "Ignore existing key as of revision 1.3", 7}};
constexpr BitField fpi[] = {{"percent_remaining", "Percent still to be formatted", 0, 7},
                            {"supported", "Format progress indicator", 7}};
constexpr SymbolName read_behavior[] = {{0, "not reported"}, {1, "zeroes"}, {2, "ones"}};
constexpr BitField dlfeat[] = {{"read_behavior", "Reading deallocated blocks gives", 0, 3, read_behavior},
                               {"write_zeroes_deallocate", "Deallocate bit in Write Zeroes", 3},
                               {"guard_is_crc", "Guard field of deallocated blocks is a CRC", 4}};
constexpr BitField nsattr[] = {{"write_protected", "Write protected", 0}};
constexpr BitField kpios[] = {{"enabled", "Key per I/O enabled", 0}, {"supported", "Key per I/O supported", 1}};
constexpr BitField nstat[] = {{"ready", "Namespace ready", 0}, {"limited", "I/O performance limited", 1, 2}};
constexpr SymbolName relative_performance[] = {{0, "best"}, {1, "better"}, {2, "good"}, {3, "degraded"}};
constexpr BitField performance_bits[] = {{"level", "Relative performance", 0, 2, relative_performance}};

constexpr Field lba_format_fields[] = {
    u16(0, "metadata_bytes", "Metadata size", {.unit = Unit::bytes, .mnemonic = "ms"}),
    u8(2, "data_size_log2", "Data size, 2^n bytes",
       {.doc = "0 means that the format is not available.", .mnemonic = "ds"}),
    flags(3, 1, "relative_performance", "Relative performance", performance_bits, {.mnemonic = "rp"}),
};
static_assert(covers<4>(lba_format_fields));
constexpr Schema lba_format_schema{"lba-format", "LBA format", lba_format_fields, 4,
                                   "NVM Command Set Specification 1.0d, section 4.1.5.1"};

constexpr std::string_view last_format[] = {"lba_formats_zero_based", "unique_lba_formats"};

constexpr Field id_ns_fields[] = {
    u64(0, "size_blocks", "Size", {.show = Show::table, .mnemonic = "nsze"}),
    u64(8, "capacity_blocks", "Capacity", {.show = Show::table, .mnemonic = "ncap"}),
    u64(16, "used_blocks", "Used", {.show = Show::table, .mnemonic = "nuse"}),
    flags(24, 1, "features", "Namespace features", nsfeat, {.mnemonic = "nsfeat"}),
    u8(25, "lba_formats_zero_based", "LBA formats less one", {.mnemonic = "nlbaf"}),
    flags(26, 1, "formatted_lba_size", "Formatted LBA size", flbas, {.mnemonic = "flbas"}),
    flags(27, 1, "metadata_capabilities", "Metadata capabilities", mc, {.mnemonic = "mc"}),
    flags(28, 1, "protection_capabilities", "Protection capabilities", dpc, {.mnemonic = "dpc"}),
    flags(29, 1, "protection_settings", "Protection settings", dps, {.mnemonic = "dps"}),
    flags(30, 1, "sharing", "Multipath I/O and sharing", nmic, {.mnemonic = "nmic"}),
    flags(31, 1, "reservation_capabilities", "Reservation capabilities", rescap, {.mnemonic = "rescap"}),
    flags(32, 1, "format_progress", "Format progress", fpi, {.mnemonic = "fpi"}),
    flags(33, 1, "deallocate_features", "Deallocate features", dlfeat, {.mnemonic = "dlfeat"}),
    u16(34, "atomic_write_normal_zero_based", "Atomic write unit normal less one, blocks", {.mnemonic = "nawun"}),
    u16(36, "atomic_write_power_fail_zero_based", "Atomic write unit power fail less one, blocks",
        {.mnemonic = "nawupf"}),
    u16(38, "atomic_compare_and_write_zero_based", "Atomic compare and write unit less one, blocks",
        {.mnemonic = "nacwu"}),
    u16(40, "atomic_boundary_normal_zero_based", "Atomic boundary size normal less one, blocks", {.mnemonic = "nabsn"}),
    u16(42, "atomic_boundary_offset_blocks", "Atomic boundary offset", {.mnemonic = "nabo"}),
    u16(44, "atomic_boundary_power_fail_zero_based", "Atomic boundary size power fail less one, blocks",
        {.mnemonic = "nabspf"}),
    u16(46, "optimal_io_boundary_blocks", "Optimal I/O boundary", {.mnemonic = "noiob"}),
    u128(48, "allocated_capacity_bytes", "NVM capacity", {.unit = Unit::bytes, .mnemonic = "nvmcap"}),
    u16(64, "preferred_write_granularity_zero_based", "Preferred write granularity less one, blocks",
        {.mnemonic = "npwg", .since = "1.4"}),
    u16(66, "preferred_write_alignment_zero_based", "Preferred write alignment less one, blocks",
        {.mnemonic = "npwa", .since = "1.4"}),
    u16(68, "preferred_deallocate_granularity_zero_based", "Preferred deallocate granularity less one, blocks",
        {.mnemonic = "npdg", .since = "1.4"}),
    u16(70, "preferred_deallocate_alignment_zero_based", "Preferred deallocate alignment less one, blocks",
        {.mnemonic = "npda", .since = "1.4"}),
    u16(72, "optimal_write_zero_based", "Optimal write size less one, blocks", {.mnemonic = "nows", .since = "1.4"}),
    u16(74, "copy_max_range_blocks", "Longest copy source range", {.mnemonic = "mssrl", .since = "1.4"}),
    u32(76, "copy_max_blocks", "Longest copy", {.mnemonic = "mcl", .since = "1.4"}),
    u8(80, "copy_max_ranges_zero_based", "Most copy source ranges less one", {.mnemonic = "msrc", .since = "1.4"}),
    flags(81, 1, "key_per_io_status", "Key per I/O status", kpios, {.mnemonic = "kpios", .since = "2.1"}),
    u8(82, "unique_lba_formats", "LBA formats with unique attributes", {.mnemonic = "nulbaf", .since = "2.0"}),
    reserved(83, 84),
    u32(84, "key_per_io_alignment_zero_based", "Key per I/O alignment and granularity less one, blocks",
        {.mnemonic = "kpiodaag", .since = "2.1"}),
    reserved(88, 92),
    u32(92, "ana_group_id", "ANA group identifier", {.mnemonic = "anagrpid", .since = "1.4"}),
    reserved(96, 99),
    flags(99, 1, "attributes", "Namespace attributes", nsattr, {.mnemonic = "nsattr", .since = "1.4"}),
    u16(100, "nvm_set_id", "NVM set identifier", {.mnemonic = "nvmsetid", .since = "1.4"}),
    u16(102, "endurance_group_id", "Endurance group identifier", {.mnemonic = "endgid", .since = "1.4"}),
    bytes(104, 16, "nguid", "Namespace globally unique identifier"),
    bytes(120, 8, "eui64", "IEEE extended unique identifier"),
    records(128, lba_format_schema, 64, "lba_formats", "LBA formats", {.mnemonic = "lbafs"}, last_format),
    bytes(384, 3712, "vendor_specific", "Vendor specific", {.mnemonic = "vs"}),
};
static_assert(covers<4096>(id_ns_fields));

constexpr SymbolName guard_types[] = {{0, "16-bit guard"}, {1, "32-bit guard"}, {2, "64-bit guard"}};
constexpr BitField extended_format[] = {{"storage_tag_bits", "Storage tag size", 0, 7},
                                        {"protection_format", "Protection information format", 7, 2, guard_types},
                                        {"qualified_protection_format", "Qualified protection format", 9, 4}};
constexpr BitField pic[] = {{"storage_tag_16b_guard", "Storage tag with 16-bit guard", 0},
                            {"storage_tag_check_mask", "Storage tag masking bits", 1},
                            {"storage_tag_check_read", "Storage tag check read", 2},
                            {"qualified_protection_type", "Qualified protection information", 3}};
constexpr BitField pifa[] = {{"storage_tag_mask", "Storage tag masking level", 0, 3}};

constexpr Field nvm_id_ns_fields[] = {
    u64(0, "storage_tag_mask", "Logical block storage tag mask", {.hex = true, .mnemonic = "lbstm"}),
    flags(8, 1, "protection_capabilities", "Protection information capabilities", pic, {.mnemonic = "pic"}),
    flags(9, 1, "protection_attributes", "Protection information format attributes", pifa,
          {.mnemonic = "pifa", .since = "2.1"}),
    reserved(10, 12),
    flag_words(12, 4, 64, "extended_lba_formats", "Extended LBA formats", extended_format, {.mnemonic = "elbafs"}),
    u32(268, "preferred_deallocate_granularity_large", "Preferred deallocate granularity, large",
        {.mnemonic = "npdgl", .since = "2.1"}),
    u32(272, "preferred_read_granularity", "Preferred read granularity", {.mnemonic = "nprg", .since = "2.1"}),
    u32(276, "preferred_read_alignment", "Preferred read alignment", {.mnemonic = "npra", .since = "2.1"}),
    u32(280, "optimal_read_blocks", "Optimal read size", {.mnemonic = "nors", .since = "2.1"}),
    u32(284, "preferred_deallocate_alignment_large", "Preferred deallocate alignment, large",
        {.mnemonic = "npdal", .since = "2.1"}),
    u32(288, "placement_shard_size", "LBA format placement shard size", {.mnemonic = "lbapss", .since = "2.1"}),
    u32(292, "tracked_allocation_granularity", "Tracked LBA allocation granularity",
        {.mnemonic = "tlbaag", .since = "2.1"}),
    reserved(296, 4096),
};
static_assert(covers<4096>(nvm_id_ns_fields));

constexpr Field nvm_id_ctrl_fields[] = {
    u8(0, "verify_limit_log2", "Verify size limit, 2^n smallest memory pages", {.mnemonic = "vsl"}),
    u8(1, "write_zeroes_limit_log2", "Write zeroes size limit, 2^n smallest memory pages", {.mnemonic = "wzsl"}),
    u8(2, "write_uncorrectable_limit_log2", "Write uncorrectable size limit, 2^n smallest memory pages",
       {.mnemonic = "wusl"}),
    u8(3, "dataset_ranges_limit", "Most dataset management ranges", {.mnemonic = "dmrl"}),
    u32(4, "dataset_range_blocks_limit", "Longest dataset management range", {.mnemonic = "dmrsl"}),
    u64(8, "dataset_blocks_limit", "Most blocks of a dataset management", {.mnemonic = "dmsl"}),
    reserved(16, 4096),
};
static_assert(covers<4096>(nvm_id_ctrl_fields));

constexpr Field independent_fields[] = {
    flags(0, 1, "features", "Namespace features", nsfeat, {.mnemonic = "nsfeat"}),
    flags(1, 1, "sharing", "Multipath I/O and sharing", nmic, {.mnemonic = "nmic"}),
    flags(2, 1, "reservation_capabilities", "Reservation capabilities", rescap, {.mnemonic = "rescap"}),
    flags(3, 1, "format_progress", "Format progress", fpi, {.mnemonic = "fpi"}),
    u32(4, "ana_group_id", "ANA group identifier", {.mnemonic = "anagrpid"}),
    flags(8, 1, "attributes", "Namespace attributes", nsattr, {.mnemonic = "nsattr"}),
    reserved(9, 10),
    u16(10, "nvm_set_id", "NVM set identifier", {.mnemonic = "nvmsetid"}),
    u16(12, "endurance_group_id", "Endurance group identifier", {.mnemonic = "endgid"}),
    flags(14, 1, "status", "Namespace status", nstat, {.mnemonic = "nstat"}),
    flags(15, 1, "key_per_io_status", "Key per I/O status", kpios, {.mnemonic = "kpios", .since = "2.1"}),
    u16(16, "max_key_tag", "Largest key tag", {.mnemonic = "maxkt", .since = "2.1"}),
    reserved(18, 20),
    u32(20, "reachability_group_id", "Reachability group identifier", {.mnemonic = "rgrpid", .since = "2.1"}),
    reserved(24, 4096),
};
static_assert(covers<4096>(independent_fields));

}  // namespace

constinit const Schema lba_format = lba_format_schema;
constinit const Schema id_ns{"id-ns", "Identify Namespace", id_ns_fields, 4096,
                             "NVM Command Set Specification 1.0d, section 4.1.5.1"};
constinit const Schema nvm_id_ns{"nvm-id-ns", "Identify Namespace, NVM command set specific", nvm_id_ns_fields, 4096,
                                 "NVM Command Set Specification 1.0d, section 4.1.5.3"};
constinit const Schema nvm_id_ctrl{"nvm-id-ctrl", "Identify Controller, NVM command set specific", nvm_id_ctrl_fields,
                                   4096, "NVM Command Set Specification 1.0d, section 4.1.5.4"};
constinit const Schema independent_id_ns{"cmdset-ind-id-ns", "Identify Namespace, command set independent",
                                         independent_fields, 4096, "NVM Express Base Specification 2.0d, figure 280"};

}  // namespace nvmectl::nvme
