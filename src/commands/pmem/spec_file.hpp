// A command's options from a JSON object: {"name": "vol-a", "size": "1.5G", "if_not_exists": true}.
#pragma once

#include <span>
#include <string>

#include "commands/command_spec.hpp"
#include "connections/json_tree.hpp"

namespace nvmectl {

/// Sets each member of `object` on `options` as if it stood on the command line: keys are the long options with _ for
/// -, values strings, numbers, true, or lists of them. usage with line and column for a key that is no option, or a
/// value that the option does not take.
[[nodiscard]] Result<> set_from_json(std::span<const Argument> arguments, void* options,
                                     const connections::Source& source, const connections::JsonNode& object);

/// The text of a file, "-" for standard input.
[[nodiscard]] Result<std::string> read_spec(const std::string& path);

}  // namespace nvmectl
