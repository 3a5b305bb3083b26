// Settings in layers, as nvme-cli's files have them: host, subsystem and port, where the inner one wins. A connection
// keeps its layers; printing changes in them only what differs from the connection.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "connections/json_tree.hpp"
#include "core/fabrics.hpp"

namespace nvmectl::connections {

/// How a format spells things.
struct Spelling {
  /// The parameter of that key in a layer, null when the layer has no such parameter.
  std::function<const Parameter*(std::string_view layer, std::string_view key)> parameter;
  std::string_view (*key)(const Parameter& parameter) = nullptr;  ///< "" when the format has none
  /// The layer that a parameter is written to.
  std::string_view (*home)(const Parameter& parameter) = nullptr;
  /// What stands for "not given, whatever the outer layers say".
  std::string_view none;
  bool typed = false;  ///< JSON numbers and booleans; else all values are strings
};

/// Applies the layers named in `order`, outermost first, each an object member of `layers`.
[[nodiscard]] Result<ConnectParameters> resolve(const Source& source, const JsonNode& layers,
                                                std::span<const std::string_view> order, const Spelling& spelling);

/// Changes `layers` so that they resolve to `wanted`.
void adapt(JsonNode& layers, const ConnectParameters& wanted, std::span<const std::string_view> order,
           const Spelling& spelling);

/// A secret as it would stand in a file: no place where it is.
[[nodiscard]] bool is_secret_itself(std::string_view text);
/// Takes every secret out of the tree; how many there were.
std::size_t strip_secrets(JsonNode& tree);

/// Takes every string out that is this secret; whether there was one.
bool forget_secret(JsonNode& tree, std::string_view secret);

}  // namespace nvmectl::connections
