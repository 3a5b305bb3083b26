#pragma once

#include "commands/areas.hpp"

namespace nvmectl {

extern const CommandSpec list_command;
extern const CommandSpec list_subsys_command;

}  // namespace nvmectl
