#include "connections/layers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <limits>
#include <optional>

#include "core/text.hpp"

namespace nvmectl::connections {
namespace {

using Type = JsonNode::Type;
using Kind = Parameter::Type;

constexpr std::array<std::string_view, 6> yes{"1", "yes", "y", "true", "t", "on"};
constexpr std::array<std::string_view, 6> no{"0", "no", "n", "false", "f", "off"};

bool one_of(std::span<const std::string_view> words, std::string_view text) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
    return word.size() == text.size() && std::equal(word.begin(), word.end(), text.begin(), [](char a, char b) {
             return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
           });
  });
}

// Decimal, 0x… or octal, as the kernel and nvme-cli read it.
std::optional<long> integer(const std::string& text) {
  char* end = nullptr;
  errno = 0;
  const long value = std::strtol(text.c_str(), &end, 0);
  if (errno != 0 || text.empty() || *end != '\0' || value < std::numeric_limits<int>::min() ||
      value > std::numeric_limits<int>::max())
    return std::nullopt;
  return value;
}

Result<> take(const Source& source, const Parameter& parameter, const JsonNode& value, std::string_view key,
              std::string_view none, ConnectParameters& to) {
  if (value.type == Type::array || value.type == Type::object)
    return source.error(value.offset, fmt::format("'{}' is no plain value", printable(key)));
  parameter.clear(to);
  if (value.type == Type::null || value.text.empty() || (value.type == Type::string && value.text == none)) return {};
  if (parameter.type == Kind::flag) {
    if (!one_of(yes, value.text) && !one_of(no, value.text))
      return source.error(value.offset, fmt::format("'{}' is neither true nor false", printable(key)));
    return one_of(yes, value.text) ? parameter.set(to, "true", key) : Result<>{};
  }
  std::string text = value.text;
  if (parameter.type == Kind::number || parameter.type == Kind::signed_number) {
    const auto number = integer(text);
    if (!number) return source.error(value.offset, fmt::format("'{}' is not a whole number", printable(key)));
    // To libnvme 0 is "not given" for these: the kernel would refuse it.
    if (*number == 0 && parameter.type == Kind::number) return {};
    text = fmt::format("{}", *number);
  }
  // A key itself cannot be handed to the kernel, which takes serial numbers of its keyring; it stays in the layer.
  if (parameter.key == "tls_key" && is_secret_itself(text)) return {};
  if (auto set = parameter.set(to, text, key); !set) return source.error(value.offset, set.error().message);
  return {};
}

JsonNode written(const Parameter& parameter, std::string_view text, bool typed) {
  const bool plain = parameter.type == Kind::text || parameter.type == Kind::secret;
  if (!typed || plain) return JsonNode::of_text(text);
  return parameter.type == Kind::flag ? JsonNode::of_flag(text == "true") : JsonNode::of_number(text);
}

}  // namespace

Result<ConnectParameters> resolve(const Source& source, const JsonNode& layers, std::span<const std::string_view> order,
                                  const Spelling& spelling) {
  ConnectParameters result;
  result.transport.clear();
  for (const std::string_view name : order) {
    const JsonNode* layer = layers.find(name);
    if (layer == nullptr) continue;
    for (std::size_t i = 0; i < layer->keys.size(); ++i)
      if (const Parameter* parameter = spelling.parameter(name, layer->keys[i]))
        NVMECTL_TRY(take(source, *parameter, layer->items[i], layer->keys[i], spelling.none, result));
  }
  return result;
}

void adapt(JsonNode& layers, const ConnectParameters& wanted, std::span<const std::string_view> order,
           const Spelling& spelling) {
  const Source none{"", "", ErrorKind::internal, ""};
  for (const std::string_view name : order)
    if (const JsonNode* layer = layers.find(name); layer == nullptr || layer->type != Type::object)
      layers.set(name, JsonNode::of(Type::object));
  const auto now = [&] { return resolve(none, layers, order, spelling).value_or(ConnectParameters{}); };
  const ConnectParameters before = now();
  for (const Parameter& parameter : connect_parameters()) {
    const auto want = parameter.get(wanted);
    const std::string_view key = spelling.key(parameter);
    if (key.empty() || want == parameter.get(before)) continue;
    JsonNode* layer = layers.find(spelling.home(parameter));
    if (want) {
      layer->set(key, written(parameter, *want, spelling.typed));
      continue;
    }
    layer->erase(key);
    if (parameter.get(now())) layer->set(key, JsonNode::of_text(spelling.none));
  }
}

bool is_secret_itself(std::string_view text) {
  return text.starts_with("DHHC-1:") || text.starts_with("NVMeTLSkey");
}

std::size_t strip_secrets(JsonNode& tree) {
  std::size_t count = 0;
  for (std::size_t i = tree.items.size(); i-- > 0;) {
    JsonNode& item = tree.items[i];
    const bool named = tree.type == Type::object && tree.keys[i].starts_with("dhchap") && item.type == Type::string &&
                       !item.text.empty() && item.text != "none";
    if (named || (item.type == Type::string && is_secret_itself(item.text))) {
      ++count;
      if (tree.type == Type::object) tree.keys.erase(tree.keys.begin() + static_cast<std::ptrdiff_t>(i));
      tree.items.erase(tree.items.begin() + static_cast<std::ptrdiff_t>(i));
    } else {
      count += strip_secrets(item);
    }
  }
  return count;
}

bool forget_secret(JsonNode& tree, std::string_view secret) {
  bool found = false;
  for (std::size_t i = tree.items.size(); i-- > 0;) {
    if (tree.items[i].type == Type::string && tree.items[i].text == secret) {
      if (tree.type == Type::object) tree.keys.erase(tree.keys.begin() + static_cast<std::ptrdiff_t>(i));
      tree.items.erase(tree.items.begin() + static_cast<std::ptrdiff_t>(i));
      found = true;
    } else {
      found = forget_secret(tree.items[i], secret) || found;
    }
  }
  return found;
}

}  // namespace nvmectl::connections
