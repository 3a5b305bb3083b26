#include "nvme/parsers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "nvme/endian.hpp"

namespace nvmectl::nvme {
namespace {

using Data = std::span<const std::byte>;

// Namespace Identifier Types of a descriptor.
constexpr std::uint8_t type_eui64 = 1;
constexpr std::uint8_t type_nguid = 2;
constexpr std::uint8_t type_uuid = 3;
constexpr std::uint8_t type_csi = 4;

constexpr std::size_t descriptor_header = 4;
constexpr std::size_t ana_header_bytes = 16;
constexpr std::size_t ana_group_bytes = 32;

bool all_zero(Data data) {
  return std::all_of(data.begin(), data.end(), [](std::byte b) { return b == std::byte{0}; });
}

std::size_t length_of(std::uint8_t type) {
  switch (type) {
    case type_eui64: return 8;
    case type_nguid:
    case type_uuid: return 16;
    case type_csi: return 1;
    default: return 0;  // unknown: any
  }
}

void take(NamespaceIds& ids, std::uint8_t type, Data id) {
  if (type == type_csi) ids.csi = std::to_integer<std::uint8_t>(id[0]);
  if (all_zero(id)) return;
  if (type == type_eui64) ids.eui64 = to_hex(id);
  if (type == type_nguid) ids.nguid = to_hex(id);
  if (type == type_uuid) ids.uuid = format_uuid(id);
}

tl::unexpected<Error> bad_ana_log(std::size_t group) {
  return fail(ErrorKind::protocol, fmt::format("group {} of the ANA log reaches behind the end of the log", group));
}

}  // namespace

Result<NamespaceIds> parse_ns_descriptors(std::span<const std::byte> data) {
  NamespaceIds ids;
  while (data.size() >= descriptor_header) {
    const std::uint8_t type = load_u8(data, 0);
    const std::size_t length = load_u8(data, 1);
    if (length == 0) break;  // the end of the list
    const std::size_t expected = length_of(type);
    if (length > data.size() - descriptor_header || (expected != 0 && length != expected)) {
      return fail(ErrorKind::protocol,
                  fmt::format("a namespace identification descriptor of type {} has {} bytes", type, length));
    }
    take(ids, type, data.subspan(descriptor_header, length));
    data = data.subspan(descriptor_header + length);
  }
  return ids;
}

std::vector<std::uint32_t> parse_ns_list(std::span<const std::byte> data) {
  std::vector<std::uint32_t> nsids;
  for (std::size_t offset = 0; data.size() - offset >= 4; offset += 4) {
    const auto nsid = load_le<std::uint32_t>(data, offset);
    if (nsid == 0) break;
    nsids.push_back(nsid);
  }
  return nsids;
}

Result<AnaLog> parse_ana_log(std::span<const std::byte> data) {
  if (data.size() < ana_header_bytes) return fail(ErrorKind::protocol, "the ANA log is shorter than its header");
  AnaLog log;
  log.change_count = load_le<std::uint64_t>(data, 0);
  const std::size_t groups = load_le<std::uint16_t>(data, 8);
  data = data.subspan(ana_header_bytes);
  for (std::size_t i = 0; i < groups; ++i) {
    if (data.size() < ana_group_bytes) return bad_ana_log(i);
    AnaGroup group;
    group.group_id = load_le<std::uint32_t>(data, 0);
    const std::uint64_t count = load_le<std::uint32_t>(data, 4);
    group.change_count = load_le<std::uint64_t>(data, 8);
    group.state = load_u8(data, 16) & 0xfU;
    data = data.subspan(ana_group_bytes);
    if (count > data.size() / 4) return bad_ana_log(i);
    for (std::size_t k = 0; k < count; ++k) group.nsids.push_back(load_le<std::uint32_t>(data, 4 * k));
    data = data.subspan(static_cast<std::size_t>(count) * 4);
    log.groups.push_back(std::move(group));
  }
  return log;
}

}  // namespace nvmectl::nvme
