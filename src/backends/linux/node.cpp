#include "backends/linux/node.hpp"

#include <fmt/format.h>

#include <charconv>

namespace nvmectl::linux_backend {
namespace {

// A number without sign or leading zero, taken from the front of `text`.
std::optional<std::uint32_t> take_number(std::string_view& text) {
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  if (text.front() == '0' && text.size() > 1 && text[1] >= '0' && text[1] <= '9') return std::nullopt;
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::optional<std::uint32_t> take(std::string_view& text, char letter) {
  if (text.empty() || text.front() != letter) return std::nullopt;
  text.remove_prefix(1);
  return take_number(text);
}

}  // namespace

std::optional<NodeName> NodeName::parse(std::string_view name) {
  NodeName node;
  const bool generic = name.starts_with("ng");
  if (!generic && !name.starts_with("nvme")) return std::nullopt;
  name.remove_prefix(generic ? 2 : 4);
  const auto instance = take_number(name);
  if (!instance) return std::nullopt;
  node.instance = *instance;
  if (name.empty()) return generic ? std::nullopt : std::optional(node);

  const bool path = name.front() == 'c';
  if (path && !(node.path_controller = take(name, 'c'))) return std::nullopt;
  const auto ns = take(name, 'n');
  if (!ns) return std::nullopt;
  node.ns = *ns;
  node.kind = generic ? (path ? Kind::hidden_generic : Kind::generic) : (path ? Kind::path : Kind::block);
  if (name.empty()) return node;
  if (node.kind != Kind::block || !take(name, 'p') || !name.empty()) return std::nullopt;
  node.kind = Kind::partition;
  return node;
}

std::string NodeName::block_name() const {
  return fmt::format("nvme{}n{}", instance, ns);
}

std::string NodeName::generic_name() const {
  return fmt::format("ng{}n{}", instance, ns);
}

}  // namespace nvmectl::linux_backend
