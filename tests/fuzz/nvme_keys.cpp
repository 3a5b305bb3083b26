// The readers of both kinds of keys and of TLS identities: what they accept, they write again as it was.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "nvme/auth/dhchap_secret.hpp"
#include "nvme/auth/tls_psk.hpp"

using namespace nvmectl::nvme;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto key = parse_dhchap_secret(text)) {
    if (key->key.size() > max_key_bytes || format_key_text(dhchap_prefix, key->hash, key->key) != text) std::abort();
  } else if (key.error().message.empty()) {
    std::abort();
  }
  if (const auto psk = parse_tls_psk(text)) {
    if (psk->key.size() > 48 || format_tls_psk(*psk) != text) std::abort();
  }
  if (const auto identity = parse_tls_identity(text)) {
    if (identity->version > 1 || (identity->version == 1) == identity->digest.empty()) std::abort();
  }
  static_cast<void>(parse_hex_key(text, "key"));
  return 0;
}
