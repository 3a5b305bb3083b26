#include "commands/pmem/area.hpp"

#include <array>
#include <vector>

namespace nvmectl {

std::span<const CommandSpec* const> pmem_commands() {
  static constexpr std::array own{
      &pmem_list_command,
      &pmem_capacity_command,
      &pmem_plan_command,
      &pmem_create_command,
      &pmem_fill_command,
      &pmem_destroy_command,
      &pmem_enable_command,
      &pmem_disable_command,
      &pmem_rename_command,
      &pmem_resize_command,
      &pmem_reconfigure_command,
      &pmem_init_command,
      &pmem_apply_command,
      &pmem_snapshot_config_command,
      &pmem_region_enable_command,
      &pmem_region_disable_command,
      &pmem_dimm_enable_command,
      &pmem_dimm_disable_command,
      &pmem_labels_read_command,
      &pmem_labels_check_command,
      &pmem_labels_backup_command,
      &pmem_labels_restore_command,
      &pmem_labels_init_command,
      &pmem_labels_zero_command,
      &pmem_infoblock_read_command,
      &pmem_infoblock_write_command,
      &pmem_check_command,
      &pmem_bad_blocks_command,
      &pmem_clear_errors_command,
      &pmem_scrub_start_command,
      &pmem_scrub_wait_command,
      &pmem_inject_error_command,
      &pmem_uninject_error_command,
      &pmem_injected_errors_command,
      &pmem_inject_smart_command,
      &pmem_health_command,
      &pmem_monitor_command,
      &pmem_firmware_update_command,
      &pmem_firmware_arm_command,
      &pmem_firmware_disarm_command,
      &pmem_firmware_activate_command,
      &pmem_security_setup_command,
      &pmem_security_update_command,
      &pmem_security_remove_command,
      &pmem_security_freeze_command,
      &pmem_security_sanitize_command,
      &pmem_security_wait_overwrite_command,
      &pmem_security_load_keys_command,
      &pmem_dax_list_command,
      &pmem_dax_reconfigure_command,
      &pmem_dax_online_command,
      &pmem_dax_offline_command,
      &pmem_dax_enable_command,
      &pmem_dax_disable_command,
      &pmem_dax_create_command,
      &pmem_dax_resize_command,
      &pmem_dax_split_command,
      &pmem_dax_destroy_command,
      &pmem_volume_list_command,
      &pmem_volume_create_command,
      &pmem_volume_delete_command,
      &pmem_volume_resize_command,
  };
  static const auto commands = [] {
    std::vector<const CommandSpec*> all(own.begin(), own.end());
    const auto ndctl = pmem_ndctl_commands();
    all.insert(all.end(), ndctl.begin(), ndctl.end());
    return all;
  }();
  return commands;
}

}  // namespace nvmectl
