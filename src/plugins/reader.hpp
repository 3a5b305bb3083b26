// Reading a JSON object member by member, collecting every problem with its path on the way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/node.hpp"
#include "plugins/plugin.hpp"

namespace nvmectl::plugins {

/// Keeps the first max_problems problems, and counts all.
class Problems {
 public:
  void add(std::string path, std::string message);
  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] std::vector<Problem> take() { return std::move(list_); }

 private:
  std::vector<Problem> list_;
  std::size_t count_ = 0;
};

/// Whether a member must be there.
enum class Need : std::uint8_t { optional, required };

/// What is asked of a text member.
struct TextRule {
  Need need = Need::required;
  bool lines = false;
};

/// A JSON object whose members are asked for one by one; what nobody asked for is unknown. Refers to the node and to
/// the collector, which must outlive it.
class Object {
 public:
  Object(const Node& node, std::string path, Problems& problems);

  /// The text, not empty and free of control characters; empty optional when absent or wrong.
  [[nodiscard]] std::optional<std::string> text(std::string_view name, TextRule rule = {});
  /// A number from `min` to `max`, written as a JSON number or as text in hexadecimal ("0xc0").
  [[nodiscard]] std::optional<std::uint64_t> number(std::string_view name, std::uint64_t min, std::uint64_t max,
                                                    Need need = Need::required);
  [[nodiscard]] std::optional<bool> boolean(std::string_view name);
  /// A list of 1 to `max` items; null when absent or wrong.
  [[nodiscard]] const Node* list(std::string_view name, std::size_t max, Need need = Need::required);
  [[nodiscard]] const Node* object(std::string_view name, Need need = Need::required);
  /// The member as it is, marked as asked for.
  [[nodiscard]] const Node* member(std::string_view name);

  /// Reports what nobody asked for; `also` are members known elsewhere in the format.
  void finish(std::initializer_list<std::string_view> also = {});

  void problem(std::string_view member, std::string message);
  /// "commands[0].title"
  [[nodiscard]] std::string path(std::string_view member) const;
  [[nodiscard]] Problems& problems() { return problems_; }

 private:
  [[nodiscard]] const Node* find(std::string_view name, Need need, Node::Kind kind, std::string_view kind_name);

  const Node& node_;
  std::string path_;
  Problems& problems_;
  std::vector<std::string_view> asked_;
};

/// "fields[3]"
[[nodiscard]] std::string indexed(std::string_view path, std::size_t index);

/// Why a text may not stand in a plugin; empty when it may.
[[nodiscard]] std::string text_problem(std::string_view text, bool lines);

/// Whether it may name a command or an area: lower-case letters and digits with single dashes.
[[nodiscard]] bool is_command_name(std::string_view name);

/// A number in a JSON value, see Object::number.
[[nodiscard]] std::optional<std::uint64_t> number_in(const Node& node);

}  // namespace nvmectl::plugins
