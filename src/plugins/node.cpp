#include "plugins/node.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

#include "core/text.hpp"

namespace nvmectl::plugins {
namespace {

// The library's event interface: it neither throws nor recurses, and every bound is checked before anything is kept.
class Builder {
 public:
  using Json = nlohmann::json;

  bool null() { return add({}) != nullptr; }
  bool boolean(bool value) { return add({.kind = Node::Kind::boolean, .truth = value}) != nullptr; }
  bool number_integer(Json::number_integer_t) { return add({.kind = Node::Kind::other_number}) != nullptr; }
  bool number_unsigned(Json::number_unsigned_t value) {
    return add({.kind = Node::Kind::number, .number = value}) != nullptr;
  }
  bool number_float(Json::number_float_t, const std::string&) {
    return add({.kind = Node::Kind::other_number}) != nullptr;
  }
  bool string(std::string& value) { return add({.kind = Node::Kind::text, .text = std::move(value)}) != nullptr; }
  bool binary(Json::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(Node::Kind::object); }
  bool start_array(std::size_t) { return open(Node::Kind::list); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(std::string& name) {
    Node& object = *open_.back();
    // Linear, but members that the format knows are few and unknown ones count against max_nodes.
    if (object.keys.size() >= max_members) return refuse(fmt::format("more than {} members", max_members));
    if (std::find(object.keys.begin(), object.keys.end(), name) != object.keys.end())
      return refuse(fmt::format("the member '{}' stands twice", printable(name)));
    object.keys.push_back(std::move(name));
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error) {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error …": the place is ours to say.
    std::string_view what = error.what();
    if (const auto place = what.find(", column "); place != std::string_view::npos) {
      if (const auto colon = what.find(": ", place); colon != std::string_view::npos) what.remove_prefix(colon + 2);
    } else if (const auto bracket = what.find("] "); bracket != std::string_view::npos) {
      what.remove_prefix(bracket + 2);
    }
    reason_ = printable(what.substr(0, max_text_bytes));
    position_ = position;
    return false;
  }

  [[nodiscard]] Node& root() { return root_; }
  [[nodiscard]] const std::string& reason() const { return reason_; }
  /// Bytes read when it failed; empty when only the reader's consumption would tell.
  [[nodiscard]] std::optional<std::size_t> position() const { return position_; }

 private:
  static constexpr std::size_t max_members = 4096;

  bool refuse(std::string reason) {
    reason_ = std::move(reason);
    return false;
  }
  Node* add(Node node) {
    if (++count_ > max_nodes) {
      refuse(fmt::format("more than {} values", max_nodes));
      return nullptr;
    }
    if (open_.empty()) {
      root_ = std::move(node);
      return &root_;
    }
    return &open_.back()->items.emplace_back(std::move(node));
  }
  bool open(Node::Kind kind) {
    if (open_.size() >= max_depth) return refuse(fmt::format("nested deeper than {} levels", max_depth));
    Node* node = add({.kind = kind});
    if (node == nullptr) return false;
    // Pointers stay valid: a container grows only while it is the innermost open one.
    open_.push_back(node);
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  Node root_;
  std::vector<Node*> open_;
  std::size_t count_ = 0;
  std::string reason_;
  std::optional<std::size_t> position_;
};

// Counts what the library has taken, for failures whose place it does not tell.
class CountingIterator {
 public:
  using difference_type = std::ptrdiff_t;
  using value_type = char;
  using pointer = const char*;
  using reference = const char&;
  using iterator_category = std::input_iterator_tag;

  CountingIterator() = default;
  CountingIterator(const char* at, const char** furthest) : at_(at), furthest_(furthest) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    ++at_;
    if (furthest_ != nullptr) *furthest_ = at_;
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const CountingIterator& a, const CountingIterator& b) { return a.at_ == b.at_; }

 private:
  const char* at_ = nullptr;
  const char** furthest_ = nullptr;
};

Problem at(std::string_view text, std::size_t bytes_read, std::string message) {
  // The last byte read is where the trouble is.
  const std::string_view before = text.substr(0, std::min(bytes_read == 0 ? 0 : bytes_read - 1, text.size()));
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 = 0
  return {"", static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1,
          before.size() - line_start + 1, std::move(message)};
}

}  // namespace

const Node* Node::find(std::string_view key) const {
  const auto found = std::find(keys.begin(), keys.end(), key);
  return found != keys.end() ? &items[static_cast<std::size_t>(found - keys.begin())] : nullptr;
}

std::optional<Node> read_json(std::string_view text, std::vector<Problem>& problems) {
  Builder builder;
  const char* furthest = text.data();
  const CountingIterator begin(text.data(), &furthest);
  const CountingIterator end(text.data() + text.size(), nullptr);
  const bool ok = nlohmann::json::sax_parse(begin, end, &builder, nlohmann::json::input_format_t::json, true, true);
  if (ok) return std::move(builder.root());
  const auto read = static_cast<std::size_t>(furthest - text.data());
  problems.push_back(at(text, builder.position().value_or(read), builder.reason()));
  return std::nullopt;
}

}  // namespace nvmectl::plugins
