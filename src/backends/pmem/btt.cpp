#include "backends/pmem/btt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "core/endian.hpp"
#include "pmem/labels.hpp"

namespace nvmectl::pmem_backend {
namespace {

constexpr std::string_view signature("BTT_ARENA_INFO\0\0", 16);
constexpr std::uint64_t first_offset_v1 = 4096;  // BTT 1.1, for label-less namespaces and labels 1.1; 2.0 begins at 0
constexpr std::uint64_t largest_arena = 1ULL << 39;  // 512 GiB
constexpr std::uint64_t smallest_arena = 16U << 20U;
constexpr std::size_t flog_bytes = 64;
constexpr std::uint32_t most_lanes = 1 << 16;   // Linux has 256: the flog is read as a whole
constexpr std::uint32_t lba_mask = 0x3fffffff;  // the two upper bits say zero, error or both: normal
constexpr std::size_t piece = 1 << 20;

struct FlogEntry {
  std::uint32_t lba, before, after, sequence;
};

class Checker {
 public:
  Checker(const BttDevice& device, const Deadline& deadline) : device_(device), deadline_(deadline) {}
  Result<std::vector<PmemFinding>> run();

 private:
  Result<std::optional<BttInfo>> info(std::uint64_t arena, int number);
  Result<std::optional<BttInfo>> from_copy(std::uint64_t arena, int number, const std::string& why);
  Result<> check_copy(std::uint64_t arena, int number, const BttInfo& info, const Bytes& primary);
  Result<> check_map(std::uint64_t arena, int number, const BttInfo& info, std::vector<bool>& seen);
  Result<> rewrite_flog(std::uint64_t arena, int number, const BttInfo& info);
  Result<> check_flog(std::uint64_t arena, int number, const BttInfo& info, std::vector<bool>& seen);
  void say(bool ok, std::string text) { findings_.push_back({ok, std::move(text)}); }

  const BttDevice& device_;
  const Deadline& deadline_;
  std::vector<PmemFinding> findings_;
};

bool in_arena(std::uint64_t offset, std::uint64_t length, std::uint64_t end) {
  return offset <= end && length <= end - offset;
}

// The parts of an arena lie within it and not upon each other: repairing one must not destroy another.
bool parts_apart(const BttInfo& i, std::uint64_t end) {
  struct Part {
    std::uint64_t begin, length;
  };
  std::array parts{Part{0, btt_info_bytes}, Part{i.data, std::uint64_t{i.internal_blocks} * i.internal_lba_bytes},
                   Part{i.map, std::uint64_t{i.external_blocks} * 4},
                   Part{i.log, std::uint64_t{i.free_blocks} * flog_bytes}, Part{i.copy, btt_info_bytes}};
  std::sort(parts.begin(), parts.end(), [](const Part& x, const Part& y) { return x.begin < y.begin; });
  std::uint64_t at = 0;
  for (const Part& part : parts) {
    if (part.begin < at || !in_arena(part.begin, part.length, end)) return false;
    at = part.begin + part.length;
  }
  return true;
}

// Only the sizes that everything behind relies on.
bool sensible(const BttInfo& i, std::uint64_t room, std::string& why) {
  const std::uint64_t end = std::min({room, largest_arena, i.next != 0 ? i.next : largest_arena});
  if (i.major != 1 && i.major != 2) {
    why = fmt::format("is of version {}.{}", i.major, i.minor);
  } else if (i.external_blocks == 0 || i.free_blocks == 0 || i.free_blocks > most_lanes || i.internal_lba_bytes < 512 ||
             std::uint64_t{i.external_blocks} + i.free_blocks != i.internal_blocks) {
    why = "has impossible numbers of blocks";
  } else if (!parts_apart(i, end)) {
    why = "points beyond its arena, or twice to the same place";
  } else if (i.log % btt_info_bytes != 0 || i.copy % btt_info_bytes != 0 || i.next % btt_info_bytes != 0) {
    why = "has parts that begin within a block";
  } else {
    return true;
  }
  return false;
}

std::string name(int number) {
  return fmt::format("arena {}", number);
}

}  // namespace

std::optional<BttInfo> parse_btt_info(std::span<const std::byte> block, std::uint64_t room, std::string& why) {
  if (block.size() < btt_info_bytes || std::memcmp(block.data(), signature.data(), signature.size()) != 0) {
    why = "has no signature";
    return std::nullopt;
  }
  if (pmem::fletcher64(block.first(btt_info_bytes), btt_info_bytes - 8) != load_le64(block, btt_info_bytes - 8)) {
    why = "has a wrong checksum";
    return std::nullopt;
  }
  const BttInfo info{.flags = load_le32(block, 48),
                     .major = load_le16(block, 52),
                     .minor = load_le16(block, 54),
                     .external_lba_bytes = load_le32(block, 56),
                     .external_blocks = load_le32(block, 60),
                     .internal_lba_bytes = load_le32(block, 64),
                     .internal_blocks = load_le32(block, 68),
                     .free_blocks = load_le32(block, 72),
                     .info_bytes = load_le32(block, 76),
                     .next = load_le64(block, 80),
                     .data = load_le64(block, 88),
                     .map = load_le64(block, 96),
                     .log = load_le64(block, 104),
                     .copy = load_le64(block, 112)};
  if (!sensible(info, room, why)) return std::nullopt;
  return info;
}

namespace {

// The copy is the last block of its arena: of the namespace, or of the largest arena's size.
Result<std::optional<BttInfo>> Checker::from_copy(std::uint64_t arena, int number, const std::string& why) {
  const std::uint64_t room = device_.size - arena;
  std::array<std::uint64_t, 2> places{
      (std::min(room, largest_arena) - btt_info_bytes) / btt_info_bytes * btt_info_bytes,
      (largest_arena - btt_info_bytes)};
  for (const std::uint64_t place : places) {
    if (place + btt_info_bytes > room) continue;
    NVMECTL_ASSIGN(const Bytes block, device_.read(arena + place, btt_info_bytes));
    std::string not_this;
    const auto info = parse_btt_info(block, room, not_this);
    if (!info || info->copy != place) continue;
    if (device_.write) NVMECTL_TRY(device_.write(arena, block));
    say(device_.write != nullptr, fmt::format("{}: the info block {}; its copy is good{}", name(number), why,
                                              device_.write ? ", and has restored it" : ": it can be repaired"));
    return info;
  }
  say(false, fmt::format("{}: the info block {}, and no copy of it is good", name(number), why));
  return std::nullopt;
}

Result<> Checker::check_copy(std::uint64_t arena, int number, const BttInfo& info, const Bytes& primary) {
  NVMECTL_ASSIGN(const Bytes copy, device_.read(arena + info.copy, btt_info_bytes));
  if (copy == primary) {
    say(true, fmt::format("{}: info block and copy are good and the same: {} sectors of {} bytes", name(number),
                          info.external_blocks, info.external_lba_bytes));
    return {};
  }
  if (device_.write) NVMECTL_TRY(device_.write(arena + info.copy, primary));
  say(device_.write != nullptr, fmt::format("{}: the copy of the info block differs from it{}", name(number),
                                            device_.write ? "; it was written anew" : ": it can be repaired"));
  return {};
}

Result<std::optional<BttInfo>> Checker::info(std::uint64_t arena, int number) {
  NVMECTL_ASSIGN(const Bytes block, device_.read(arena, btt_info_bytes));
  std::string why;
  const auto info = parse_btt_info(block, device_.size - arena, why);
  if (!info) return from_copy(arena, number, why);
  NVMECTL_TRY(check_copy(arena, number, *info, block));
  return info;
}

// An entry that was never written stands for itself.
Result<> Checker::check_map(std::uint64_t arena, int number, const BttInfo& info, std::vector<bool>& seen) {
  std::uint64_t twice = 0, beyond = 0, errors = 0;
  const std::uint64_t bytes = std::uint64_t{info.external_blocks} * 4;
  for (std::uint64_t at = 0; at < bytes; at += piece) {
    if (deadline_.passed())
      return fail(ErrorKind::timeout, "the namespace could not be checked in time", "allow more time with --timeout");
    NVMECTL_ASSIGN(const Bytes part, device_.read(arena + info.map + at, std::min<std::uint64_t>(piece, bytes - at)));
    for (std::size_t i = 0; i + 4 <= part.size(); i += 4) {
      const std::uint32_t entry = load_le32(part, i);
      const std::uint32_t state = entry >> 30U;
      const std::uint64_t block = state == 0 ? (at + i) / 4 : entry & lba_mask;
      if (state == 1) ++errors;
      if (block >= info.internal_blocks) {
        ++beyond;
      } else if (seen[block]) {
        ++twice;
      } else {
        seen[block] = true;
      }
    }
  }
  if (beyond != 0) say(false, fmt::format("{}: {} map entries name blocks beyond the arena", name(number), beyond));
  if (twice != 0)
    say(false, fmt::format("{}: {} map entries name a block that another one names", name(number), twice));
  if (beyond == 0 && twice == 0)
    say(true, fmt::format("{}: {} map entries, each names a block of its own", name(number), info.external_blocks));
  if (errors != 0) say(false, fmt::format("{}: {} sectors are marked as unreadable", name(number), errors));
  return {};
}

FlogEntry flog_entry(std::span<const std::byte> group, std::size_t index) {
  const std::size_t at = index * 16;
  return {load_le32(group, at), load_le32(group, at + 4), load_le32(group, at + 8), load_le32(group, at + 12)};
}

// Sequence numbers go 1, 2, 3, 1, …; 0: never written. The index of the newer entry; nothing when that cannot be told.
std::optional<std::size_t> newer(std::uint32_t a, std::uint32_t b) {
  if (a > 3 || b > 3 || a == b) return std::nullopt;
  if (a == 0 || b == 0) return a == 0 ? 1 : 0;
  return a == b % 3 + 1 ? 0 : 1;
}

// As Linux wrote it before 4.15, which other drivers do not read: entries 0 and 2 in use, 1 and 3 empty.
bool has_old_layout(std::span<const std::byte> group) {
  return flog_entry(group, 1).sequence == 0 && flog_entry(group, 2).sequence != 0;
}

// Each lane's group has two entries in use: 0 and 1, or those of the old layout.
std::optional<FlogEntry> latest(std::span<const std::byte> group) {
  const auto pick = [&](std::size_t other) -> std::optional<FlogEntry> {
    const FlogEntry first = flog_entry(group, 0), second = flog_entry(group, other);
    const auto which = newer(first.sequence, second.sequence);
    if (!which) return std::nullopt;
    return *which == 0 ? first : second;
  };
  return pick(has_old_layout(group) ? 2 : 1);
}

// Group by group the same entries; cut off half-way, the next repair finds the groups that are left.
Result<> Checker::rewrite_flog(std::uint64_t arena, int number, const BttInfo& info) {
  const std::size_t bytes =
      (std::size_t{info.free_blocks} * flog_bytes + btt_info_bytes - 1) / btt_info_bytes * btt_info_bytes;
  NVMECTL_ASSIGN(Bytes flog, device_.read(arena + info.log, bytes));
  std::uint32_t old = 0;
  for (std::uint32_t lane = 0; lane < info.free_blocks; ++lane) {
    const auto group = std::span(flog).subspan(lane * flog_bytes, flog_bytes);
    if (!has_old_layout(group)) continue;
    ++old;
    std::copy_n(group.begin() + 32, 16, group.begin() + 16);
    std::fill_n(group.begin() + 32, 32, std::byte{0});
  }
  if (old == 0) return {};
  if (device_.write) NVMECTL_TRY(device_.write(arena + info.log, flog));
  say(true, fmt::format("{}: the flog has the layout of kernels before 4.15{}", name(number),
                        device_.write ? "; it was written anew" : ", which a repair writes anew"));
  return {};
}

Result<> Checker::check_flog(std::uint64_t arena, int number, const BttInfo& info, std::vector<bool>& seen) {
  NVMECTL_ASSIGN(const Bytes flog, device_.read(arena + info.log, std::size_t{info.free_blocks} * flog_bytes));
  std::uint64_t broken = 0, used = 0, pending = 0;
  for (std::uint32_t lane = 0; lane < info.free_blocks; ++lane) {
    const auto entry = latest(std::span(flog).subspan(lane * flog_bytes, flog_bytes));
    const std::uint32_t before = entry ? entry->before & lba_mask : 0;
    const std::uint32_t after = entry ? entry->after & lba_mask : 0;
    if (!entry || before >= info.internal_blocks || after >= info.internal_blocks ||
        entry->lba >= info.external_blocks) {
      ++broken;
      continue;
    }
    // Cut off between the flog and the map, the map still has the block that the flog calls free: attaching mends it.
    std::uint32_t free = before;
    if (seen[before] && !seen[after]) {
      ++pending;
      free = after;
    }
    if (seen[free]) ++used;
    seen[free] = true;
  }
  if (broken != 0)
    say(false, fmt::format("{}: {} of {} flog entries are broken", name(number), broken, info.free_blocks));
  if (used != 0) say(false, fmt::format("{}: {} free blocks are in use", name(number), used));
  if (broken == 0 && used == 0) say(true, fmt::format("{}: {} flog entries are good", name(number), info.free_blocks));
  if (pending != 0)
    say(true, fmt::format("{}: {} interrupted writes, which enabling completes", name(number), pending));
  const auto lost = std::count(seen.begin(), seen.end(), false);
  if (lost != 0) say(false, fmt::format("{}: {} blocks are neither in use nor free", name(number), lost));
  return broken == 0 ? rewrite_flog(arena, number, info) : Result<>();
}

Result<std::vector<PmemFinding>> Checker::run() {
  if (device_.size < 16 * btt_info_bytes) {
    say(false, "it is too small to hold a BTT");
    return std::move(findings_);
  }
  NVMECTL_ASSIGN(const Bytes first, device_.read(0, btt_info_bytes));
  const bool at_start = std::memcmp(first.data(), signature.data(), signature.size()) == 0;
  std::uint64_t arena = at_start ? 0 : first_offset_v1;
  if (!at_start) {  // a BTT 2.0 whose first block is destroyed has its copy all the same
    NVMECTL_ASSIGN(const Bytes second, device_.read(first_offset_v1, btt_info_bytes));
    if (std::memcmp(second.data(), signature.data(), signature.size()) != 0) {
      const std::uint64_t end = std::min(device_.size, largest_arena) - btt_info_bytes;
      NVMECTL_ASSIGN(const Bytes last, device_.read(end / btt_info_bytes * btt_info_bytes, btt_info_bytes));
      std::string why;
      if (const auto info = parse_btt_info(last, device_.size, why); info && info->major == 2) arena = 0;
    }
  }
  for (int number = 0;; ++number) {
    NVMECTL_ASSIGN(const std::optional<BttInfo> found, info(arena, number));
    if (!found) break;
    std::vector<bool> seen(found->internal_blocks);
    NVMECTL_TRY(check_map(arena, number, *found, seen));
    NVMECTL_TRY(check_flog(arena, number, *found, seen));
    if (found->next == 0) break;
    if (found->next < btt_info_bytes || found->next >= device_.size - arena) {
      say(false, fmt::format("{}: the next one would begin beyond the namespace", name(number)));
      break;
    }
    arena += found->next;
  }
  return std::move(findings_);
}

}  // namespace

Result<std::vector<PmemFinding>> check_btt(const BttDevice& device, const Deadline& deadline) {
  return Checker(device, deadline).run();
}

Result<> erase_btt(const BttDevice& device) {
  std::vector<std::uint64_t> own, copies;
  for (const std::uint64_t start : {std::uint64_t{0}, first_offset_v1}) {
    for (std::uint64_t arena = start; arena < device.size && device.size - arena >= smallest_arena;) {
      // One that cannot be read is none: that must keep nobody from giving the namespace up.
      const auto block = device.read(arena, btt_info_bytes);
      std::string why;
      const auto info = block ? parse_btt_info(*block, device.size - arena, why) : std::nullopt;
      if (!info) break;
      own.push_back(arena);
      copies.push_back(arena + info->copy / btt_info_bytes * btt_info_bytes);
      if (info->next < smallest_arena || info->next >= device.size - arena) break;
      arena += info->next;
    }
    if (!own.empty()) break;
  }
  const Bytes zeroes(btt_info_bytes);
  for (const auto* places : {&copies, &own})
    for (const std::uint64_t place : *places) NVMECTL_TRY(device.write(place, zeroes));
  return {};
}

}  // namespace nvmectl::pmem_backend
