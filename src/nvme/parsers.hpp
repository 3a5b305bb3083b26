// Structures whose length is in their content: descriptor lists, namespace lists, the ANA log. All bounded by the data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace nvmectl::nvme {

/// Namespace Identification Descriptors (CNS 03h). NVM Express Base Specification 2.0d, figure 277.
struct NamespaceIds {
  std::string eui64, nguid;  ///< lower-case hexadecimal digits, "" when not reported or zero
  std::string uuid;          ///< "6e766d65-…", "" when not reported or zero
  std::optional<std::uint8_t> csi;
  friend bool operator==(const NamespaceIds&, const NamespaceIds&) = default;
};
/// Descriptors of unknown type are skipped; protocol error for one that has a wrong length or reaches behind the data.
[[nodiscard]] Result<NamespaceIds> parse_ns_descriptors(std::span<const std::byte> data);

/// The NSIDs of a Namespace List up to the first 0. Section 4.4.2.
[[nodiscard]] std::vector<std::uint32_t> parse_ns_list(std::span<const std::byte> data);

/// Asymmetric Namespace Access log (log 0Ch). Section 5.16.1.13.
struct AnaGroup {
  std::uint32_t group_id = 0;
  std::uint64_t change_count = 0;
  std::uint8_t state = 0;  ///< see ana_state_names
  std::vector<std::uint32_t> nsids;
  friend bool operator==(const AnaGroup&, const AnaGroup&) = default;
};
struct AnaLog {
  std::uint64_t change_count = 0;
  std::vector<AnaGroup> groups;
};
/// Protocol error when a group reaches behind the data: read the log whole, it is at most
/// 16 + 32 × NANAGRPID + 4 × NN bytes.
[[nodiscard]] Result<AnaLog> parse_ana_log(std::span<const std::byte> data);

}  // namespace nvmectl::nvme
