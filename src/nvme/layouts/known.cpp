// Which layout an identifier stands for.
#include <algorithm>

#include "nvme/layouts/layouts.hpp"
#include "nvme/opcodes.hpp"

namespace nvmectl::nvme {
namespace {

constexpr KnownLog logs[] = {
    {lid::supported_log_pages, "supported-log-pages", "Supported Log Pages", &supported_logs, false, nullptr, 1024},
    {lid::error_information, "error-log", "Error Information", &error_entry, true, nullptr, 0},
    {lid::smart, "smart-log", "SMART / Health Information", &smart_log, false, nullptr, 512},
    {lid::firmware_slot, "fw-log", "Firmware Slot Information", &firmware_slot_log, false, nullptr, 512},
    {lid::changed_ns_list, "changed-ns-list-log", "Changed Namespace List", &changed_ns_log, false, nullptr, 4096},
    {lid::commands_supported, "effects-log", "Commands Supported and Effects", &command_effects_log, false, nullptr,
     4096},
    // Group descriptors differ in length: parse_ana_log().
    {lid::ana, "ana-log", "Asymmetric Namespace Access", &ana_header, false, nullptr, 0},
    {lid::discovery, "discovery", "Discovery", &discovery_header, false, &discovery_entry, 0},
};

constexpr const Schema* layouts[] = {&id_ctrl,
                                     &power_state,
                                     &id_ns,
                                     &lba_format,
                                     &nvm_id_ns,
                                     &nvm_id_ctrl,
                                     &independent_id_ns,
                                     &zns_id_ns,
                                     &zns_id_ctrl,
                                     &ns_list,
                                     &supported_logs,
                                     &error_entry,
                                     &smart_log,
                                     &firmware_slot_log,
                                     &changed_ns_log,
                                     &command_effects_log,
                                     &ana_header,
                                     &ana_group,
                                     &discovery_header,
                                     &discovery_entry};

}  // namespace

std::span<const KnownLog> known_logs() {
  return logs;
}

const KnownLog* find_log(std::uint8_t log_id) {
  const auto* const found =
      std::find_if(std::begin(logs), std::end(logs), [&](const KnownLog& log) { return log.id == log_id; });
  return found != std::end(logs) ? found : nullptr;
}

const Schema* identify_schema(std::uint8_t cns_value, std::uint8_t csi_value) {
  switch (cns_value) {
    case cns::ns:
    case cns::allocated_ns: return &id_ns;
    case cns::controller: return &id_ctrl;
    case cns::active_ns_list:
    case cns::csi_active_ns_list:
    case cns::allocated_ns_list: return &ns_list;
    case cns::csi_ns: return csi_value == csi::nvm ? &nvm_id_ns : csi_value == csi::zoned ? &zns_id_ns : nullptr;
    case cns::csi_controller:
      return csi_value == csi::nvm ? &nvm_id_ctrl : csi_value == csi::zoned ? &zns_id_ctrl : nullptr;
    case cns::independent_ns: return &independent_id_ns;
    default: return nullptr;
  }
}

std::span<const Schema* const> all_layouts() {
  return layouts;
}

}  // namespace nvmectl::nvme
