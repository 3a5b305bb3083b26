// The application: one line of arguments in, one exit code out.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cli/tree.hpp"
#include "core/context.hpp"

namespace nvmectl::cli {

/// What the composition root provides.
struct Parts {
  std::span<const Area> areas;
  Tree::PluginLoader plugins;
  /// Makes the backends, in the order in which they are asked whether they handle a device. `sysroot` is "" for this
  /// machine.
  std::function<std::vector<std::unique_ptr<Backend>>(const std::string& sysroot)> backends;
  Environment environment;
  const volatile int* stop_signal;  ///< set by the signal handler; never null
};

/// Runs `line` (argv without the program's name) on the process's standard streams.
[[nodiscard]] int run(const Parts& parts, std::vector<std::string> line);

/// The commands that are about the command tree itself: help, schema, __complete, __dump-commands.
[[nodiscard]] std::span<const CommandSpec* const> builtin_commands();

/// The tree as JSON for documentation and completion generators.
[[nodiscard]] std::string dump_commands(Tree& tree);

/// Candidates for the last of `words` (the line behind "nvmectl", the word being completed last):
/// "word<TAB>description" lines. Opens no device, needs no root.
[[nodiscard]] std::string complete(Tree& tree, std::span<const std::string> words);

/// The one confirmation path (Context::guard). Asks on the terminal; off a terminal without --yes it refuses.
[[nodiscard]] Result<> confirm(Effect effect, const DeviceRef* device, const Context& context, bool interactive);
/// The same for what a command worked out itself (Context::guard_with): `what` is to be typed when data would be lost.
[[nodiscard]] Result<> confirm_text(Effect effect, std::string_view what, std::string_view details,
                                    const Context& context, bool interactive);

/// Context::choose: a list moved through by keys where the terminal can do that, else numbers on a line.
[[nodiscard]] Result<std::vector<std::size_t>> choose(std::string_view title, std::span<const Choice> choices,
                                                      bool interactive, const Environment& environment);

}  // namespace nvmectl::cli
