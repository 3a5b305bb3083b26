// Which subsystems a word on the command line means.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model.hpp"
#include "core/result.hpp"

namespace nvmectl {

/// Subsystem numbers: all for an empty word; else those of that NQN, or of that name of a subsystem, controller,
/// namespace, path, partition or generic node, with or without /dev/. not_found when nothing is called that.
[[nodiscard]] Result<std::vector<std::size_t>> select_subsystems(const Topology& topology, std::string_view word);

/// The namespace's name that a block, partition, path or generic device belongs to; other names as they are.
[[nodiscard]] std::string namespace_of_name(std::string_view name);

/// A drive of this machine and no connection.
[[nodiscard]] bool is_local(const Controller& controller);
/// All of its controllers are; false when it has none.
[[nodiscard]] bool is_local(const Topology& topology, const Subsystem& subsystem);

/// "connected", "connecting" or "disconnected": what a person wants to know of a subsystem first.
[[nodiscard]] std::string_view connection_word(const Topology& topology, const Subsystem& subsystem);

/// "192.0.2.1:4420", "[2001:db8::1]:4420", "0000:01:00.0": the kernel's address attribute for people; "" when there is
/// none.
[[nodiscard]] std::string shown_address(const Controller& controller);

/// The value of `name` in the kernel's address attribute, "" when it is not there.
[[nodiscard]] std::string_view address_part(std::string_view address, std::string_view name);

/// The ANA states of a controller's paths: "optimized" when all are the same, "optimized 2, inaccessible 1" when not,
/// "" without any.
[[nodiscard]] std::string ana_summary(const Topology& topology, std::size_t controller);

}  // namespace nvmectl
