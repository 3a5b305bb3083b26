// DH-HMAC-CHAP secrets: "DHHC-1:HH:BASE64:".
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "nvme/auth/key_text.hpp"

namespace nvmectl::nvme {

/// NVM Express Base Specification 2.0d, section 8.13.5.7: 32, 48 or 64 bytes; as long as the digest where a hash is
/// named. Usage error that says what is wrong and holds no part of the secret.
[[nodiscard]] Result<KeyText> parse_dhchap_secret(std::string_view text);

/// What a new secret is made of.
struct DhchapRecipe {
  KeyHash hash = KeyHash::none;   ///< transforms the secret with the host's NQN
  std::size_t length = 0;         ///< bytes: 32, 48 or 64; 0: as the hash, or 32 without one
  std::optional<Bytes> secret{};  ///< empty: random
  std::string_view host_nqn{};    ///< used with a hash
};

/// The text of a secret. With a hash the key in it is HMAC(secret, host NQN, "NVMe-over-Fabrics"), section 8.13.5.7,
/// which nvme-cli's gen-dhchap-key does as well. Usage error for lengths that do not fit.
[[nodiscard]] Result<std::string> make_dhchap_secret(const DhchapRecipe& recipe);

inline constexpr std::string_view dhchap_prefix = "DHHC-1";

}  // namespace nvmectl::nvme
