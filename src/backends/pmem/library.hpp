// libndctl and libdaxctl, loaded when first needed: a program that is not about persistent memory pays nothing for
// them.
#pragma once

#include <daxctl/libdaxctl.h>
#include <memory>
#include <ndctl/libndctl.h>

#include "core/result.hpp"

namespace nvmectl::pmem_backend {

// The functions that are used, all of which libndctl.so.6 and libdaxctl.so.1 have had since 76.1 at the latest.
// clang-format off
#define NVMECTL_NDCTL_FUNCTIONS(X) \
  X(unref) X(set_log_fn) X(set_log_priority) X(set_userdata) X(get_daxctl_ctx) X(bus_get_first) X(bus_get_next) \
  X(bus_get_devname) X(bus_get_provider) X(bus_get_scrub_state) X(bus_start_scrub) X(bus_has_nfit) \
  X(bus_get_dimm_by_physical_address) X(bus_has_error_injection) X(bus_get_fw_activate_state) \
  X(bus_get_fw_activate_method) X(bus_set_fw_activate_noidle) X(bus_clear_fw_activate_noidle) \
  X(bus_activate_firmware) X(bus_cmd_new_ars_cap) X(cmd_ars_cap_get_range) X(bus_cmd_new_clear_error) \
  X(cmd_clear_error_get_cleared) X(dimm_get_first) X(dimm_get_next) X(dimm_get_devname) X(dimm_get_unique_id) \
  X(dimm_get_handle) X(dimm_get_phys_id) X(dimm_get_bus) X(dimm_is_active) X(dimm_is_enabled) X(dimm_enable) \
  X(dimm_disable) X(dimm_locked) X(dimm_failed_save) X(dimm_failed_arm) X(dimm_failed_restore) X(dimm_failed_map) \
  X(dimm_failed_flush) X(dimm_smart_pending) X(dimm_is_cmd_supported) X(dimm_get_available_labels) \
  X(dimm_get_health_eventfd) X(dimm_get_event_flags) X(dimm_get_security) X(dimm_security_is_frozen) \
  X(dimm_update_passphrase) X(dimm_update_master_passphrase) X(dimm_disable_passphrase) \
  X(dimm_disable_master_passphrase) X(dimm_freeze_security) X(dimm_secure_erase) X(dimm_master_secure_erase) \
  X(dimm_overwrite) X(dimm_read_labels) X(dimm_read_label_index) X(dimm_init_labels) X(dimm_zero_labels) \
  X(dimm_cmd_new_cfg_size) X(cmd_cfg_size_get_size) X(cmd_cfg_read_get_data) X(cmd_cfg_read_get_size) \
  X(dimm_cmd_new_cfg_write) X(cmd_cfg_write_set_data) X(dimm_cmd_new_smart) X(cmd_smart_get_flags) \
  X(cmd_smart_get_health) X(cmd_smart_get_temperature) X(cmd_smart_get_ctrl_temperature) X(cmd_smart_get_spares) \
  X(cmd_smart_get_alarm_flags) X(cmd_smart_get_life_used) X(cmd_smart_get_shutdown_state) \
  X(cmd_smart_get_shutdown_count) X(dimm_cmd_new_smart_threshold) X(cmd_smart_threshold_get_alarm_control) \
  X(cmd_smart_threshold_get_temperature) X(cmd_smart_threshold_get_ctrl_temperature) \
  X(cmd_smart_threshold_get_spares) X(dimm_cmd_new_smart_set_threshold) X(cmd_smart_threshold_set_alarm_control) \
  X(cmd_smart_threshold_set_temperature) X(cmd_smart_threshold_set_ctrl_temperature) \
  X(cmd_smart_threshold_set_spares) X(decode_smart_temperature) X(encode_smart_temperature) \
  X(dimm_cmd_new_smart_inject) X(cmd_smart_inject_media_temperature) X(cmd_smart_inject_ctrl_temperature) \
  X(cmd_smart_inject_spares) X(cmd_smart_inject_fatal) X(cmd_smart_inject_unsafe_shutdown) \
  X(dimm_smart_inject_supported) X(dimm_cmd_new_fw_get_info) X(cmd_fw_info_get_storage_size) \
  X(cmd_fw_info_get_max_send_len) X(cmd_fw_info_get_query_interval) X(cmd_fw_info_get_max_query_time) \
  X(cmd_fw_info_get_run_version) X(cmd_fw_info_get_updated_version) X(dimm_cmd_new_fw_start_update) \
  X(dimm_cmd_new_fw_send) X(dimm_cmd_new_fw_finish) X(dimm_cmd_new_fw_abort) X(dimm_cmd_new_fw_finish_query) \
  X(cmd_fw_xlat_firmware_status) X(dimm_fw_update_supported) X(dimm_get_fw_activate_state) \
  X(dimm_get_fw_activate_result) X(dimm_fw_activate_arm) X(dimm_fw_activate_disarm) X(cmd_submit) X(cmd_submit_xlat) \
  X(cmd_unref) X(region_get_first) X(region_get_next) X(region_get_devname) X(region_get_size) \
  X(region_get_available_size) X(region_get_max_available_extent) X(region_get_align) X(region_get_interleave_ways) \
  X(region_get_type_name) X(region_get_nstype) X(region_get_ro) X(region_get_numa_node) X(region_get_target_node) \
  X(region_get_resource) X(region_get_bus) X(region_get_persistence_domain) X(region_get_interleave_set) \
  X(region_is_enabled) X(region_enable) X(region_disable_invalidate) X(region_get_namespace_seed) \
  X(region_get_btt_seed) X(region_get_pfn_seed) X(region_get_dax_seed) X(region_get_first_badblock) \
  X(region_get_next_badblock) X(interleave_set_get_cookie) X(region_get_first_dimm) X(region_get_next_dimm) \
  X(mapping_get_first) X(mapping_get_next) X(mapping_get_dimm) X(mapping_get_offset) X(mapping_get_length) \
  X(mapping_get_position) X(namespace_get_first) X(namespace_get_next) X(namespace_get_devname) X(namespace_get_id) \
  X(namespace_get_type) X(namespace_get_region) X(namespace_get_bus) X(namespace_get_btt) X(namespace_get_pfn) \
  X(namespace_get_dax) X(namespace_get_mode) X(namespace_get_enforce_mode) X(namespace_set_enforce_mode) \
  X(namespace_set_raw_mode) X(namespace_is_active) X(namespace_is_configuration_idle) X(namespace_enable) \
  X(namespace_disable_safe) X(namespace_disable_invalidate) X(namespace_delete) X(namespace_get_alt_name) \
  X(namespace_set_alt_name) X(namespace_get_uuid) X(namespace_set_uuid) X(namespace_get_size) X(namespace_set_size) \
  X(namespace_get_resource) X(namespace_get_block_device) X(namespace_get_sector_size) X(namespace_set_sector_size) \
  X(namespace_get_num_sector_sizes) X(namespace_get_supported_sector_size) X(namespace_get_numa_node) \
  X(namespace_get_target_node) X(namespace_inject_error2) X(namespace_uninject_error2) X(namespace_injection_status) \
  X(namespace_injection_get_first_bb) X(namespace_injection_get_next_bb) X(bb_get_block) X(bb_get_count) \
  X(btt_get_first) X(btt_get_next) X(btt_get_uuid) X(btt_set_uuid) X(btt_get_size) X(btt_get_sector_size) \
  X(btt_set_sector_size) X(btt_get_num_sector_sizes) X(btt_get_supported_sector_size) X(btt_get_block_device) \
  X(btt_set_namespace) X(btt_enable) X(btt_get_devname) X(pfn_get_first) X(pfn_get_next) X(pfn_get_uuid) \
  X(pfn_set_uuid) X(pfn_get_size) X(pfn_get_resource) X(pfn_get_align) X(pfn_set_align) X(pfn_get_num_alignments) \
  X(pfn_get_supported_alignment) X(pfn_get_location) X(pfn_set_location) X(pfn_get_block_device) \
  X(pfn_set_namespace) X(pfn_enable) X(pfn_is_enabled) X(pfn_get_devname) X(dax_get_first) X(dax_get_next) \
  X(dax_get_uuid) X(dax_set_uuid) X(dax_get_size) X(dax_get_resource) X(dax_get_align) X(dax_set_align) \
  X(dax_get_num_alignments) X(dax_get_supported_alignment) X(dax_get_location) X(dax_set_location) \
  X(dax_set_namespace) X(dax_enable) X(dax_is_enabled) X(dax_get_devname) X(dax_get_daxctl_region)

#define NVMECTL_DAXCTL_FUNCTIONS(X) \
  X(set_log_fn) X(set_log_priority) X(set_userdata) X(region_get_first) X(region_get_next) X(region_get_id) \
  X(region_get_path) X(region_get_size) X(region_get_align) X(region_get_available_size) X(region_create_dev) \
  X(region_destroy_dev) X(region_get_dev_seed) X(dev_get_first) X(dev_get_next) X(dev_get_devname) X(dev_get_size) \
  X(dev_set_size) X(dev_get_align) X(dev_set_align) X(dev_get_target_node) X(dev_is_enabled) X(dev_get_memory) \
  X(dev_disable) X(dev_enable_devdax) X(dev_enable_ram) X(memory_num_sections) X(memory_is_online) \
  X(memory_is_movable) X(memory_online) X(memory_online_no_movable) X(memory_offline) X(mapping_get_first) \
  X(mapping_get_next) X(mapping_get_start) X(mapping_get_size) X(mapping_get_offset)
// clang-format on

/// `nd.region_get_size(region)` is ndctl_region_get_size(region); ndctl_new() is `create`.
struct Ndctl {
  decltype(&::ndctl_new) create = nullptr;
#define NVMECTL_DECLARE(name) decltype(&::ndctl_##name) name = nullptr;
  NVMECTL_NDCTL_FUNCTIONS(NVMECTL_DECLARE)
#undef NVMECTL_DECLARE
};
struct Daxctl {
#define NVMECTL_DECLARE(name) decltype(&::daxctl_##name) name = nullptr;
  NVMECTL_DAXCTL_FUNCTIONS(NVMECTL_DECLARE)
#undef NVMECTL_DECLARE
};

struct Libraries {
  Ndctl nd;
  Daxctl dax;
};

/// Loads both libraries once, never unloads them: the process is about to end. unsupported when one is not installed or
/// lacks a function.
class Loader {
 public:
  [[nodiscard]] Result<const Libraries*> get();

 private:
  std::unique_ptr<Libraries> libraries_;
};

}  // namespace nvmectl::pmem_backend
