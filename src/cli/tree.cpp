#include "cli/tree.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

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

bool Tree::Found::holds(const CommandSpec& spec) const {
  return group.empty() || (spec.name.starts_with(group) && spec.name.substr(group.size()).starts_with(' '));
}

std::string Tree::Found::name() const {
  return group.empty() ? std::string(area->name) : fmt::format("{} {}", area->name, group);
}

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
  Found several{nullptr, area, 2, words[1]};
  const bool is_group = std::any_of(area->commands.begin(), area->commands.end(),
                                    [&](const CommandSpec* command) { return several.holds(*command); });
  if (is_group && words.size() == 2) return several;
  const Found among = is_group ? several : Found{nullptr, area, 1};
  std::set<std::string> words_there;
  for (const CommandSpec* command : area->commands) {
    if (!among.holds(*command)) continue;
    const std::string_view rest = command->name.substr(is_group ? among.group.size() + 1 : 0);
    words_there.emplace(rest.substr(0, rest.find(' ')));
    words_there.emplace(rest);
  }
  const std::vector<std::string> names(words_there.begin(), words_there.end());
  const std::string& word = words[among.words];
  return fail(ErrorKind::usage, fmt::format("there is no command '{} {}'", among.name(), printable(word)),
              did_you_mean(word, names, fmt::format("nvmectl help {} lists its commands", among.name())));
}

}  // namespace nvmectl::cli
