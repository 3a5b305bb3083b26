// The discovery log page, made piece by piece: a host may ask for any part of a log of thousands of records.
// NVM Express Base Specification 2.0d, section 5.16.1.23 (figures 264 to 266).
#include <fmt/format.h>

#include <algorithm>

#include "nvme/opcodes.hpp"
#include "target/controller.hpp"
#include "target/page.hpp"

namespace nvmectl::target {
namespace {

constexpr std::size_t record_bytes = 1024;  // of the header too
constexpr std::uint16_t admin_queue_entries = 32;
constexpr std::uint8_t requirements = 0x04;  // TREQ: security not specified; SQ flow control may be off
constexpr std::uint16_t same_log_everywhere = 1, keeps_connections = 2;  // EFLAGS: DUPRETINFO, EPCSD

struct Record {
  std::uint8_t family = 1, subtype = 2;
  std::uint16_t port_id = 1, flags = 0;
  std::string_view service, nqn, address;
};

void write_record(std::span<std::byte> to, const Record& record) {
  Page<record_bytes> page;
  page.u8(0, nvme::trtype::tcp);
  page.u8(1, record.family);
  page.u8(2, record.subtype);
  page.u8(3, requirements);
  page.u16(4, record.port_id);
  page.u16(6, nvme::cntlid_dynamic);
  page.u16(8, admin_queue_entries);
  page.u16(10, record.flags);
  page.text(32, 32, record.service, ' ');
  page.text(256, 256, record.nqn, '\0');
  page.text(512, 256, record.address, ' ');
  std::copy(page.view().begin(), page.view().end(), to.begin());  // TSAS at 768: no security (0)
}

}  // namespace

void Controller::look_for_subsystems() {
  const Target& target = *setup_.target;
  if (visible_generation_ == target.generation()) return;
  visible_.clear();
  for (const auto& subsystem : target.subsystems())
    if (subsystem->allows(setup_.host.nqn)) visible_.push_back(subsystem);
  visible_generation_ = target.generation();
}

// Ourselves, each visible subsystem at each portal, the referrals.
std::uint64_t Controller::discovery_records() const {
  const Target& target = *setup_.target;
  return 1 + std::uint64_t{visible_.size()} * target.portals().size() + target.referrals().size();
}

void Controller::discovery_record(std::uint64_t index, std::span<std::byte> record) const {
  const Target& target = *setup_.target;
  const auto portals = target.portals();
  if (index == 0) {
    const Portal& own = setup_.reached;
    const auto flags = static_cast<std::uint16_t>(keeps_connections | (portals.size() > 1 ? same_log_everywhere : 0));
    write_record(record,
                 {own.family, nvme::subtype::current_discovery, 1, flags, own.service, discovery_nqn, own.address});
    return;
  }
  --index;
  if (const std::uint64_t of_subsystems = std::uint64_t{visible_.size()} * portals.size(); index < of_subsystems) {
    const std::size_t at = static_cast<std::size_t>(index) % portals.size();
    const Portal& portal = portals[at];
    const bool own = portal.wildcard && portal.family == setup_.reached.family;
    write_record(record, {portal.family, nvme::subtype::nvm, static_cast<std::uint16_t>(at + 1), 0, portal.service,
                          visible_[static_cast<std::size_t>(index) / portals.size()]->nqn(),
                          own ? setup_.reached.address : portal.address});
    return;
  } else {
    index -= of_subsystems;
  }
  const Referral& referral = target.referrals()[static_cast<std::size_t>(index)];
  write_record(record, {referral.family, nvme::subtype::referral, 0, 0, fmt::to_string(referral.port), referral.nqn,
                        referral.address});
}

// `data` from byte `offset` of the log on; zeroes behind its end.
void Controller::discovery_log(std::uint64_t offset, std::span<std::byte> data) {
  look_for_subsystems();
  const std::uint64_t records = discovery_records();
  std::array<std::byte, record_bytes> unit{};
  while (!data.empty()) {
    const std::uint64_t index = offset / record_bytes;
    if (index == 0) {
      Page<record_bytes> header;
      header.u64(0, setup_.target->generation());
      header.u64(8, records);
      std::copy(header.view().begin(), header.view().end(), unit.begin());
    } else if (index <= records) {
      discovery_record(index - 1, unit);
    } else {
      unit.fill(std::byte{0});
    }
    const auto start = static_cast<std::size_t>(offset % record_bytes);
    const std::size_t count = std::min(data.size(), record_bytes - start);
    std::copy_n(unit.begin() + static_cast<std::ptrdiff_t>(start), count, data.begin());
    data = data.subspan(count);
    offset += count;
  }
}

}  // namespace nvmectl::target
