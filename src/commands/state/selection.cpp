#include "commands/state/selection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "core/text.hpp"

namespace nvmectl {
namespace {

constexpr std::string_view digits = "0123456789";

// Where the digits end that begin at `at`; npos when there are none.
std::size_t behind_number(std::string_view text, std::size_t at) {
  const std::size_t end = std::min(text.find_first_not_of(digits, at), text.size());
  return end > at ? end : std::string_view::npos;
}

}  // namespace

std::string namespace_of_name(std::string_view name) {
  std::string_view rest = name;
  if (rest.starts_with("nvme")) rest.remove_prefix(4);
  else if (rest.starts_with("ng")) rest.remove_prefix(2);
  else return std::string(name);
  const std::size_t instance = behind_number(rest, 0);
  if (instance == std::string_view::npos) return std::string(name);
  std::size_t at = instance;
  if (at < rest.size() && rest[at] == 'c') {  // a path of controller N
    at = behind_number(rest, at + 1);
    if (at == std::string_view::npos) return std::string(name);
  }
  if (at >= rest.size() || rest[at] != 'n') return std::string(name);
  const std::size_t end = behind_number(rest, at + 1);
  if (end == std::string_view::npos || (end < rest.size() && rest[end] != 'p')) return std::string(name);
  return fmt::format("nvme{}{}", rest.substr(0, instance), rest.substr(at, end - at));
}

Result<std::vector<std::size_t>> select_subsystems(const Topology& topology, std::string_view word) {
  std::vector<std::size_t> chosen;
  if (word.empty()) {
    for (std::size_t i = 0; i < topology.subsystems.size(); ++i) chosen.push_back(i);
    return chosen;
  }
  const std::string name = namespace_of_name(word.starts_with("/dev/") ? word.substr(5) : word);
  for (std::size_t i = 0; i < topology.subsystems.size(); ++i) {
    const Subsystem& subsystem = topology.subsystems[i];
    const auto called = [&](const auto& objects) {
      return [&](std::size_t index) { return objects[index].name == name; };
    };
    if (subsystem.nqn == word || subsystem.name == name ||
        std::any_of(subsystem.controllers.begin(), subsystem.controllers.end(), called(topology.controllers)) ||
        std::any_of(subsystem.namespaces.begin(), subsystem.namespaces.end(), called(topology.namespaces)))
      chosen.push_back(i);
  }
  if (!chosen.empty()) return chosen;
  const std::string shown = printable(word);
  return fail(make_error(ErrorKind::not_found, fmt::format("there is no NVMe device or subsystem {}", shown),
                         "nvmectl list -v shows what is there")
                  .on(shown));
}

bool is_local(const Controller& controller) {
  return controller.transport == "pcie" || controller.transport == "apple-nvme";
}

bool is_local(const Topology& topology, const Subsystem& subsystem) {
  return !subsystem.controllers.empty() &&
         std::all_of(subsystem.controllers.begin(), subsystem.controllers.end(),
                     [&](std::size_t c) { return is_local(topology.controllers[c]); });
}

std::string_view connection_word(const Topology& topology, const Subsystem& subsystem) {
  const auto any = [&](auto&& wanted) {
    return std::any_of(subsystem.controllers.begin(), subsystem.controllers.end(),
                       [&](std::size_t c) { return wanted(topology.controllers[c].state); });
  };
  if (any([](std::string_view state) { return state == "live"; })) return "connected";
  if (any([](std::string_view state) { return state == "connecting" || state == "resetting" || state == "new"; }))
    return "connecting";
  return "disconnected";
}

std::string_view address_part(std::string_view address, std::string_view name) {
  for (const std::string_view part : split(address, ','))
    if (part.size() > name.size() && part.starts_with(name) && part[name.size()] == '=')
      return part.substr(name.size() + 1);
  return {};
}

std::string shown_address(const Controller& controller) {
  const std::string_view host = address_part(controller.address, "traddr");
  const std::string_view service = address_part(controller.address, "trsvcid");
  if (host.empty()) return controller.address;
  if (service.empty() || service == "none") return std::string(host);
  const bool brackets = controller.transport != "fc" && host.find(':') != std::string_view::npos;
  return brackets ? fmt::format("[{}]:{}", host, service) : fmt::format("{}:{}", host, service);
}

std::string ana_summary(const Topology& topology, std::size_t controller) {
  std::map<std::string_view, std::size_t> states;
  for (const std::size_t n : topology.controllers[controller].namespaces)
    for (const std::size_t p : topology.namespaces[n].paths)
      if (const Path& path = topology.paths[p]; path.controller == controller && !path.ana_state.empty())
        ++states[path.ana_state];
  if (states.size() == 1) return std::string(states.begin()->first);
  std::vector<std::pair<std::string_view, std::size_t>> sorted(states.begin(), states.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string text;
  for (const auto& [state, count] : sorted) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", state, count);
  return text;
}

}  // namespace nvmectl
