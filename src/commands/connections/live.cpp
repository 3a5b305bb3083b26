#include "commands/connections/live.hpp"

#include <algorithm>
#include <array>

namespace nvmectl {

Live::Live(const Context& context) {
  auto initiator = context.capability(&Backend::fabrics, "connections of the kernel");
  if (!initiator) {
    error_ = std::move(initiator).error();
    return;
  }
  initiator_ = *initiator;
  auto controllers = initiator_->controllers();
  if (!controllers) {
    error_ = std::move(controllers).error();
    return;
  }
  controllers_ = std::move(*controllers);
  for (std::size_t i = 0; i < controllers_.size(); ++i) index_.add(controllers_[i].parameters, i);
}

std::vector<const FabricsController*> Live::at(const std::vector<std::size_t>& numbers) const {
  std::vector<const FabricsController*> found;
  for (const std::size_t number : numbers) found.push_back(&controllers_[number]);
  return found;
}

std::vector<const FabricsController*> Live::of(const ConnectParameters& parameters) const {
  return at(index_.find_by_name(parameters));
}

std::vector<const FabricsController*> Live::exactly(const ConnectParameters& parameters) const {
  return at(index_.find(parameters));
}

std::string_view Live::status(const std::vector<const FabricsController*>& controllers) {
  const auto any = [&](const auto& states) {
    return std::any_of(controllers.begin(), controllers.end(), [&](const FabricsController* controller) {
      return std::find(states.begin(), states.end(), controller->state) != states.end();
    });
  };
  if (any(std::array<std::string_view, 1>{"live"})) return "connected";
  if (any(std::array<std::string_view, 3>{"connecting", "new", "resetting"})) return "connecting";
  return "disconnected";
}

std::vector<std::string> Live::devices(const std::vector<const FabricsController*>& controllers) const {
  std::vector<std::string> found;
  for (const FabricsController* controller : controllers) {
    const auto namespaces = initiator_->namespaces(controller->name);
    if (!namespaces) continue;
    for (const Namespace& ns : *namespaces) found.push_back(ns.device_path.empty() ? ns.name : ns.device_path);
  }
  std::sort(found.begin(), found.end(), natural_less);
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

}  // namespace nvmectl
