#pragma once

#include "commands/areas.hpp"

namespace nvmectl {

extern const CommandSpec show_hostnqn_command;
extern const CommandSpec gen_hostnqn_command;
extern const CommandSpec host_show_command;
extern const CommandSpec host_set_nqn_command;
extern const CommandSpec host_set_id_command;
extern const CommandSpec host_generate_command;

}  // namespace nvmectl
