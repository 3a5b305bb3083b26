#include "connections/json_tree.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <utility>

#include "core/text.hpp"

namespace nvmectl::connections {
namespace {

constexpr std::size_t most_values = 500'000;
constexpr std::size_t most_levels = 32;
using Type = JsonNode::Type;

/// Walks over the text and tells how far the parser has come, which nlohmann's events do not.
class Reader {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  Reader(const char* at, std::size_t* read) : at_(at), read_(read) {}
  reference operator*() const { return *at_; }
  Reader& operator++() {
    ++at_;
    ++*read_;
    return *this;
  }
  Reader operator++(int) {
    Reader before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const Reader& a, const Reader& b) { return a.at_ == b.at_; }
  friend bool operator!=(const Reader& a, const Reader& b) { return a.at_ != b.at_; }

 private:
  const char* at_;
  std::size_t* read_;
};

// "[json.exception…] parse error at line 1, column 2: syntax error while parsing value - invalid literal; last read:
// '"DHHC-1…'": the position is told by us, and what was read may be secret.
std::string reason(std::string_view what) {
  if (const std::size_t column = what.find("column "); column != std::string_view::npos)
    if (const std::size_t colon = what.find(": ", column); colon != std::string_view::npos)
      what.remove_prefix(colon + 2);
  what = what.substr(0, what.find("; last read"));
  if (what.starts_with("syntax error ")) what.remove_prefix(13);
  return fmt::format("this is not JSON ({})", printable(what));
}

/// Builds the tree from nlohmann's events; says false to stop.
class Builder {
 public:
  using json = nlohmann::json;
  Builder(const Source& source, const std::size_t& read) : source_(source), read_(read) {}

  bool null() { return scalar(Type::null, ""); }
  bool boolean(bool value) { return scalar(Type::boolean, value ? "true" : "false"); }
  bool number_integer(json::number_integer_t) { return scalar(Type::number, written_number()); }
  bool number_unsigned(json::number_unsigned_t) { return scalar(Type::number, written_number()); }
  bool number_float(json::number_float_t, const std::string& text) { return scalar(Type::number, text); }
  bool string(std::string& value) { return scalar(Type::string, std::move(value)); }
  bool binary(json::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(Type::object); }
  bool start_array(std::size_t) { return open(Type::array); }
  bool end_array() { return close(); }
  bool key(std::string& name) {
    stack_.back()->keys.push_back(std::move(name));
    return true;
  }
  bool end_object() {
    const auto& keys = stack_.back()->keys;
    std::vector<std::string_view> sorted(keys.begin(), keys.end());
    std::sort(sorted.begin(), sorted.end());
    const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
    if (twice == sorted.end()) return close();
    return stop(fmt::format("'{}' stands twice in this object", printable(twice->substr(0, 80))));
  }
  bool parse_error(std::size_t position, const std::string&, const json::exception& exception) {
    const std::string_view what = exception.what();
    const bool ended = position > source_.text.size();  // the end was read, too
    error_ =
        source_
            .error(position > 0 ? position - 1 : 0, ended ? "this is not JSON (the file ends too early)" : reason(what))
            .value();
    return false;
  }

  Result<JsonNode> result() && {
    if (error_) return fail(std::move(*error_));
    return std::move(root_);
  }

 private:
  [[nodiscard]] std::size_t here() const { return read_ > 0 ? read_ - 1 : 0; }
  bool stop(std::string_view what) {
    error_ = source_.error(here(), what).value();
    return false;
  }
  // The reader stands one character behind a number, or at the end of the text.
  [[nodiscard]] std::string written_number() const {
    const std::size_t end = number_end();
    std::size_t begin = end;
    while (begin > 0 && in_number(source_.text[begin - 1])) --begin;
    return std::string(source_.text.substr(begin, end - begin));
  }
  [[nodiscard]] std::size_t number_end() const {
    std::size_t end = std::min(read_, source_.text.size());
    while (end > 0 && !in_number(source_.text[end - 1])) --end;
    return end;
  }
  static bool in_number(char c) { return (c >= '0' && c <= '9') || c == '-'; }
  // Where the value that has just been read begins.
  [[nodiscard]] std::size_t start_of(Type type, std::size_t written) const {
    if (type == Type::number) return number_end() - std::min(written, number_end());
    if (type == Type::boolean) return read_ - std::min(written, read_);
    if (type == Type::null) return read_ - std::min<std::size_t>(4, read_);
    std::size_t at = here();
    if (type != Type::string) return at;
    const auto escaped = [&](std::size_t quote) {
      std::size_t slashes = 0;
      while (slashes < quote && source_.text[quote - 1 - slashes] == '\\') ++slashes;
      return slashes % 2 == 1;
    };
    while (at > 0 && (source_.text[--at] != '"' || escaped(at))) {
    }
    return at;
  }
  JsonNode* add(Type type, std::string text) {
    if (++count_ > most_values) {
      stop(fmt::format("the file holds more than {} values", most_values));
      return nullptr;
    }
    JsonNode* node = &root_;
    if (!stack_.empty()) node = &stack_.back()->items.emplace_back();
    node->type = type;
    node->offset = static_cast<std::uint32_t>(start_of(type, text.size()));
    node->text = std::move(text);
    return node;
  }
  bool scalar(Type type, std::string text) { return add(type, std::move(text)) != nullptr; }
  bool open(Type type) {
    if (stack_.size() >= most_levels) return stop(fmt::format("the values are nested more than {} deep", most_levels));
    JsonNode* node = add(type, "");
    if (node != nullptr) stack_.push_back(node);
    return node != nullptr;
  }
  bool close() {
    stack_.pop_back();
    return true;
  }

  const Source& source_;
  const std::size_t& read_;
  JsonNode root_;
  std::vector<JsonNode*> stack_;  // a node's address holds while it is open: its parent gets no other item
  std::size_t count_ = 0;
  std::optional<Error> error_;
};

void dump_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    else out += c;
  }
  out += '"';
}

// `indent` is empty for a single line.
void dump(std::string& out, const JsonNode& node, std::optional<std::size_t> level) {
  const auto line = [&](std::size_t depth) {
    if (level) out += "\n" + std::string(2 * depth, ' ');
  };
  if (node.type == Type::null) out += "null";
  else if (node.type == Type::string) dump_string(out, node.text);
  else if (node.type == Type::boolean || node.type == Type::number) out += node.text;
  else {
    const bool object = node.type == Type::object;
    const std::size_t depth = level.value_or(0);
    out += object ? '{' : '[';
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      if (i > 0) out += level ? "," : ", ";
      line(depth + 1);
      if (object) {
        dump_string(out, node.keys[i]);
        out += ": ";
      }
      dump(out, node.items[i], level ? std::optional(depth + 1) : std::nullopt);
    }
    if (!node.items.empty()) line(depth);
    out += object ? '}' : ']';
  }
}

}  // namespace

const JsonNode* JsonNode::find(std::string_view key) const {
  const auto found = std::find(keys.begin(), keys.end(), key);
  return found == keys.end() ? nullptr : &items[static_cast<std::size_t>(found - keys.begin())];
}

JsonNode* JsonNode::find(std::string_view key) {
  return const_cast<JsonNode*>(std::as_const(*this).find(key));
}

void JsonNode::set(std::string_view key, JsonNode value) {
  if (JsonNode* found = find(key)) {
    *found = std::move(value);
    return;
  }
  keys.emplace_back(key);
  items.push_back(std::move(value));
}

void JsonNode::erase(std::string_view key) {
  const auto found = std::find(keys.begin(), keys.end(), key);
  if (found == keys.end()) return;
  items.erase(items.begin() + (found - keys.begin()));
  keys.erase(found);
}

JsonNode JsonNode::of_text(std::string_view text) {
  JsonNode node = of(Type::string);
  node.text = text;
  return node;
}

JsonNode JsonNode::of_number(std::string_view digits) {
  JsonNode node = of(Type::number);
  node.text = digits;
  return node;
}

JsonNode JsonNode::of_flag(bool flag) {
  JsonNode node = of(Type::boolean);
  node.text = flag ? "true" : "false";
  return node;
}

JsonNode JsonNode::of(Type type) {
  JsonNode node;
  node.type = type;
  return node;
}

bool same_json(const JsonNode& a, const JsonNode& b) {
  if (a.type != b.type || a.text != b.text || a.items.size() != b.items.size()) return false;
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    const JsonNode* other = a.type == Type::object ? b.find(a.keys[i]) : &b.items[i];
    if (other == nullptr || !same_json(a.items[i], *other)) return false;
  }
  return true;
}

tl::unexpected<Error> Source::error(std::size_t offset, std::string_view what) const {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  return fail(kind, fmt::format("{}: line {}, column {}: {}", printable(name), line, before.size() - start + 1, what),
              hint);
}

Result<JsonNode> parse_json(const Source& source) {
  if (source.text.size() > most_file_bytes)
    return fail(source.kind, fmt::format("{} is larger than {}", printable(source.name), format_iec(most_file_bytes)),
                source.hint);
  std::size_t read = 0;
  Builder builder(source, read);
  const char* begin = source.text.data();
  static_cast<void>(
      nlohmann::json::sax_parse(Reader(begin, &read), Reader(begin + source.text.size(), &read), &builder));
  return std::move(builder).result();
}

std::string dump_json(const JsonNode& node) {
  std::string out;
  dump(out, node, std::nullopt);
  return out;
}

std::string dump_json_indented(const JsonNode& node) {
  std::string out;
  dump(out, node, 0);
  return out + "\n";
}

}  // namespace nvmectl::connections
