// Finds connections to the same controller among many without comparing each with each.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/fabrics.hpp"

namespace nvmectl::connections {

/// Numbers 0 … of connections by where they lead. The parameters must outlive it.
class ControllerIndex {
 public:
  void add(const ConnectParameters& parameters, std::size_t number);
  /// All that same_controller() is true for, in the order in which they were added.
  [[nodiscard]] std::vector<std::size_t> find(const ConnectParameters& parameters) const;
  /// The same; where `parameters` hold a host name, which the kernel replaces by an address: any address of the same
  /// transport, port and NQN.
  [[nodiscard]] std::vector<std::size_t> find_by_name(const ConnectParameters& parameters) const;

 private:
  struct Entry {
    const ConnectParameters* parameters;
    std::size_t number;
  };
  std::unordered_map<std::string, std::vector<Entry>> by_place_, by_nqn_;
};

/// False for host names.
[[nodiscard]] bool is_numeric_address(const std::string& address);

}  // namespace nvmectl::connections
