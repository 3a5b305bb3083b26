#pragma once

#include "commands/areas.hpp"

namespace nvmectl {

extern const CommandSpec status_command;
extern const CommandSpec topology_command;

}  // namespace nvmectl
