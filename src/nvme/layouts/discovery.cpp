// Discovery log. NVM Express Base Specification 2.0d, section 5.16.1.23.
#include "nvme/layout.hpp"
#include "nvme/layouts/layouts.hpp"

namespace nvmectl::nvme {
namespace {

// The wording is nvme-cli 2.x's: scripts compare it.
constexpr SymbolName trtypes[] = {{1, "rdma"}, {2, "fc"}, {3, "tcp"}, {254, "loop"}};
constexpr SymbolName adrfams[] = {{0, "pci"},        {1, "ipv4"},          {2, "ipv6"},
                                  {3, "infiniband"}, {4, "fibre-channel"}, {254, "loop"}};
constexpr SymbolName subtypes[] = {
    {1, "discovery subsystem referral"}, {2, "nvme subsystem"}, {3, "current discovery subsystem"}};
constexpr SymbolName treqs[] = {{0, "not specified"},
                                {1, "required"},
                                {2, "not required"},
                                {4, "not specified, sq flow control disable supported"},
                                {5, "required, sq flow control disable supported"},
                                {6, "not required, sq flow control disable supported"}};
// Bit 0 duplicate returned information, bit 1 explicit persistent connections, bit 2 no CDC connectivity.
constexpr SymbolName eflags[] = {
    {0, "none"},
    {1, "duplicate discovery information"},
    {2, "explicit discovery connections"},
    {3, "explicit discovery connections, duplicate discovery information"},
    {4, "no cdc connectivity"},
    {5, "duplicate discovery information, no cdc connectivity"},
    {6, "explicit discovery connections, no cdc connectivity"},
    {7, "explicit discovery connections, duplicate discovery information, no cdc connectivity"}};
constexpr SymbolName sectypes[] = {{0, "none"}, {1, "tls"}, {2, "tls13"}};

constexpr Field header_fields[] = {
    u64(0, "generation", "Generation counter", {.mnemonic = "genctr"}),
    u64(8, "record_count", "Records", {.mnemonic = "numrec"}),
    u16(16, "record_format", "Record format", {.mnemonic = "recfmt"}),
    reserved(18, 1024),
};
static_assert(covers<1024>(header_fields));

constexpr Field entry_fields[] = {
    symbol(0, 1, "transport_type", "Transport", trtypes, {.show = Show::table, .mnemonic = "trtype"}),
    symbol(1, 1, "address_family", "Address family", adrfams, {.show = Show::table, .mnemonic = "adrfam"}),
    symbol(2, 1, "subsystem_type", "Subsystem type", subtypes, {.show = Show::table, .mnemonic = "subtype"}),
    symbol(3, 1, "transport_requirements", "Transport requirements", treqs, {.show = Show::wide, .mnemonic = "treq"}),
    u16(4, "port_id", "Port", {.show = Show::table, .mnemonic = "portid"}),
    u16(6, "controller_id", "Controller ID", {.show = Show::wide, .hex = true, .mnemonic = "cntlid"}),
    u16(8, "admin_queue_size", "Admin queue size", {.mnemonic = "asqsz"}),
    symbol(10, 2, "entry_flags", "Entry flags", eflags, {.show = Show::wide, .mnemonic = "eflags", .since = "2.0"}),
    reserved(12, 32),
    ascii(32, 32, "service_id", "Service", {.show = Show::table, .mnemonic = "trsvcid"}),
    reserved(64, 256),
    utf8_nul(256, 256, "subsystem_nqn", "Subsystem NQN", {.show = Show::table, .mnemonic = "subnqn"}),
    ascii(512, 256, "address", "Address", {.show = Show::table, .mnemonic = "traddr"}),
    // Transport specific: byte 0 is SECTYPE for TCP, QPTYPE for RDMA.
    bytes(768, 256, "transport_specific", "Transport specific address subtype", {.mnemonic = "tsas"}),
};
static_assert(covers<1024>(entry_fields));

}  // namespace

const std::span<const SymbolName> trtype_names = trtypes;
const std::span<const SymbolName> adrfam_names = adrfams;
const std::span<const SymbolName> subtype_names = subtypes;
const std::span<const SymbolName> treq_names = treqs;
const std::span<const SymbolName> eflags_names = eflags;
const std::span<const SymbolName> sectype_names = sectypes;
constinit const Schema discovery_header{"discovery-header", "Discovery log header", header_fields, 1024,
                                        "NVM Express Base Specification 2.0d, section 5.16.1.23"};
constinit const Schema discovery_entry{"discovery-entry", "Discovery log entry", entry_fields, 1024,
                                       "NVM Express Base Specification 2.0d, section 5.16.1.23"};

}  // namespace nvmectl::nvme
