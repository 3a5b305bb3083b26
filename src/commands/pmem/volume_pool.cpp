#include "commands/pmem/volume_pool.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/text.hpp"
#include "pmem/create.hpp"
#include "pmem/lookup.hpp"

namespace nvmectl {
namespace {

const PmemNamespace* namespace_below(const PmemTopology& topology, const PmemPool& pool) {
  for (const PmemNamespace& ns : topology.namespaces)
    if (!ns.block_device.empty() && "/dev/" + ns.block_device == pool.device) return &ns;
  return nullptr;
}

// LVM keeps its metadata in the first 2 MiB.
constexpr std::uint64_t lvm_overhead = std::uint64_t{4} << 20U;

pmem::CreateOptions options_for(const PoolWish& wish) {
  pmem::CreateOptions options;
  options.wish.where = wish.where;
  options.wish.bytes = wish.pool_bytes;
  options.wipe = true;
  return options;
}

// Whether a group that is large enough could be made.
Result<> check_new_pool(const PmemTopology& topology, const PoolWish& wish) {
  const pmem::CreateWish ns = options_for(wish).wish;
  NVMECTL_ASSIGN(const pmem::Plan plan, pmem::plan_create(topology, ns));
  if (!plan.feasible()) return fail(pmem::refusal_of(topology, plan, ns));
  const std::uint64_t usable = plan.candidates.front().usable_bytes;
  if (usable >= lvm_overhead && usable - lvm_overhead >= wish.bytes) return {};
  return fail(make_error(ErrorKind::no_space,
                         fmt::format("{} do not fit into the volume group", format_iec(wish.bytes)),
                         "ask for a smaller volume, or a larger --pool-size")
                  .with_cause(fmt::format("it would have {}", format_iec(usable))));
}

Result<std::string> new_pool(PmemManager& manager, ProgramRunner& runner, const PoolWish& wish,
                             const Deadline& deadline) {
  pmem::CreateOptions options = options_for(wish);
  options.wish.name = "nvmectl-pool-" + pmem::new_uuid().substr(0, 8);
  NVMECTL_ASSIGN(const pmem::Created made, pmem::create(manager, options, deadline));
  const auto steps = [&]() -> Result<std::string> {
    PmemScan request;
    request.deadline = deadline;
    NVMECTL_ASSIGN(const PmemTopology topology, manager.scan(request));
    NVMECTL_ASSIGN(const std::size_t index, pmem::find_namespace(topology, made.device));
    return make_pool(runner, topology.namespaces[index], deadline);
  };
  auto group = steps();
  if (group) return group;
  Error error = std::move(group).error();
  if (auto undone = manager.destroy(made.device, Deadline::in(std::chrono::seconds(10))); !undone)
    error.context.push_back(fmt::format("{} could not be taken back: {}", made.device, undone.error().message));
  return fail(std::move(error));
}

// The group with the least room that suffices; null when none does.
Result<const PmemPool*> fitting_pool(const PmemTopology& topology, const PmemVolumes& all, const PoolWish& wish) {
  NVMECTL_ASSIGN(const pmem::Selection chosen, pmem::select(topology, wish.where));
  const PmemPool* best = nullptr;
  for (const PmemPool& pool : all.pools) {
    const PmemNamespace* ns = namespace_below(topology, pool);
    if (!wish.where.empty() && (ns == nullptr || !chosen.regions[ns->region])) continue;
    const std::uint64_t needed = pmem::round_up(wish.bytes, std::max<std::uint64_t>(pool.extent_bytes, 1));
    if (pool.free_bytes >= needed && (best == nullptr || pool.free_bytes < best->free_bytes)) best = &pool;
  }
  return best;
}

}  // namespace

std::string pool_region(const PmemTopology& topology, const PmemPool& pool) {
  const PmemNamespace* ns = namespace_below(topology, pool);
  return ns != nullptr ? topology.regions[ns->region].name : std::string();
}
std::string pool_namespace(const PmemTopology& topology, const PmemPool& pool) {
  const PmemNamespace* ns = namespace_below(topology, pool);
  return ns != nullptr ? ns->device : std::string();
}

Result<> check_pool_for(const PmemTopology& topology, const PmemVolumes& all, const PoolWish& wish) {
  NVMECTL_ASSIGN(const PmemPool* const there, fitting_pool(topology, all, wish));
  if (there != nullptr) return {};
  auto possible = check_new_pool(topology, wish);
  if (possible || all.pools.empty() || possible.error().kind != ErrorKind::no_space) return possible;
  std::uint64_t most = 0;
  for (const PmemPool& pool : all.pools) most = std::max(most, pool.free_bytes);
  Error error = std::move(possible).error();
  error.context.push_back(fmt::format("the volume group with most room has {} free", format_iec(most)));
  return fail(std::move(error));
}

Result<std::string> pool_for(PmemManager& manager, ProgramRunner& runner, const PmemTopology& topology,
                             const PmemVolumes& all, const PoolWish& wish, const Deadline& deadline) {
  NVMECTL_TRY(check_pool_for(topology, all, wish));
  NVMECTL_ASSIGN(const PmemPool* const there, fitting_pool(topology, all, wish));
  return there != nullptr ? Result<std::string>(there->group) : new_pool(manager, runner, wish, deadline);
}

}  // namespace nvmectl
