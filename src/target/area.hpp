// The commands of the area "target".
#pragma once

#include <span>

#include "commands/command_spec.hpp"

namespace nvmectl {

extern const CommandSpec target_serve_command;

[[nodiscard]] std::span<const CommandSpec* const> target_commands();

}  // namespace nvmectl
