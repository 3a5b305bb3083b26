#include <fmt/format.h>

#include <algorithm>
#include <linux/ndctl.h>
#include <unistd.h>

#include "backends/pmem/scanner.hpp"
#include "core/model.hpp"
#include "core/text.hpp"

namespace nvmectl::pmem_backend {
namespace {

std::string security(ndctl_security_state state) {
  switch (state) {
    case NDCTL_SECURITY_DISABLED: return "disabled";
    case NDCTL_SECURITY_UNLOCKED: return "unlocked";
    case NDCTL_SECURITY_LOCKED: return "locked";
    case NDCTL_SECURITY_FROZEN: return "frozen";
    case NDCTL_SECURITY_OVERWRITE: return "overwrite";
    default: return {};
  }
}

std::vector<std::string> flags_of(const Ndctl& nd, Dimm dimm) {
  std::vector<std::string> flags;
  const auto add = [&](int set, const char* name) {
    if (set > 0) flags.emplace_back(name);
  };
  add(nd.dimm_failed_map(dimm), "failed_map");
  add(nd.dimm_failed_save(dimm), "failed_save");
  add(nd.dimm_failed_arm(dimm), "failed_arm");
  add(nd.dimm_failed_restore(dimm), "failed_restore");
  add(nd.dimm_failed_flush(dimm), "failed_flush");
  add(nd.dimm_smart_pending(dimm), "smart_event");
  add(nd.dimm_locked(dimm), "locked");
  return flags;
}

// Asks the DIMM itself, for which the node /dev/nmemN is needed.
std::optional<std::uint64_t> label_area(const Ndctl& nd, Dimm dimm) {
  if (::geteuid() != 0 || nd.dimm_is_cmd_supported(dimm, ND_CMD_GET_CONFIG_SIZE) == 0) return std::nullopt;
  const Cmd command(nd, nd.dimm_cmd_new_cfg_size(dimm));
  if (!command || nd.cmd_submit_xlat(command.get()) < 0) return std::nullopt;
  return nd.cmd_cfg_size_get_size(command.get());
}

std::string version(unsigned long long number) {
  return number == ~0ULL || number == 0 ? std::string() : fmt::format("{:#x}", number);
}

std::optional<DimmFirmware> read_firmware(const Ndctl& nd, Dimm dimm) {
  const Cmd command(nd, nd.dimm_cmd_new_fw_get_info(dimm));
  if (!command || nd.cmd_submit(command.get()) < 0 || nd.cmd_fw_xlat_firmware_status(command.get()) != FW_SUCCESS)
    return std::nullopt;
  DimmFirmware firmware;
  const unsigned long long running = nd.cmd_fw_info_get_run_version(command.get());
  firmware.current_version = running == 0 ? "0x0" : version(running);
  firmware.can_update = nd.dimm_fw_update_supported(dimm) == 0;
  firmware.next_version = version(nd.cmd_fw_info_get_updated_version(command.get()));
  if (firmware.next_version.empty()) return firmware;
  switch (nd.dimm_get_fw_activate_state(dimm)) {
    case NDCTL_FWA_IDLE: firmware.activate_state = "idle"; break;
    case NDCTL_FWA_ARMED: firmware.activate_state = "armed"; break;
    case NDCTL_FWA_BUSY: firmware.activate_state = "busy"; break;
    default: break;
  }
  // With a version staged, what the last activation came to matters only where it failed or is not known.
  const ndctl_fwa_result result = nd.dimm_get_fw_activate_result(dimm);
  firmware.need_powercycle =
      result != NDCTL_FWA_RESULT_NONE && result != NDCTL_FWA_RESULT_SUCCESS && result != NDCTL_FWA_RESULT_NOTSTAGED;
  return firmware;
}

std::string health_state(unsigned int health) {
  if ((health & ND_SMART_FATAL_HEALTH) != 0) return "fatal";
  if ((health & ND_SMART_CRITICAL_HEALTH) != 0) return "critical";
  return (health & ND_SMART_NON_CRITICAL_HEALTH) != 0 ? "non-critical" : "ok";
}

}  // namespace

Result<std::optional<DimmHealth>> read_health(const Session& session, Dimm dimm) {
  const Ndctl& nd = session.nd();
  const Cmd command(nd, nd.dimm_cmd_new_smart(dimm));
  if (!command) return std::nullopt;
  if (const int code = nd.cmd_submit_xlat(command.get()); code < 0)
    return fail(
        session.error(code, fmt::format("{} does not tell its health", session.name(dimm))).on(session.name(dimm)));
  DimmHealth health;
  const unsigned int valid = nd.cmd_smart_get_flags(command.get());
  const auto has = [&](int flag) { return (valid & static_cast<unsigned int>(flag)) != 0; };
  if (has(ND_SMART_HEALTH_VALID)) health.state = health_state(nd.cmd_smart_get_health(command.get()));
  if (has(ND_SMART_TEMP_VALID))
    health.temperature_celsius = nd.decode_smart_temperature(nd.cmd_smart_get_temperature(command.get()));
  if (has(ND_SMART_CTEMP_VALID))
    health.controller_temperature_celsius =
        nd.decode_smart_temperature(nd.cmd_smart_get_ctrl_temperature(command.get()));
  if (has(ND_SMART_SPARES_VALID)) health.spares_percent = nd.cmd_smart_get_spares(command.get());
  if (has(ND_SMART_ALARM_VALID)) {
    const unsigned int alarms = nd.cmd_smart_get_alarm_flags(command.get());
    health.alarm_temperature = (alarms & ND_SMART_TEMP_TRIP) != 0;
    health.alarm_controller_temperature = (alarms & ND_SMART_CTEMP_TRIP) != 0;
    health.alarm_spares = (alarms & ND_SMART_SPARE_TRIP) != 0;
  }
  if (has(ND_SMART_USED_VALID)) health.life_used_percent = nd.cmd_smart_get_life_used(command.get());
  if (has(ND_SMART_SHUTDOWN_VALID))
    health.shutdown_state = nd.cmd_smart_get_shutdown_state(command.get()) != 0 ? "dirty" : "clean";
  if (has(ND_SMART_SHUTDOWN_COUNT_VALID)) health.shutdown_count = nd.cmd_smart_get_shutdown_count(command.get());
  return health;
}

Result<> read_thresholds(const Session& session, Dimm dimm, DimmHealth& health) {
  const Ndctl& nd = session.nd();
  const Cmd command(nd, nd.dimm_cmd_new_smart_threshold(dimm));
  if (!command) return {};
  if (const int code = nd.cmd_submit_xlat(command.get()); code < 0)
    return fail(
        session.error(code, fmt::format("{} does not tell its thresholds", session.name(dimm))).on(session.name(dimm)));
  const unsigned int control = nd.cmd_smart_threshold_get_alarm_control(command.get());
  health.alarm_enabled_temperature = (control & ND_SMART_TEMP_TRIP) != 0;
  health.alarm_enabled_controller_temperature = (control & ND_SMART_CTEMP_TRIP) != 0;
  health.alarm_enabled_spares = (control & ND_SMART_SPARE_TRIP) != 0;
  if ((control & ND_SMART_TEMP_TRIP) != 0)
    health.temperature_threshold_celsius =
        nd.decode_smart_temperature(nd.cmd_smart_threshold_get_temperature(command.get()));
  if ((control & ND_SMART_CTEMP_TRIP) != 0)
    health.controller_temperature_threshold_celsius =
        nd.decode_smart_temperature(nd.cmd_smart_threshold_get_ctrl_temperature(command.get()));
  if ((control & ND_SMART_SPARE_TRIP) != 0)
    health.spares_threshold_percent = nd.cmd_smart_threshold_get_spares(command.get());
  return {};
}

std::vector<std::string> dimms_behind(const Session& session, Region region, std::uint64_t first_sector,
                                      std::uint64_t sectors) {
  constexpr std::uint64_t sector = 512, most_questions = 256;
  const Ndctl& nd = session.nd();
  const std::vector<Dimm> all = session.dimms_of(region);
  const auto base = known(nd.region_get_resource(region));
  std::vector<std::string> names;
  if (all.size() == 1) names.push_back(printable(session.name(all.front())));
  if (all.size() <= 1 || !base || nd.bus_has_nfit(nd.region_get_bus(region)) == 0) return names;
  for (std::uint64_t i = 0; i < std::min(sectors, most_questions) && names.size() < all.size(); ++i) {
    Dimm const dimm =
        nd.bus_get_dimm_by_physical_address(nd.region_get_bus(region), *base + (first_sector + i) * sector);
    if (dimm == nullptr) break;
    std::string name = printable(session.name(dimm));
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end(), natural_less);
  return names;
}

void Scanner::scan_dimms() {
  const Ndctl& nd = session.nd();
  for (Dimm dimm : session.dimms()) {
    dimms[dimm] = out.dimms.size();
    PmemDimm d;
    d.name = printable(session.name(dimm));
    if (const char* id = nd.dimm_get_unique_id(dimm)) d.unique_id = printable(id);
    d.handle = known(nd.dimm_get_handle(dimm));
    d.physical_id = known(nd.dimm_get_phys_id(dimm));
    d.bus = buses.at(nd.dimm_get_bus(dimm));
    d.enabled = nd.dimm_is_enabled(dimm) != 0;
    d.active = nd.dimm_is_active(dimm) != 0;
    d.flags = flags_of(nd, dimm);
    d.security = security(nd.dimm_get_security(dimm));
    d.security_frozen = nd.dimm_security_is_frozen(dimm);
    if (request.label_areas) d.label_area_bytes = label_area(nd, dimm);
    d.free_label_slots = known(nd.dimm_get_available_labels(dimm));
    if (request.health) {
      if (auto health = read_health(session, dimm)) {
        d.health = std::move(*health);
        if (d.health)
          if (auto more = read_thresholds(session, dimm, *d.health); !more)
            out.not_seen.push_back(std::move(more).error());
      } else {
        out.not_seen.push_back(std::move(health).error());
      }
    }
    if (request.firmware) d.firmware = read_firmware(nd, dimm);
    out.dimms.push_back(std::move(d));
  }
}

}  // namespace nvmectl::pmem_backend
