#include "backends/linux/counters.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <limits>

#include "backends/linux/node.hpp"

namespace nvmectl::linux_backend {
namespace {

constexpr std::uint64_t sector_bytes = 512;  // whatever the block size is

// A count of sectors that would not fit as bytes is not believed.
bool to_bytes(std::uint64_t sectors, std::uint64_t& bytes) {
  if (sectors > std::numeric_limits<std::uint64_t>::max() / sector_bytes) return false;
  bytes = sectors * sector_bytes;
  return true;
}

}  // namespace

std::optional<IoCounters> parse_block_stat(std::string_view text) {
  std::array<std::uint64_t, 17> n{};
  std::size_t count = 0;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (;;) {
    while (at != end && (*at == ' ' || *at == '\n')) ++at;
    if (at == end || count == n.size()) break;  // newer kernels may say more
    const auto [next, error] = std::from_chars(at, end, n[count]);
    if (error != std::errc() || (next != end && *next != ' ' && *next != '\n')) return std::nullopt;
    at = next;
    ++count;
  }
  if (count < 11) return std::nullopt;
  IoCounters io;
  io.read_operations = n[0];
  io.write_operations = n[4];
  io.in_flight = n[8];
  io.busy_milliseconds = n[9];
  io.queue_milliseconds = n[10];
  io.discard_operations = n[11];
  io.flush_operations = n[15];
  if (!to_bytes(n[2], io.read_bytes) || !to_bytes(n[6], io.write_bytes) || !to_bytes(n[13], io.discard_bytes))
    return std::nullopt;
  return io;
}

std::vector<std::optional<IoCounters>> read_counters(SysfsReader& sysfs, std::span<const std::string> devices) {
  std::vector<std::optional<IoCounters>> found;
  found.reserve(devices.size());
  for (const std::string& device : devices) {
    auto& counters = found.emplace_back();
    const auto node = NodeName::parse(device);
    if (!node || (node->kind != NodeName::Kind::block && node->kind != NodeName::Kind::path)) continue;
    auto text = sysfs.read("class/block/" + device + "/stat");
    if (!text) text = sysfs.read("block/" + device + "/stat");  // captured trees hold one or the other
    if (text) counters = parse_block_stat(*text);
  }
  return found;
}

}  // namespace nvmectl::linux_backend
