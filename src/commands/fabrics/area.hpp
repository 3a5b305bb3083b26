#pragma once

#include "commands/areas.hpp"

namespace nvmectl {

extern const CommandSpec connect_command;
extern const CommandSpec connect_all_command;
extern const CommandSpec disconnect_command;
extern const CommandSpec disconnect_all_command;
extern const CommandSpec discover_command;
extern const CommandSpec quick_command;

}  // namespace nvmectl
