#include "nvme/auth/tls_psk.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/device_ref.hpp"
#include "core/text.hpp"

namespace nvmectl::nvme {
namespace {

constexpr std::size_t max_identity = 16 + 2 * max_nqn_length + 64;

Result<> check_length(KeyHash hash, std::size_t length) {
  if (hash == KeyHash::sha512)
    return fail(ErrorKind::usage, "a TLS key's hash is none, SHA-256 or SHA-384", "SHA-512 is for DH-HMAC-CHAP only");
  if (length != 32 && length != 48)
    return fail(ErrorKind::usage, fmt::format("a TLS key has 32 or 48 bytes, not {}", length));
  if (hash != KeyHash::none && length != digest_size(hash))
    return fail(ErrorKind::usage,
                fmt::format("a TLS key for {} has {} bytes, not {}", to_string(hash), digest_size(hash), length));
  return {};
}

// HkdfLabel of RFC 8446, section 7.1: length of the output, label and context, each text behind its length.
Bytes hkdf_label(std::size_t length, std::string_view label, std::string_view context, LabelForm form) {
  Bytes info;
  const auto byte = [&](std::size_t value) { info.push_back(static_cast<std::byte>(value)); };
  const auto text = [&](std::string_view value) {
    if (form == LabelForm::rfc8446) byte(value.size());
    for (const std::byte b : bytes_of(value)) info.push_back(b);
  };
  if (form == LabelForm::rfc8446) {
    byte(length >> 8U);
    byte(length & 0xffU);
  } else {
    byte(length & 0xffU);
    byte(length >> 8U);
  }
  text(fmt::format("tls13 {}", label));
  text(context);
  return info;
}

Result<Bytes> expand_label(KeyHash hash, const Bytes& input, std::string_view label, std::string_view context,
                           LabelForm form) {
  NVMECTL_ASSIGN(const Bytes key, hkdf_extract(hash, input));
  return hkdf_expand(hash, key, hkdf_label(input.size(), label, context, form), input.size());
}

}  // namespace

Result<KeyText> parse_tls_psk(std::string_view text) {
  NVMECTL_ASSIGN(KeyText psk, parse_key_text(text, tls_psk_prefix, "TLS key in PSK interchange format"));
  NVMECTL_TRY(check_length(psk.hash, psk.key.size()));
  return psk;
}

std::string format_tls_psk(const KeyText& psk) {
  return format_key_text(tls_psk_prefix, psk.hash, psk.key);
}

Result<KeyText> make_tls_psk(KeyHash hash) {
  NVMECTL_ASSIGN(const Bytes bytes, random_bytes(digest_size(hash)));
  return make_tls_psk(hash, bytes);
}

Result<KeyText> make_tls_psk(KeyHash hash, const Bytes& bytes) {
  NVMECTL_TRY(check_length(hash, bytes.size()));
  return KeyText{hash, bytes, crc32(bytes)};
}

Result<TlsKey> derive_tls_key(const KeyText& psk, const TlsUse& use) {
  NVMECTL_TRY(check_length(psk.hash, psk.key.size()));
  NVMECTL_TRY(check_nqn(use.host_nqn));
  NVMECTL_TRY(check_nqn(use.subsystem_nqn));
  if (use.version > 1)
    return fail(ErrorKind::usage, fmt::format("version {} of TLS identities is not known", use.version), "0 and 1 are");
  Bytes retained = psk.key;
  if (psk.hash != KeyHash::none) {
    NVMECTL_ASSIGN(retained, expand_label(psk.hash, psk.key, "HostNQN", use.host_nqn, use.labels));
  }
  // From here on the hash is that of the cipher suite, which the key's length decides.
  const KeyHash hash = retained.size() == 32 ? KeyHash::sha256 : KeyHash::sha384;
  const auto suite = static_cast<unsigned>(hash);
  TlsKey key{fmt::format("NVMe{}R{:02} {} {}", use.version, suite, use.host_nqn, use.subsystem_nqn), {}};
  std::string context = key.identity;
  if (use.version == 1) {
    const std::string seed = fmt::format("{} {} NVMe-over-Fabrics", use.host_nqn, use.subsystem_nqn);
    NVMECTL_ASSIGN(const Bytes digest, hmac(hash, retained, bytes_of(seed)));
    key.identity += ' ' + to_base64(digest);
    context = fmt::format("{:02} {}", suite, to_base64(digest));
  }
  // RFC 8446 gives a context one byte for its length. Version 0 puts both NQNs there.
  if (use.labels == LabelForm::rfc8446 && context.size() > 255)
    return fail(ErrorKind::usage, "the two NQNs are too long for a TLS identity of version 0", "use version 1");
  NVMECTL_ASSIGN(key.key, expand_label(hash, retained, "nvme-tls-psk", context, use.labels));
  return key;
}

Result<TlsIdentity> parse_tls_identity(std::string_view text) {
  const auto bad = [] {
    return fail(ErrorKind::usage, "this is no TLS identity of NVMe", "it looks like: NVMe1R01 HOSTNQN SUBNQN DIGEST");
  };
  if (text.size() > max_identity || !text.starts_with("NVMe")) return bad();
  const auto words = split(text, ' ');
  if (words.size() != 3 && words.size() != 4) return bad();
  const std::string_view head = words[0];
  const bool fits = head.size() == 8 && (head[4] == '0' || head[4] == '1') && (head[5] == 'R' || head[5] == 'G') &&
                    head[6] == '0' && (head[7] == '1' || head[7] == '2');
  if (!fits || (head[4] == '1') != (words.size() == 4) || words.back().empty()) return bad();
  if (!check_nqn(words[1]) || !check_nqn(words[2])) return bad();
  return TlsIdentity{static_cast<unsigned>(head[4] - '0'),
                     head[5],
                     static_cast<KeyHash>(head[7] - '0'),
                     std::string(words[1]),
                     std::string(words[2]),
                     words.size() == 4 ? printable(words[3]) : ""};
}

}  // namespace nvmectl::nvme
