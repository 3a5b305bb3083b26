#include "nvme/auth/dhchap_secret.hpp"

#include <fmt/format.h>

namespace nvmectl::nvme {
namespace {

Result<> check_length(KeyHash hash, std::size_t length) {
  if (length != 32 && length != 48 && length != 64)
    return fail(ErrorKind::usage, fmt::format("a DH-HMAC-CHAP secret has 32, 48 or 64 bytes, not {}", length));
  if (hash != KeyHash::none && length != digest_size(hash))
    return fail(ErrorKind::usage, fmt::format("a DH-HMAC-CHAP secret for {} has {} bytes, not {}", to_string(hash),
                                              digest_size(hash), length));
  return {};
}

}  // namespace

Result<KeyText> parse_dhchap_secret(std::string_view text) {
  NVMECTL_ASSIGN(KeyText key, parse_key_text(text, dhchap_prefix, "DH-HMAC-CHAP secret"));
  NVMECTL_TRY(check_length(key.hash, key.key.size()));
  return key;
}

Result<std::string> make_dhchap_secret(const DhchapRecipe& recipe) {
  std::size_t length = recipe.length;
  if (length == 0) length = recipe.hash == KeyHash::none ? 32 : digest_size(recipe.hash);
  NVMECTL_TRY(check_length(recipe.hash, length));
  Bytes secret;
  if (recipe.secret) {
    secret = *recipe.secret;
    if (secret.size() != length)
      return fail(ErrorKind::usage, fmt::format("the secret has {} bytes, not {}", secret.size(), length),
                  fmt::format("give {} hexadecimal digits, or another length or hash", 2 * length));
  } else {
    NVMECTL_ASSIGN(secret, random_bytes(length));
  }
  if (recipe.hash == KeyHash::none) return format_key_text(dhchap_prefix, recipe.hash, secret);
  const std::string data = fmt::format("{}NVMe-over-Fabrics", recipe.host_nqn);
  NVMECTL_ASSIGN(const Bytes transformed, hmac(recipe.hash, secret, bytes_of(data)));
  return format_key_text(dhchap_prefix, recipe.hash, transformed);
}

}  // namespace nvmectl::nvme
