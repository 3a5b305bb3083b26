#include "plugins/reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/text.hpp"

namespace nvmectl::plugins {

void Problems::add(std::string path, std::string message) {
  ++count_;
  if (list_.size() < max_problems) list_.push_back({std::move(path), 0, 0, std::move(message)});
}

std::string to_string(const Problem& problem) {
  if (problem.line != 0) return fmt::format("{}:{}: {}", problem.line, problem.column, problem.message);
  if (problem.path.empty()) return problem.message;
  return fmt::format("{}: {}", problem.path, problem.message);
}

std::string indexed(std::string_view path, std::size_t index) {
  return fmt::format("{}[{}]", path, index);
}

std::string text_problem(std::string_view text, bool lines) {
  if (trim(text).empty()) return "is empty";
  if (text.size() > max_text_bytes) return fmt::format("is longer than {} bytes", max_text_bytes);
  for (const std::string_view line : split(text, '\n')) {
    if (printable(line) != line) return "holds control characters";
  }
  return !lines && text.find('\n') != std::string_view::npos ? "has more than one line" : "";
}

bool is_command_name(std::string_view name) {
  if (name.empty() || name.size() > 40 || name.front() < 'a' || name.front() > 'z' || name.back() == '-') return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    if (!allowed || (c == '-' && name[i - 1] == '-')) return false;
  }
  return true;
}

std::optional<std::uint64_t> number_in(const Node& node) {
  if (node.kind == Node::Kind::number) return node.number;
  if (node.kind != Node::Kind::text || node.text.size() > 20) return std::nullopt;
  const auto number = parse_number(node.text, "");
  return number ? std::optional(*number) : std::nullopt;
}

Object::Object(const Node& node, std::string path, Problems& problems)
    : node_(node), path_(std::move(path)), problems_(problems) {
  if (node.kind != Node::Kind::object) problems_.add(path_, "is not an object");
}

std::string Object::path(std::string_view member) const {
  if (member.empty()) return path_;
  return path_.empty() ? std::string(member) : fmt::format("{}.{}", path_, member);
}

void Object::problem(std::string_view member, std::string message) {
  problems_.add(path(member), std::move(message));
}

const Node* Object::member(std::string_view name) {
  asked_.push_back(name);
  return node_.find(name);
}

const Node* Object::find(std::string_view name, Need need, Node::Kind kind, std::string_view kind_name) {
  const Node* node = member(name);
  if (node == nullptr) {
    if (need == Need::required && node_.kind == Node::Kind::object) problem(name, "is missing");
    return nullptr;
  }
  if (node->kind == kind) return node;
  problem(name, fmt::format("is not {}", kind_name));
  return nullptr;
}

std::optional<std::string> Object::text(std::string_view name, TextRule rule) {
  const Node* node = find(name, rule.need, Node::Kind::text, "a text");
  if (node == nullptr) return std::nullopt;
  if (std::string why = text_problem(node->text, rule.lines); !why.empty()) {
    problem(name, std::move(why));
    return std::nullopt;
  }
  return node->text;
}

std::optional<std::uint64_t> Object::number(std::string_view name, std::uint64_t min, std::uint64_t max, Need need) {
  const Node* node = member(name);
  if (node == nullptr) {
    if (need == Need::required && node_.kind == Node::Kind::object) problem(name, "is missing");
    return std::nullopt;
  }
  const auto number = number_in(*node);
  if (!number) {
    problem(name, "is not a number (write 192 or \"0xc0\")");
    return std::nullopt;
  }
  if (*number < min || *number > max) {
    problem(name, fmt::format("{} is not from {} to {}", *number, min, max));
    return std::nullopt;
  }
  return number;
}

std::optional<bool> Object::boolean(std::string_view name) {
  const Node* node = find(name, Need::optional, Node::Kind::boolean, "true or false");
  return node != nullptr ? std::optional(node->truth) : std::nullopt;
}

const Node* Object::list(std::string_view name, std::size_t max, Need need) {
  const Node* node = find(name, need, Node::Kind::list, "a list");
  if (node == nullptr) return nullptr;
  if (!node->items.empty() && node->items.size() <= max) return node;
  problem(name, node->items.empty() ? "is empty" : fmt::format("has more than {} items", max));
  return nullptr;
}

const Node* Object::object(std::string_view name, Need need) {
  return find(name, need, Node::Kind::object, "an object");
}

void Object::finish(std::initializer_list<std::string_view> also) {
  for (const std::string& key : node_.keys) {
    if (std::find(asked_.begin(), asked_.end(), key) != asked_.end()) continue;
    if (std::find(also.begin(), also.end(), key) != also.end()) continue;
    const std::vector<std::string> known(asked_.begin(), asked_.end());
    const auto near = similar(std::string_view(key).substr(0, 64), known);
    const std::string name = printable(std::string_view(key).substr(0, 64));
    problem(name, near.empty() ? "is not known here" : fmt::format("is not known here; is {} meant?", near.front()));
  }
}

}  // namespace nvmectl::plugins
