#include "commands/connections/area.hpp"

#include <array>

namespace nvmectl {

std::span<const CommandSpec* const> connection_commands() {
  static constexpr std::array commands{
      &connection_list_command,   &connection_show_command,   &connection_add_command,    &connection_edit_command,
      &connection_remove_command, &connection_diff_command,   &connection_save_command,   &connection_discard_command,
      &connection_apply_command,  &connection_import_command, &connection_export_command,
  };
  return commands;
}

}  // namespace nvmectl
