#pragma once

#include "commands/areas.hpp"

namespace nvmectl {

extern const CommandSpec doctor_command;

}  // namespace nvmectl
