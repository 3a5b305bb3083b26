// Where a secret comes from: a file, an environment file, a variable, the kernel's keyring, standard input.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "core/context.hpp"

namespace nvmectl {

/// What resolving a secret may use.
struct SecretAccess {
  const Environment& environment;
  KeyStore* keys = nullptr;  ///< null: there is no keyring here
  /// Told what is unsafe about the way in which the secret was given; may be empty.
  std::function<void(std::string_view text)> warn = {};
  /// Told what a person at the terminal is to do; may be empty.
  std::function<void(std::string_view text)> prompt = {};
  Deadline deadline = {};  ///< for standard input
  int input = 0;           ///< the descriptor that "-" reads
};

/// The access of a running command: warns through its messages, and waits for standard input until it is stopped.
[[nodiscard]] SecretAccess secret_access(Context& context);

/// The longest secret that is taken.
inline constexpr std::size_t max_secret_length = 1024;

/// The secret that `text` names, without line end: file:PATH (its first line that is neither blank nor a # comment),
/// file:PATH#NAME (an environment file of lines "NAME=VALUE", with "export " and quotes as in a shell), env:NAME,
/// keyring:DESCRIPTION (a key of type "user" in the session's or user's keyring, or in .nvme), "-" (one line of
/// standard input, so that two secrets may come on two lines), or else `text` itself, which warns: other users see it
/// in the list of processes. `what` is the option for messages. Errors: usage (empty, too long, not text), not_found,
/// permission, io. No message holds the secret.
[[nodiscard]] Result<std::string> resolve_secret(std::string_view text, std::string_view what,
                                                 const SecretAccess& access);

/// The content of a file with keys, "-" for standard input, at most `limit` bytes; warns when others may read it.
/// `what` is the option for messages.
[[nodiscard]] Result<std::string> read_key_file(const std::string& path, std::string_view what,
                                                const SecretAccess& access, std::size_t limit);

/// True when `text` says where a secret is and is none itself.
[[nodiscard]] bool is_secret_source(std::string_view text);

}  // namespace nvmectl
