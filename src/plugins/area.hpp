// The commands about plugins: list and check.
#pragma once

#include <span>

#include "commands/command_spec.hpp"

namespace nvmectl::plugins {

extern const CommandSpec list_command;
extern const CommandSpec check_command;

/// Of the area "plugin".
[[nodiscard]] std::span<const CommandSpec* const> plugin_commands();

}  // namespace nvmectl::plugins
