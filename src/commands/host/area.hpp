#pragma once

#include "commands/areas.hpp"

namespace nvmectl {

extern const CommandSpec show_hostnqn_command;
extern const CommandSpec gen_hostnqn_command;

}  // namespace nvmectl
