#include "commands/identify/area.hpp"

#include <array>

namespace nvmectl {

std::span<const CommandSpec* const> identify_commands() {
  static constexpr std::array commands{&id_ctrl_command, &id_ns_command, &ns_descs_command, &list_ns_command};
  return commands;
}

}  // namespace nvmectl
