#include "commands/keys/key_fields.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/host_identity.hpp"
#include "core/text.hpp"

namespace nvmectl {

Value hash_value(nvme::KeyHash hash) {
  const auto code = static_cast<std::uint64_t>(hash);
  return Symbol{code, std::string(name_of(key_hash_names, code))};
}

Result<nvme::KeyHash> hash_from(std::uint8_t number, std::uint8_t least, std::uint8_t most, std::string_view what) {
  if (number >= least && number <= most) return static_cast<nvme::KeyHash>(number);
  return fail(ErrorKind::usage, fmt::format("{}: {} is not the number of a hash", what, number),
              least == 0 ? "0 = none, 1 = SHA-256, 2 = SHA-384, 3 = SHA-512" : "1 = SHA-256, 2 = SHA-384");
}

Result<nvme::TlsKey> tls_key_for(const nvme::KeyText& psk, const TlsOptions& options) {
  std::string host = options.host_nqn;
  if (host.empty()) {
    NVMECTL_ASSIGN(host, host_identity("", "").map([](HostIdentity identity) { return identity.nqn; }));
  }
  return nvme::derive_tls_key(psk, {.host_nqn = host,
                                    .subsystem_nqn = options.subsystem_nqn,
                                    .version = options.version,
                                    .labels = options.compat ? nvme::LabelForm::unframed : nvme::LabelForm::rfc8446});
}

Result<std::optional<std::int32_t>> keep_tls_key(const nvme::TlsKey& key, const TlsOptions& options, Context& context) {
  NVMECTL_ASSIGN(KeyStore* const keys, context.capability(&Backend::keys, "a keyring"));
  if (context.options.dry_run) {
    context.messages.note(fmt::format("would put the key '{}' into the keyring {}", key.identity, options.keyring));
    return std::optional<std::int32_t>();
  }
  NVMECTL_ASSIGN(const std::int32_t serial, keys->insert(options.keyring, {0, options.keytype, key.identity}, key.key));
  if (!options.keyfile.empty()) {
    NVMECTL_ASSIGN(const std::string line, key_file_line(key.identity, key.key));
    NVMECTL_TRY(write_key_file(options.keyfile, line, true));
  }
  return std::optional(serial);
}

Result<> check_tls_options(const TlsOptions& options) {
  if (options.insert && options.subsystem_nqn.empty())
    return fail(ErrorKind::usage, "--insert: a key in the keyring is for one subsystem", "add --subsysnqn NQN");
  if (!options.keyfile.empty() && !options.insert)
    return fail(ErrorKind::usage, "--keyfile holds the keys that are inserted", "add --insert");
  if (options.version > 1)
    return fail(ErrorKind::usage, fmt::format("--identity: version {} is not known", options.version), "0 and 1 are");
  return {};
}

Result<std::string> key_file_line(std::string_view identity, const Bytes& key) {
  NVMECTL_ASSIGN(const nvme::TlsIdentity parts, nvme::parse_tls_identity(identity));
  NVMECTL_ASSIGN(const nvme::KeyText psk, nvme::make_tls_psk(parts.hash, key));
  return fmt::format("{} {}\n", identity, nvme::format_tls_psk(psk));
}

Result<> write_key_file(const std::string& path, std::string_view text, bool append) {
  const std::string shown = printable(path);
  const auto failed = [&] {
    return fail(os_error(errno, fmt::format("the key file {} cannot be written", shown)).on(shown));
  };
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | (append ? O_APPEND : O_TRUNC), 0600);
  if (fd < 0) return failed();
  struct stat status {};
  // What it holds is secret, also when the file was there with other rights.
  bool done = ::fstat(fd, &status) == 0 && (!S_ISREG(status.st_mode) || ::fchmod(fd, 0600) == 0);
  while (done && !text.empty()) {
    const ssize_t size = ::write(fd, text.data(), text.size());
    if (size < 0 && errno == EINTR) continue;
    done = size >= 0;
    if (done) text.remove_prefix(static_cast<std::size_t>(size));
  }
  if (done && S_ISREG(status.st_mode)) done = ::fsync(fd) == 0;
  if (!done) {
    const auto error = failed();
    ::close(fd);
    return error;
  }
  if (::close(fd) != 0) return failed();
  return {};
}

}  // namespace nvmectl
