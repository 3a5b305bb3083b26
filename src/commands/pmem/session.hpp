// What the commands for persistent memory share: the manager, a look at everything, filters, the rows of what was done.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "commands/command_spec.hpp"
#include "core/context.hpp"
#include "core/pmem.hpp"
#include "pmem/filter.hpp"
#include "pmem/outcome.hpp"

namespace nvmectl {

[[nodiscard]] Result<PmemManager*> pmem_manager(const Context& context);
/// Everything, with what uses it; what could not be read becomes warnings.
[[nodiscard]] Result<PmemTopology> pmem_scan(Context& context, PmemManager& manager, PmemScan request = {});
/// A look at what was done: neither a signal nor --timeout keeps it from being told.
[[nodiscard]] PmemScan pmem_afterwards();
/// --timeout where it was given, else at least `usual`: changes wait for the kernel and for other processes.
[[nodiscard]] Deadline pmem_deadline(const Context& context,
                                     std::chrono::milliseconds usual = std::chrono::seconds(60));

extern const Schema pmem_outcome_schema;
inline constexpr Output pmem_outcome_output{.schema = &pmem_outcome_schema, .list = true};

/// Puts the rows out. The error of the only row is the command's; partial when any of several failed; not_found for no
/// rows at all, with `nothing` as its sentence.
[[nodiscard]] Result<> show_outcomes(Context& context, const std::vector<pmem::Outcome>& rows,
                                     const std::string& nothing = "nothing fits what was asked for");

/// Asks for what the rows are about to do (guard_with): one line for each row that is still to be done, with size, mode
/// and users of namespaces. A dry run asks nothing and marks the rows "planned".
[[nodiscard]] Result<> confirm_outcomes(Context& context, const PmemTopology& topology, Effect effect,
                                        std::vector<pmem::Outcome>& rows);

/// "  vol-a (namespace0.0)  fsdax, 128 MiB of region0, /dev/pmem0; pmem0 is mounted at /srv".
[[nodiscard]] std::string describe_namespace(const PmemTopology& topology, const PmemNamespace& ns);

/// Shown while something long goes on: "erase namespace0.0: 12 %".
[[nodiscard]] PmemProgress pmem_progress(Context& context, std::string what);

/// The filter options that several commands have, as a base of their Options.
struct PmemFilterOptions {
  std::vector<std::string> buses, regions, dimms, namespaces, modes, types, numa_nodes;
  [[nodiscard]] pmem::Filter filter() const;
};

/// An option bound to a member that `Options` inherits.
template <class Options, auto Member>
[[nodiscard]] constexpr Argument inherited(Argument argument) {
  using Type = std::remove_cvref_t<decltype(std::declval<Options&>().*Member)>;
  argument.flag = std::is_same_v<Type, bool>;
  argument.repeatable = detail::is_vector<Type>;
  argument.set = detail::set_member<Options, Member>;
  return argument;
}

/// usage when there is nothing in `text` but blanks: a shell's variable that nobody set.
[[nodiscard]] Result<> check_filled(std::string_view text, std::string_view what);
template <class Options, auto Member>
Result<> set_filled(void* options, std::string_view text, std::string_view what) {
  NVMECTL_TRY(check_filled(text, what));
  return detail::set_member<Options, Member>(options, text, what);
}
/// An option that means something else when it is left out, and so cannot be empty.
template <auto Member>
[[nodiscard]] constexpr Argument filled_option(Argument argument) {
  using Options = typename detail::MemberOf<decltype(Member)>::Class;
  argument = option<Member>(argument);
  argument.set = set_filled<Options, Member>;
  return argument;
}

/// --bus, --region, --numa-node.
template <class Options>
[[nodiscard]] constexpr auto pmem_where_arguments() {
  return std::array{
      inherited<Options, &Options::buses>(
          {.name = "bus",
           .letter = 'b',
           .metavar = "BUS",
           .doc = "Only below these buses: ndbus0, 0 or a provider such as ACPI.NFIT; lists with commas"}),
      inherited<Options, &Options::regions>(
          {.name = "region", .letter = 'r', .metavar = "REGION", .doc = "Only in these regions: region0 or 0"}),
      inherited<Options, &Options::numa_nodes>(
          {.name = "numa-node", .letter = 'U', .metavar = "NODE", .doc = "Only in regions of these NUMA nodes"}),
  };
}

/// Several tables of arguments in one.
template <class... Tables>
[[nodiscard]] constexpr auto joined(const Tables&... tables) {
  std::array<Argument, (std::tuple_size_v<Tables> + ...)> all{};
  std::size_t at = 0;
  const auto add = [&](const auto& table) {
    for (const Argument& a : table) all[at++] = a;
  };
  (add(tables), ...);
  return all;
}

}  // namespace nvmectl
