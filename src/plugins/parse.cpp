// The format of plugins/vendors/*.json: see plugins/README.md.
#include <fmt/format.h>

#include <algorithm>

#include "core/text.hpp"
#include "nvme/layout.hpp"
#include "plugins/fields.hpp"
#include "plugins/node.hpp"
#include "plugins/plugin.hpp"
#include "plugins/reader.hpp"
#include "plugins/run.hpp"

namespace nvmectl::plugins {
namespace {

constexpr std::uint64_t format_version = 1;
constexpr std::size_t max_commands = 64;
constexpr std::size_t max_examples = 8;
constexpr std::size_t max_vids = 16;

void read_match(Object& parent, Match& match) {
  const Node* node = parent.object("match", Need::optional);
  if (node == nullptr) return;
  Object object(*node, parent.path("match"), parent.problems());
  if (const Node* vids = object.list("vids", max_vids, Need::optional)) {
    for (std::size_t i = 0; i < vids->items.size(); ++i) {
      const auto vid = number_in(vids->items[i]);
      if (vid && *vid <= 0xffff) match.vids.push_back(static_cast<std::uint16_t>(*vid));
      else object.problem(indexed("vids", i), "is not a PCI vendor ID (write \"0x1af4\")");
    }
  }
  match.model_prefix = object.text("model_prefix", {Need::optional}).value_or("");
  object.finish();
  if (node->keys.empty()) parent.problem("match", "is empty");
}

/// 16 bytes in the order in which the text has them.
std::optional<Id128> read_id(Object& object, std::string_view name, std::string* digits, Need need) {
  const auto text = object.text(name, {need});
  if (!text) return std::nullopt;
  std::string plain;
  std::copy_if(text->begin(), text->end(), std::back_inserter(plain), [](char c) { return c != '-'; });
  // parse_uuid() reads the hexadecimal digits, once the dashes are where it wants them.
  const auto bytes = plain.size() == 32
                         ? parse_uuid(fmt::format("{}-{}-{}-{}-{}", plain.substr(0, 8), plain.substr(8, 4),
                                                  plain.substr(12, 4), plain.substr(16, 4), plain.substr(20)))
                         : Result<Bytes>(fail(ErrorKind::usage, ""));
  if (!bytes) {
    object.problem(name, "is not 32 hexadecimal digits");
    return std::nullopt;
  }
  if (digits != nullptr) *digits = plain;
  Id128 id{};
  std::copy(bytes->begin(), bytes->end(), id.begin());
  return id;
}

void read_guid(Object& parent, LogCommand& command) {
  const Node* node = parent.object("guid", Need::optional);
  if (node == nullptr) return;
  Object object(*node, parent.path("guid"), parent.problems());
  Guid guid;
  const std::uint32_t bytes = command.schema.wire_size;
  guid.offset = static_cast<std::uint32_t>(object.number("offset", 0, bytes < 16 ? 0 : bytes - 16).value_or(0));
  if (bytes < 16) object.problem("", "does not fit into the page");
  if (const auto id = read_id(object, "value", &guid.text, Need::required)) {
    std::reverse_copy(id->begin(), id->end(), guid.wire.begin());
    command.guid = guid;
  }
  object.finish();
}

/// False when the page's size is not known.
bool read_log(Object& parent, LogCommand& command) {
  const Node* node = parent.object("log", Need::required);
  if (node == nullptr) return false;
  Object object(*node, parent.path("log"), parent.problems());
  command.log_id = static_cast<std::uint8_t>(object.number("id", 1, 255).value_or(0));
  const auto bytes = object.number("bytes", 4, max_log_bytes);
  if (bytes && *bytes % 4 != 0) object.problem("bytes", "is not a multiple of 4, as log pages are");
  command.schema.wire_size = static_cast<std::uint32_t>(bytes.value_or(max_log_bytes));
  command.nsid = static_cast<std::uint32_t>(object.number("nsid", 0, 0xffffffff, Need::optional).value_or(0xffffffff));
  command.uuid = read_id(object, "uuid", nullptr, Need::optional);
  read_guid(object, command);
  object.finish();
  return bytes.has_value();
}

void read_examples(Object& parent, LogCommand& command, Plugin& plugin) {
  const Node* list = parent.list("examples", max_examples, Need::optional);
  if (list == nullptr) return;
  const bool named = !plugin.name.empty() && !command.spec.name.empty();
  const std::string start = fmt::format("{} {} ", plugin.name, command.spec.name);
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    Object object(list->items[i], indexed(parent.path("examples"), i), parent.problems());
    const auto line = object.text("command");
    const auto says = object.text("says");
    object.finish();
    if (line && named && !line->starts_with(start))
      object.problem("command", fmt::format("does not start with '{}'", start));
    if (line && says) command.examples.push_back({plugin.keep(*line), plugin.keep(*says)});
  }
}

void fill_spec(LogCommand& command) {
  command.schema.fields = command.fields;
  command.spec.area = command.plugin->name;
  command.spec.group = Group::plugins;
  command.spec.opens_device = true;
  command.spec.arguments = log_arguments();
  command.spec.examples = command.examples;
  command.spec.output.schema = &command.schema;
  command.spec.invoke = invoke_log;
  command.spec.payload = &command;
}

void read_layout(Object& parent, LogCommand& command, bool size_known, std::size_t& fields_left, Plugin& plugin) {
  const Node* list = parent.list("fields", fields_left);
  if (list == nullptr) return;
  fields_left -= list->items.size();
  const std::size_t before = parent.problems().count();
  const auto fields = read_fields(*list, parent.path("fields"), plugin, parent.problems());
  if (size_known) check_layout(fields, command.schema.wire_size, parent.path("fields"), parent.problems());
  if (std::none_of(fields.begin(), fields.end(), [](const auto& f) { return !f || f->in_data(); }))
    parent.problem("fields", "has nothing but reserved bytes");
  if (parent.problems().count() != before) return;
  for (const auto& field : fields) command.fields.push_back(*field);
  // The authority is the check of the built-in layouts; what was found before only gives its reasons.
  if (size_known && !nvme::covers(command.fields, command.schema.wire_size))
    parent.problem("fields", "fails the check of the built-in layouts");
}

void read_command(const Node& node, std::string path, std::size_t& fields_left, Plugin& plugin, Problems& problems) {
  Object object(node, std::move(path), problems);
  LogCommand& command = plugin.commands.emplace_back();
  command.plugin = &plugin;
  if (auto name = object.text("name")) {
    if (!is_command_name(*name)) object.problem("name", "is not lower-case letters and digits with single dashes");
    const auto same = [&](const LogCommand& other) { return other.spec.name == *name; };
    if (std::any_of(plugin.commands.begin(), plugin.commands.end(), same)) object.problem("name", "stands twice");
    command.spec.name = plugin.keep(std::move(*name));
  }
  if (auto summary = object.text("summary")) command.spec.summary = plugin.keep(std::move(*summary));
  if (auto text = object.text("description", {Need::optional, true}))
    command.spec.description = plugin.keep(std::move(*text));
  if (auto title = object.text("title")) command.schema.title = plugin.keep(std::move(*title));
  command.schema.name = plugin.keep(fmt::format("{}-{}", plugin.name, command.spec.name));
  command.schema.reference = plugin.reference;
  const bool size_known = read_log(object, command);
  read_examples(object, command, plugin);
  read_layout(object, command, size_known, fields_left, plugin);
  object.finish();
  fill_spec(command);
}

void read_plugin(const Node& root, Plugin& plugin, Problems& problems) {
  Object object(root, "", problems);
  if (root.kind != Node::Kind::object) return;
  const auto version = object.number("nvmectl_plugin", 0, ~std::uint64_t{0});
  if (version && *version != format_version) {
    // Whatever else it says may mean something else in that format.
    object.problem("nvmectl_plugin", fmt::format("this nvmectl reads format {}, not {}", format_version, *version));
    return;
  }
  if (auto name = object.text("name")) {
    if (!is_command_name(*name)) object.problem("name", "is not lower-case letters and digits with single dashes");
    plugin.name = plugin.keep(std::move(*name));
  }
  if (auto summary = object.text("summary")) plugin.summary = plugin.keep(std::move(*summary));
  if (auto reference = object.text("reference")) plugin.reference = plugin.keep(std::move(*reference));
  read_match(object, plugin.match);
  std::size_t fields_left = max_fields;
  if (const Node* list = object.list("commands", max_commands)) {
    for (std::size_t i = 0; i < list->items.size(); ++i)
      read_command(list->items[i], indexed("commands", i), fields_left, plugin, problems);
  }
  object.finish();
  for (const LogCommand& command : plugin.commands) plugin.specs.push_back(&command.spec);
}

}  // namespace

Parsed parse_plugin(std::string_view text) {
  Parsed parsed;
  if (text.size() > max_file_bytes) {
    parsed.problems.push_back({"", 0, 0, fmt::format("is larger than {}", format_iec(max_file_bytes))});
    return parsed;
  }
  const auto root = read_json(text, parsed.problems);
  if (!root) return parsed;
  auto plugin = std::make_unique<Plugin>();
  Problems problems;
  read_plugin(*root, *plugin, problems);
  parsed.problems = problems.take();
  if (parsed.problems.empty()) parsed.plugin = std::move(plugin);
  return parsed;
}

}  // namespace nvmectl::plugins
