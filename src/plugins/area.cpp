#include "plugins/area.hpp"

#include <array>

namespace nvmectl::plugins {

std::span<const CommandSpec* const> plugin_commands() {
  static constexpr std::array commands{&list_command, &check_command};
  return commands;
}

}  // namespace nvmectl::plugins
