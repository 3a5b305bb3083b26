#include "connections/format.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "connections/formats.hpp"
#include "connections/layers.hpp"
#include "core/text.hpp"

namespace nvmectl::connections {
namespace {

using Type = JsonNode::Type;

// Without what is not to be written: the secrets, and for other programs' files also where they are.
std::vector<StoredConnection> reduced(std::span<const StoredConnection> connections, Format format, bool secrets,
                                      Printed& told) {
  std::vector<StoredConnection> result(connections.begin(), connections.end());
  std::size_t places = 0;
  for (StoredConnection& connection : result) {
    for (const Parameter& parameter : connect_parameters()) {
      if (parameter.type != Parameter::Type::secret) continue;
      const auto text = parameter.get(connection.parameters);
      if (!text) continue;
      const bool place = !is_secret_itself(*text);
      if (place ? format == Format::nvmectl : secrets) continue;
      ++(place ? places : told.secrets);
      parameter.clear(connection.parameters);
    }
    if (secrets) continue;
    for (auto& [key, value] : connection.kept) {
      auto tree = parse_json({value, key, ErrorKind::io, ""});
      if (tree && strip_secrets(*tree) > 0) value = dump_json(*tree);
    }
  }
  if (places > 0)
    told.notes.push_back(
        fmt::format("{} secret(s) that are stored elsewhere are left out: {} cannot say where they are", places,
                    format_names[static_cast<std::size_t>(format)]));
  return result;
}

std::vector<Kept> reduced(std::vector<Kept> kept, bool secrets, Printed& told) {
  if (secrets) return kept;
  for (auto& [key, value] : kept) {
    auto tree = parse_json({value, key, ErrorKind::io, ""});
    if (!tree) continue;
    const std::size_t count = strip_secrets(*tree);
    if (count > 0) value = dump_json(*tree);
    told.secrets += count;
  }
  return kept;
}

void append_new(JsonNode& to, const JsonNode& from) {
  for (const JsonNode& item : from.items)
    if (std::none_of(to.items.begin(), to.items.end(), [&](const JsonNode& other) { return same_json(item, other); }))
      to.items.push_back(item);
}

}  // namespace

Result<Format> format_of(std::string_view name) {
  const auto found = std::find(format_names.begin(), format_names.end(), name);
  if (found == format_names.end())
    return fail(ErrorKind::usage, fmt::format("'{}' is no format of connections", printable(name)),
                fmt::format("the formats are {}", fmt::join(format_names, ", ")));
  return static_cast<Format>(found - format_names.begin());
}

Format guess_format(std::string_view text, std::string_view path) {
  const std::string_view begin = trim(text.substr(0, 65536));
  if (begin.starts_with('{'))
    return begin.find("\"connections\"") != std::string_view::npos || begin.find("\"hosts\"") == std::string_view::npos
               ? Format::nvmectl
               : Format::config_json;
  // A section's header begins the first line that is no comment.
  for (const std::string_view line : split(begin, '\n')) {
    const std::string_view text_of_line = trim(line);
    if (text_of_line.empty() || text_of_line.front() == '#') continue;
    if (text_of_line.front() == '-') return Format::discovery_conf;
    if (text_of_line.front() != '[') break;
    const std::string_view inside = trim(text_of_line.substr(1));
    const bool letter = !inside.empty() && ((inside.front() >= 'A' && inside.front() <= 'Z') ||
                                            (inside.front() >= 'a' && inside.front() <= 'z'));
    return letter ? Format::fabrics_conf : Format::config_json;
  }
  if (path.ends_with(".json")) return Format::config_json;
  return path.ends_with("discovery.conf") ? Format::discovery_conf : Format::fabrics_conf;
}

Result<Document> parse_file(Format format, const Source& source) {
  switch (format) {
    case Format::nvmectl: return parse_connections(source, false);
    case Format::config_json: return parse_config_json(source);
    case Format::discovery_conf: return parse_discovery_conf(source);
    case Format::fabrics_conf: return parse_fabrics_conf(source);
  }
  return fail(ErrorKind::internal, "unknown format");
}

Printed print_file(Format format, std::span<const StoredConnection> connections, const std::vector<Kept>& kept,
                   const PrintOptions& options) {
  Printed told;
  const std::vector<StoredConnection> what = reduced(connections, format, options.secrets, told);
  const std::vector<Kept> file = reduced(kept, options.secrets, told);
  Printed printed;
  switch (format) {
    case Format::nvmectl: printed.text = print_connections(what, file); break;
    case Format::config_json: printed = print_config_json(what, file, options); break;
    case Format::discovery_conf: printed = print_discovery_conf(what); break;
    case Format::fabrics_conf: printed = print_fabrics_conf(what, file); break;
  }
  printed.secrets += told.secrets;
  printed.notes.insert(printed.notes.begin(), told.notes.begin(), told.notes.end());
  return printed;
}

void merge_kept(std::vector<Kept>& to, const std::vector<Kept>& from) {
  for (const auto& [key, value] : from) {
    const JsonNode added = kept_json(from, key);
    JsonNode now = kept_json(to, key);
    if (now.type != Type::object) now = JsonNode::of(Type::object);
    if (added.type != Type::object) {
      set_kept(to, key, added);
      continue;
    }
    for (std::size_t i = 0; i < added.keys.size(); ++i) {
      JsonNode* mine = now.find(added.keys[i]);
      if (mine != nullptr && mine->type == Type::array && added.items[i].type == Type::array)
        append_new(*mine, added.items[i]);
      else now.set(added.keys[i], added.items[i]);
    }
    set_kept(to, key, now);
  }
}

}  // namespace nvmectl::connections
