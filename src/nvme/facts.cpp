#include "nvme/facts.hpp"

#include <algorithm>
#include <limits>

#include "core/text.hpp"
#include "nvme/decode.hpp"
#include "nvme/layouts/layouts.hpp"

namespace nvmectl::nvme {
namespace {

// Smaller than a sector or larger than 2 GiB is no block size.
constexpr std::uint64_t min_block_log2 = 9;
constexpr std::uint64_t max_block_log2 = 31;

std::string identifier(std::span<const std::byte> bytes) {
  const bool zero = std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
  return zero ? std::string() : to_hex(bytes);
}

}  // namespace

ControllerFacts controller_facts(std::span<const std::byte> page) {
  const WireReader read(id_ctrl, page);
  ControllerFacts facts;
  facts.serial = read.text("sn");
  facts.model = read.text("mn");
  facts.firmware = read.text("fr");
  facts.subsystem_nqn = read.text("subnqn");
  facts.vendor_id = read.as<std::uint16_t>("vid");
  facts.controller_id = read.as<std::uint16_t>("cntlid");
  facts.version = read.as<std::uint32_t>("ver");
  facts.type = read.as<std::uint8_t>("cntrltype");
  facts.cmic = read.as<std::uint8_t>("cmic");
  facts.mdts = read.as<std::uint8_t>("mdts");
  facts.ctratt = read.as<std::uint32_t>("ctratt");
  facts.oacs = read.as<std::uint16_t>("oacs");
  facts.oncs = read.as<std::uint16_t>("oncs");
  facts.lpa = read.as<std::uint8_t>("lpa");
  facts.vwc = read.as<std::uint8_t>("vwc");
  facts.namespace_id_max = read.as<std::uint32_t>("nn");
  facts.error_log_entries = read.as<std::uint32_t>("elpe") + 1;
  facts.async_event_limit = read.as<std::uint32_t>("aerl") + 1;
  facts.keep_alive_100ms = read.as<std::uint16_t>("kas");
  facts.ana_group_count = read.as<std::uint32_t>("nanagrpid");
  facts.max_outstanding = read.as<std::uint16_t>("maxcmd");
  facts.sgls = read.as<std::uint32_t>("sgls");
  facts.io_capsule_16b = read.as<std::uint32_t>("ioccsz");
  facts.response_capsule_16b = read.as<std::uint32_t>("iorcsz");
  facts.in_capsule_offset_16b = read.as<std::uint16_t>("icdoff");
  facts.max_sgl_descriptors = read.as<std::uint8_t>("msdbd");
  return facts;
}

std::size_t max_transfer_bytes(std::uint8_t mdts, std::uint64_t min_page_bytes, std::size_t otherwise) {
  // 2^(12 + 15) is the largest page; more than 32 doublings of it is no limit that any host reaches.
  if (mdts == 0 || mdts > 32) return otherwise;
  const std::uint64_t limit = min_page_bytes << mdts;
  return static_cast<std::size_t>(std::min<std::uint64_t>(limit, std::numeric_limits<std::size_t>::max()));
}

std::optional<std::uint64_t> NamespaceFacts::bytes(std::uint64_t blocks) const {
  if (lba_bytes == 0 || blocks > std::numeric_limits<std::uint64_t>::max() / lba_bytes) return std::nullopt;
  return blocks * lba_bytes;
}

NamespaceFacts namespace_facts(std::uint32_t nsid, std::span<const std::byte> page) {
  const WireReader read(id_ns, page);
  NamespaceFacts facts;
  facts.nsid = nsid;
  facts.size_blocks = read.number("nsze");
  facts.capacity_blocks = read.number("ncap");
  facts.used_blocks = read.number("nuse");
  // The upper bits of the index count only where there are more than 16 formats: older controllers may set them.
  const bool many_formats = read.number("nlbaf") + read.number("nulbaf") > 15;
  facts.format_index = static_cast<std::uint8_t>(read.bits("flbas", "format_index_low") |
                                                 (many_formats ? read.bits("flbas", "format_index_high") << 4U : 0));
  const WireReader format = read.element("lba_formats", facts.format_index);
  const std::uint64_t block_log2 = format.number("ds");
  if (block_log2 >= min_block_log2 && block_log2 <= max_block_log2) facts.lba_bytes = 1U << block_log2;
  facts.metadata_bytes = format.as<std::uint16_t>("ms");
  facts.metadata_extended = read.bits("flbas", "metadata_extended") != 0;
  facts.shared = read.bits("nmic", "shared") != 0;
  facts.ana_group_id = read.as<std::uint32_t>("anagrpid");
  facts.ids.nguid = identifier(read.bytes("nguid"));
  facts.ids.eui64 = identifier(read.bytes("eui64"));
  return facts;
}

}  // namespace nvmectl::nvme
