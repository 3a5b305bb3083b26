#include "commands/state/area.hpp"

#include <array>

namespace nvmectl {

std::span<const CommandSpec* const> state_commands() {
  static constexpr std::array commands{&status_command, &topology_command, &stats_command, &watch_command,
                                       &events_command};
  return commands;
}

}  // namespace nvmectl
