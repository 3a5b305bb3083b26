#pragma once

#include "commands/areas.hpp"

namespace nvmectl {

extern const CommandSpec version_command;
extern const CommandSpec backends_command;

}  // namespace nvmectl
