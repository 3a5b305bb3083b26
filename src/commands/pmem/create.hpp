// What making a namespace takes beyond the namespace: for create and apply.
#pragma once

#include <string>
#include <string_view>

#include "commands/pmem/runner.hpp"
#include "commands/pmem/wish.hpp"
#include "connections/json_tree.hpp"
#include "core/pmem.hpp"
#include "pmem/create.hpp"

namespace nvmectl {

[[nodiscard]] std::string_view to_string(pmem::CreateResult result);

/// What a feasible plan would make, as a namespace without a device name.
[[nodiscard]] PmemNamespace planned_namespace(const PmemTopology& topology, const pmem::Plan& plan,
                                              const pmem::CreateWish& wish);

/// Puts what a plan would make into `topology`, at the start of the first hole that is large enough: what comes next is
/// planned beside it.
void take_room(PmemTopology& topology, PmemNamespace planned);

struct WantedFileSystem {
  std::string type;       ///< "ext4", "xfs", "" = none
  std::string directory;  ///< to mount it at, "" = nowhere
};
/// Whether it is as wanted already; exists when something else is in its place.
[[nodiscard]] Result<bool> has_file_system(ProgramRunner& runner, const PmemNamespace& ns,
                                           const WantedFileSystem& wanted, const Deadline& deadline);
/// Makes and mounts it, under a lock that the caller holds; true when there was something to do. When that fails and
/// the namespace was made just now, the namespace is taken back.
[[nodiscard]] Result<bool> with_file_system(PmemManager& manager, ProgramRunner& runner, const PmemNamespace& ns,
                                            const pmem::Created& made, const WantedFileSystem& wanted,
                                            const Deadline& deadline);

/// The options of `pmem create`, which are also the members of a namespace in the files of `pmem apply`.
struct PmemCreateOptions : PmemFilterOptions, PmemShapeOptions, PmemSizeOptions {
  std::string name, uuid, mkfs, mount, from;
  bool if_not_exists = false, allow_duplicate_name = false, wipe = false;
};
/// usage with line and column for what `pmem create` would refuse.
[[nodiscard]] Result<> set_create_options(PmemCreateOptions& options, const connections::Source& source,
                                          const connections::JsonNode& object);
[[nodiscard]] Result<pmem::CreateOptions> checked_options(const PmemCreateOptions& options);

}  // namespace nvmectl
