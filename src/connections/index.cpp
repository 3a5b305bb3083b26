#include "connections/index.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>

namespace nvmectl::connections {
namespace {

// 4 or 16 bytes and the interface behind '%'; the text itself for what is no numeric address.
std::string canonical(const std::string& text) {
  std::array<char, 16> bytes{};
  if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return {bytes.data(), 4};
  const std::size_t scope = std::min(text.find('%'), text.size());
  if (::inet_pton(AF_INET6, text.substr(0, scope).c_str(), bytes.data()) != 1) return text;
  return std::string(bytes.data(), bytes.size()) + text.substr(scope);
}

std::string nqn_key(const ConnectParameters& p) {
  std::string key = p.transport + '\n' + p.effective_service() + '\n';
  return p.is_discovery() ? key : key + p.nqn;
}

}  // namespace

bool is_numeric_address(const std::string& address) {
  return canonical(address) != address;
}

void ControllerIndex::add(const ConnectParameters& parameters, std::size_t number) {
  const std::string nqn = nqn_key(parameters);
  by_place_[nqn + '\n' + canonical(parameters.address)].push_back({&parameters, number});
  by_nqn_[nqn].push_back({&parameters, number});
}

std::vector<std::size_t> ControllerIndex::find(const ConnectParameters& parameters) const {
  std::vector<std::size_t> found;
  const auto bucket = by_place_.find(nqn_key(parameters) + '\n' + canonical(parameters.address));
  if (bucket == by_place_.end()) return found;
  for (const Entry& entry : bucket->second)
    if (same_controller(*entry.parameters, parameters)) found.push_back(entry.number);
  return found;
}

std::vector<std::size_t> ControllerIndex::find_by_name(const ConnectParameters& parameters) const {
  const bool named = parameters.transport != "fc" && !parameters.address.empty();
  if (!named || is_numeric_address(parameters.address)) return find(parameters);
  std::vector<std::size_t> found;
  const auto bucket = by_nqn_.find(nqn_key(parameters));
  if (bucket == by_nqn_.end()) return found;
  ConnectParameters there = parameters;
  for (const Entry& entry : bucket->second) {
    there.address = entry.parameters->address;
    if (same_controller(*entry.parameters, there)) found.push_back(entry.number);
  }
  return found;
}

}  // namespace nvmectl::connections
