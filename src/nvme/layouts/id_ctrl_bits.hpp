// Bits and names within Identify Controller. NVM Express Base Specification 2.0d, figure 275; 2.1 where newer.
#pragma once

#include "core/schema.hpp"

namespace nvmectl::nvme::id_ctrl_bits {

inline constexpr BitField cmic[] = {{"multiple_ports", "More than one port", 0},
                                    {"multiple_controllers", "More than one controller", 1},
                                    {"sriov_virtual_function", "Controller of an SR-IOV virtual function", 2},
                                    {"ana_reporting", "Asymmetric namespace access reporting", 3}};
inline constexpr BitField ver[] = {
    {"tertiary", "Tertiary version", 0, 8}, {"minor", "Minor version", 8, 8}, {"major", "Major version", 16, 16}};
inline constexpr BitField oaes[] = {{"namespace_attribute_notices", "Namespace attribute notices", 8},
                                    {"firmware_activation_notices", "Firmware activation notices", 9},
                                    {"ana_change_notices", "Asymmetric namespace access change notices", 11},
                                    {"predictable_latency_notices", "Predictable latency event notices", 12},
                                    {"lba_status_notices", "LBA status information notices", 13},
                                    {"endurance_group_notices", "Endurance group event notices", 14},
                                    {"normal_shutdown_notices", "Normal NVM subsystem shutdown", 15},
                                    {"temperature_hysteresis_notices", "Temperature threshold hysteresis", 16},
                                    {"reachability_notices", "Reachability group change notices", 17},
                                    {"allocated_namespace_notices", "Allocated namespace attribute notices", 19},
                                    {"zone_descriptor_notices", "Zone descriptor changed notices", 27},
                                    {"discovery_log_notices", "Discovery log page change notices", 31}};
inline constexpr BitField ctratt[] = {{"host_id_128_bit", "128-bit host identifier", 0},
                                      {"non_operational_power_state_permissive", "Non-operational permissive mode", 1},
                                      {"nvm_sets", "NVM sets", 2},
                                      {"read_recovery_levels", "Read recovery levels", 3},
                                      {"endurance_groups", "Endurance groups", 4},
                                      {"predictable_latency", "Predictable latency mode", 5},
                                      {"traffic_based_keep_alive", "Traffic based keep alive", 6},
                                      {"namespace_granularity", "Namespace granularity", 7},
                                      {"sq_associations", "Submission queue associations", 8},
                                      {"uuid_list", "UUID list", 9},
                                      {"multi_domain_subsystem", "Multi-domain subsystem", 10},
                                      {"fixed_capacity_management", "Fixed capacity management", 11},
                                      {"variable_capacity_management", "Variable capacity management", 12},
                                      {"delete_endurance_group", "Delete endurance group", 13},
                                      {"delete_nvm_set", "Delete NVM set", 14},
                                      {"extended_lba_formats", "Extended LBA formats", 15},
                                      {"mdts_excludes_metadata", "MDTS and size limits exclude metadata", 16},
                                      {"hmb_restrict_non_operational", "Host memory buffer restriction", 17},
                                      {"reservations_host_id", "Reservations and host identifier interaction", 18},
                                      {"flexible_data_placement", "Flexible data placement", 19}};
inline constexpr SymbolName boot_partition_rpmb[] = {{0, "not specified"}, {1, "not supported"}, {2, "supported"}};
inline constexpr BitField bpcap[] = {
    {"rpmb_write_protection", "RPMB boot partition write protection", 0, 2, boot_partition_rpmb},
    {"set_features_write_protection", "Set Features write protection", 2}};
inline constexpr BitField plsi[] = {{"emergency_power_fail", "Power loss signaling with emergency power fail", 0},
                                    {"forced_quiescence", "Power loss signaling with forced quiescence", 1}};
inline constexpr BitField crcap[] = {{"reachability_reporting", "Reachability reporting", 0},
                                     {"group_id_does_not_change", "Reachability group id does not change", 1}};
inline constexpr BitField nvmsr[] = {{"storage_device", "Part of an NVMe storage device", 0},
                                     {"enclosure", "Part of an NVMe enclosure", 1}};
inline constexpr BitField vwci[] = {{"remaining_writes", "VPD writes remaining", 0, 7},
                                    {"remaining_valid", "Writes remaining is valid", 7}};
inline constexpr BitField mec[] = {{"two_wire_port", "Management endpoint on SMBus or I2C", 0},
                                   {"pcie_port", "Management endpoint on PCIe", 1}};
inline constexpr BitField oacs[] = {{"security", "Security Send and Receive", 0},
                                    {"format_nvm", "Format NVM", 1},
                                    {"firmware", "Firmware Download and Commit", 2},
                                    {"namespace_management", "Namespace management", 3},
                                    {"self_test", "Device Self-test", 4},
                                    {"directives", "Directives", 5},
                                    {"nvme_mi", "NVMe-MI Send and Receive", 6},
                                    {"virtualization_management", "Virtualization Management", 7},
                                    {"doorbell_buffer", "Doorbell Buffer Config", 8},
                                    {"get_lba_status", "Get LBA Status", 9},
                                    {"lockdown", "Command and feature lockdown", 10},
                                    {"live_migration", "Host managed live migration", 11}};
inline constexpr BitField frmw[] = {{"slot_1_read_only", "Slot 1 is read only", 0},
                                    {"slots", "Firmware slots", 1, 3},
                                    {"activation_without_reset", "Activation without reset", 4},
                                    {"overlap_detection", "Multiple update detection", 5}};
inline constexpr BitField lpa[] = {{"smart_per_namespace", "SMART log per namespace", 0},
                                   {"commands_effects", "Commands supported and effects log", 1},
                                   {"extended_data", "Extended data for Get Log Page", 2},
                                   {"telemetry", "Telemetry logs", 3},
                                   {"persistent_event", "Persistent event log", 4},
                                   {"supported_log_pages", "Supported log pages, feature effects and related logs", 5},
                                   {"telemetry_area_4", "Telemetry data area 4", 6}};
inline constexpr BitField vendor_format[] = {{"standard_format", "Vendor commands use the standard format", 0}};
inline constexpr BitField apsta[] = {{"supported", "Autonomous power state transitions", 0}};
inline constexpr BitField rpmbs[] = {{"units", "RPMB units", 0, 3},
                                     {"authentication_method", "Authentication method", 3, 3},
                                     {"total_size_128kib", "Total size less one, 128 KiB units", 16, 8},
                                     {"access_size_512b", "Access size less one, 512 B units", 24, 8}};
inline constexpr BitField dsto[] = {{"one_at_a_time", "One self-test per NVM subsystem", 0}};
inline constexpr BitField hctma[] = {{"supported", "Host controlled thermal management", 0}};
inline constexpr SymbolName media_modified[] = {{0, "not defined"}, {1, "not modified"}, {2, "modified"}};
inline constexpr BitField sanicap[] = {
    {"crypto_erase", "Crypto erase", 0},
    {"block_erase", "Block erase", 1},
    {"overwrite", "Overwrite", 2},
    {"no_deallocate_inhibited", "No-deallocate inhibited", 29},
    {"media_modified_after_sanitize", "Media modified after sanitize without deallocation", 30, 2, media_modified}};
inline constexpr BitField anacap[] = {{"optimized", "Reports optimized", 0},
                                      {"non_optimized", "Reports non-optimized", 1},
                                      {"inaccessible", "Reports inaccessible", 2},
                                      {"persistent_loss", "Reports persistent loss", 3},
                                      {"change", "Reports change", 4},
                                      {"group_id_does_not_change", "Group id of attached namespace is constant", 6},
                                      {"group_id_settable", "Group id may be set when creating", 7}};
inline constexpr BitField kpioc[] = {{"supported", "Key per I/O", 0}, {"scope_all_namespaces", "Key per I/O scope", 1}};
inline constexpr BitField queue_entry[] = {{"required_log2", "Required, 2^n bytes", 0, 4},
                                           {"largest_log2", "Largest, 2^n bytes", 4, 4}};
inline constexpr BitField oncs[] = {{"compare", "Compare", 0},
                                    {"write_uncorrectable", "Write Uncorrectable", 1},
                                    {"dataset_management", "Dataset Management", 2},
                                    {"write_zeroes", "Write Zeroes", 3},
                                    {"save_select", "Save and select in features", 4},
                                    {"reservations", "Reservations", 5},
                                    {"timestamp", "Timestamp", 6},
                                    {"verify", "Verify", 7},
                                    {"copy", "Copy", 8},
                                    {"copy_single_atomicity", "Copy single atomicity", 9},
                                    {"all_fast_copy", "All copies are fast", 10},
                                    {"write_zeroes_deallocate", "Write Zeroes deallocates at full size", 11},
                                    {"namespace_zeroes", "Zeroes of a whole namespace", 12}};
inline constexpr BitField fuses[] = {{"compare_and_write", "Fused Compare and Write", 0}};
inline constexpr BitField fna[] = {{"format_all_namespaces", "Format applies to all namespaces", 0},
                                   {"erase_all_namespaces", "Secure erase applies to all namespaces", 1},
                                   {"crypto_erase", "Cryptographic erase", 2},
                                   {"broadcast_nsid_not_supported", "NSID FFFFFFFFh not supported", 3}};
inline constexpr SymbolName flush_behavior[] = {
    {0, "not reported"}, {2, "broadcast not supported"}, {3, "broadcast supported"}};
inline constexpr BitField vwc[] = {{"present", "Volatile write cache present", 0},
                                   {"flush_broadcast", "Flush with NSID FFFFFFFFh", 1, 2, flush_behavior}};
inline constexpr BitField nwpc[] = {{"write_protect", "No write protect and write protect", 0},
                                    {"until_power_cycle", "Write protect until power cycle", 1},
                                    {"permanent", "Permanent write protect", 2}};
inline constexpr BitField ocfs[] = {{"format_0", "Copy descriptor format 0", 0},
                                    {"format_1", "Copy descriptor format 1", 1},
                                    {"format_2", "Copy descriptor format 2", 2},
                                    {"format_3", "Copy descriptor format 3", 3},
                                    {"format_4", "Copy descriptor format 4", 4}};
inline constexpr SymbolName sgl_support[] = {{0, "not supported"}, {1, "any alignment"}, {2, "dword alignment"}};
inline constexpr BitField sgls[] = {{"supported", "SGL support", 0, 2, sgl_support},
                                    {"keyed_data_block", "Keyed SGL data block descriptor", 2},
                                    {"descriptor_threshold", "SGL descriptor threshold", 8, 8},
                                    {"bit_bucket", "SGL bit bucket descriptor", 16},
                                    {"metadata_byte_aligned", "Byte aligned contiguous metadata", 17},
                                    {"longer_than_transfer", "SGL longer than the data", 18},
                                    {"metadata_pointer_sgl", "Metadata pointer to one SGL segment", 19},
                                    {"offset_address", "Address field as an offset", 20},
                                    {"transport_data_block", "Transport SGL data block descriptor", 21}};
inline constexpr BitField trattr[] = {{"host_memory_changes", "Tracking host memory changes", 0},
                                      {"user_data_changes", "Tracking user data changes", 1},
                                      {"memory_range_length_limited", "Memory range tracking length limit", 2}};
inline constexpr BitField fcatt[] = {{"static_model", "Static controller model", 0}};
inline constexpr BitField ofcs[] = {{"disconnect", "Disconnect", 0}};
inline constexpr SymbolName dctype[] = {{0, "not reported"}, {1, "ddc"}, {2, "cdc"}};
inline constexpr BitField psd_flags[] = {{"max_power_100uw", "Maximum power in 0.0001 W, else 0.01 W", 0},
                                         {"non_operational", "Non-operational state", 1}};
inline constexpr SymbolName power_scale[] = {{0, "not reported"}, {1, "0.0001 W"}, {2, "0.01 W"}};
inline constexpr BitField idle_scale[] = {{"scale", "Idle power scale", 6, 2, power_scale}};
inline constexpr BitField active_scale[] = {{"workload", "Active power workload", 0, 3},
                                            {"scale", "Active power scale", 6, 2, power_scale}};
inline constexpr BitField time_scales[] = {{"emergency_power_fail_recovery", "Recovery time scale", 0, 4},
                                           {"forced_quiescence_vault", "Forced quiescence vault time scale", 4, 4}};
inline constexpr BitField vault_scale[] = {{"emergency_power_fail_vault", "Vault time scale", 0, 4}};

}  // namespace nvmectl::nvme::id_ctrl_bits
