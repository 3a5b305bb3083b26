// Making a namespace that can be used, or nothing at all.
#pragma once

#include <string>
#include <vector>

#include "pmem/plan.hpp"

namespace nvmectl::pmem {

struct CreateOptions {
  CreateWish wish;
  bool if_not_exists = false;    ///< one of that name that fits is success
  bool allow_duplicate = false;  ///< of names
  bool wipe = false;             ///< what an older file system left at its start and end
};

enum class CreateResult { created, unchanged, completed };

struct Created {
  CreateResult result = CreateResult::created;
  std::string device;              ///< "namespace0.1"
  std::vector<Error> passed_over;  ///< regions that were tried before and did not work
  PmemTopology after = {};         ///< with CreateResult::created: what there is now; of namespaces only it
};

/// What of an existing namespace is not as the wish says, in words: "its mode is raw, not fsdax"; empty when it fits.
[[nodiscard]] std::string difference(const PmemTopology& topology, const PmemNamespace& ns, const CreateWish& wish);

/// What is there already, before anything is planned: empty when a new one is to be made. Errors: exists (one of that
/// name that differs, or one of that name without if_not_exists), usage (several of that name).
[[nodiscard]] Result<std::optional<std::size_t>> existing(const PmemTopology& topology, const CreateOptions& options);

/// exists when a namespace of that name is in a region that is disabled: the kernel shows none of those, their labels
/// do. A label area that cannot be read hides nothing that could be told.
[[nodiscard]] Result<> check_hidden_name(PmemManager& manager, const PmemTopology& topology, const std::string& name,
                                         const Deadline& deadline);

/// True for a namespace that an interrupted create left: it has the label of its mode and no info block. Of one that is
/// disabled nothing is known: its info block is not read.
[[nodiscard]] bool half_made(const PmemNamespace& ns);

/// Chooses the region, makes and enables the namespace, wipes it where asked, and looks whether it offers anything: one
/// of no usable bytes is taken back. Regions are tried in order of fit. One that an interrupted create left, or that is
/// disabled, is completed with if_not_exists; one whose info block is damaged is not. Errors as existing() and
/// plan_create(), no_space, and the manager's.
[[nodiscard]] Result<Created> create(PmemManager& manager, const CreateOptions& options, const Deadline& deadline);

/// A random (version 4) UUID.
[[nodiscard]] std::string new_uuid();

/// What create() hands to the manager for a region.
[[nodiscard]] PmemNamespaceSpec spec_for(const CreateWish& wish, const PmemRegion& region, std::uint64_t reserved);

}  // namespace nvmectl::pmem
