#pragma once

#include "commands/areas.hpp"

namespace nvmectl {

extern const CommandSpec reset_command;
extern const CommandSpec subsystem_reset_command;
extern const CommandSpec ns_rescan_command;

}  // namespace nvmectl
