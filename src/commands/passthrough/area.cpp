#include "commands/passthrough/area.hpp"

#include <array>

namespace nvmectl {

std::span<const CommandSpec* const> passthrough_commands() {
  static constexpr std::array commands{&admin_passthru_command, &io_passthru_command};
  return commands;
}

}  // namespace nvmectl
