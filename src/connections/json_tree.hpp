// A JSON document as a tree that knows where in the text everything stands and keeps numbers as they are written, so
// that what is not understood can be given back unchanged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace nvmectl::connections {

struct JsonNode {
  enum class Type : std::uint8_t { null, boolean, number, string, array, object };
  Type type = Type::null;
  std::uint32_t offset = 0;       ///< of the value in the text, for messages
  std::string text;               ///< strings: decoded; numbers, true and false: as written
  std::vector<std::string> keys;  ///< objects: one for each item
  std::vector<JsonNode> items;    ///< of arrays and objects

  /// The member of that name, null when there is none or this is no object.
  [[nodiscard]] const JsonNode* find(std::string_view key) const;
  [[nodiscard]] JsonNode* find(std::string_view key);
  /// Sets the member, at the end when it is new.
  void set(std::string_view key, JsonNode value);
  void erase(std::string_view key);

  [[nodiscard]] static JsonNode of_text(std::string_view text);
  [[nodiscard]] static JsonNode of_number(std::string_view digits);
  [[nodiscard]] static JsonNode of_flag(bool flag);
  [[nodiscard]] static JsonNode of(Type type);
};

/// The same content, wherever it stands; members in any order.
[[nodiscard]] bool same_json(const JsonNode& a, const JsonNode& b);

/// One file being read. The text must outlive it.
struct Source {
  std::string_view text;
  std::string name;                   ///< of the file, for messages
  ErrorKind kind = ErrorKind::usage;  ///< of errors in it
  std::string hint;                   ///< of errors in it

  /// "NAME: line 3, column 7: WHAT".
  [[nodiscard]] tl::unexpected<Error> error(std::size_t offset, std::string_view what) const;
};

inline constexpr std::size_t most_file_bytes = std::size_t{16} << 20U;
inline constexpr std::size_t most_connections = 20'000;

/// Bounded: at most most_file_bytes, 500,000 values, 32 levels. A key that stands twice in an object is an error.
/// Errors name line and column and show nothing of the content, which may be secret.
[[nodiscard]] Result<JsonNode> parse_json(const Source& source);

/// In one line. ASCII control characters are escaped, all else is kept.
[[nodiscard]] std::string dump_json(const JsonNode& node);
/// Over several lines, two blanks for each level.
[[nodiscard]] std::string dump_json_indented(const JsonNode& node);

}  // namespace nvmectl::connections
