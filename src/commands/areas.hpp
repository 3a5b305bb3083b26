// The command areas of this build. Adding a command adds a line in its area.cpp; adding an area a line in areas().
#pragma once

#include <span>

#include "commands/command_spec.hpp"

namespace nvmectl {

[[nodiscard]] std::span<const CommandSpec* const> topology_commands();
[[nodiscard]] std::span<const CommandSpec* const> fabrics_commands();
[[nodiscard]] std::span<const CommandSpec* const> identify_commands();
[[nodiscard]] std::span<const CommandSpec* const> log_commands();
[[nodiscard]] std::span<const CommandSpec* const> passthrough_commands();
[[nodiscard]] std::span<const CommandSpec* const> host_commands();
[[nodiscard]] std::span<const CommandSpec* const> general_commands();

}  // namespace nvmectl
