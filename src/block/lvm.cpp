#include "block/lvm.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <span>
#include <string_view>
#include <unistd.h>

#include "core/endian.hpp"
#include "core/text.hpp"

namespace nvmectl::block {
namespace {

constexpr std::size_t sector = 512, label_sectors = 4;
constexpr std::string_view unknown = "?";

std::string_view chars(std::span<const std::byte> bytes, std::size_t offset, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes.data()) + offset, size};
}

// Where the first metadata area begins: behind the list of data areas, each offset and size, which ends with zeros.
// Empty when the header leads nowhere; 0 when the volume keeps no metadata.
std::optional<std::uint64_t> metadata_area(std::span<const std::byte> label) {
  constexpr std::size_t uuid_and_size = 40, area = 16;
  std::size_t at = load_le32(label, 20) + uuid_and_size;
  for (; at + 2 * area <= label.size(); at += area)
    if (load_le64(label, at) == 0) return load_le64(label, at + area);
  return std::nullopt;
}

bool may_be_in_a_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("+_.-").find(c) != std::string_view::npos;
}

// "vg-pmem {" begins the text; the header tells where that is. No text: no group.
Result<std::string> group_in(const ReadBytes& read, std::uint64_t area) {
  constexpr std::string_view magic = " LVM2 x[5A%r0N*>";
  NVMECTL_ASSIGN(const Bytes header, read(area, sector));
  if (chars(header, 4, magic.size()) != magic) return std::string(unknown);
  const std::uint64_t text = load_le64(header, 40);
  if (text == 0 || load_le64(header, 48) == 0) return std::string();
  if (text > std::uint64_t{1} << 40U) return std::string(unknown);
  NVMECTL_ASSIGN(const Bytes bytes, read(area + text, sector));
  const std::string_view words = chars(bytes, 0, bytes.size());
  std::size_t end = 0;
  while (end < words.size() && may_be_in_a_name(words[end])) ++end;
  return std::string(end == 0 ? unknown : words.substr(0, end));
}

}  // namespace

Result<std::string> lvm_group(const ReadBytes& read) {
  NVMECTL_ASSIGN(const Bytes start, read(0, label_sectors * sector));
  for (std::size_t number = 0; number < label_sectors; ++number) {
    const auto label = std::span(start).subspan(number * sector, sector);
    if (chars(label, 0, 8) != "LABELONE" || chars(label, 24, 8) != "LVM2 001") continue;
    const auto area = metadata_area(label);
    if (!area || *area == 0) return std::string(unknown);
    return group_in(read, *area);
  }
  return std::string();
}

Result<std::string> lvm_group_on(const std::string& device) {
  const std::string path = "/dev/" + device;
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail(os_error(errno, fmt::format("{} cannot be read", path)).on(device));
  auto found = lvm_group([&](std::uint64_t offset, std::size_t size) -> Result<Bytes> {
    Bytes bytes(size);
    const ssize_t got = ::pread(fd, bytes.data(), size, static_cast<off_t>(offset));
    if (got != static_cast<ssize_t>(size))
      return fail(os_error(got < 0 ? errno : EIO, fmt::format("{} cannot be read", path)).on(device));
    return bytes;
  });
  ::close(fd);
  return found;
}

}  // namespace nvmectl::block
