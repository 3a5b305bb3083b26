#include "commands/logs/area.hpp"

#include <array>

namespace nvmectl {

std::span<const CommandSpec* const> log_commands() {
  static constexpr std::array commands{&smart_log_command, &error_log_command, &fw_log_command, &get_log_command};
  return commands;
}

}  // namespace nvmectl
