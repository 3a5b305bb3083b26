#include "commands/control/area.hpp"

#include <array>

namespace nvmectl {

std::span<const CommandSpec* const> control_commands() {
  static constexpr std::array<const CommandSpec*, 0> commands{};
  return commands;
}

}  // namespace nvmectl
