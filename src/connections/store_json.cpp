#include "connections/store_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <unordered_set>

#include "core/text.hpp"

namespace nvmectl::connections {
namespace {

using Type = JsonNode::Type;
constexpr std::string_view version = "1";
constexpr std::array origins{kept_config_json, kept_discovery_conf, kept_fabrics_conf};

std::string_view type_name(Type type) {
  constexpr std::array<std::string_view, 6> names{"null",     "true or false", "a number",
                                                  "a string", "a list",        "an object"};
  return names[static_cast<std::size_t>(type)];
}

tl::unexpected<Error> wrong_type(const Source& source, const JsonNode& value, std::string_view key,
                                 std::string_view expected) {
  return source.error(value.offset,
                      fmt::format("'{}' is {}, but {} is expected", printable(key), type_name(value.type), expected));
}

Result<std::string> text_of(const Source& source, const JsonNode& value, std::string_view key) {
  if (value.type != Type::string) return wrong_type(source, value, key, "a string");
  return value.text;
}

// Error positions within a value's text are the value's.
template <class T>
Result<T> at(const Source& source, const JsonNode& value, Result<T> result) {
  if (result) return result;
  return source.error(value.offset, result.error().message);
}

void keep(std::vector<Kept>& kept, std::set<std::string>& unknown, const std::string& key, const JsonNode& value) {
  kept.emplace_back(key, dump_json(value));
  if (std::find(origins.begin(), origins.end(), key) == origins.end()) unknown.insert(printable(key.substr(0, 64)));
}

Result<> take_member(const Source& source, StoredConnection& to, const std::string& key, const JsonNode& value,
                     std::set<std::string>& unknown) {
  if (key == "uuid") {
    NVMECTL_ASSIGN(const std::string uuid, text_of(source, value, key));
    NVMECTL_ASSIGN(const Bytes bytes, at(source, value, parse_uuid(uuid)));
    to.uuid = format_uuid(bytes);
    return {};
  }
  if (key == "name") {
    if (value.type == Type::null) return {};
    NVMECTL_ASSIGN(to.name, text_of(source, value, key));
    return at(source, value, check_name(to.name));
  }
  const Parameter* parameter = find_parameter(key);
  if (parameter == nullptr) {
    keep(to.kept, unknown, key, value);
    return {};
  }
  NVMECTL_ASSIGN(const std::optional<std::string> text, json_parameter(source, *parameter, value, key));
  if (!text) return {};
  return at(source, value, parameter->set(to.parameters, *text, key));
}

/// Reads the frame that both files have: version, the list, and members to be kept.
struct Frame {
  const JsonNode* list = nullptr;
  std::vector<Kept> kept;
};

Result<Frame> read_frame(const Source& source, const JsonNode& root, std::string_view list_key,
                         std::set<std::string>& unknown) {
  if (root.type != Type::object) return wrong_type(source, root, "the document", "an object");
  const JsonNode* its_version = root.find("version");
  if (its_version == nullptr) return source.error(root.offset, "'version' is missing");
  if (its_version->type != Type::number) return wrong_type(source, *its_version, "version", "a number");
  if (its_version->text != version)
    return fail(make_error(ErrorKind::unsupported,
                           fmt::format("{} has version {}, which this nvmectl does not know", printable(source.name),
                                       printable(its_version->text)),
                           "use the nvmectl that wrote it; nothing was changed"));
  Frame frame;
  for (std::size_t i = 0; i < root.keys.size(); ++i) {
    if (root.keys[i] == list_key) frame.list = &root.items[i];
    else if (root.keys[i] != "version") keep(frame.kept, unknown, root.keys[i], root.items[i]);
  }
  if (frame.list == nullptr) return source.error(root.offset, fmt::format("'{}' is missing", list_key));
  if (frame.list->type != Type::array) return wrong_type(source, *frame.list, list_key, "a list");
  if (frame.list->items.size() > 2 * most_connections)
    return source.error(frame.list->offset, fmt::format("there are more than {} connections", 2 * most_connections));
  return frame;
}

std::vector<std::string> notes(const Source& source, const std::set<std::string>& unknown) {
  if (unknown.empty()) return {};
  std::vector<std::string> some(unknown.begin(), unknown.end());
  const std::size_t more = some.size() > 8 ? some.size() - 8 : 0;
  some.resize(some.size() - more);
  return {fmt::format("{} holds fields that this nvmectl does not know; they are kept as they are: {}{}",
                      printable(source.name), fmt::join(some, ", "),
                      more > 0 ? fmt::format(" and {} more", more) : "")};
}

// Two rows of one UUID or name cannot both be meant.
class Unique {
 public:
  explicit Unique(const Source& source) : source_(source) {}
  Result<> check(const StoredConnection& connection, const JsonNode& row) {
    if (!connection.uuid.empty() && !uuids_.insert(connection.uuid).second)
      return source_.error(row.offset, fmt::format("the UUID {} stands twice", connection.uuid));
    if (!connection.name.empty() && !names_.insert(connection.name).second)
      return source_.error(row.offset, fmt::format("the name '{}' stands twice", printable(connection.name)));
    return {};
  }

 private:
  const Source& source_;
  std::unordered_set<std::string> uuids_, names_;
};

JsonNode row_json(const StoredConnection& connection) {
  JsonNode row = JsonNode::of(Type::object);
  row.set("uuid", JsonNode::of_text(connection.uuid));
  if (!connection.name.empty()) row.set("name", JsonNode::of_text(connection.name));
  for (const Parameter& parameter : connect_parameters())
    if (const auto text = parameter.get(connection.parameters))
      row.set(parameter.key, parameter_json(parameter, *text));
  return row;
}

// Kept members are JSON already.
std::string row_text(const StoredConnection& connection) {
  std::string text = dump_json(row_json(connection));
  if (connection.kept.empty()) return text;
  text.pop_back();
  for (const auto& [key, value] : connection.kept) {
    text += ", " + dump_json(JsonNode::of_text(key));
    text += ": ";
    text += value;
  }
  return text + "}";
}

std::string frame_text(std::string_view list_key, const std::vector<std::string>& rows, const std::vector<Kept>& kept) {
  std::string text = fmt::format("{{\n  \"version\": {},\n", version);
  for (const auto& [key, value] : kept) text += fmt::format("  {}: {},\n", dump_json(JsonNode::of_text(key)), value);
  text += fmt::format("  \"{}\": [", list_key);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    text += i > 0 ? ",\n    " : "\n    ";
    text += rows[i];
  }
  text += rows.empty() ? "]\n}\n" : "\n  ]\n}\n";
  return text;
}

}  // namespace

Result<std::optional<std::string>> json_parameter(const Source& source, const Parameter& parameter,
                                                  const JsonNode& value, std::string_view key) {
  if (value.type == Type::null) return std::nullopt;
  switch (parameter.type) {
    case Parameter::Type::text:
    case Parameter::Type::secret:
      if (value.type != Type::string) return wrong_type(source, value, key, "a string");
      break;
    case Parameter::Type::number:
    case Parameter::Type::signed_number:
      if (value.type != Type::number) return wrong_type(source, value, key, "a number");
      break;
    case Parameter::Type::flag:
      if (value.type != Type::boolean) return wrong_type(source, value, key, "true or false");
      break;
  }
  return std::optional(value.text);
}

JsonNode parameter_json(const Parameter& parameter, std::string_view text) {
  if (parameter.type == Parameter::Type::flag) return JsonNode::of_flag(text == "true");
  const bool number = parameter.type == Parameter::Type::number || parameter.type == Parameter::Type::signed_number;
  return number ? JsonNode::of_number(text) : JsonNode::of_text(text);
}

Result<Document> parse_connections(const Source& source, bool needs_uuid) {
  NVMECTL_ASSIGN(const JsonNode root, parse_json(source));
  std::set<std::string> unknown;
  NVMECTL_ASSIGN(Frame frame, read_frame(source, root, "connections", unknown));
  Document document;
  document.kept = std::move(frame.kept);
  Unique unique(source);
  for (const JsonNode& row : frame.list->items) {
    if (row.type != Type::object) return wrong_type(source, row, "a connection", "an object");
    StoredConnection& connection = document.connections.emplace_back();
    for (std::size_t i = 0; i < row.keys.size(); ++i)
      NVMECTL_TRY(take_member(source, connection, row.keys[i], row.items[i], unknown));
    if (needs_uuid && connection.uuid.empty()) return source.error(row.offset, "the connection has no 'uuid'");
    NVMECTL_TRY(unique.check(connection, row));
  }
  document.notes = notes(source, unknown);
  return document;
}

std::string print_connections(const std::vector<StoredConnection>& connections, const std::vector<Kept>& kept) {
  std::vector<std::string> rows;
  rows.reserve(connections.size());
  for (const StoredConnection& connection : connections) rows.push_back(row_text(connection));
  return frame_text("connections", rows, kept);
}

Result<> parse_edits(const Source& source, Contents& to) {
  NVMECTL_ASSIGN(const JsonNode root, parse_json(source));
  std::set<std::string> unknown;
  NVMECTL_ASSIGN(Frame frame, read_frame(source, root, "changes", unknown));
  to.edits_kept = std::move(frame.kept);
  Unique unique(source);
  for (const JsonNode& row : frame.list->items) {
    if (row.type != Type::object) return wrong_type(source, row, "a change", "an object");
    Edit& edit = to.edits.emplace_back();
    for (std::size_t i = 0; i < row.keys.size(); ++i) {
      const JsonNode& value = row.items[i];
      if (row.keys[i] != "removed") {
        NVMECTL_TRY(take_member(source, edit.connection, row.keys[i], value, unknown));
        continue;
      }
      if (value.type != Type::boolean) return wrong_type(source, value, "removed", "true or false");
      edit.removed = value.text == "true";
    }
    if (edit.connection.uuid.empty()) return source.error(row.offset, "the change has no 'uuid'");
    NVMECTL_TRY(unique.check(edit.connection, row));
  }
  for (std::string& note : notes(source, unknown)) to.notes.push_back(std::move(note));
  return {};
}

std::string print_edits(const Contents& contents) {
  std::vector<std::string> rows;
  for (const Edit& edit : contents.edits)
    rows.push_back(edit.removed ? fmt::format("{{\"uuid\": \"{}\", \"removed\": true}}", edit.connection.uuid)
                                : row_text(edit.connection));
  return frame_text("changes", rows, contents.edits_kept);
}

JsonNode kept_json(const std::vector<Kept>& kept, std::string_view key) {
  for (const auto& [name, value] : kept) {
    if (name != key) continue;
    auto parsed = parse_json({value, std::string(key), ErrorKind::io, ""});
    return parsed ? std::move(*parsed) : JsonNode();
  }
  return {};
}

void set_kept(std::vector<Kept>& kept, std::string_view key, const JsonNode& value) {
  const auto found = std::find_if(kept.begin(), kept.end(), [&](const Kept& k) { return k.first == key; });
  if (found != kept.end()) found->second = dump_json(value);
  else kept.emplace_back(std::string(key), dump_json(value));
}

}  // namespace nvmectl::connections
