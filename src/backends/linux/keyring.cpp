#include "backends/linux/keyring.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

#include "backends/linux/modules.hpp"
#include "core/text.hpp"

namespace nvmectl::linux_backend {
namespace {

constexpr std::size_t max_payload = 64U * 1024;     // of one key; an NVMe key has 48 bytes
constexpr std::size_t max_listing = 1024U * 1024;   // of a keyring: 262,144 keys
constexpr std::size_t max_description = 4096 + 64;  // the kernel's limit is a page

using Arguments = std::array<unsigned long, 4>;

unsigned long number(long value) {
  return static_cast<unsigned long>(value);
}
unsigned long pointer(const void* value) {
  return reinterpret_cast<unsigned long>(value);
}

// The kernel's special keyrings of a process. linux/keyctl.h.
constexpr std::array<std::pair<std::string_view, std::int32_t>, 5> special_keyrings{{
    {"@t", KEY_SPEC_THREAD_KEYRING},
    {"@p", KEY_SPEC_PROCESS_KEYRING},
    {"@s", KEY_SPEC_SESSION_KEYRING},
    {"@u", KEY_SPEC_USER_KEYRING},
    {"@us", KEY_SPEC_USER_SESSION_KEYRING},
}};

Error key_error(long result, std::string what) {
  const int code = static_cast<int>(-result);
  Error error = os_error(code, std::move(what));
  switch (code) {
    case ENOSYS:
    case EOPNOTSUPP:
      error.kind = ErrorKind::unsupported;
      error.hint = "this kernel was built without keyrings (CONFIG_KEYS)";
      break;
    case ENODEV:
      error.kind = ErrorKind::not_running;
      error.cause = "the kernel does not know this type of key";
      error.hint = "the type psk comes with a driver: modprobe nvme-keyring";
      break;
    case EACCES:
    case EPERM:
      error.kind = ErrorKind::permission;
      error.hint = "root owns the keyring .nvme: try again as root";
      break;
    case ENOKEY:
    case EKEYREVOKED:
    case EKEYEXPIRED:
      error.kind = ErrorKind::not_found;
      error.hint = "nvmectl tls-key --list shows what there is";
      break;
    case EDQUOT:
      error.kind = ErrorKind::busy;
      error.hint = "the user's quota of keys is used up: see /proc/key-users";
      break;
    default: break;
  }
  return error;
}

// A line of /proc/keys: serial (hexadecimal), flags, usage, timeout, permissions, uid, gid, type, "description:
// summary".
struct ListedKey {
  std::int32_t serial = 0;
  std::string_view flags, type, description;
};
std::optional<ListedKey> listed_key(std::string_view line) {
  std::array<std::string_view, 8> words;
  for (std::string_view& word : words) {
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    word = line.substr(0, line.find(' '));
    if (word.empty()) return std::nullopt;
    line.remove_prefix(word.size());
  }
  const auto serial = parse_number(fmt::format("0x{}", words[0]), "serial", 0x7fffffff);
  if (!serial) return std::nullopt;
  line = trim(line);
  return ListedKey{static_cast<std::int32_t>(*serial), words[1], words[7], line.substr(0, line.rfind(": "))};
}

Error no_keyring(std::string_view name, const KeyringCalls& calls) {
  const std::string shown = printable(name);
  Error error = make_error(ErrorKind::not_found, fmt::format("there is no keyring {}", shown),
                           "/proc/keys lists those that you may see; @u is the user's, @s the session's");
  if (name != ".nvme") return error;
  switch (module_state("nvme-keyring", calls.root)) {
    case ModuleState::installed:
      return make_error(ErrorKind::not_running, "the keyring .nvme is not there: its driver is not loaded",
                        "load it with: modprobe nvme-keyring");
    case ModuleState::missing:
      return make_error(ErrorKind::unsupported, "this kernel has no keyring .nvme (CONFIG_NVME_KEYRING)",
                        "TLS for NVMe/TCP needs Linux 6.7 or later with its driver nvme-keyring");
    case ModuleState::active: break;
  }
  if (!calls.privileged())
    return make_error(ErrorKind::permission, "the keyring .nvme is root's and hidden from others", "try again as root");
  return error;
}

// A key is read and revoked only by those who possess it: whose own keyrings lead to it. This process's keyring ends
// with it; linking to the session's, as libnvme does, would stay.
void possess(std::int32_t keyring, const KeyringCalls& calls) {
  if (keyring > 0)
    static_cast<void>(calls.keyctl(KEYCTL_LINK, Arguments{number(keyring), number(KEY_SPEC_PROCESS_KEYRING), 0, 0}));
}

// What KEYCTL_READ or KEYCTL_DESCRIBE has to say, whose length may change between asking for it and reading it.
long read_all(int operation, std::int32_t serial, std::size_t limit, const KeyringCalls& calls, Bytes& to) {
  for (int attempt = 0; attempt < 4; ++attempt) {
    const long size =
        calls.keyctl(operation, Arguments{number(serial), pointer(to.data()), number(static_cast<long>(to.size())), 0});
    if (size < 0) return size;
    const auto bytes = static_cast<std::size_t>(size);
    if (bytes > limit) return -E2BIG;
    const bool whole = bytes <= to.size();
    to.resize(bytes);
    if (whole) return size;
  }
  return -EAGAIN;
}

}  // namespace

KeyringCalls KeyringCalls::real() {
  KeyringCalls calls;
  calls.add_key = [](const char* type, const char* description, std::span<const std::byte> payload, long keyring) {
    const long result = ::syscall(SYS_add_key, type, description, payload.data(), payload.size(), keyring);
    return result < 0 ? -static_cast<long>(errno) : result;
  };
  calls.keyctl = [](int operation, const Arguments& a) {
    const long result = ::syscall(SYS_keyctl, static_cast<long>(operation), a[0], a[1], a[2], a[3]);
    return result < 0 ? -static_cast<long>(errno) : result;
  };
  calls.privileged = [] { return ::geteuid() == 0; };
  return calls;
}

Result<std::int32_t> find_keyring(std::string_view name, const KeyringCalls& calls) {
  for (const auto& [text, serial] : special_keyrings)
    if (text == name) return serial;
  if (!name.empty() && name.front() >= '0' && name.front() <= '9') {
    NVMECTL_ASSIGN(const std::uint64_t serial, parse_number(name, "the keyring's serial number", 0x7fffffff));
    return static_cast<std::int32_t>(serial);
  }
  std::ifstream keys(calls.root + "/proc/keys");
  for (std::string line; std::getline(keys, line);) {
    const auto key = listed_key(line);
    if (key && key->type == "keyring" && key->description == name &&
        key->flags.find_first_of("RD") == std::string_view::npos)
      return key->serial;
  }
  return fail(no_keyring(name, calls));
}

Result<std::int32_t> find_key(std::int32_t keyring, const std::string& type, const std::string& description,
                              const KeyringCalls& calls) {
  possess(keyring, calls);
  const long serial =
      calls.keyctl(KEYCTL_SEARCH, Arguments{number(keyring), pointer(type.c_str()), pointer(description.c_str()), 0});
  if (serial >= 0) return static_cast<std::int32_t>(serial);
  return fail(key_error(serial, fmt::format("there is no key '{}' of type {} that could be used",
                                            printable(description), printable(type))));
}

LinuxKeyStore::LinuxKeyStore(KeyringCalls calls) : calls_(std::move(calls)) {}

Result<std::int32_t> LinuxKeyStore::insert(const std::string& keyring, const StoredKey& key,
                                           std::span<const std::byte> payload) {
  NVMECTL_ASSIGN(const std::int32_t ring, find_keyring(keyring, calls_));
  possess(ring, calls_);
  // Takes the place of the key of that description; who holds that one (a connection that reconnects) keeps it.
  const long serial = calls_.add_key(key.type.c_str(), key.description.c_str(), payload, ring);
  if (serial >= 0) return static_cast<std::int32_t>(serial);
  return fail(key_error(serial, fmt::format("the key cannot be put into the keyring {}", printable(keyring))));
}

Result<std::vector<StoredKey>> LinuxKeyStore::list(const std::string& keyring, const std::string& type) {
  NVMECTL_ASSIGN(const std::int32_t ring, find_keyring(keyring, calls_));
  possess(ring, calls_);
  Bytes serials;
  if (const long result = read_all(KEYCTL_READ, ring, max_listing, calls_, serials); result < 0)
    return fail(key_error(result, fmt::format("the keyring {} cannot be read", printable(keyring))));
  std::vector<StoredKey> keys;
  for (std::size_t at = 0; at + sizeof(std::int32_t) <= serials.size(); at += sizeof(std::int32_t)) {
    StoredKey key;
    std::memcpy(&key.serial, serials.data() + at, sizeof key.serial);  // the kernel's own byte order
    Bytes bytes;
    if (read_all(KEYCTL_DESCRIBE, key.serial, max_description, calls_, bytes) < 0) continue;  // revoked, or not ours
    std::string text;
    for (const std::byte byte : bytes)
      if (byte != std::byte{0}) text += static_cast<char>(byte);
    // "type;uid;gid;permissions;description"
    const auto parts = split(text, ';');
    if (parts.size() < 5 || (!type.empty() && parts[0] != type)) continue;
    key.type = printable(parts[0]);
    key.description = printable(std::string_view(text).substr(static_cast<std::size_t>(parts[4].data() - text.data())));
    keys.push_back(std::move(key));
  }
  std::ranges::sort(keys, {}, [](const StoredKey& key) { return std::pair(key.description, key.serial); });
  return keys;
}

Result<Bytes> LinuxKeyStore::read(std::int32_t serial) {
  Bytes bytes;
  long result = read_all(KEYCTL_READ, serial, max_payload, calls_, bytes);
  if (result == -EACCES) {
    if (const auto ring = find_keyring(".nvme", calls_)) {
      possess(*ring, calls_);
      result = read_all(KEYCTL_READ, serial, max_payload, calls_, bytes);
    }
  }
  if (result < 0) return fail(key_error(result, fmt::format("the key {:08x} cannot be read", serial)));
  return bytes;
}

Result<> LinuxKeyStore::revoke(const std::string& keyring, std::int32_t serial) {
  NVMECTL_ASSIGN(const std::int32_t ring, find_keyring(keyring, calls_));
  possess(ring, calls_);
  if (const long result = calls_.keyctl(KEYCTL_REVOKE, Arguments{number(serial), 0, 0, 0}); result < 0)
    return fail(key_error(result, fmt::format("the key {:08x} cannot be revoked", serial)));
  // A revoked key is of no use; the kernel would take it out of the keyring some time later.
  static_cast<void>(calls_.keyctl(KEYCTL_UNLINK, Arguments{number(serial), number(ring), 0, 0}));
  return {};
}

}  // namespace nvmectl::linux_backend
