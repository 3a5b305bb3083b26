#include "plugins/loader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unistd.h>
#include <utility>

#include "core/text.hpp"
#include "plugins/files.hpp"

namespace nvmectl::plugins {

Registry::Registry(const Environment& environment, std::string_view program)
    : environment_(environment), program_(program) {}

void Registry::add(const FoundFile& file) {
  Source& source = sources_.emplace_back();
  source.path = printable(file.path);
  source.reason = file.reason;
  if (!source.reason.empty()) return;
  Parsed parsed = parse_plugin(file.text);
  if (!parsed.plugin) {
    source.reason = to_string(parsed.problems.front());
    if (parsed.problems.size() > 1)
      source.reason += fmt::format(" (and {} more; see nvmectl plugin check)", parsed.problems.size() - 1);
    return;
  }
  source.name = parsed.plugin->name;
  const auto same = std::find_if(sources_.begin(), sources_.end(), [&](const Source& other) {
    return other.plugin != nullptr && other.name == source.name;
  });
  if (same != sources_.end()) {
    source.reason = fmt::format("{} has the plugin {} already", same->path, source.name);
    return;
  }
  source.plugin = plugins_.emplace_back(std::move(parsed.plugin)).get();
}

void Registry::load() {
  if (std::exchange(loaded_, true)) return;
  for (const Folder& folder : plugin_folders(environment_, program_path(program_))) {
    for (const FoundFile& file : read_folder(folder, ::geteuid())) add(file);
  }
}

std::vector<Area> Registry::areas() {
  load();
  std::vector<Area> areas;
  for (const auto& plugin : plugins_) areas.push_back({plugin->name, plugin->summary, plugin->specs});
  return areas;
}

const std::vector<Source>& Registry::sources() {
  load();
  return sources_;
}

}  // namespace nvmectl::plugins
