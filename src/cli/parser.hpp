// The adapter to CLI11: the words behind the command's name into values of its arguments. CLI11 is named nowhere else.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "cli/common.hpp"
#include "commands/command_spec.hpp"

namespace nvmectl::cli {

struct Parsed {
  ParsedArguments values;  ///< of the command's own arguments
  CommonValues common;
};

/// Usage error with near option names for what is not understood. Required arguments are not asked for when --help or
/// `--fields help` is among the words.
[[nodiscard]] Result<Parsed> parse(const CommandSpec& spec, std::vector<std::string> words);

/// The words of a line that name the command: those that are neither options nor values of common options. Also
/// whether errors are to be JSON (`--json`, `-o json|ndjson`) and in colour, known before anything is parsed.
struct Scan {
  std::vector<std::string> words;      ///< positional-looking words, in order
  std::vector<std::size_t> positions;  ///< of those within the line
  bool json_errors = false;
  std::string color = "auto";  ///< --color as written; a wrong word is refused by the parse
};
[[nodiscard]] Scan scan(std::span<const std::string> line);

}  // namespace nvmectl::cli
