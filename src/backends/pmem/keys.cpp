#include "backends/pmem/keys.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <dirent.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <memory>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/text.hpp"

namespace nvmectl::pmem_backend {
namespace {

constexpr std::size_t most_blob = 4096;
constexpr auto keyring = static_cast<KeySerial>(KEY_SPEC_USER_KEYRING);

long add_key(const char* type, const std::string& description, std::string_view payload) {
  return ::syscall(SYS_add_key, type, description.c_str(), payload.data(), payload.size(), keyring);
}

long search(const std::string& type, const std::string& description) {
  return ::syscall(SYS_keyctl, KEYCTL_SEARCH, keyring, type.c_str(), description.c_str(), 0);
}

void unlink_key(long key) {
  ::syscall(SYS_keyctl, KEYCTL_UNLINK, key, keyring);
}

Result<std::string> read_key(long key) {
  std::array<char, most_blob> text{};
  const long size = ::syscall(SYS_keyctl, KEYCTL_READ, key, text.data(), text.size());
  if (size < 0 || static_cast<std::size_t>(size) > text.size())
    return fail(os_error(size < 0 ? errno : EIO, "the key cannot be read from the keyring"));
  return std::string(text.data(), static_cast<std::size_t>(size));
}

Error add_error(std::string_view type, const std::string& description) {
  const int code = errno;
  Error error = os_error(code, fmt::format("the key {} could not be added to the keyring", printable(description)));
  if (code == ENODEV) {
    error.kind = ErrorKind::unsupported;
    error.cause = fmt::format("the kernel has no keys of the type {}", type);
    error.hint = type == "trusted" ? "they need a TPM and a kernel with CONFIG_TRUSTED_KEYS, which Debian's lack"
                                   : "modprobe encrypted-keys";
  }
  if (code == ENOKEY) error.hint = "load the key encryption key first: nvmectl pmem security load-keys";
  return error;
}

Result<std::string> read_blob(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail(os_error(errno, fmt::format("{} cannot be read", path)));
  std::array<char, most_blob + 1> text{};
  const ssize_t size = ::read(fd, text.data(), text.size());
  const int code = errno;
  ::close(fd);
  if (size < 0) return fail(os_error(code, fmt::format("{} cannot be read", path)));
  if (size == 0 || static_cast<std::size_t>(size) > most_blob)
    return fail(ErrorKind::io, fmt::format("{} holds no key", path));
  return std::string(text.data(), static_cast<std::size_t>(size));
}

// A new file's name outlives a power cut only once its directory is written, too.
Result<> keep_names(const std::string& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool kept = fd >= 0 && ::fsync(fd) == 0;
  const int code = errno;
  if (fd >= 0) ::close(fd);
  if (kept) return {};
  return fail(os_error(code, fmt::format("{} cannot be written", directory)));
}

// Whole or not at all: without it the DIMM stays locked for ever.
Result<> write_blob(const std::string& directory, const std::string& path, std::string_view blob) {
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
    return fail(os_error(errno, fmt::format("{} cannot be made", directory)));
  const std::string unfinished = path + ".new";
  const int fd = ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return fail(os_error(errno, fmt::format("{} cannot be written", path)));
  const bool written = ::write(fd, blob.data(), blob.size()) == static_cast<ssize_t>(blob.size()) && ::fsync(fd) == 0;
  const int code = errno;
  ::close(fd);
  if (written && std::rename(unfinished.c_str(), path.c_str()) == 0) return keep_names(directory);
  const Error error = os_error(written ? errno : code, fmt::format("{} cannot be written", path));
  ::unlink(unfinished.c_str());
  return fail(error);
}

std::string_view word(KeyRole role) {
  switch (role) {
    case KeyRole::user: return "nvdimm";
    case KeyRole::user_old: return "nvdimm-old";
    case KeyRole::master: return "nvdimm-master";
    case KeyRole::master_old: return "nvdimm-master-old";
  }
  return "";
}

}  // namespace

DimmKeys::DimmKeys(std::string directory, std::string unique_id)
    : directory_(std::move(directory)), unique_id_(std::move(unique_id)) {}

std::string DimmKeys::path(KeyRole role) const {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  return fmt::format("{}/{}_{}_{}.blob", directory_, word(role), unique_id_, host.data());
}

std::string DimmKeys::description(KeyRole role) const {
  return fmt::format("{}:{}", word(role), unique_id_);
}

Result<KeySerial> DimmKeys::create(KeyRole role, const std::string& kek) const {
  const std::string name = description(role);
  const std::string file = path(role);
  if (search("encrypted", name) > 0)
    return fail(ErrorKind::exists, fmt::format("there is a key {} already", name),
                "to change it: nvmectl pmem security update");
  if (::access(file.c_str(), F_OK) == 0)
    return fail(ErrorKind::exists, fmt::format("{} is there already", file),
                "it is the key of a passphrase set before; load it, or move it away");
  const long key = add_key("encrypted", name, fmt::format("new enc32 {} 32", kek));
  if (key < 0) return fail(add_error("encrypted", name));
  auto blob = read_key(key);
  auto stored = blob ? write_blob(directory_, file, *blob) : Result<>(fail(blob.error()));
  if (!stored) {
    unlink_key(key);
    ::unlink(file.c_str());
    return fail(std::move(stored).error());
  }
  return static_cast<KeySerial>(key);
}

Result<KeySerial> DimmKeys::load(KeyRole role) const {
  const std::string name = description(role);
  if (const long present = search("encrypted", name); present > 0) return static_cast<KeySerial>(present);
  auto blob = read_blob(path(role));
  if (!blob) {
    Error error = std::move(blob).error();
    error.message = fmt::format("there is no key for the DIMM {}", unique_id_);
    error.cause = fmt::format("neither in the keyring nor as {}", path(role));
    return fail(std::move(error));
  }
  const long key = add_key("encrypted", name, "load " + *blob);
  if (key < 0) return fail(add_error("encrypted", name));
  return static_cast<KeySerial>(key);
}

void DimmKeys::remove(KeyRole role) const {
  if (const long key = search("encrypted", description(role)); key > 0) unlink_key(key);
  ::unlink(path(role).c_str());
}

Result<> DimmKeys::move(KeyRole from, KeyRole to) const {
  if (::access(path(to).c_str(), F_OK) == 0)
    return fail(make_error(ErrorKind::exists, fmt::format("{} is there already", path(to)),
                           fmt::format("if the DIMM takes {}, delete it; else move it there", path(from)))
                    .with_cause("a change of the passphrase was cut off: this may be the key that the DIMM has"));
  if (const long key = search("encrypted", description(from)); key > 0) unlink_key(key);
  if (std::rename(path(from).c_str(), path(to).c_str()) != 0)
    return fail(os_error(errno, fmt::format("{} could not be renamed", path(from))));
  return {};
}

Result<std::string> DimmKeys::kek_of(KeyRole role) const {
  NVMECTL_ASSIGN(const KeySerial key, load(role));
  NVMECTL_ASSIGN(const std::string text, read_key(key));
  const auto words = split(text, ' ');  // "enc32 user:nvdimm-master 32 …"
  if (words.size() > 1 && words[1].find(':') != std::string_view::npos) return std::string(words[1]);
  return fail(ErrorKind::io, "the key does not say what it is encrypted with", "name its key encryption key");
}

Result<> check_kek(const std::string& kek) {
  const std::size_t colon = kek.find(':');
  const std::string type = kek.substr(0, colon);
  if (colon == std::string::npos || colon + 1 == kek.size() || (type != "user" && type != "trusted"))
    return fail(ErrorKind::usage, fmt::format("'{}' names no key encryption key", printable(kek)),
                "user:NAME or trusted:NAME, for instance user:nvdimm-master");
  if (kek.find(' ') != std::string::npos)
    return fail(ErrorKind::usage, "the name of a key encryption key has no blanks");
  if (search(type, kek.substr(colon + 1)) > 0) return {};
  return fail(ErrorKind::not_found, fmt::format("the key encryption key {} is not in root's keyring", printable(kek)),
              "load it (nvmectl pmem security load-keys), or make one: keyctl add user nvdimm-master \"$(openssl rand "
              "-hex 16)\" @u");
}

Result<std::size_t> load_all_keys(const std::string& directory, const std::string& tpm_handle) {
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(directory.c_str()), ::closedir);
  if (!dir) return fail(os_error(errno, fmt::format("{} cannot be read", printable(directory))));
  const char* const type = tpm_handle.empty() ? "user" : "trusted";
  if (search(type, "nvdimm-master") < 0) {
    NVMECTL_ASSIGN(std::string blob, read_blob(directory + "/nvdimm-master.blob"));
    if (!tpm_handle.empty()) blob = fmt::format("load {} keyhandle={}", blob, tpm_handle);
    if (add_key(type, "nvdimm-master", blob) < 0) return fail(add_error(type, "nvdimm-master"));
  }
  std::size_t loaded = 0;
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string name = entry->d_name;
    const auto parts = split(name, '_');
    if (parts.size() < 3 || parts[0] != "nvdimm" || !name.ends_with(".blob")) continue;
    NVMECTL_ASSIGN(const std::string blob, read_blob(directory + "/" + name));
    const std::string description = fmt::format("nvdimm:{}", parts[1]);
    if (search("encrypted", description) < 0 && add_key("encrypted", description, "load " + blob) < 0)
      return fail(add_error("encrypted", description));
    ++loaded;
  }
  return loaded;
}

}  // namespace nvmectl::pmem_backend
