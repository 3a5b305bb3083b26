#pragma once

#include "commands/areas.hpp"

namespace nvmectl {

extern const CommandSpec id_ctrl_command;
extern const CommandSpec id_ns_command;
extern const CommandSpec list_ns_command;
extern const CommandSpec ns_descs_command;

}  // namespace nvmectl
