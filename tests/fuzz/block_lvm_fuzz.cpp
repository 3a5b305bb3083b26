// A block device of hostile bytes: looking for an LVM label reads only what is there, and a group's name is harmless.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "block/lvm.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto device = std::as_bytes(std::span(data, size));
  const auto group =
      nvmectl::block::lvm_group([&](std::uint64_t offset, std::size_t bytes) -> nvmectl::Result<nvmectl::Bytes> {
        if (offset > device.size() || bytes > device.size() - offset)
          return nvmectl::fail(nvmectl::ErrorKind::io, "beyond the device");
        const auto part = device.subspan(offset, bytes);
        return nvmectl::Bytes(part.begin(), part.end());
      });
  const auto is_plain = [](char c) { return c > ' ' && c < 127; };
  if (group && !std::all_of(group->begin(), group->end(), is_plain)) std::abort();
  return 0;
}
