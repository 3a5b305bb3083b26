#include "nvme/tcp/crc32c.hpp"

#include <array>

#include "core/endian.hpp"

#if defined(__x86_64__) && defined(__GNUC__)
#define NVMECTL_CRC32C_X86
#include <nmmintrin.h>
#endif

namespace nvmectl::tcp {
namespace {

constexpr std::uint32_t polynomial = 0x82f63b78;  // 1EDC6F41h with its bits reversed

using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

// tables[k][b]: the CRC of byte b followed by k zero bytes, so that eight bytes are folded at once.
constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint32_t b = 0; b < 256; ++b) {
    std::uint32_t crc = b;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? polynomial : 0U);
    tables[0][b] = crc;
  }
  for (std::size_t k = 1; k < tables.size(); ++k)
    for (std::size_t b = 0; b < 256; ++b) tables[k][b] = (tables[k - 1][b] >> 8U) ^ tables[0][tables[k - 1][b] & 0xffU];
  return tables;
}
constexpr Tables tables = make_tables();

#ifdef NVMECTL_CRC32C_X86
__attribute__((target("sse4.2"))) std::uint32_t crc32c_x86(std::span<const std::byte> bytes, std::uint32_t previous) {
  std::uint64_t crc = ~previous;
  while (bytes.size() >= 8) {
    crc = _mm_crc32_u64(crc, load_le64(bytes, 0));
    bytes = bytes.subspan(8);
  }
  auto rest = static_cast<std::uint32_t>(crc);
  for (const std::byte b : bytes) rest = _mm_crc32_u8(rest, std::to_integer<std::uint8_t>(b));
  return ~rest;
}
#endif

}  // namespace

std::uint32_t crc32c_portable(std::span<const std::byte> bytes, std::uint32_t previous) {
  std::uint32_t crc = ~previous;
  while (bytes.size() >= 8) {
    const std::uint64_t word = load_le64(bytes, 0) ^ crc;
    crc = 0;
    for (std::size_t i = 0; i < 8; ++i) crc ^= tables[7 - i][(word >> (8 * i)) & 0xffU];
    bytes = bytes.subspan(8);
  }
  for (const std::byte b : bytes) crc = (crc >> 8U) ^ tables[0][(crc ^ std::to_integer<std::uint32_t>(b)) & 0xffU];
  return ~crc;
}

std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t previous) {
#ifdef NVMECTL_CRC32C_X86
  if (__builtin_cpu_supports("sse4.2") != 0) return crc32c_x86(bytes, previous);
#endif
  return crc32c_portable(bytes, previous);
}

}  // namespace nvmectl::tcp
