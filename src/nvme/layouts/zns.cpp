// Zoned Namespace Command Set Specification 1.1d, section 4.1.5.
#include "nvme/layout.hpp"
#include "nvme/layouts/layouts.hpp"

namespace nvmectl::nvme {
namespace {

constexpr BitField zoc[] = {{"variable_capacity", "Zone capacity may change", 0},
                            {"active_excursions", "Controller may finish active zones", 1}};
constexpr BitField ozcs[] = {{"read_across_boundaries", "Read across zone boundaries", 0},
                             {"random_write_area", "Zone random write area", 1}};
constexpr BitField zrwacap[] = {{"explicit_flush", "Explicit zone random write area flush", 0}};

constexpr Field format_fields[] = {
    u64(0, "zone_size_blocks", "Zone size", {.mnemonic = "zsze"}),
    u8(8, "descriptor_extension_64b", "Zone descriptor extension size, 64 B units", {.mnemonic = "zdes"}),
    reserved(9, 16),
};
static_assert(covers<16>(format_fields));
constexpr Schema format_schema{"zns-lba-format", "LBA format extension", format_fields, 16,
                               "Zoned Namespace Command Set Specification 1.1d, section 4.1.5.1"};

constexpr Field id_ns_fields[] = {
    flags(0, 2, "zone_operation", "Zone operation characteristics", zoc, {.mnemonic = "zoc"}),
    flags(2, 2, "optional_zoned_commands", "Optional zoned command support", ozcs, {.mnemonic = "ozcs"}),
    u32(4, "max_active_zones_zero_based", "Most active zones less one",
        {.doc = "FFFFFFFFh means no limit.", .mnemonic = "mar"}),
    u32(8, "max_open_zones_zero_based", "Most open zones less one",
        {.doc = "FFFFFFFFh means no limit.", .mnemonic = "mor"}),
    u32(12, "reset_recommended_limit_seconds", "Reset recommended limit", {.unit = Unit::seconds, .mnemonic = "rrl"}),
    u32(16, "finish_recommended_limit_seconds", "Finish recommended limit", {.unit = Unit::seconds, .mnemonic = "frl"}),
    u32(20, "reset_recommended_limit_1_seconds", "Reset recommended limit 1",
        {.unit = Unit::seconds, .mnemonic = "rrl1"}),
    u32(24, "reset_recommended_limit_2_seconds", "Reset recommended limit 2",
        {.unit = Unit::seconds, .mnemonic = "rrl2"}),
    u32(28, "reset_recommended_limit_3_seconds", "Reset recommended limit 3",
        {.unit = Unit::seconds, .mnemonic = "rrl3"}),
    u32(32, "finish_recommended_limit_1_seconds", "Finish recommended limit 1",
        {.unit = Unit::seconds, .mnemonic = "frl1"}),
    u32(36, "finish_recommended_limit_2_seconds", "Finish recommended limit 2",
        {.unit = Unit::seconds, .mnemonic = "frl2"}),
    u32(40, "finish_recommended_limit_3_seconds", "Finish recommended limit 3",
        {.unit = Unit::seconds, .mnemonic = "frl3"}),
    u32(44, "random_write_resources_zero_based", "Zone random write area resources less one", {.mnemonic = "numzrwa"}),
    u16(48, "random_write_flush_granularity_blocks", "Zone random write area flush granularity",
        {.mnemonic = "zrwafg"}),
    u16(50, "random_write_area_blocks", "Zone random write area size", {.mnemonic = "zrwasz"}),
    flags(52, 1, "random_write_capability", "Zone random write area capability", zrwacap, {.mnemonic = "zrwacap"}),
    reserved(53, 2816),
    records(2816, format_schema, 64, "lba_format_extensions", "LBA format extensions", {.mnemonic = "lbafe"}),
    bytes(3840, 256, "vendor_specific", "Vendor specific", {.mnemonic = "vs"}),
};
static_assert(covers<4096>(id_ns_fields));

constexpr Field id_ctrl_fields[] = {
    u8(0, "zone_append_limit_log2", "Zone append size limit, 2^n smallest memory pages", {.mnemonic = "zasl"}),
    reserved(1, 4096),
};
static_assert(covers<4096>(id_ctrl_fields));

}  // namespace

constinit const Schema zns_id_ns{"zns-id-ns", "Identify Namespace, zoned", id_ns_fields, 4096,
                                 "Zoned Namespace Command Set Specification 1.1d, section 4.1.5.1"};
constinit const Schema zns_id_ctrl{"zns-id-ctrl", "Identify Controller, zoned", id_ctrl_fields, 4096,
                                   "Zoned Namespace Command Set Specification 1.1d, section 4.1.5.2"};

}  // namespace nvmectl::nvme
