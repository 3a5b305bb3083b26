#include "commands/control/area.hpp"

#include <array>

namespace nvmectl {

std::span<const CommandSpec* const> control_commands() {
  static constexpr std::array commands{&reset_command, &subsystem_reset_command, &ns_rescan_command};
  return commands;
}

}  // namespace nvmectl
