#include "commands/topology/area.hpp"

#include <array>

namespace nvmectl {

std::span<const CommandSpec* const> topology_commands() {
  static constexpr std::array commands{&list_command, &list_subsys_command};
  return commands;
}

}  // namespace nvmectl
