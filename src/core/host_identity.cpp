#include "core/host_identity.hpp"

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <random>
#include <span>
#include <unistd.h>

#include "core/device_ref.hpp"
#include "core/sha256.hpp"
#include "core/text.hpp"

namespace nvmectl {
namespace {

constexpr std::string_view uuid_prefix = "nqn.2014-08.org.nvmexpress:uuid:";

// RFC 9562, section 5.4: version 4 in the high bits of byte 6, the variant in those of byte 8.
std::string as_random_uuid(std::span<std::byte> bytes) {
  bytes[6] = (bytes[6] & std::byte{0x0f}) | std::byte{0x40};
  bytes[8] = (bytes[8] & std::byte{0x3f}) | std::byte{0x80};
  return format_uuid(bytes);
}

std::string random_uuid() {
  std::random_device source;
  std::array<std::byte, 16> bytes{};
  std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<std::byte>(source() & 0xffU); });
  return as_random_uuid(bytes);
}

// The same UUID for the same text; the text cannot be found from it.
std::string derived_uuid(std::string_view text) {
  const std::string salted = "nvmectl host identity:" + std::string(text);
  std::array<std::byte, 32> digest = sha256(std::as_bytes(std::span(salted)));
  return as_random_uuid(std::span(digest).first(16));
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

// The first line of a file, without blanks around it; empty when there is none.
std::string first_line(const FileReader& read, const std::string& path) {
  const std::optional<std::string> content = read(path);
  if (!content) return {};
  const std::string_view line =
      std::string_view(*content).substr(0, content->find_first_of(std::string_view("\n\0", 2)));
  return std::string(trim(line));
}

// A UUID that somebody set: not all zeros, not all ones.
std::string usable_uuid(std::string_view text) {
  const auto bytes = parse_uuid(text);
  if (!bytes) return {};
  const auto all = [&](std::byte value) {
    return std::all_of(bytes->begin(), bytes->end(), [&](std::byte b) { return b == value; });
  };
  return all(std::byte{0}) || all(std::byte{0xff}) ? std::string() : lower(text);
}

std::string id_of_nqn(std::string_view nqn) {
  if (nqn.starts_with(uuid_prefix))
    if (std::string uuid = usable_uuid(nqn.substr(uuid_prefix.size())); !uuid.empty()) return uuid;
  return derived_uuid(nqn);
}

std::string machine_uuid(const FileReader& read) {
  std::string machine = first_line(read, "/etc/machine-id");
  if (machine.empty()) machine = first_line(read, "/var/lib/dbus/machine-id");
  return machine.empty() ? random_uuid() : derived_uuid(machine);
}

// /etc/nvme's pair; a half that is missing or malformed is empty.
HostIdentity stored_identity(const FileReader& read) {
  HostIdentity host{first_line(read, "/etc/nvme/hostnqn"), usable_uuid(first_line(read, "/etc/nvme/hostid"))};
  if (!check_nqn(host.nqn)) host.nqn.clear();
  return host;
}

}  // namespace

std::optional<std::string> read_small_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  constexpr std::size_t most = std::size_t{64} * 1024;
  std::string content;
  std::array<char, 4096> block;
  ssize_t size = 0;
  do {
    size = ::read(fd, block.data(), block.size());
    if (size > 0) content.append(block.data(), static_cast<std::size_t>(size));
    // A short read of a file is its end.
  } while (size == static_cast<ssize_t>(block.size()) && content.size() < most);
  ::close(fd);
  return size < 0 ? std::nullopt : std::optional(std::move(content));
}

Result<HostIdentity> host_identity(std::string_view nqn, std::string_view id, const FileReader& read) {
  HostIdentity host{std::string(nqn), std::string(id)};
  const HostIdentity stored = stored_identity(read);
  // A given half goes with the stored other half only where the two belong together: targets and kernels refuse one
  // identifier under two names.
  const bool stored_fits = (nqn.empty() || nqn == stored.nqn) && (id.empty() || lower(id) == stored.id);
  if (stored_fits && host.nqn.empty()) host.nqn = stored.nqn;
  if (stored_fits && host.id.empty()) host.id = stored.id;
  if (!host.nqn.empty()) NVMECTL_TRY(check_nqn(host.nqn));
  if (!host.id.empty()) NVMECTL_TRY(parse_uuid(host.id));
  if (host.id.empty()) host.id = host.nqn.empty() ? machine_uuid(read) : id_of_nqn(host.nqn);
  if (host.nqn.empty()) host.nqn = std::string(uuid_prefix) + lower(host.id);
  return host;
}

std::string generate_host_nqn(const FileReader& read) {
  for (const char* const path : {"/sys/class/dmi/id/product_uuid", "/proc/device-tree/ibm,partition-uuid"})
    if (const std::string uuid = usable_uuid(first_line(read, path)); !uuid.empty())
      return std::string(uuid_prefix) + uuid;
  return std::string(uuid_prefix) + random_uuid();
}

Result<std::string> configured_host_nqn(const FileReader& read) {
  std::string nqn = first_line(read, "/etc/nvme/hostnqn");
  if (nqn.empty())
    return fail(ErrorKind::not_found, "this machine has no /etc/nvme/hostnqn",
                "nvmectl gen-hostnqn prints a name to put there");
  NVMECTL_TRY(check_nqn(nqn));
  return nqn;
}

}  // namespace nvmectl
