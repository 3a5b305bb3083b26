#pragma once

#include "commands/areas.hpp"

namespace nvmectl {

extern const CommandSpec admin_passthru_command;
extern const CommandSpec io_passthru_command;

}  // namespace nvmectl
