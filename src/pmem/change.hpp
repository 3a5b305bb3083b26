// Changing what is there: each with its checks before anything is done, and undone when it fails half-way.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "pmem/plan.hpp"

namespace nvmectl::pmem {

/// Runs `act` under the lock when the namespace is still the one that was seen: between looking and doing a person was
/// asked, and another process may have given the device's name to another namespace. not_found when it is gone.
/// `act` is given what is there now, of each namespace what PmemScan::only = "" tells.
[[nodiscard]] Result<> if_same(PmemManager& manager, const PmemNamespace& seen, const Deadline& deadline,
                               const std::function<Result<>(const PmemTopology& now)>& act);

/// busy when it is in use, unsupported in a region without labels.
[[nodiscard]] Result<> check_destroy(const PmemTopology& topology, std::size_t ns);
/// Erases where asked (enabling it for that), then destroys. Errors as check_destroy and if_same.
[[nodiscard]] Result<> destroy(PmemManager& manager, const PmemTopology& topology, std::size_t ns, PmemErase erase,
                               const PmemProgress& progress, const Deadline& deadline);

/// Enables or disables; false when it is so already.
[[nodiscard]] Result<bool> set_enabled(PmemManager& manager, const PmemTopology& topology, std::size_t ns, bool enabled,
                                       const Deadline& deadline);

/// False when it has the name already. exists when another one has it (unless allowed), unsupported without labels,
/// busy.
[[nodiscard]] Result<bool> check_rename(const PmemTopology& topology, std::size_t ns, const std::string& name,
                                        bool allow_duplicate);
/// A new label name; false when it has it already. Errors as check_rename and if_same.
[[nodiscard]] Result<bool> rename(PmemManager& manager, const PmemTopology& topology, std::size_t ns,
                                  const std::string& name, bool allow_duplicate, const Deadline& deadline);

/// The new size of a raw namespace in bytes. usage for other modes and sizes that are none, no_space naming how much it
/// could have.
[[nodiscard]] Result<std::uint64_t> check_resize(const PmemTopology& topology, std::size_t ns, const SizeWish& wish);

/// Another mode for a namespace that is there; its data are lost. The size stays.
[[nodiscard]] Result<PmemNamespaceSpec> check_reconfigure(const PmemTopology& topology, std::size_t ns,
                                                          const CreateWish& wish);

/// What initialising a region's labels is about: its DIMMs, and every region and namespace on them.
struct InitPlan {
  std::vector<std::size_t> dimms, regions, namespaces;
};
/// busy when something on it is in use or there are namespaces (without `force`), unsupported without DIMMs that keep
/// labels, permission for a locked DIMM.
[[nodiscard]] Result<InitPlan> plan_init(const PmemTopology& topology, std::size_t region, bool force);
/// busy when a region of the plan is disabled, so that the kernel shows no namespaces, and its DIMMs have labels in
/// use.
[[nodiscard]] Result<> check_hidden_labels(PmemManager& manager, const PmemTopology& topology, const InitPlan& plan,
                                           const Deadline& deadline);
/// Called with each DIMM's labels before they are overwritten.
using SaveLabels = std::function<Result<>(const PmemDimm& dimm)>;
/// Disables the regions, initialises the labels, enables the regions, and looks whether all of it is free now. When a
/// step fails the regions are enabled again. busy when there is a namespace that is not in the plan.
[[nodiscard]] Result<> init_region(PmemManager& manager, const PmemTopology& topology, std::size_t region,
                                   const InitPlan& plan, std::string_view version, const SaveLabels& save,
                                   const Deadline& deadline);

/// The DIMM's labels may be written: no enabled region uses it and it is not locked. busy otherwise, naming the
/// regions.
[[nodiscard]] Result<> check_labels_free(const PmemTopology& topology, std::size_t dimm);

}  // namespace nvmectl::pmem
