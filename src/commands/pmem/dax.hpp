// What the commands for DAX devices share.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "commands/pmem/session.hpp"
#include "commands/pmem/targets.hpp"

namespace nvmectl {

struct DaxOptions {
  std::vector<std::string> targets, regions;
  [[nodiscard]] static Effect effect() { return Effect::changes_state; }
};
/// How a device becomes system RAM.
struct DaxRamOptions {
  bool no_online = false, no_movable = false;
};

inline constexpr std::array<std::string_view, 2> dax_modes{"devdax", "system-ram"};

/// DEVICE and --region.
template <class Options>
inline constexpr std::array dax_arguments{
    inherited<Options, &Options::targets>(
        {.name = "DEVICE", .doc = "dax0.0, /dev/dax0.0, its namespace, or all", .required = true, .positional = true}),
    inherited<Options, &Options::regions>({.name = "region",
                                           .letter = 'r',
                                           .metavar = "ID",
                                           .doc = "Only of these DAX regions: 1 or hmem.1, as pmem list shows them"})};
template <class Options>
inline constexpr std::array dax_ram_arguments{
    inherited<Options, &Options::no_online>(
        {.name = "no-online", .letter = 'N', .doc = "Leave its blocks offline as system RAM"}),
    inherited<Options, &Options::no_movable>(
        {.name = "no-movable", .doc = "Let the kernel itself use it too; it can then not be taken offline"})};

/// The devices that the words name, in these regions only where any are given.
[[nodiscard]] Result<std::vector<std::size_t>> chosen_dax(const PmemTopology& topology,
                                                          const std::vector<std::string>& words,
                                                          const std::vector<std::string>& regions);

/// Runs `act` for each chosen device for which `done` does not say that it is so already.
[[nodiscard]] Result<> change_dax(const DaxOptions& options, Context& context, const std::string& action, Effect effect,
                                  const std::function<bool(const DaxDevice&)>& done,
                                  const std::function<Result<>(PmemManager&, pmem::Outcome&, const Deadline&)>& act);

}  // namespace nvmectl
