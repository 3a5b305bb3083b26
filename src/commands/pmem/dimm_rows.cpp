#include "commands/pmem/dimm_rows.hpp"

#include <array>

#include "commands/known.hpp"
#include "core/text.hpp"

namespace nvmectl {
namespace {

struct DimmRow {
  const PmemTopology& all;
  const PmemDimm& it;
};

constexpr std::array bus_fields{
    field<&PmemBus::name>({.key = "device", .title = "Bus", .kind = Kind::string, .show = Show::table}),
    field_of<PmemBus, [](const PmemBus& b) { return known(printable(b.provider)); }>(
        {.key = "provider", .title = "Provider", .kind = Kind::string, .show = Show::table}),
    field_of<PmemBus, [](const PmemBus& b) { return known(b.scrub_state); }>(
        {.key = "scrub_state",
         .title = "Scrub",
         .kind = Kind::string,
         .doc = "idle or active; null where there is no scrubbing"}),
    field_of<PmemBus, [](const PmemBus& b) { return known(b.firmware_activate_method); }>(
        {.key = "firmware_activate_method", .title = "Firmware activation", .kind = Kind::string}),
    field_of<PmemBus, [](const PmemBus& b) { return known(b.firmware_activate_state); }>(
        {.key = "firmware_activate_state", .title = "Activation state", .kind = Kind::string}),
};

constexpr std::array health_fields{
    field<&DimmHealth::state>({.key = "state",
                               .title = "State",
                               .kind = Kind::string,
                               .show = Show::table,
                               .doc = "ok, non-critical, critical or fatal",
                               .mnemonic = "health_state"}),
    field<&DimmHealth::temperature_celsius>({.key = "temperature_celsius",
                                             .title = "Temperature",
                                             .kind = Kind::number,
                                             .unit = Unit::celsius,
                                             .show = Show::table}),
    field<&DimmHealth::controller_temperature_celsius>({.key = "controller_temperature_celsius",
                                                        .title = "Controller",
                                                        .kind = Kind::number,
                                                        .unit = Unit::celsius,
                                                        .show = Show::table}),
    field<&DimmHealth::spares_percent>({.key = "spares_percent",
                                        .title = "Spares",
                                        .unit = Unit::percent,
                                        .show = Show::table,
                                        .mnemonic = "spares_percentage"}),
    field<&DimmHealth::life_used_percent>({.key = "life_used_percent",
                                           .title = "Life used",
                                           .unit = Unit::percent,
                                           .show = Show::table,
                                           .mnemonic = "life_used_percentage"}),
    field<&DimmHealth::temperature_threshold_celsius>({.key = "temperature_threshold_celsius",
                                                       .title = "Temperature threshold",
                                                       .kind = Kind::number,
                                                       .unit = Unit::celsius}),
    field<&DimmHealth::controller_temperature_threshold_celsius>({.key = "controller_temperature_threshold_celsius",
                                                                  .title = "Controller threshold",
                                                                  .kind = Kind::number,
                                                                  .unit = Unit::celsius}),
    field<&DimmHealth::spares_threshold_percent>(
        {.key = "spares_threshold_percent", .title = "Spares threshold", .unit = Unit::percent}),
    field<&DimmHealth::alarm_temperature>(
        {.key = "alarm_temperature", .title = "Temperature alarm", .kind = Kind::boolean, .doc = "It is raised now"}),
    field<&DimmHealth::alarm_controller_temperature>(
        {.key = "alarm_controller_temperature", .title = "Controller alarm", .kind = Kind::boolean}),
    field<&DimmHealth::alarm_spares>({.key = "alarm_spares", .title = "Spares alarm", .kind = Kind::boolean}),
    field<&DimmHealth::alarm_enabled_temperature>({.key = "alarm_enabled_temperature",
                                                   .title = "Temperature alarm on",
                                                   .kind = Kind::boolean,
                                                   .doc = "Passing the threshold raises the alarm",
                                                   .mnemonic = "alarm_enabled_media_temperature"}),
    field<&DimmHealth::alarm_enabled_controller_temperature>({.key = "alarm_enabled_controller_temperature",
                                                              .title = "Controller alarm on",
                                                              .kind = Kind::boolean,
                                                              .mnemonic = "alarm_enabled_ctrl_temperature"}),
    field<&DimmHealth::alarm_enabled_spares>(
        {.key = "alarm_enabled_spares", .title = "Spares alarm on", .kind = Kind::boolean}),
    field_of<DimmHealth, [](const DimmHealth& h) { return known(h.shutdown_state); }>({.key = "shutdown_state",
                                                                                       .title = "Last shutdown",
                                                                                       .kind = Kind::string,
                                                                                       .show = Show::table,
                                                                                       .doc = "clean or dirty"}),
    field<&DimmHealth::shutdown_count>(
        {.key = "shutdown_count", .title = "Unclean shutdowns", .doc = "Shutdowns that may have lost data"}),
};

constexpr std::array firmware_fields{
    field_of<DimmFirmware, [](const DimmFirmware& f) { return known(printable(f.current_version)); }>(
        {.key = "current_version", .title = "Running", .kind = Kind::string, .show = Show::table}),
    field_of<DimmFirmware, [](const DimmFirmware& f) { return known(printable(f.next_version)); }>(
        {.key = "next_version", .title = "Next", .kind = Kind::string, .show = Show::table}),
    field<&DimmFirmware::can_update>({.key = "can_update", .title = "Can be updated", .kind = Kind::boolean}),
    field<&DimmFirmware::need_powercycle>(
        {.key = "need_powercycle", .title = "Needs a power cycle", .kind = Kind::boolean}),
    field_of<DimmFirmware, [](const DimmFirmware& f) { return known(f.activate_state); }>(
        {.key = "activate_state", .title = "Activation", .kind = Kind::string, .doc = "idle, armed or busy"}),
};
constexpr Schema firmware_schema{"pmem-firmware", "Firmware", firmware_fields};

}  // namespace

constinit const Schema pmem_bus_schema{"pmem-bus", "Buses", bus_fields};
constinit const Schema pmem_health_schema{"pmem-health", "Health", health_fields};

namespace {

constexpr std::array dimm_fields{
    field_of<DimmRow, [](const DimmRow& d) { return Value(d.it.name); }>(
        {.key = "device", .title = "DIMM", .kind = Kind::string, .show = Show::table}),
    field_of<DimmRow, [](const DimmRow& d) { return Value(d.all.buses[d.it.bus].name); }>(
        {.key = "bus", .title = "Bus", .kind = Kind::string}),
    field_of<DimmRow, [](const DimmRow& d) { return known(printable(d.it.unique_id)); }>(
        {.key = "id", .title = "Identifier", .kind = Kind::string, .show = Show::table}),
    field_of<DimmRow, [](const DimmRow& d) { return value_or_null(d.it.handle); }>(
        {.key = "handle", .title = "Handle", .hex = true, .doc = "The NFIT device handle"}),
    field_of<DimmRow, [](const DimmRow& d) { return value_or_null(d.it.physical_id); }>(
        {.key = "physical_id", .title = "Physical id", .hex = true, .mnemonic = "phys_id"}),
    field_of<DimmRow, [](const DimmRow& d) { return Value(d.it.enabled); }>(
        {.key = "enabled", .title = "Enabled", .kind = Kind::boolean, .show = Show::table}),
    field_of<DimmRow, [](const DimmRow& d) { return Value(d.it.active); }>(
        {.key = "active", .title = "Active", .kind = Kind::boolean, .doc = "An enabled region uses it"}),
    field_of<DimmRow, [](const DimmRow& d) { return Value(pmem_words(d.it.flags)); }>(
        {.key = "flags",
         .title = "Flags",
         .kind = Kind::list,
         .show = Show::table,
         .doc = "failed_map, failed_save, failed_arm, failed_restore, failed_flush, smart_event, locked",
         .element_kind = Kind::string}),
    field_of<DimmRow, [](const DimmRow& d) { return known(d.it.security); }>(
        {.key = "security",
         .title = "Security",
         .kind = Kind::string,
         .doc = "disabled, unlocked, locked, frozen or overwrite; null without security"}),
    field_of<DimmRow, [](const DimmRow& d) { return d.it.security.empty() ? Value() : Value(d.it.security_frozen); }>(
        {.key = "security_frozen",
         .title = "Frozen",
         .kind = Kind::boolean,
         .doc = "Nobody can change the security until the next restart; null without security"}),
    field_of<DimmRow, [](const DimmRow& d) { return value_or_null(d.it.label_area_bytes); }>(
        {.key = "label_area_bytes", .title = "Label area", .unit = Unit::bytes, .doc = "Null without --health"}),
    field_of<DimmRow, [](const DimmRow& d) { return value_or_null(d.it.free_label_slots); }>(
        {.key = "free_label_slots", .title = "Free label slots"}),
    field_of<DimmRow,
             [](const DimmRow& d) {
               return d.it.health ? Value(to_record(pmem_health_schema, &*d.it.health)) : Value();
             }>({.key = "health",
                 .title = "Health",
                 .kind = Kind::record,
                 .doc = "Null without --health, and where the DIMM does not report it",
                 .element = &pmem_health_schema}),
    field_of<DimmRow,
             [](const DimmRow& d) {
               return d.it.firmware ? Value(to_record(firmware_schema, &*d.it.firmware)) : Value();
             }>({.key = "firmware",
                 .title = "Firmware",
                 .kind = Kind::record,
                 .doc = "Null without --firmware, and where the DIMM does not report it",
                 .element = &firmware_schema}),
};

}  // namespace

constinit const Schema pmem_dimm_schema{"pmem-dimm", "DIMMs", dimm_fields};

List pmem_words(const std::vector<std::string>& words) {
  List list;
  for (const std::string& word : words) list.items.emplace_back(printable(word));
  return list;
}

List pmem_dimm_list(const PmemTopology& topology) {
  List list;
  for (const PmemDimm& dimm : topology.dimms) {
    const DimmRow row{topology, dimm};
    list.items.emplace_back(to_record(pmem_dimm_schema, &row));
  }
  return list;
}

}  // namespace nvmectl
