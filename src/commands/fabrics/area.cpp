#include "commands/fabrics/area.hpp"

#include <array>

namespace nvmectl {

std::span<const CommandSpec* const> fabrics_commands() {
  static constexpr std::array commands{&discover_command,    &quick_command,      &connect_command,
                                       &connect_all_command, &disconnect_command, &disconnect_all_command};
  return commands;
}

}  // namespace nvmectl
