// The command tree: built-in areas, and areas made from plugin files when somebody asks for them.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "commands/command_spec.hpp"

namespace nvmectl::cli {

class Tree {
 public:
  /// Gives the plugins' areas; called at most once, and not when a built-in command is named.
  using PluginLoader = std::function<std::vector<Area>()>;

  Tree(std::span<const Area> built_in, PluginLoader plugins)
      : areas_(built_in.begin(), built_in.end()), load_plugins_(std::move(plugins)) {}

  /// A command of the line, e.g. {"ocp", "smart-add-log", …}.
  struct Found {
    const CommandSpec* command = nullptr;
    const Area* area = nullptr;  ///< set without a command when the words name several of its commands
    std::size_t words = 0;       ///< how many words name it
    std::string group = {};      ///< the first word of those commands, "labels"; "" = all of the area

    [[nodiscard]] bool holds(const CommandSpec& spec) const;  ///< of its area, whether it is one of several
    [[nodiscard]] std::string name() const;                   ///< of several: "pmem", "pmem labels"
  };
  /// not_found → usage error with near names when the words name nothing.
  [[nodiscard]] Result<Found> find(std::span<const std::string> words);

  /// All areas, plugins included.
  [[nodiscard]] std::span<const Area> areas();

 private:
  [[nodiscard]] const Area* area_named(std::string_view name) const;
  void add_plugins();
  std::vector<Area> areas_;
  PluginLoader load_plugins_;
};

}  // namespace nvmectl::cli
