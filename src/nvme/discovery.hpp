// Reading a discovery log whole and consistent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/capabilities.hpp"
#include "core/deadline.hpp"
#include "core/model.hpp"
#include "core/result.hpp"
#include "core/schema.hpp"

namespace nvmectl::nvme {

/// Most records of one log that are believed: 64 MiB of entries, far beyond the largest fabrics known.
inline constexpr std::uint64_t max_discovery_records = 65'536;
/// Bytes of entries in flight at a time.
inline constexpr std::size_t discovery_batch_bytes = std::size_t{1} << 20U;
/// How often the log may change under the reader.
inline constexpr int max_discovery_attempts = 10;

/// The discovery log (log 70h) of a discovery controller: header, entries with several commands in flight, header
/// again, and once more from the start as long as the generation counter moved; `busy` after max_discovery_attempts,
/// since somebody keeps changing the target's configuration. A log that fits one transfer comes with its closing
/// header in a single command, of exactly its size: the Linux target answers a longer read with whatever lies behind
/// its buffer. Protocol error for an unknown record format, for more than max_discovery_records, for a count that
/// contradicts the generation, for entries cut short, and for an NQN of more than 223 bytes. Memory grows with what
/// arrived, never with what is claimed. Unknown codes are kept. NVM Express Base Specification 2.0d, section
/// 5.16.1.23.
[[nodiscard]] Result<DiscoveryLog> read_discovery_log(AdminTransport& transport, const Deadline& deadline);

/// One entry of 1,024 bytes. Strings are bounded by their fields, trimmed and printable. `index` is for the message.
[[nodiscard]] Result<DiscoveryRecord> parse_discovery_entry(std::span<const std::byte> entry, std::size_t index = 0);

/// The name of a code as nvme-cli prints it: "unrecognized" when there is none. For trtype_names and its like.
[[nodiscard]] std::string_view discovery_name(std::span<const SymbolName> names, std::uint64_t code);

}  // namespace nvmectl::nvme
