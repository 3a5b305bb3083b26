// Get Log Page. NVM Express Base Specification 2.0d, section 5.16.
#include <algorithm>
#include <cmath>

#include "nvme/opcodes.hpp"
#include "target/controller.hpp"
#include "target/page.hpp"
#include "target/statuses.hpp"

namespace nvmectl::target {
namespace {

namespace lid = nvme::lid;

constexpr std::size_t error_entry_bytes = 64;
constexpr std::uint32_t per_controller = 1U << 21U;  // a scope, figures 211 and 252

template <std::size_t Size>
Bytes to_bytes(const Page<Size>& page) {
  return {page.view().begin(), page.view().end()};
}

bool discovery_has(std::uint8_t log_page) {
  return log_page == lid::supported_log_pages || log_page == lid::discovery;
}

// Figure 203: LSUPP in bit 0 of each of 256 dwords.
Bytes supported_log_pages(bool discovery) {
  Page<1024> page;
  for (const std::uint8_t id : {lid::supported_log_pages, lid::error_information, lid::smart, lid::firmware_slot,
                                lid::changed_ns_list, lid::commands_supported, lid::feature_effects, lid::discovery})
    if (discovery ? discovery_has(id) : id != lid::discovery) page.u32(std::size_t{4} * id, 1);
  return to_bytes(page);
}

Bytes firmware_slot() {
  Page<512> page;
  page.u8(0, 1);  // AFI: slot 1 is active
  page.text(8, 8, NVMECTL_VERSION, ' ');
  return to_bytes(page);
}

// Figure 211: admin commands from byte 0, I/O commands from byte 1024, 4 bytes each.
Bytes command_effects() {
  constexpr std::uint32_t supported = 1, changes_data = 1U << 1U;
  namespace admin = nvme::admin;
  namespace io = nvme::io;
  Page<4096> page;
  for (const std::uint8_t opcode : {admin::get_log_page, admin::identify, admin::abort, admin::set_features,
                                    admin::get_features, admin::async_event_request, admin::keep_alive})
    page.u32(std::size_t{4} * opcode, supported | per_controller);
  // No scopes here: Linux 6.12 logs "unusual effects" for every I/O command that reports one.
  for (const std::uint8_t opcode : {io::flush, io::read, io::compare, io::verify})
    page.u32(1024 + std::size_t{4} * opcode, supported);
  for (const std::uint8_t opcode : {io::write, io::write_zeroes, io::dataset_management})
    page.u32(1024 + std::size_t{4} * opcode, supported | changes_data);
  return to_bytes(page);
}

// Figure 252: FSUPP in bit 0, the scope as in the commands' page.
Bytes feature_effects() {
  namespace fid = nvme::fid;
  Page<1024> page;
  for (const std::uint8_t feature :
       {fid::arbitration, fid::power_management, fid::temperature_threshold, fid::error_recovery,
        fid::volatile_write_cache, fid::number_of_queues, fid::write_atomicity, fid::async_event_config, fid::timestamp,
        fid::keep_alive_timer, fid::host_behavior_support, fid::command_set_profile, fid::host_identifier})
    page.u32(std::size_t{4} * feature, 1U | per_controller);
  return to_bytes(page);
}

}  // namespace

Completion Controller::get_log_page(const Request& request) {
  const Command& command = request.command;
  const auto log_page = static_cast<std::uint8_t>(command.cdw10 & 0xffU);
  const bool retain = (command.cdw10 & 0x8000U) != 0;
  const std::uint64_t dwords = ((command.cdw10 >> 16U) | ((command.cdw11 & 0xffffU) << 16U)) + std::uint64_t{1};
  const std::uint64_t offset = command.cdw12 | (std::uint64_t{command.cdw13} << 32U);
  if (is_discovery() != (log_page == lid::discovery) && log_page != lid::supported_log_pages)
    return failed(status::invalid_log_page, 40);
  if (offset % 4 != 0 || (command.cdw14 & (1U << 23U)) != 0) return invalid_field(48);  // offsets are in bytes
  if (dwords * 4 > max_transfer_bytes) return invalid_field(42);
  if (request.in.size() < dwords * 4) return failed(status::data_length_invalid, 24);
  Completion completion = copy_log(request, log_page, offset, request.in.first(static_cast<std::size_t>(dwords * 4)));
  if (!completion.ok() || retain) return completion;
  if (log_page == lid::changed_ns_list) changed_namespaces_.clear();
  events_read(log_page);
  return completion;
}

// Behind the end of the page come zeroes; an offset behind it is an error.
Completion Controller::copy_log(const Request& request, std::uint8_t log_page, std::uint64_t offset,
                                std::span<std::byte> data) {
  if (log_page == lid::discovery) {
    look_for_subsystems();
    if (offset > (discovery_records() + 1) * 1024) return invalid_field(48);
    discovery_log(offset, data);
    return {.received = data.size()};
  }
  const std::uint32_t nsid = request.command.nsid;
  if (log_page == lid::smart && nsid != 0 && nsid != nvme::nsid_all) {
    if (nsid > max_namespaces) return failed(status::invalid_namespace, 4);
    if (setup_.subsystem->find(nsid) == nullptr) return invalid_field(4);
  }
  const Bytes page = this->log_page(log_page, nsid);
  if (page.empty()) return failed(status::invalid_log_page, 40);
  if (offset > page.size()) return invalid_field(48);
  const std::size_t count = std::min<std::size_t>(data.size(), page.size() - static_cast<std::size_t>(offset));
  std::copy_n(page.begin() + static_cast<std::ptrdiff_t>(offset), count, data.begin());
  std::fill(data.begin() + static_cast<std::ptrdiff_t>(count), data.end(), std::byte{0});
  return {.received = data.size()};
}

// Empty for a page that there is not.
Bytes Controller::log_page(std::uint8_t log_page, std::uint32_t nsid) const {
  switch (log_page) {
    case lid::supported_log_pages: return supported_log_pages(is_discovery());
    case lid::error_information: return error_log();
    case lid::smart: {
      const Namespace* ns = setup_.subsystem->find(nsid);
      return smart_log(ns == nullptr ? setup_.subsystem->counters() : ns->counters);
    }
    case lid::firmware_slot: return firmware_slot();
    case lid::changed_ns_list: return changed_namespaces_log();
    case lid::commands_supported: return command_effects();
    case lid::feature_effects: return feature_effects();
    default: return {};
  }
}

std::uint8_t Controller::critical_warning() const {
  const bool temperature =
      temperature_kelvin >= features_.over_temperature || temperature_kelvin <= features_.under_temperature;
  return temperature ? 2 : 0;
}

// Figure 207.
Bytes Controller::smart_log(const IoCounters& counters) const {
  constexpr std::uint64_t data_unit_blocks = 1000;  // units of 1,000 blocks of 512 bytes, rounded up
  const auto units = [](std::uint64_t blocks) { return (blocks + data_unit_blocks - 1) / data_unit_blocks; };
  const auto running = std::chrono::duration_cast<std::chrono::hours>(Clock::now() - setup_.subsystem->started());
  Page<512> page;
  page.u8(0, critical_warning());
  page.u16(1, temperature_kelvin);
  page.u8(3, 100);  // available spare, its threshold
  page.u8(4, 10);
  page.u64(32, units(counters.blocks_read));
  page.u64(48, units(counters.blocks_written));
  page.u64(64, counters.reads);
  page.u64(80, counters.writes);
  page.u64(112, 1);  // power cycles
  page.u64(128, static_cast<std::uint64_t>(running.count()));
  page.u64(176, error_count_);
  return to_bytes(page);
}

// Figure 204.
Bytes Controller::error_log() const {
  Page<error_log_entries * error_entry_bytes> page;
  std::size_t at = 0;
  for (const ErrorEntry& entry : errors_) {
    page.u64(at, entry.count);
    page.u16(at + 8, entry.qid);
    page.u16(at + 10, entry.cid);
    page.u16(at + 12, static_cast<std::uint16_t>(entry.status.to_wire() << 1U));  // bit 0 is the phase
    page.u16(at + 14, entry.location);
    page.u64(at + 16, entry.lba);
    page.u32(at + 24, entry.nsid);
    page.u8(at + 29, nvme::trtype::tcp);
    at += error_entry_bytes;
  }
  return to_bytes(page);
}

Bytes Controller::changed_namespaces_log() const {
  Page<4096> page;
  std::vector<std::uint32_t> sorted = changed_namespaces_;
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 0; i < sorted.size() && i < 1024; ++i) page.u32(4 * i, sorted[i]);
  return to_bytes(page);
}

}  // namespace nvmectl::target
