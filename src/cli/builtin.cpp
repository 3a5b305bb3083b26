#include <array>

#include "cli/app.hpp"

namespace nvmectl::cli {
namespace {

// These work on the tree, which run() functions do not see: the application answers them itself, so they have no
// invoke function. Their words are read as they stand.
struct Words {
  std::vector<std::string> words;
};
constexpr std::array help_arguments{
    positional<&Words::words>({.name = "COMMAND", .doc = "A command, an area, or a topic"})};
constexpr std::array command_arguments{
    positional<&Words::words>({.name = "COMMAND", .doc = "The command's name", .required = true})};
constexpr std::array complete_arguments{positional<&Words::words>({.name = "WORD", .doc = "The line so far"})};

constexpr std::array help_examples{Example{"help discover", "how discover works"},
                                   Example{"help exit-codes", "what each exit code means"}};
constexpr std::array schema_examples{Example{"schema list", "the JSON Schema of list"}};

constexpr CommandSpec help{.area = "",
                           .name = "help",
                           .summary = "Show help for a command or a topic",
                           .arguments = help_arguments,
                           .examples = help_examples};
constexpr CommandSpec schema{.area = "",
                             .name = "schema",
                             .summary = "Print the JSON Schema of a command's output",
                             .arguments = command_arguments,
                             .examples = schema_examples};
constexpr CommandSpec complete_command{.area = "",
                                       .name = "__complete",
                                       .summary = "Candidates for completion",
                                       .hidden = true,
                                       .arguments = complete_arguments};
constexpr CommandSpec dump{
    .area = "", .name = "__dump-commands", .summary = "The command tree as JSON", .hidden = true};

constexpr std::array<const CommandSpec*, 4> all{&help, &schema, &complete_command, &dump};

}  // namespace

std::span<const CommandSpec* const> builtin_commands() {
  return all;
}

}  // namespace nvmectl::cli
