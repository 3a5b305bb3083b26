// Numbers of the NVMe specifications: opcodes, identify and log identifiers, features, properties, events.
#pragma once

#include <cstdint>

namespace nvmectl::nvme {

/// Admin command opcodes. NVM Express Base Specification 2.0d, section 5.
namespace admin {
inline constexpr std::uint8_t delete_io_sq = 0x00;
inline constexpr std::uint8_t create_io_sq = 0x01;
inline constexpr std::uint8_t get_log_page = 0x02;
inline constexpr std::uint8_t delete_io_cq = 0x04;
inline constexpr std::uint8_t create_io_cq = 0x05;
inline constexpr std::uint8_t identify = 0x06;
inline constexpr std::uint8_t abort = 0x08;
inline constexpr std::uint8_t set_features = 0x09;
inline constexpr std::uint8_t get_features = 0x0a;
inline constexpr std::uint8_t async_event_request = 0x0c;
inline constexpr std::uint8_t namespace_management = 0x0d;
inline constexpr std::uint8_t firmware_commit = 0x10;
inline constexpr std::uint8_t firmware_download = 0x11;
inline constexpr std::uint8_t device_self_test = 0x14;
inline constexpr std::uint8_t namespace_attachment = 0x15;
inline constexpr std::uint8_t keep_alive = 0x18;
inline constexpr std::uint8_t directive_send = 0x19;
inline constexpr std::uint8_t directive_receive = 0x1a;
inline constexpr std::uint8_t virtualization_management = 0x1c;
inline constexpr std::uint8_t nvme_mi_send = 0x1d;
inline constexpr std::uint8_t nvme_mi_receive = 0x1e;
inline constexpr std::uint8_t capacity_management = 0x20;
inline constexpr std::uint8_t lockdown = 0x24;
inline constexpr std::uint8_t doorbell_buffer_config = 0x7c;
inline constexpr std::uint8_t fabrics = 0x7f;
inline constexpr std::uint8_t format_nvm = 0x80;
inline constexpr std::uint8_t security_send = 0x81;
inline constexpr std::uint8_t security_receive = 0x82;
inline constexpr std::uint8_t sanitize = 0x84;
inline constexpr std::uint8_t get_lba_status = 0x86;
}  // namespace admin

/// I/O command opcodes. NVM Command Set Specification 1.0d, section 3.2; zoned ones: ZNS Command Set
/// Specification 1.1d, section 3.4; reservations: Base Specification 2.0d, section 7.
namespace io {
inline constexpr std::uint8_t flush = 0x00;
inline constexpr std::uint8_t write = 0x01;
inline constexpr std::uint8_t read = 0x02;
inline constexpr std::uint8_t write_uncorrectable = 0x04;
inline constexpr std::uint8_t compare = 0x05;
inline constexpr std::uint8_t write_zeroes = 0x08;
inline constexpr std::uint8_t dataset_management = 0x09;
inline constexpr std::uint8_t verify = 0x0c;
inline constexpr std::uint8_t reservation_register = 0x0d;
inline constexpr std::uint8_t reservation_report = 0x0e;
inline constexpr std::uint8_t reservation_acquire = 0x11;
inline constexpr std::uint8_t reservation_release = 0x15;
inline constexpr std::uint8_t copy = 0x19;
inline constexpr std::uint8_t zone_management_send = 0x79;
inline constexpr std::uint8_t zone_management_receive = 0x7a;
inline constexpr std::uint8_t zone_append = 0x7d;
}  // namespace io

/// Fabrics command types (FCTYPE, byte 4 of the submission queue entry: the low byte of the NSID field).
/// NVM Express Base Specification 2.0d, section 6.
namespace fabrics {
inline constexpr std::uint8_t property_set = 0x00;
inline constexpr std::uint8_t connect = 0x01;
inline constexpr std::uint8_t property_get = 0x04;
inline constexpr std::uint8_t authentication_send = 0x05;
inline constexpr std::uint8_t authentication_receive = 0x06;
inline constexpr std::uint8_t disconnect = 0x08;
}  // namespace fabrics

/// Data direction in an opcode's low two bits. NVM Express Base Specification 2.0d, section 5.
enum class DataDirection : std::uint8_t { none = 0, host_to_controller = 1, controller_to_host = 2, both = 3 };
[[nodiscard]] constexpr DataDirection data_direction(std::uint8_t opcode) {
  return static_cast<DataDirection>(opcode & 3U);
}

/// Controller or Namespace Structure of Identify. NVM Express Base Specification 2.0d, section 5.17.1 (figure 273).
namespace cns {
inline constexpr std::uint8_t ns = 0x00;
inline constexpr std::uint8_t controller = 0x01;
inline constexpr std::uint8_t active_ns_list = 0x02;
inline constexpr std::uint8_t ns_descriptors = 0x03;
inline constexpr std::uint8_t nvm_set_list = 0x04;
inline constexpr std::uint8_t csi_ns = 0x05;
inline constexpr std::uint8_t csi_controller = 0x06;
inline constexpr std::uint8_t csi_active_ns_list = 0x07;
inline constexpr std::uint8_t independent_ns = 0x08;
inline constexpr std::uint8_t allocated_ns_list = 0x10;
inline constexpr std::uint8_t allocated_ns = 0x11;
inline constexpr std::uint8_t ns_controller_list = 0x12;
inline constexpr std::uint8_t controller_list = 0x13;
inline constexpr std::uint8_t primary_controller_caps = 0x14;
inline constexpr std::uint8_t secondary_controller_list = 0x15;
inline constexpr std::uint8_t ns_granularity = 0x16;
inline constexpr std::uint8_t uuid_list = 0x17;
inline constexpr std::uint8_t domain_list = 0x18;
inline constexpr std::uint8_t endurance_group_list = 0x19;
inline constexpr std::uint8_t command_set_combinations = 0x1c;
}  // namespace cns

/// Bytes of every Identify data structure.
inline constexpr std::uint32_t identify_bytes = 4096;

/// Log page identifiers. NVM Express Base Specification 2.0d, section 5.16.1.
namespace lid {
inline constexpr std::uint8_t supported_log_pages = 0x00;
inline constexpr std::uint8_t error_information = 0x01;
inline constexpr std::uint8_t smart = 0x02;
inline constexpr std::uint8_t firmware_slot = 0x03;
inline constexpr std::uint8_t changed_ns_list = 0x04;
inline constexpr std::uint8_t commands_supported = 0x05;
inline constexpr std::uint8_t device_self_test = 0x06;
inline constexpr std::uint8_t telemetry_host = 0x07;
inline constexpr std::uint8_t telemetry_controller = 0x08;
inline constexpr std::uint8_t endurance_group = 0x09;
inline constexpr std::uint8_t predictable_latency_set = 0x0a;
inline constexpr std::uint8_t predictable_latency_events = 0x0b;
inline constexpr std::uint8_t ana = 0x0c;
inline constexpr std::uint8_t persistent_event = 0x0d;
inline constexpr std::uint8_t lba_status = 0x0e;
inline constexpr std::uint8_t endurance_group_events = 0x0f;
inline constexpr std::uint8_t media_unit_status = 0x10;
inline constexpr std::uint8_t supported_capacity_config = 0x11;
inline constexpr std::uint8_t feature_effects = 0x12;
inline constexpr std::uint8_t mi_command_effects = 0x13;
inline constexpr std::uint8_t command_feature_lockdown = 0x14;
inline constexpr std::uint8_t boot_partition = 0x15;
inline constexpr std::uint8_t rotational_media = 0x16;
inline constexpr std::uint8_t discovery = 0x70;
inline constexpr std::uint8_t reservation_notification = 0x80;
inline constexpr std::uint8_t sanitize_status = 0x81;
inline constexpr std::uint8_t changed_zone_list = 0xbf;
}  // namespace lid

/// Feature identifiers. NVM Express Base Specification 2.0d, section 5.27.1.
namespace fid {
inline constexpr std::uint8_t arbitration = 0x01;
inline constexpr std::uint8_t power_management = 0x02;
inline constexpr std::uint8_t lba_range_type = 0x03;
inline constexpr std::uint8_t temperature_threshold = 0x04;
inline constexpr std::uint8_t error_recovery = 0x05;
inline constexpr std::uint8_t volatile_write_cache = 0x06;
inline constexpr std::uint8_t number_of_queues = 0x07;
inline constexpr std::uint8_t interrupt_coalescing = 0x08;
inline constexpr std::uint8_t interrupt_vector_config = 0x09;
inline constexpr std::uint8_t write_atomicity = 0x0a;
inline constexpr std::uint8_t async_event_config = 0x0b;
inline constexpr std::uint8_t autonomous_power_state = 0x0c;
inline constexpr std::uint8_t host_memory_buffer = 0x0d;
inline constexpr std::uint8_t timestamp = 0x0e;
inline constexpr std::uint8_t keep_alive_timer = 0x0f;
inline constexpr std::uint8_t thermal_management = 0x10;
inline constexpr std::uint8_t non_operational_power_state = 0x11;
inline constexpr std::uint8_t read_recovery_level = 0x12;
inline constexpr std::uint8_t host_behavior_support = 0x16;
inline constexpr std::uint8_t sanitize_config = 0x17;
inline constexpr std::uint8_t endurance_group_events = 0x18;
inline constexpr std::uint8_t command_set_profile = 0x19;
inline constexpr std::uint8_t software_progress_marker = 0x80;
inline constexpr std::uint8_t host_identifier = 0x81;
inline constexpr std::uint8_t reservation_mask = 0x82;
inline constexpr std::uint8_t reservation_persistence = 0x83;
inline constexpr std::uint8_t ns_write_protection = 0x84;
}  // namespace fid

/// Controller property offsets (Property Get and Set, and BAR0). NVM Express Base Specification 2.0d, section 3.1.3.
namespace property {
inline constexpr std::uint32_t cap = 0x00;   ///< Controller Capabilities, 8 bytes
inline constexpr std::uint32_t vs = 0x08;    ///< Version, 4 bytes
inline constexpr std::uint32_t cc = 0x14;    ///< Controller Configuration, 4 bytes
inline constexpr std::uint32_t csts = 0x1c;  ///< Controller Status, 4 bytes
inline constexpr std::uint32_t nssr = 0x20;  ///< NVM Subsystem Reset, 4 bytes
}  // namespace property

/// Bits of Controller Configuration, section 3.1.3.5.
namespace cc {
inline constexpr std::uint32_t enable = 1U << 0U;
inline constexpr std::uint32_t css_shift = 4;          ///< I/O Command Set Selected, 3 bits
inline constexpr std::uint32_t css_all_supported = 6;  ///< all I/O command sets that CAP.CSS reports
inline constexpr std::uint32_t mps_shift = 7;          ///< Memory Page Size, 4 bits, 2^(12 + MPS)
inline constexpr std::uint32_t ams_shift = 11;
inline constexpr std::uint32_t shn_shift = 14;  ///< Shutdown Notification, 2 bits
inline constexpr std::uint32_t shn_mask = 3U << shn_shift;
inline constexpr std::uint32_t shn_normal = 1U << shn_shift;
inline constexpr std::uint32_t shn_abrupt = 2U << shn_shift;
inline constexpr std::uint32_t iosqes_shift = 16;  ///< I/O Submission Queue Entry Size, 2^n, 4 bits
inline constexpr std::uint32_t iocqes_shift = 20;  ///< I/O Completion Queue Entry Size, 2^n, 4 bits
}  // namespace cc

/// Bits of Controller Status, section 3.1.3.6.
namespace csts {
inline constexpr std::uint32_t ready = 1U << 0U;
inline constexpr std::uint32_t fatal = 1U << 1U;
inline constexpr std::uint32_t shst_shift = 2;  ///< Shutdown Status, 2 bits
inline constexpr std::uint32_t shst_mask = 3U << shst_shift;
inline constexpr std::uint32_t shst_occurring = 1U << shst_shift;
inline constexpr std::uint32_t shst_complete = 2U << shst_shift;
inline constexpr std::uint32_t nssro = 1U << 4U;
inline constexpr std::uint32_t paused = 1U << 5U;
}  // namespace csts

/// Parts of Controller Capabilities, section 3.1.3.1.
namespace cap {
[[nodiscard]] constexpr std::uint32_t max_queue_entries(std::uint64_t cap) {  ///< MQES is 0's based
  return static_cast<std::uint32_t>(cap & 0xffffU) + 1;
}
[[nodiscard]] constexpr std::uint32_t ready_timeout_ms(std::uint64_t cap) {  ///< CAP.TO, units of 500 ms
  return static_cast<std::uint32_t>((cap >> 24U) & 0xffU) * 500;
}
/// CAP.CSS, 8 bits: bit 0 NVM command set, bit 6 one or more I/O command sets, bit 7 none.
[[nodiscard]] constexpr std::uint8_t command_sets(std::uint64_t cap) {
  return static_cast<std::uint8_t>((cap >> 37U) & 0xffU);
}
/// CAP.MPSMIN, bytes of the smallest memory page: the unit of MDTS.
[[nodiscard]] constexpr std::uint64_t min_page_bytes(std::uint64_t cap) {
  return std::uint64_t{1} << (12U + ((cap >> 48U) & 0xfU));
}
}  // namespace cap

/// Command Set Identifier. NVM Express Base Specification 2.0d, section 5.17.
namespace csi {
inline constexpr std::uint8_t nvm = 0x00;
inline constexpr std::uint8_t key_value = 0x01;
inline constexpr std::uint8_t zoned = 0x02;
}  // namespace csi

/// Asynchronous event types and some of their information codes. NVM Express Base Specification 2.0d, section 5.2.1.
/// The completion's dword 0: type 2:0, information 15:8, log page 23:16.
namespace aer {
inline constexpr std::uint8_t error = 0;
inline constexpr std::uint8_t smart = 1;
inline constexpr std::uint8_t notice = 2;
inline constexpr std::uint8_t immediate = 3;
inline constexpr std::uint8_t command_set_specific = 6;
inline constexpr std::uint8_t vendor_specific = 7;

inline constexpr std::uint8_t notice_ns_attribute_changed = 0x00;
inline constexpr std::uint8_t notice_firmware_activation = 0x01;
inline constexpr std::uint8_t notice_telemetry_changed = 0x02;
inline constexpr std::uint8_t notice_ana_change = 0x03;
inline constexpr std::uint8_t notice_discovery_log_changed = 0xf0;

[[nodiscard]] constexpr std::uint8_t type(std::uint32_t result) {
  return static_cast<std::uint8_t>(result & 7U);
}
[[nodiscard]] constexpr std::uint8_t information(std::uint32_t result) {
  return static_cast<std::uint8_t>((result >> 8U) & 0xffU);
}
[[nodiscard]] constexpr std::uint8_t log_page(std::uint32_t result) {
  return static_cast<std::uint8_t>((result >> 16U) & 0xffU);
}
[[nodiscard]] constexpr std::uint32_t result(std::uint8_t type, std::uint8_t information, std::uint8_t log_page) {
  return static_cast<std::uint32_t>(type) | (static_cast<std::uint32_t>(information) << 8U) |
         (static_cast<std::uint32_t>(log_page) << 16U);
}
}  // namespace aer

/// "All namespaces".
inline constexpr std::uint32_t nsid_all = 0xffffffffU;
/// Connect with this controller id asks for a dynamic controller; in a discovery entry it says there is only such.
inline constexpr std::uint16_t cntlid_dynamic = 0xffff;
/// In a discovery entry: a static controller, any of them.
inline constexpr std::uint16_t cntlid_any_static = 0xfffe;

/// Transport types (TRTYPE) and address families (ADRFAM) of a discovery entry. NVM Express Base
/// Specification 2.0d, section 5.16.1.23.
namespace trtype {
inline constexpr std::uint8_t pcie = 0;
inline constexpr std::uint8_t rdma = 1;
inline constexpr std::uint8_t fc = 2;
inline constexpr std::uint8_t tcp = 3;
inline constexpr std::uint8_t loop = 254;
}  // namespace trtype
namespace adrfam {
inline constexpr std::uint8_t pci = 0;
inline constexpr std::uint8_t ipv4 = 1;
inline constexpr std::uint8_t ipv6 = 2;
inline constexpr std::uint8_t infiniband = 3;
inline constexpr std::uint8_t fibre_channel = 4;
inline constexpr std::uint8_t loop = 254;
}  // namespace adrfam
/// Subsystem types (SUBTYPE) of a discovery entry.
namespace subtype {
inline constexpr std::uint8_t referral = 1;
inline constexpr std::uint8_t nvm = 2;
inline constexpr std::uint8_t current_discovery = 3;
}  // namespace subtype

}  // namespace nvmectl::nvme
