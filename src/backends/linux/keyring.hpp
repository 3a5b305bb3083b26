// The kernel's keyrings by system call: where TLS keys for NVMe/TCP lie. Linux Documentation/security/keys/core.rst.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/capabilities.hpp"

namespace nvmectl::linux_backend {

/// The system calls add_key(2) and keyctl(2); replaced in tests. Both give a result or a negative errno.
struct KeyringCalls {
  std::function<long(const char* type, const char* description, std::span<const std::byte> payload, long keyring)>
      add_key;
  std::function<long(int operation, const std::array<unsigned long, 4>& arguments)> keyctl;
  std::string root;  ///< the directory that holds proc/, sys/ and lib/; "" is this machine
  std::function<bool()> privileged;
  [[nodiscard]] static KeyringCalls real();
};

/// The serial number of a keyring: "@t", "@p", "@s", "@u", "@us" (this process's special ones, negative), a number
/// ("0x…" is hexadecimal), or a name such as ".nvme" that /proc/keys shows. Errors: not_running (.nvme, whose driver
/// nvme-keyring is not loaded), unsupported (a kernel without), permission (others see no keyrings of root's),
/// not_found.
[[nodiscard]] Result<std::int32_t> find_keyring(std::string_view name,
                                                const KeyringCalls& calls = KeyringCalls::real());

/// The serial number of a key in that keyring or below; not_found when there is none.
[[nodiscard]] Result<std::int32_t> find_key(std::int32_t keyring, const std::string& type,
                                            const std::string& description,
                                            const KeyringCalls& calls = KeyringCalls::real());

class LinuxKeyStore final : public KeyStore {
 public:
  explicit LinuxKeyStore(KeyringCalls calls = KeyringCalls::real());
  [[nodiscard]] Result<std::int32_t> insert(const std::string& keyring, const StoredKey& key,
                                            std::span<const std::byte> payload) override;
  /// An empty `type` is every type. Keys that are revoked or expired are left out.
  [[nodiscard]] Result<std::vector<StoredKey>> list(const std::string& keyring, const std::string& type) override;
  [[nodiscard]] Result<Bytes> read(std::int32_t serial) override;
  [[nodiscard]] Result<> revoke(const std::string& keyring, std::int32_t serial) override;

 private:
  KeyringCalls calls_;
};

}  // namespace nvmectl::linux_backend
