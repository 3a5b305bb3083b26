#pragma once

#include "commands/areas.hpp"

namespace nvmectl {

extern const CommandSpec status_command;
extern const CommandSpec topology_command;
extern const CommandSpec stats_command;
extern const CommandSpec watch_command;
extern const CommandSpec events_command;

}  // namespace nvmectl
