#include "commands/host/area.hpp"

#include <array>

namespace nvmectl {

std::span<const CommandSpec* const> host_commands() {
  static constexpr std::array commands{&show_hostnqn_command, &gen_hostnqn_command};
  return commands;
}

std::span<const CommandSpec* const> host_area_commands() {
  static constexpr std::array commands{&host_show_command, &host_set_nqn_command, &host_set_id_command,
                                       &host_generate_command};
  return commands;
}

}  // namespace nvmectl
