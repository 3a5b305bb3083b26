#include "commands/doctor/area.hpp"

#include <array>

namespace nvmectl {

std::span<const CommandSpec* const> doctor_commands() {
  static constexpr std::array commands{&doctor_command};
  return commands;
}

}  // namespace nvmectl
