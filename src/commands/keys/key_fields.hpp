// What the commands for keys share: names of hashes, and TLS keys on their way into the kernel's keyring.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "commands/command_spec.hpp"
#include "core/context.hpp"
#include "core/schema.hpp"
#include "nvme/auth/tls_psk.hpp"

namespace nvmectl {

inline constexpr std::array key_hash_names{SymbolName{0, "none"}, SymbolName{1, "sha256"}, SymbolName{2, "sha384"},
                                           SymbolName{3, "sha512"}};
[[nodiscard]] Value hash_value(nvme::KeyHash hash);

/// A number given for a hash; usage error naming `what` when it is not from `least` to `most`.
[[nodiscard]] Result<nvme::KeyHash> hash_from(std::uint8_t number, std::uint8_t least, std::uint8_t most,
                                              std::string_view what);

/// The options of the commands for TLS keys; each has some of them.
struct TlsOptions {
  std::string keyring = ".nvme", keytype = "psk", host_nqn, subsystem_nqn, keyfile;
  std::string secret, keydata, insert_key, revoke;
  std::uint8_t version = 0, hmac = 1;
  bool compat = false, insert = false, list = false, import_keys = false, export_keys = false;
  [[nodiscard]] Effect effect() const {
    return insert || import_keys || !insert_key.empty() || !revoke.empty() ? Effect::changes_state : Effect::read_only;
  }
};

namespace tls_arguments {
inline constexpr Argument keyring = option<&TlsOptions::keyring>({.name = "keyring",
                                                                  .letter = 'k',
                                                                  .metavar = "KEYRING",
                                                                  .doc = "Kernel keyring: name or serial number",
                                                                  .default_text = ".nvme"});
inline constexpr Argument keytype = option<&TlsOptions::keytype>(
    {.name = "keytype", .letter = 't', .metavar = "TYPE", .doc = "Type of the key there", .default_text = "psk"});
inline constexpr Argument host_nqn = option<&TlsOptions::host_nqn>({.name = "hostnqn",
                                                                    .letter = 'n',
                                                                    .metavar = "NQN",
                                                                    .doc = "Host that the key is for",
                                                                    .default_text = "this host"});
inline constexpr Argument subsystem_nqn = option<&TlsOptions::subsystem_nqn>(
    {.name = "subsysnqn", .letter = 'c', .metavar = "NQN", .doc = "Subsystem that the key is for"});
inline constexpr Argument version =
    option<&TlsOptions::version>({.name = "identity",
                                  .letter = 'I',
                                  .metavar = "0|1",
                                  .doc = "Version of the TLS identity: 0 = NVMe/TCP 1.0c, 1 = with a digest of the key",
                                  .default_text = "0"});
inline constexpr Argument compat = option<&TlsOptions::compat>(
    {.name = "compat", .letter = 'C', .doc = "Derive the key as nvme-cli before 2.16 did (both ends must agree)"});
inline constexpr Argument insert =
    option<&TlsOptions::insert>({.name = "insert", .letter = 'i', .doc = "Put the derived key into the keyring"});
inline constexpr Argument keyfile =
    option<&TlsOptions::keyfile>({.name = "keyfile",
                                  .letter = 'f',
                                  .metavar = "FILE",
                                  .doc = "Add the inserted key to this file (tls-key --import reads it at boot)",
                                  .complete = Complete::file});
}  // namespace tls_arguments

/// The derived key; the host's NQN is this machine's when it is not given.
[[nodiscard]] Result<nvme::TlsKey> tls_key_for(const nvme::KeyText& psk, const TlsOptions& options);
/// Into the keyring, and behind the others of the key file where one is given. The serial number; empty with --dry-run.
[[nodiscard]] Result<std::optional<std::int32_t>> keep_tls_key(const nvme::TlsKey& key, const TlsOptions& options,
                                                               Context& context);

/// --keyfile without --insert would do nothing, and the NQN of the subsystem is part of every derived key.
[[nodiscard]] Result<> check_tls_options(const TlsOptions& options);

/// "IDENTITY KEY" as a line: the format of nvme-cli's key files. Usage error when the identity is none.
[[nodiscard]] Result<std::string> key_file_line(std::string_view identity, const Bytes& key);
/// Writes text to a file that nobody else may read; `append` keeps what is there.
[[nodiscard]] Result<> write_key_file(const std::string& path, std::string_view text, bool append);

}  // namespace nvmectl
