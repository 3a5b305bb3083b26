#include "net/byte_stream.hpp"

#include <array>

namespace nvmectl::net {

Result<std::size_t> ByteStream::read_some(std::span<std::byte> buffer, const Deadline& deadline) {
  for (;;) {
    NVMECTL_ASSIGN(const auto count, try_read(buffer));
    if (count) return *count;
    NVMECTL_ASSIGN(const Readiness ready, wait({.readable = true}, deadline));
    if (!ready.readable) return fail(ErrorKind::timeout, "no answer from the peer within the time allowed");
  }
}

Result<> ByteStream::write_all(std::span<const std::byte> bytes, const Deadline& deadline) {
  while (!bytes.empty()) {
    const std::array<std::span<const std::byte>, 1> parts{bytes};
    NVMECTL_ASSIGN(const std::size_t count, try_write(parts));
    bytes = bytes.subspan(count);
    if (count != 0) continue;
    NVMECTL_ASSIGN(const Readiness ready, wait({.writable = true}, deadline));
    if (!ready.writable) return fail(ErrorKind::timeout, "the peer took no more data within the time allowed");
  }
  return {};
}

}  // namespace nvmectl::net
