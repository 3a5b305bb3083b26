#pragma once

#include "commands/areas.hpp"

namespace nvmectl {

extern const CommandSpec smart_log_command;
extern const CommandSpec error_log_command;
extern const CommandSpec fw_log_command;
extern const CommandSpec get_log_command;

}  // namespace nvmectl
