#include "commands/connections/area.hpp"

#include <array>

namespace nvmectl {

std::span<const CommandSpec* const> connection_commands() {
  static constexpr std::array<const CommandSpec*, 0> commands{};
  return commands;
}

}  // namespace nvmectl
