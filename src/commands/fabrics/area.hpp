#pragma once

#include "commands/areas.hpp"

namespace nvmectl {

extern const CommandSpec discover_command;

}  // namespace nvmectl
