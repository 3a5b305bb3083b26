// Log pages. NVM Express Base Specification 2.0d, section 5.16.1.
#include "nvme/layout.hpp"
#include "nvme/layouts/layouts.hpp"

namespace nvmectl::nvme {
namespace {

constexpr BitField log_support[] = {{"supported", "Supported", 0},
                                    {"index_offset", "Index offset", 1},
                                    {"parameter", "Log identifier specific parameter", 16, 16}};
constexpr Field supported_fields[] = {
    flag_words(0, 4, 256, "log_pages", "Log pages by identifier", log_support, {.mnemonic = "lids"}),
};
static_assert(covers<1024>(supported_fields));

// The status field as in a completion's dword 3: the phase tag stands in bit 0.
constexpr BitField status_bits[] = {{"phase", "Phase tag", 0},          {"code", "Status code", 1, 8},
                                    {"type", "Status code type", 9, 3}, {"retry_delay", "Retry delay", 12, 2},
                                    {"more", "More information", 14},   {"do_not_retry", "Do not retry", 15}};
constexpr BitField location_bits[] = {{"byte", "Byte of the command", 0, 8}, {"bit", "Bit of that byte", 8, 3}};
constexpr SymbolName command_sets[] = {{0, "nvm"}, {1, "kv"}, {2, "zns"}};
constexpr SymbolName error_transports[] = {{0, "none"}, {1, "rdma"}, {2, "fc"}, {3, "tcp"}, {254, "loop"}};

constexpr Field error_fields[] = {
    u64(0, "error_count", "Error", {.show = Show::table}),
    u16(8, "submission_queue_id", "SQID", {.show = Show::table, .mnemonic = "sqid"}),
    u16(10, "command_id", "Command", {.show = Show::table, .hex = true, .mnemonic = "cmdid"}),
    flags(12, 2, "status_field", "Status", status_bits, {.show = Show::table}),
    flags(14, 2, "parameter_error_location", "Parameter error location", location_bits,
          {.show = Show::wide, .mnemonic = "parm_error_location"}),
    u64(16, "lba", "LBA", {.show = Show::table, .hex = true}),
    u32(24, "nsid", "NSID", {.show = Show::table, .hex = true}),
    u8(28, "vendor_log_page", "Vendor log page", {.show = Show::wide, .hex = true, .mnemonic = "vs"}),
    symbol(29, 1, "transport_type", "Transport", error_transports, {.show = Show::wide, .mnemonic = "trtype"}),
    symbol(30, 1, "command_set", "Command set", command_sets, {.mnemonic = "csi", .since = "2.1"}),
    u8(31, "opcode", "Opcode", {.hex = true, .since = "2.1"}),
    u64(32, "command_specific", "Command specific", {.show = Show::wide, .hex = true, .mnemonic = "cs"}),
    u16(40, "transport_specific", "Transport specific",
        {.show = Show::wide, .hex = true, .mnemonic = "trtype_spec_info"}),
    reserved(42, 63),
    u8(63, "log_page_version", "Log page version", {.since = "2.1"}),
};
static_assert(covers<64>(error_fields));

constexpr BitField active_slots[] = {{"active_slot", "Active slot", 0, 3}, {"next_slot", "Slot at next reset", 4, 3}};
constexpr Field firmware_fields[] = {
    flags(0, 1, "active_firmware", "Active firmware", active_slots, {.mnemonic = "afi"}),
    reserved(1, 8),
    texts(8, 8, 7, "slot_revisions", "Firmware revisions of slots 1 to 7", {.mnemonic = "frs"}),
    reserved(64, 512),
};
static_assert(covers<512>(firmware_fields));

constexpr Field ns_list_fields[] = {numbers(0, 4, 1024, "nsids", "Namespace identifiers")};
static_assert(covers<4096>(ns_list_fields));

constexpr SymbolName submission[] = {
    {0, "no restriction"}, {1, "no other command to the namespace"}, {2, "no other command to any namespace"}};
constexpr SymbolName recommendation[] = {
    {0, "none"}, {1, "no other command"}, {2, "no other command to the subsystem"}};
constexpr BitField effects[] = {{"supported", "Supported", 0},
                                {"changes_content", "Changes logical block content", 1},
                                {"changes_namespace", "Changes namespace capabilities", 2},
                                {"changes_inventory", "Changes the namespace inventory", 3},
                                {"changes_controller", "Changes controller capabilities", 4},
                                {"execution_recommendation", "Recommended execution", 14, 2, recommendation},
                                {"execution", "Submission and execution", 16, 3, submission},
                                {"uuid_selection", "UUID selection", 19},
                                {"scope", "Scope", 20, 12}};
constexpr Field effects_fields[] = {
    flag_words(0, 4, 256, "admin_commands", "Admin commands by opcode", effects, {.mnemonic = "acs"}),
    flag_words(1024, 4, 256, "io_commands", "I/O commands by opcode", effects, {.mnemonic = "iocs"}),
    reserved(2048, 4096),
};
static_assert(covers<4096>(effects_fields));

constexpr SymbolName ana_states[] = {
    {1, "optimized"}, {2, "non-optimized"}, {3, "inaccessible"}, {4, "persistent-loss"}, {15, "change"}};
constexpr BitField ana_state_bits[] = {{"state", "Asymmetric namespace access state", 0, 4, ana_states}};
constexpr Field ana_header_fields[] = {
    u64(0, "change_count", "Change count", {.mnemonic = "chgcnt"}),
    u16(8, "group_count", "ANA groups", {.mnemonic = "ngrps"}),
    reserved(10, 16),
};
static_assert(covers<16>(ana_header_fields));
constexpr Field ana_group_fields[] = {
    u32(0, "group_id", "ANA group", {.mnemonic = "grpid"}),
    u32(4, "namespace_count", "Namespaces", {.mnemonic = "nnsids"}),
    u64(8, "change_count", "Change count", {.mnemonic = "chgcnt"}),
    flags(16, 1, "state", "State", ana_state_bits),
    reserved(17, 32),
};
static_assert(covers<32>(ana_group_fields));

}  // namespace

const std::span<const SymbolName> ana_state_names = ana_states;
const std::span<const SymbolName> csi_names = command_sets;
constinit const Schema ns_list{"ns-list", "Namespace List", ns_list_fields, 4096,
                               "NVM Express Base Specification 2.0d, section 4.4.2"};
constinit const Schema supported_logs{"supported-log-pages", "Supported Log Pages", supported_fields, 1024,
                                      "NVM Express Base Specification 2.0d, section 5.16.1.1"};
constinit const Schema error_entry{"error-log", "Error Information Log Entry", error_fields, 64,
                                   "NVM Express Base Specification 2.0d, section 5.16.1.2"};
constinit const Schema firmware_slot_log{"fw-log", "Firmware Slot Information", firmware_fields, 512,
                                         "NVM Express Base Specification 2.0d, section 5.16.1.4"};
constinit const Schema changed_ns_log{"changed-ns-list-log", "Changed Namespace List", ns_list_fields, 4096,
                                      "NVM Express Base Specification 2.0d, section 5.16.1.5"};
constinit const Schema command_effects_log{"effects-log", "Commands Supported and Effects", effects_fields, 4096,
                                           "NVM Express Base Specification 2.0d, section 5.16.1.6"};
constinit const Schema ana_header{"ana-log", "Asymmetric Namespace Access log header", ana_header_fields, 16,
                                  "NVM Express Base Specification 2.0d, section 5.16.1.13"};
constinit const Schema ana_group{"ana-group", "ANA group descriptor", ana_group_fields, 32,
                                 "NVM Express Base Specification 2.0d, section 5.16.1.13"};

}  // namespace nvmectl::nvme
