// SMART / Health Information. NVM Express Base Specification 2.0d, section 5.16.1.3 (figure 207).
#include "nvme/layout.hpp"
#include "nvme/layouts/layouts.hpp"

namespace nvmectl::nvme {
namespace {

constexpr BitField warnings[] = {{"spare_low", "Available spare below its threshold", 0},
                                 {"temperature", "Temperature beyond a threshold", 1},
                                 {"reliability_degraded", "Reliability degraded", 2},
                                 {"read_only", "Media is read only", 3},
                                 {"volatile_backup_failed", "Volatile memory backup failed", 4},
                                 {"persistent_memory_read_only", "Persistent memory region is read only", 5},
                                 {"indeterminate_personality", "Indeterminate personality state", 6}};
constexpr BitField group_warnings[] = {{"spare_low", "Available spare below its threshold", 0},
                                       {"reliability_degraded", "Reliability degraded", 2},
                                       {"read_only", "Read only", 3}};

constexpr Field fields[] = {
    flags(0, 1, "critical_warning", "Critical warning", warnings, {.show = Show::table}),
    u16(1, "temperature_kelvin", "Composite temperature",
        {.unit = Unit::kelvin, .show = Show::table, .mnemonic = "temperature"}),
    u8(3, "available_spare_percent", "Available spare",
       {.unit = Unit::percent, .show = Show::table, .mnemonic = "avail_spare"}),
    u8(4, "available_spare_threshold_percent", "Available spare threshold",
       {.unit = Unit::percent, .show = Show::table, .mnemonic = "spare_thresh"}),
    u8(5, "used_percent", "Endurance used",
       {.unit = Unit::percent,
        .show = Show::table,
        .doc = "May exceed 100; 255 means 255 or more.",
        .mnemonic = "percent_used"}),
    flags(6, 1, "endurance_group_warning", "Endurance group critical warning summary", group_warnings,
          {.mnemonic = "endurance_grp_critical_warning_summary"}),
    reserved(7, 32),
    u128(32, "data_units_read", "Data read", {.unit = Unit::data_units, .show = Show::table}),
    u128(48, "data_units_written", "Data written", {.unit = Unit::data_units, .show = Show::table}),
    u128(64, "host_read_commands", "Host read commands"),
    u128(80, "host_write_commands", "Host write commands"),
    u128(96, "controller_busy_minutes", "Controller busy", {.unit = Unit::minutes, .mnemonic = "controller_busy_time"}),
    u128(112, "power_cycles", "Power cycles", {.show = Show::table}),
    u128(128, "power_on_hours", "Power on", {.unit = Unit::hours, .show = Show::table}),
    u128(144, "unsafe_shutdowns", "Unsafe shutdowns", {.show = Show::table}),
    u128(160, "media_errors", "Media and data integrity errors", {.show = Show::table}),
    u128(176, "error_log_entries", "Error log entries over the controller's life",
         {.show = Show::table, .mnemonic = "num_err_log_entries"}),
    u32(192, "warning_temperature_minutes", "Time above the warning temperature",
        {.unit = Unit::minutes, .mnemonic = "warning_temp_time"}),
    u32(196, "critical_temperature_minutes", "Time above the critical temperature",
        {.unit = Unit::minutes, .mnemonic = "critical_comp_time"}),
    numbers(200, 2, 8, "temperature_sensors_kelvin", "Temperature sensors",
            {.unit = Unit::kelvin, .doc = "0 means that the sensor does not exist.", .mnemonic = "temp_sensor"}),
    u32(216, "thermal_management_1_transitions", "Thermal management temperature 1 transitions",
        {.mnemonic = "thm_temp1_trans_count"}),
    u32(220, "thermal_management_2_transitions", "Thermal management temperature 2 transitions",
        {.mnemonic = "thm_temp2_trans_count"}),
    u32(224, "thermal_management_1_seconds", "Time under thermal management temperature 1",
        {.unit = Unit::seconds, .mnemonic = "thm_temp1_total_time"}),
    u32(228, "thermal_management_2_seconds", "Time under thermal management temperature 2",
        {.unit = Unit::seconds, .mnemonic = "thm_temp2_total_time"}),
    reserved(232, 512),
};
static_assert(covers<512>(fields));

}  // namespace

constinit const Schema smart_log{"smart-log", "SMART / Health Information", fields, 512,
                                 "NVM Express Base Specification 2.0d, figure 207"};

}  // namespace nvmectl::nvme
