#include "cli/tree.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/text.hpp"

namespace nvmectl::cli {
namespace {

const CommandSpec* command_named(const Area& area, std::string_view name) {
  const auto found =
      std::find_if(area.commands.begin(), area.commands.end(), [&](const CommandSpec* c) { return c->name == name; });
  return found != area.commands.end() ? *found : nullptr;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates,
                         std::string_view otherwise) {
  const auto near = similar(word, candidates);
  return near.empty() ? std::string(otherwise) : fmt::format("did you mean {}?", fmt::join(near, " or "));
}

}  // namespace

const Area* Tree::area_named(std::string_view name) const {
  const auto found = std::find_if(areas_.begin(), areas_.end(), [&](const Area& a) { return a.name == name; });
  return found != areas_.end() ? &*found : nullptr;
}

void Tree::add_plugins() {
  if (!load_plugins_) return;
  const auto load = std::exchange(load_plugins_, nullptr);
  for (const Area& area : load()) {
    // Built-in names always win.
    const Area* top = area_named("");
    if (area_named(area.name) == nullptr && (top == nullptr || command_named(*top, area.name) == nullptr))
      areas_.push_back(area);
  }
}

std::span<const Area> Tree::areas() {
  add_plugins();
  return areas_;
}

Result<Tree::Found> Tree::find(std::span<const std::string> words) {
  const std::string& first = words.front();
  if (const Area* top = area_named(""); top != nullptr) {
    if (const CommandSpec* command = command_named(*top, first)) return Found{command, nullptr, 1};
  }
  const Area* area = area_named(first);
  if (area == nullptr) {
    add_plugins();
    area = area_named(first);
  }
  if (area == nullptr) {
    std::vector<std::string> names;
    for (const Area& a : areas_) {
      if (!a.name.empty()) {
        names.emplace_back(a.name);
        continue;
      }
      for (const CommandSpec* command : a.commands)
        if (!command->hidden) names.emplace_back(command->name);
    }
    return fail(ErrorKind::usage, fmt::format("there is no command '{}'", printable(first)),
                did_you_mean(first, names, "nvmectl help lists the commands"));
  }
  if (words.size() < 2) return Found{nullptr, area, 1};
  // A command's name may be two words: "labels check".
  if (words.size() > 2)
    if (const CommandSpec* command = command_named(*area, words[1] + " " + words[2])) return Found{command, area, 3};
  if (const CommandSpec* command = command_named(*area, words[1])) return Found{command, area, 2};
  std::vector<std::string> names;
  std::string below;  // of the commands whose first word it is
  for (const CommandSpec* command : area->commands) {
    names.emplace_back(command->name);
    if (command->name.starts_with(words[1] + " "))
      below += fmt::format("{}{}", below.empty() ? "" : ", ", command->name);
  }
  if (!below.empty())
    return fail(ErrorKind::usage, fmt::format("{} {}: what is to be done is missing", area->name, words[1]),
                fmt::format("the commands are: {}", below));
  return fail(ErrorKind::usage, fmt::format("there is no command '{} {}'", area->name, printable(words[1])),
              did_you_mean(words[1], names, fmt::format("nvmectl help {} lists its commands", area->name)));
}

}  // namespace nvmectl::cli
