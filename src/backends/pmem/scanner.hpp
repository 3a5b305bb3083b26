// The parts of scan(): each fills its vector of the topology, in natural order, with indices into those before it.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backends/pmem/personality.hpp"
#include "backends/pmem/session.hpp"
#include "backends/pmem/uses.hpp"
#include "core/pmem.hpp"

namespace nvmectl::pmem_backend {

struct Scanner {
  const Session& session;
  const PmemScan& request;
  PmemTopology& out;
  Uses uses = {};
  std::map<Bus, std::size_t> buses = {};
  std::map<Dimm, std::size_t> dimms = {};
  std::map<Region, std::size_t> regions = {};
  std::map<std::string, std::size_t> dax_owner = {};  ///< path of a DAX region: namespace

  void scan_buses();
  void scan_dimms();
  void scan_regions();
  void scan_namespaces();
  void scan_names();  ///< devices, names, label UUIDs and reserved bytes
  void scan_dax();
};

/// The library's "not known" (all ones) as an empty optional.
template <class Number>
[[nodiscard]] std::optional<std::uint64_t> known(Number value) {
  return value == std::numeric_limits<Number>::max() ? std::nullopt : std::optional<std::uint64_t>(value);
}
/// A node number; negative = none.
[[nodiscard]] inline std::optional<std::int64_t> node(int value) {
  return value < 0 ? std::nullopt : std::optional<std::int64_t>(value);
}
/// "6e766d65-…" or "" when all bytes are 0.
[[nodiscard]] std::string uuid_text(std::span<const unsigned char, 16> uuid);
/// In the order of their offsets; empty without root.
[[nodiscard]] std::vector<DaxMapping> dax_mappings(const Daxctl& dax, daxctl_dev* device);
/// What a namespace is used as, also while disabled.
[[nodiscard]] PmemMode mode_of(const Session& session, Ns ns, const Personality& by);
[[nodiscard]] PmemMode mode_of(const Session& session, Ns ns);
/// The parts of a region's bad blocks that lie in [begin, begin + size) of its address space, relative to `begin`.
[[nodiscard]] std::vector<BadBlocks> bad_blocks_within(std::span<const BadBlocks> region, std::uint64_t region_begin,
                                                       std::uint64_t begin, std::uint64_t size);
/// The DIMMs that sectors of a region lie on. Empty when it has several and the platform does not tell which.
[[nodiscard]] std::vector<std::string> dimms_behind(const Session& session, Region region, std::uint64_t first_sector,
                                                    std::uint64_t sectors);
/// What the DIMM says of its own state. Empty: it cannot; an error: asking failed.
[[nodiscard]] Result<std::optional<DimmHealth>> read_health(const Session& session, Dimm dimm);
/// Adds the thresholds of its alarms, where it has any.
[[nodiscard]] Result<> read_thresholds(const Session& session, Dimm dimm, DimmHealth& health);

}  // namespace nvmectl::pmem_backend
