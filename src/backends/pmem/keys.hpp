// The keys that lock DIMMs, as ndctl keeps them: an encrypted key in root's keyring for the kernel, and the same, as a
// blob that only the key encryption key opens, in a file for the next boot.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace nvmectl::pmem_backend {

using KeySerial = std::int32_t;

enum class KeyRole : std::uint8_t { user, user_old, master, master_old };

/// The keys of one DIMM. File names and descriptions are ndctl's, so that either program opens what the other locked.
class DimmKeys {
 public:
  DimmKeys(std::string directory, std::string unique_id);

  /// Makes a new key under the key encryption key ("user:NAME", "trusted:NAME") and stores its blob. exists when there
  /// is one already.
  [[nodiscard]] Result<KeySerial> create(KeyRole role, const std::string& kek) const;
  /// From the keyring, else from the blob; not_found when there is neither.
  [[nodiscard]] Result<KeySerial> load(KeyRole role) const;
  /// Out of the keyring and of the directory.
  void remove(KeyRole role) const;
  /// The blob of one role becomes that of another; out of the keyring. exists when the other has one.
  [[nodiscard]] Result<> move(KeyRole from, KeyRole to) const;
  /// "user:nvdimm-master": what the key is encrypted with.
  [[nodiscard]] Result<std::string> kek_of(KeyRole role) const;

 private:
  [[nodiscard]] std::string path(KeyRole role) const;
  [[nodiscard]] std::string description(KeyRole role) const;
  std::string directory_, unique_id_;
};

/// Where ndctl keeps them.
inline constexpr std::string_view default_key_directory = "/etc/ndctl/keys";

/// not_found, with what to do, when the key encryption key is not in root's keyring.
[[nodiscard]] Result<> check_kek(const std::string& kek);
/// Puts the key encryption key nvdimm-master and the keys of all DIMMs into the keyring; how many of the latter.
[[nodiscard]] Result<std::size_t> load_all_keys(const std::string& directory, const std::string& tpm_handle);

}  // namespace nvmectl::pmem_backend
