#pragma once

#include "commands/areas.hpp"

namespace nvmectl {

extern const CommandSpec gen_dhchap_key_command, check_dhchap_key_command;
extern const CommandSpec gen_tls_key_command, check_tls_key_command, tls_key_command;

}  // namespace nvmectl
