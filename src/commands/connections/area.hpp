#pragma once

#include "commands/areas.hpp"

namespace nvmectl {

extern const CommandSpec connection_list_command;
extern const CommandSpec connection_show_command;
extern const CommandSpec connection_add_command;
extern const CommandSpec connection_edit_command;
extern const CommandSpec connection_remove_command;
extern const CommandSpec connection_diff_command;
extern const CommandSpec connection_save_command;
extern const CommandSpec connection_discard_command;
extern const CommandSpec connection_import_command;
extern const CommandSpec connection_export_command;
extern const CommandSpec connection_apply_command;

}  // namespace nvmectl
