// TLS pre-shared keys: the interchange format "NVMeTLSkey-1:HH:BASE64:", and the key and identity that TLS uses.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "nvme/auth/key_text.hpp"

namespace nvmectl::nvme {

/// NVMe/TCP Transport Specification 1.0d, section 3.6.1.5: a configured PSK of 32 or 48 bytes. As nvme-cli, takes 32
/// bytes with SHA-256 and 48 with SHA-384 only. Usage error that says what is wrong and holds no part of the key.
[[nodiscard]] Result<KeyText> parse_tls_psk(std::string_view text);
[[nodiscard]] std::string format_tls_psk(const KeyText& psk);
/// A new random PSK for SHA-256 or SHA-384.
[[nodiscard]] Result<KeyText> make_tls_psk(KeyHash hash);
/// The same of given bytes; usage error when their number does not fit.
[[nodiscard]] Result<KeyText> make_tls_psk(KeyHash hash, const Bytes& bytes);

/// How HKDF-Expand-Label's label is put together.
enum class LabelForm : std::uint8_t {
  rfc8446,   ///< with lengths, big endian (RFC 8446, section 7.1): libnvme from 1.16 on
  unframed,  ///< without lengths, little endian: libnvme before 1.16 (nvme-cli 2.15), its `--compat` since
};

/// What a TLS key is for. Both ends must agree on all of it.
struct TlsUse {
  std::string_view host_nqn, subsystem_nqn;
  unsigned version = 0;  ///< of the identity: 0 (NVMe/TCP 1.0c) or 1 (with a digest, NVMe/TCP 1.0d)
  LabelForm labels = LabelForm::rfc8446;
};

/// A key as the kernel's keyring holds it.
struct TlsKey {
  std::string identity;  ///< "NVMe1R01 HOSTNQN SUBNQN DIGEST": the key's description
  Bytes key;             ///< 32 or 48 bytes
};

/// The TLS PSK and its identity: configured PSK → retained PSK (bound to the host's NQN, unless the hash is none) → TLS
/// PSK. Section 3.6.1.4 and 3.6.1.5. Usage error for NQNs without the right form and for other versions.
[[nodiscard]] Result<TlsKey> derive_tls_key(const KeyText& psk, const TlsUse& use);

/// An identity taken apart: NVMe<version><R or G><hash> HOSTNQN SUBNQN [DIGEST].
struct TlsIdentity {
  unsigned version = 0;
  char type = 'R';  ///< R retained, G generated
  KeyHash hash = KeyHash::sha256;
  std::string host_nqn, subsystem_nqn, digest;
};
/// Usage error for anything else. Strings are printable; bounded by two NQNs and a digest.
[[nodiscard]] Result<TlsIdentity> parse_tls_identity(std::string_view text);

inline constexpr std::string_view tls_psk_prefix = "NVMeTLSkey-1";

}  // namespace nvmectl::nvme
