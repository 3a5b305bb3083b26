#include "commands/general/area.hpp"

#include <array>

namespace nvmectl {

std::span<const CommandSpec* const> general_commands() {
  static constexpr std::array commands{&version_command, &backends_command};
  return commands;
}

}  // namespace nvmectl
