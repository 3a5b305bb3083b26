// Help texts: of everything, an area, a command, a topic. All drawn from the declarations.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "cli/tree.hpp"
#include "commands/command_spec.hpp"

namespace nvmectl::cli {

struct Topic {
  std::string_view name;
  std::string_view summary;
  std::string_view text;
};

[[nodiscard]] std::span<const Topic> topics();
[[nodiscard]] std::string_view group_title(Group group);

[[nodiscard]] std::string root_help(std::span<const Area> areas);
/// Of an area, or of those of its commands that share their first word.
[[nodiscard]] std::string several_help(const Tree::Found& several);
[[nodiscard]] std::string command_help(const CommandSpec& spec);
/// exit-codes is drawn from the table of exit codes, the others are prose.
[[nodiscard]] std::string topic_help(const Topic& topic);
/// What `--fields help` prints.
[[nodiscard]] std::string fields_help(const Schema& schema);

/// "discover [OPTIONS]", "id-ns DEVICE [OPTIONS]".
[[nodiscard]] std::string synopsis(const CommandSpec& spec);

}  // namespace nvmectl::cli
