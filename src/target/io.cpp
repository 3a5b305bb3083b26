// I/O commands. NVM Command Set Specification 1.0d, section 3.2.
#include <algorithm>
#include <array>
#include <cstring>

#include "core/endian.hpp"
#include "nvme/opcodes.hpp"
#include "target/controller.hpp"
#include "target/statuses.hpp"

namespace nvmectl::target {
namespace {

constexpr std::uint32_t force_unit_access = 1U << 30U;
constexpr std::uint32_t deallocate_zeroes = 1U << 25U;  // DEAC of Write Zeroes
constexpr std::uint32_t attribute_deallocate = 1U << 2U;
constexpr std::uint64_t most_zeroed_bytes = std::uint64_t{32} << 20U;   // WZSL in Identify
constexpr std::uint64_t most_verified_bytes = std::uint64_t{4} << 20U;  // VSL
constexpr std::size_t range_bytes = 16;                                 // of Dataset Management
constexpr std::size_t piece_bytes = std::size_t{64} * 1024;             // of what is read to compare or verify

using Scratch = std::array<std::byte, piece_bytes>;

}  // namespace

struct Controller::Blocks {
  std::uint64_t offset = 0, length = 0;  // bytes
};

Completion Controller::io(const Request& request) {
  const Command& command = request.command;
  if (command.opcode == nvme::io::flush) return flush(request);
  if (command.nsid == 0 || command.nsid > max_namespaces) return failed(status::invalid_namespace, 4);
  Namespace* ns = setup_.subsystem->find(command.nsid);
  if (ns == nullptr) return invalid_field(4);
  switch (command.opcode) {
    case nvme::io::read: return read(*ns, request);
    case nvme::io::write: return write(*ns, request);
    case nvme::io::write_zeroes: return write_zeroes(*ns, request);
    case nvme::io::compare: return compare(*ns, request);
    case nvme::io::dataset_management: return deallocate(*ns, request);
    case nvme::io::verify: return verify(*ns, request);
    default: return failed(status::invalid_opcode, 0);
  }
}

// Of the command's SLBA and NLB; a completion when they are wrong.
std::optional<Completion> Controller::check_blocks(const Namespace& ns, const Request& request, Blocks& blocks,
                                                   std::uint64_t most_bytes) {
  const Command& command = request.command;
  const std::uint64_t first = command.cdw10 | (std::uint64_t{command.cdw11} << 32U);
  const std::uint64_t count = (command.cdw12 & 0xffffU) + 1U;
  if (count << ns.block_shift > most_bytes) return invalid_field(48);
  if (first >= ns.block_count || count > ns.block_count - first) {
    error_lba_ = first;
    return failed(status::lba_out_of_range, 40);
  }
  blocks = {first << ns.block_shift, count << ns.block_shift};
  return std::nullopt;
}

Completion Controller::stored(StoreStatus status) {
  switch (status) {
    case StoreStatus::ok: return {};
    case StoreStatus::no_space: return failed(status::capacity_exceeded);
    case StoreStatus::read_failed: return failed(status::unrecovered_read_error);
    case StoreStatus::write_failed: return failed(status::write_fault);
    case StoreStatus::write_protected: return failed(status::write_protected);
  }
  return failed(status::internal_error);
}

Completion Controller::read(Namespace& ns, const Request& request) {
  Blocks blocks;
  if (auto wrong = check_blocks(ns, request, blocks, max_transfer_bytes)) return *wrong;
  if (request.in.size() < blocks.length) return failed(status::data_length_invalid, 24);
  const auto length = static_cast<std::size_t>(blocks.length);
  Completion completion = stored(ns.store->read(blocks.offset, request.in.first(length)));
  if (!completion.ok()) return completion;
  completion.received = length;
  ++ns.counters.reads;
  ns.counters.blocks_read += blocks.length >> 9U;
  return completion;
}

// What was written is made durable where the command or the switched-off cache asks for it.
Completion Controller::after_write(Namespace& ns, const Request& request, StoreStatus status) {
  const bool durable = (request.command.cdw12 & force_unit_access) != 0 || !features_.write_cache;
  if (status == StoreStatus::ok && durable && ns.store->has_volatile_cache()) status = ns.store->flush();
  return stored(status);
}

Completion Controller::write(Namespace& ns, const Request& request) {
  Blocks blocks;
  if (auto wrong = check_blocks(ns, request, blocks, max_transfer_bytes)) return *wrong;
  if (request.out.size() < blocks.length) return failed(status::data_length_invalid, 24);
  if (ns.store->read_only()) return failed(status::write_protected);
  const StoreStatus status = ns.store->write(blocks.offset, request.out.first(static_cast<std::size_t>(blocks.length)));
  const Completion completion = after_write(ns, request, status);
  if (completion.ok()) {
    ++ns.counters.writes;
    ns.counters.blocks_written += blocks.length >> 9U;
  }
  return completion;
}

Completion Controller::write_zeroes(Namespace& ns, const Request& request) {
  Blocks blocks;
  if (auto wrong = check_blocks(ns, request, blocks, most_zeroed_bytes)) return *wrong;
  if (ns.store->read_only()) return failed(status::write_protected);
  const bool give_back = (request.command.cdw12 & deallocate_zeroes) != 0;
  return after_write(ns, request, ns.store->zero(blocks.offset, blocks.length, give_back));
}

Completion Controller::compare(Namespace& ns, const Request& request) {
  Blocks blocks;
  if (auto wrong = check_blocks(ns, request, blocks, max_transfer_bytes)) return *wrong;
  if (request.out.size() < blocks.length) return failed(status::data_length_invalid, 24);
  Scratch scratch;
  for (std::size_t at = 0; at < blocks.length; at += scratch.size()) {
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(scratch.size(), blocks.length - at));
    const auto piece = std::span(scratch).first(length);
    if (const StoreStatus status = ns.store->read(blocks.offset + at, piece); status != StoreStatus::ok)
      return stored(status);
    if (std::memcmp(piece.data(), request.out.data() + at, length) != 0) {
      error_lba_ = blocks.offset >> ns.block_shift;
      return failed(status::compare_failure);
    }
  }
  ++ns.counters.reads;
  ns.counters.blocks_read += blocks.length >> 9U;
  return {};
}

Completion Controller::verify(Namespace& ns, const Request& request) {
  Blocks blocks;
  if (auto wrong = check_blocks(ns, request, blocks, most_verified_bytes)) return *wrong;
  Scratch scratch;
  for (std::uint64_t at = 0; at < blocks.length; at += scratch.size()) {
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(scratch.size(), blocks.length - at));
    const StoreStatus status = ns.store->read(blocks.offset + at, std::span(scratch).first(length));
    if (status != StoreStatus::ok) return stored(status);
  }
  return {};
}

// Dataset Management. Every range is checked before any is touched; the other attributes are hints without effect.
Completion Controller::deallocate(Namespace& ns, const Request& request) {
  const std::size_t count = (request.command.cdw10 & 0xffU) + 1U;
  if (request.out.size() < count * range_bytes) return failed(status::data_length_invalid, 24);
  if (ns.store->read_only()) return failed(status::write_protected);
  const bool wanted = (request.command.cdw11 & attribute_deallocate) != 0;
  for (const bool checking : {true, false}) {
    for (std::size_t i = 0; i < count; ++i) {
      const auto range = request.out.subspan(i * range_bytes, range_bytes);
      const std::uint64_t blocks = load_le32(range, 4), first = load_le64(range, 8);
      if (checking && (first > ns.block_count || blocks > ns.block_count - first)) {
        error_lba_ = first;
        return failed(status::lba_out_of_range);
      }
      if (!checking && wanted && blocks != 0) ns.store->deallocate(first << ns.block_shift, blocks << ns.block_shift);
    }
  }
  return {};
}

Completion Controller::flush(const Request& request) {
  const std::uint32_t nsid = request.command.nsid;
  if (nsid != nvme::nsid_all) {
    if (nsid == 0 || nsid > max_namespaces) return failed(status::invalid_namespace, 4);
    const Namespace* ns = setup_.subsystem->find(nsid);
    return ns == nullptr ? invalid_field(4) : stored(ns->store->flush());
  }
  for (const Namespace* ns : setup_.subsystem->namespaces())
    if (const StoreStatus status = ns->store->flush(); status != StoreStatus::ok) return stored(status);
  return {};
}

}  // namespace nvmectl::target
