// A Block Translation Table of hostile bytes: checking and repairing it never reads or writes beyond the namespace, nor
// writes anything but whole blocks. The input gives the fields of info blocks, whose checksums are put right, and what
// lies behind them.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>

#include "backends/pmem/btt.hpp"
#include "core/endian.hpp"
#include "pmem/labels.hpp"

namespace {

using namespace nvmectl;
using namespace nvmectl::pmem_backend;

constexpr std::size_t block = btt_info_bytes, fields = 120;

void require(bool condition) {
  if (!condition) std::abort();
}

// An info block at `offset` from the next bytes of the input, and perhaps its copy where it says.
std::span<const std::byte> place_info(Bytes& image, std::size_t offset, std::span<const std::byte> input) {
  const std::size_t size = std::min(input.size(), fields - 16);
  const auto info = std::span(image).subspan(offset, block);
  std::memcpy(info.data(), "BTT_ARENA_INFO\0\0", 16);
  std::copy_n(input.begin(), size, info.begin() + 16);
  store_le<std::uint64_t>(info, block - 8, pmem::fletcher64(info, block - 8));
  const std::uint64_t copy = offset + load_le64(info, 112);
  if (copy % 8 == 0 && copy <= image.size() - block) std::memmove(image.data() + copy, info.data(), block);
  return input.subspan(size);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto input = std::as_bytes(std::span(data, size));
  if (input.size() < 4) return 0;
  const auto choice = std::to_integer<unsigned>(input[0]);
  Bytes image((17 + choice % 48) * block);
  const std::size_t fill = std::to_integer<std::size_t>(input[1]) * block / 2;
  input = place_info(image, (choice & 0x80U) != 0 ? 0 : block, input.subspan(2));
  if ((choice & 0x40U) != 0) input = place_info(image, 8 * block, input);
  if (fill < image.size())
    std::copy_n(input.begin(), std::min(input.size(), image.size() - fill),
                image.begin() + static_cast<std::ptrdiff_t>(fill));
  BttDevice device{.size = image.size(),
                   .read = [&](std::uint64_t offset, std::size_t bytes) -> Result<Bytes> {
                     require(offset <= image.size() && bytes <= image.size() - offset);
                     const auto part = std::span(image).subspan(offset, bytes);
                     return Bytes(part.begin(), part.end());
                   },
                   .write = nullptr};
  const auto found = check_btt(device, {});
  require(found.has_value());
  device.write = [&](std::uint64_t offset, std::span<const std::byte> bytes) -> Result<> {
    require(offset % block == 0 && bytes.size() % block == 0);
    require(offset <= image.size() && bytes.size() <= image.size() - offset);
    std::copy(bytes.begin(), bytes.end(), image.begin() + static_cast<std::ptrdiff_t>(offset));
    return {};
  };
  require(check_btt(device, {}).has_value());
  return 0;
}
