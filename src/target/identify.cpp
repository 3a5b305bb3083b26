// Identify. NVM Express Base Specification 2.0d, section 5.17; NVM Command Set Specification 1.0d, section 4.1.5.
#include <vector>

#include "nvme/opcodes.hpp"
#include "target/controller.hpp"
#include "target/page.hpp"
#include "target/statuses.hpp"

namespace nvmectl::target {
namespace {

using IdentifyPage = Page<nvme::identify_bytes>;

constexpr std::uint8_t mdts = 8;                              // 4 KiB << 8
constexpr std::uint8_t most_zeroes = 13, most_verified = 10;  // WZSL, VSL: 32 MiB and 4 MiB; see io.cpp

// Identify Controller, figure 275: what does not depend on the kind of controller.
void common_part(IdentifyPage& page, std::uint16_t cntlid) {
  page.u8(77, mdts);
  page.u16(78, cntlid);
  page.u32(80, 0x00020000);              // VER 2.0
  page.u32(96, 1U | (1U << 6U));         // CTRATT: 128-bit host identifier, traffic based keep alive
  page.u8(259, max_event_requests - 1);  // AERL, 0's based
  page.u16(320, 1);                      // KAS: units of 100 ms
  page.u8(512, 0x66);                    // SQES, CQES: 64 and 16 bytes
  page.u8(513, 0x44);
  page.u16(514, max_queue_entries);              // MAXCMD
  page.u32(536, 1U | (1U << 20U));               // SGLS: any alignment; offsets into in-capsule data
  page.u32(1792, (64 + in_capsule_bytes) / 16);  // IOCCSZ
  page.u32(1796, 1);                             // IORCSZ
  page.u8(1803, 1);                              // MSDBD: one descriptor
}

void io_part(IdentifyPage& page) {
  page.u8(72, 0);          // RAB
  page.u8(76, 3);          // CMIC: more than one port, more than one controller
  page.u32(92, 1U << 8U);  // OAES: Namespace Attribute Notices
  page.u8(111, 1);         // CNTRLTYPE: I/O controller
  page.u8(258, 3);         // ACL, 0's based
  page.u8(260, 3);         // FRMW: one slot, read-only
  page.u8(261, 0x27);      // LPA: SMART per namespace, commands supported, extended data, supported log pages
  page.u8(262, error_log_entries - 1);
  page.u16(266, 343);  // WCTEMP, CCTEMP: kelvin
  page.u16(268, 353);
  page.u32(516, max_namespaces);  // NN
  page.u16(520, 0xdd);            // ONCS: Compare, DSM, Write Zeroes, Save and Select, Timestamp, Verify
  page.u8(525, 7);                // VWC: present; Flush may name all namespaces
  page.u32(540, max_namespaces);  // MNAN
  page.u16(1804, 1);              // OFCS: Disconnect
  page.u16(2048, 2500);           // PSD0.MP: 25 W in units of 0.01 W
}

void discovery_part(IdentifyPage& page) {
  page.u32(92, 1U << 31U);  // OAES: Discovery Log Page Change Notification
  page.u8(111, 2);          // CNTRLTYPE: discovery controller
  page.u8(261, 0x24);       // LPA: extended data, supported log pages
}

// Identify Namespace of the NVM command set, figure 97 of its specification.
void namespace_part(IdentifyPage& page, const Namespace& ns) {
  const std::uint64_t used = std::min(ns.block_count, (ns.store->allocated() + ns.block_bytes - 1) >> ns.block_shift);
  page.u64(0, ns.block_count);
  page.u64(8, ns.block_count);
  page.u64(16, used);
  page.u8(24, 1);                                  // NSFEAT: thin, NUSE is true
  page.u8(30, 1);                                  // NMIC: shared
  page.u8(33, 0x09);                               // DLFEAT: reads as zeroes; DEAC honoured
  page.u64(48, ns.block_count << ns.block_shift);  // NVMCAP
  page.u8(99, ns.store->read_only() ? 1 : 0);      // NSATTR: write protected
  page.bytes(104, ns.nguid);
  page.bytes(120, ns.eui64);
  page.u8(130, static_cast<std::uint8_t>(ns.block_shift));  // LBAF0.LBADS
}

template <class Bytes>
std::size_t descriptor(IdentifyPage& page, std::size_t at, std::uint8_t type, const Bytes& value) {
  page.u8(at, type);
  page.u8(at + 1, static_cast<std::uint8_t>(value.size()));
  page.bytes(at + 4, value);
  return at + 4 + value.size();
}

}  // namespace

Completion Controller::identify(const Request& request) {
  namespace cns = nvme::cns;
  const auto structure = static_cast<std::uint8_t>(request.command.cdw10 & 0xffU);
  if (is_discovery()) return structure == cns::controller ? identify_controller(request) : invalid_field(40);
  switch (structure) {
    case cns::ns:
    case cns::allocated_ns: return identify_namespace(request);
    case cns::controller: return identify_controller(request);
    case cns::active_ns_list:
    case cns::allocated_ns_list:
    case cns::csi_active_ns_list: return identify_namespace_list(request);
    case cns::ns_descriptors: return identify_descriptors(request);
    case cns::csi_ns:
    case cns::csi_controller:
    case cns::independent_ns:
    case cns::command_set_combinations: return identify_namespace_of_set(request, structure);
    case cns::ns_controller_list: return identify_controller_list(request, true);
    case cns::controller_list: return identify_controller_list(request, false);
    default: return invalid_field(40);
  }
}

Completion Controller::identify_controller(const Request& request) {
  IdentifyPage page;
  common_part(page, cntlid_);
  if (is_discovery()) discovery_part(page);
  else io_part(page);
  const Subsystem* subsystem = setup_.subsystem.get();
  page.text(4, 20, subsystem == nullptr ? "nvmectl" : subsystem->serial(), ' ');
  page.text(24, 40, subsystem == nullptr ? "nvmectl discovery controller" : subsystem->model(), ' ');
  page.text(64, 8, NVMECTL_VERSION, ' ');
  page.text(768, 256, subsystem == nullptr ? discovery_nqn : std::string_view(subsystem->nqn()), '\0');
  return give(request, page.view());
}

// An NSID that is allowed but not active gives zeroes (section 3.2.1.5).
Completion Controller::identify_namespace(const Request& request) {
  const std::uint32_t nsid = request.command.nsid;
  if (nsid == 0 || nsid > max_namespaces) return failed(status::invalid_namespace, 4);
  IdentifyPage page;
  if (const Namespace* ns = setup_.subsystem->find(nsid); ns != nullptr) namespace_part(page, *ns);
  return give(request, page.view());
}

Completion Controller::identify_namespace_of_set(const Request& request, std::uint8_t cns) {
  const std::uint32_t nsid = request.command.nsid;
  const auto command_set = static_cast<std::uint8_t>(request.command.cdw11 >> 24U);
  IdentifyPage page;
  if (cns == nvme::cns::command_set_combinations) {
    page.u64(0, 1);  // combination 0: the NVM command set
    return give(request, page.view());
  }
  if (cns != nvme::cns::independent_ns && command_set != nvme::csi::nvm) return invalid_field(47);
  if (cns == nvme::cns::csi_controller) {
    page.u8(0, most_verified);
    page.u8(1, most_zeroes);
    return give(request, page.view());
  }
  if (nsid == 0 || nsid > max_namespaces) return failed(status::invalid_namespace, 4);
  const Namespace* ns = setup_.subsystem->find(nsid);
  if (cns == nvme::cns::independent_ns && ns != nullptr) {
    page.u8(0, 0);
    page.u8(1, 1);                               // NMIC: shared
    page.u8(8, ns->store->read_only() ? 1 : 0);  // NSATTR
    page.u8(14, 1);                              // NSTAT: ready
  }
  return give(request, page.view());  // csi_ns: no protection information, so nothing but zeroes
}

Completion Controller::identify_descriptors(const Request& request) {
  const std::uint32_t nsid = request.command.nsid;
  if (nsid == 0 || nsid > max_namespaces) return failed(status::invalid_namespace, 4);
  const Namespace* ns = setup_.subsystem->find(nsid);
  if (ns == nullptr) return invalid_field(4);
  IdentifyPage page;
  std::size_t at = descriptor(page, 0, 1, ns->eui64);
  at = descriptor(page, at, 2, ns->nguid);
  at = descriptor(page, at, 3, ns->uuid);
  descriptor(page, at, 4, std::array{std::byte{nvme::csi::nvm}});
  return give(request, page.view());
}

// The NSIDs above that of the command.
Completion Controller::identify_namespace_list(const Request& request) {
  if (request.command.nsid >= nvme::nsid_all - 1) return failed(status::invalid_namespace, 4);
  const bool by_set = (request.command.cdw10 & 0xffU) == nvme::cns::csi_active_ns_list;
  if (by_set && (request.command.cdw11 >> 24U) != nvme::csi::nvm) return invalid_field(47);
  IdentifyPage page;
  std::size_t count = 0;
  for (const Namespace* ns : setup_.subsystem->namespaces()) {
    if (ns->nsid <= request.command.nsid || count == nvme::identify_bytes / 4) continue;
    page.u32(4 * count++, ns->nsid);
  }
  return give(request, page.view());
}

// The controllers from CNTID on: every controller has every namespace.
Completion Controller::identify_controller_list(const Request& request, bool of_namespace) {
  constexpr std::uint16_t most = 2047;
  const std::uint32_t nsid = request.command.nsid;
  if (of_namespace && (nsid == 0 || nsid > max_namespaces)) return failed(status::invalid_namespace, 4);
  IdentifyPage page;
  std::uint16_t count = 0;
  if (!of_namespace || setup_.subsystem->find(nsid) != nullptr) {
    const auto& all = setup_.subsystem->controllers();
    for (auto it = all.lower_bound(static_cast<std::uint16_t>(request.command.cdw10 >> 16U));
         it != all.end() && count < most; ++it)
      page.u16(2U + 2U * count++, it->first);
  }
  page.u16(0, count);
  return give(request, page.view());
}

}  // namespace nvmectl::target
