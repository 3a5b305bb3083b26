// What making a namespace would do: which regions can take it, in order of fit, why the others cannot, and what would
// do instead.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pmem/filter.hpp"
#include "pmem/sizes.hpp"

namespace nvmectl::pmem {

inline constexpr std::size_t most_name_bytes = 63;  ///< of a label's name field, without its NUL

/// What a person asks for. Empty optionals are "not given".
struct CreateWish {
  std::string name;
  std::optional<std::uint64_t> bytes;  ///< empty: the largest that can be made
  bool usable = false;                 ///< `bytes` are of the device, not of the region
  SizePolicy policy = SizePolicy::up;
  PmemMode mode = PmemMode::fsdax;
  std::optional<PmemMap> map;
  std::optional<std::uint64_t> align_bytes, sector_bytes;
  std::string label_uuid;  ///< "" = a new one
  Filter where;            ///< buses, regions, NUMA nodes

  /// With the defaults filled in: 2 MiB, sectors of 4096 bytes, the page array on the device.
  [[nodiscard]] Shape shape() const;
};

/// usage for what no region could do: a name that is too long or not printable, --map or --align for modes that have
/// none, a size of 0.
[[nodiscard]] Result<> check_wish(const CreateWish& wish);
/// usage: empty names are none of its business; at most 63 bytes, no control characters, and none that would be taken
/// for a kernel name.
[[nodiscard]] Result<> check_name(const std::string& name);

/// One region's answer.
struct Candidate {
  std::size_t region = 0;
  std::uint64_t reserved_bytes = 0, usable_bytes = 0;  ///< when there is no refusal
  std::optional<Error> refusal;
};

/// Something that could be made instead.
struct Alternative {
  std::size_t region = 0;
  PmemMode mode = PmemMode::fsdax;
  std::uint64_t reserved_bytes = 0, usable_bytes = 0;
  std::string why;  ///< "the largest that fits", "the next smaller size" …
};

struct Plan {
  Shape shape;
  std::vector<Candidate> candidates;  ///< those that can, best first; then the others
  std::vector<Alternative> alternatives;
  [[nodiscard]] bool feasible() const { return !candidates.empty() && !candidates.front().refusal; }
};

/// The best fit is the smallest hole that is large enough, so that large ones stay. Errors as check_wish and select.
[[nodiscard]] Result<Plan> plan_create(const PmemTopology& topology, const CreateWish& wish);

/// Why nothing came of it: one sentence, each region's reason in `context`; the kind is the regions' common one, else
/// no_space.
[[nodiscard]] Error refusal_of(const PmemTopology& topology, const Plan& plan, const CreateWish& wish);

}  // namespace nvmectl::pmem
