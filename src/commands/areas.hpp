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
/// The area "host".
[[nodiscard]] std::span<const CommandSpec* const> host_area_commands();
/// The area "connection".
[[nodiscard]] std::span<const CommandSpec* const> connection_commands();
[[nodiscard]] std::span<const CommandSpec* const> state_commands();
[[nodiscard]] std::span<const CommandSpec* const> control_commands();
[[nodiscard]] std::span<const CommandSpec* const> key_commands();
[[nodiscard]] std::span<const CommandSpec* const> doctor_commands();
/// The area "pmem".
[[nodiscard]] std::span<const CommandSpec* const> pmem_commands();
[[nodiscard]] std::span<const CommandSpec* const> general_commands();

}  // namespace nvmectl
