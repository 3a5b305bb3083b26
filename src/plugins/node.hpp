// JSON text as a plain tree, so that the JSON library stays in one file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/plugin.hpp"

namespace nvmectl::plugins {

struct Node {
  enum class Kind : std::uint8_t { null, boolean, number, other_number, text, list, object };
  Kind kind = Kind::null;
  bool truth = false;
  std::uint64_t number = 0;            ///< Kind::number: not negative, no fraction, at most 64 bits
  std::string text = {};               ///< Kind::text
  std::vector<std::string> keys = {};  ///< Kind::object: of `items`, each once, in the file's order
  std::vector<Node> items = {};        ///< Kind::list and Kind::object

  /// Null when there is no such member.
  [[nodiscard]] const Node* find(std::string_view key) const;
};

inline constexpr std::size_t max_depth = 12;
inline constexpr std::size_t max_nodes = 100'000;

/// Reads JSON with comments (// and /* */). Empty when the text is no JSON, nests deeper than max_depth, has more than
/// max_nodes values or names a member twice; `problems` then has one entry, with line and column.
[[nodiscard]] std::optional<Node> read_json(std::string_view text, std::vector<Problem>& problems);

}  // namespace nvmectl::plugins
