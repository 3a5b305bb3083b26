// The commands of the area "pmem".
#pragma once

#include "commands/areas.hpp"

namespace nvmectl {

extern const CommandSpec pmem_list_command;
extern const CommandSpec pmem_capacity_command;
extern const CommandSpec pmem_plan_command;
extern const CommandSpec pmem_create_command;
extern const CommandSpec pmem_fill_command;
extern const CommandSpec pmem_destroy_command;
extern const CommandSpec pmem_enable_command;
extern const CommandSpec pmem_disable_command;
extern const CommandSpec pmem_rename_command;
extern const CommandSpec pmem_resize_command;
extern const CommandSpec pmem_reconfigure_command;
extern const CommandSpec pmem_init_command;
extern const CommandSpec pmem_apply_command;
extern const CommandSpec pmem_snapshot_config_command;
extern const CommandSpec pmem_region_enable_command;
extern const CommandSpec pmem_region_disable_command;
extern const CommandSpec pmem_dimm_enable_command;
extern const CommandSpec pmem_dimm_disable_command;
extern const CommandSpec pmem_labels_read_command;
extern const CommandSpec pmem_labels_check_command;
extern const CommandSpec pmem_labels_backup_command;
extern const CommandSpec pmem_labels_restore_command;
extern const CommandSpec pmem_labels_init_command;
extern const CommandSpec pmem_labels_zero_command;
extern const CommandSpec pmem_infoblock_read_command;
extern const CommandSpec pmem_infoblock_write_command;
extern const CommandSpec pmem_check_command;
extern const CommandSpec pmem_bad_blocks_command;
extern const CommandSpec pmem_clear_errors_command;
extern const CommandSpec pmem_scrub_start_command;
extern const CommandSpec pmem_scrub_wait_command;
extern const CommandSpec pmem_inject_error_command;
extern const CommandSpec pmem_uninject_error_command;
extern const CommandSpec pmem_injected_errors_command;
extern const CommandSpec pmem_inject_smart_command;
extern const CommandSpec pmem_health_command;
extern const CommandSpec pmem_monitor_command;
extern const CommandSpec pmem_firmware_update_command;
extern const CommandSpec pmem_firmware_arm_command;
extern const CommandSpec pmem_firmware_disarm_command;
extern const CommandSpec pmem_firmware_activate_command;
extern const CommandSpec pmem_security_setup_command;
extern const CommandSpec pmem_security_update_command;
extern const CommandSpec pmem_security_remove_command;
extern const CommandSpec pmem_security_freeze_command;
extern const CommandSpec pmem_security_sanitize_command;
extern const CommandSpec pmem_security_wait_overwrite_command;
extern const CommandSpec pmem_security_load_keys_command;
extern const CommandSpec pmem_dax_list_command;
extern const CommandSpec pmem_dax_reconfigure_command;
extern const CommandSpec pmem_dax_online_command;
extern const CommandSpec pmem_dax_offline_command;
extern const CommandSpec pmem_dax_enable_command;
extern const CommandSpec pmem_dax_disable_command;
extern const CommandSpec pmem_dax_create_command;
extern const CommandSpec pmem_dax_resize_command;
extern const CommandSpec pmem_dax_split_command;
extern const CommandSpec pmem_dax_destroy_command;

extern const CommandSpec pmem_volume_list_command;
extern const CommandSpec pmem_volume_create_command;
extern const CommandSpec pmem_volume_delete_command;
extern const CommandSpec pmem_volume_resize_command;

/// ndctl's words for them.
[[nodiscard]] std::span<const CommandSpec* const> pmem_ndctl_commands();

}  // namespace nvmectl
