#include "commands/pmem/config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "commands/known.hpp"
#include "commands/pmem/file_system.hpp"
#include "commands/pmem/spec_file.hpp"
#include "core/text.hpp"
#include "core/uses.hpp"
#include "pmem/lookup.hpp"

namespace nvmectl {
namespace {

using connections::JsonNode;
using connections::Source;

Result<> take_region(PmemConfig& config, const Source& source, const JsonNode& node) {
  const JsonNode* name = node.find("region");
  const JsonNode* init = node.find("init");
  if (node.type != JsonNode::Type::object || name == nullptr || name->type != JsonNode::Type::string ||
      node.keys.size() != (init != nullptr ? 2U : 1U) || (init != nullptr && init->type != JsonNode::Type::boolean))
    return source.error(node.offset, "a region is {\"region\": \"region0\", \"init\": true}");
  if (init != nullptr && init->text == "true") config.init_regions.push_back(name->text);
  return {};
}

Result<> take_namespaces(PmemConfig& config, const Source& source, const JsonNode& list) {
  std::set<std::string> names, directories;
  for (const JsonNode& node : list.items) {
    PmemWanted options;
    JsonNode create = node;
    NVMECTL_ASSIGN(options.ram, take_wanted_ram(source, create));
    NVMECTL_TRY(set_create_options(options, source, create));
    if (options.name.empty()) return source.error(node.offset, "a namespace here needs a name");
    if (!names.insert(options.name).second) return source.error(node.offset, "its name stands here twice");
    if (!options.mount.empty() && !directories.insert(options.mount).second)
      return source.error(node.offset, "another one is to be mounted at the same place");
    if (!options.from.empty()) return source.error(node.offset, "'from' is not for this file");
    options.if_not_exists = true;
    const auto checked = checked_options(options);
    if (!checked) return source.error(node.offset, checked.error().message);
    if (options.ram && checked->wish.mode != PmemMode::devdax)
      return source.error(node.offset, "only a namespace of mode devdax can be system RAM");
    config.namespaces.push_back(std::move(options));
  }
  return {};
}

struct Row {
  std::string name;
  std::uint64_t size = 0;
  std::string_view mode;
  const PmemNamespace* ns = nullptr;
  const DaxDevice* ram = nullptr;  ///< when it is system RAM
  std::string mkfs, mount;
};

constexpr std::array namespace_fields{
    field_of<Row, [](const Row& r) { return Value(r.name); }>(
        {.key = "name", .title = "Name", .kind = Kind::string, .show = Show::table}),
    field_of<Row, [](const Row& r) { return Value(r.size); }>(
        {.key = "size", .title = "Size", .unit = Unit::bytes, .show = Show::table}),
    field_of<Row, [](const Row& r) { return Value(r.mode); }>(
        {.key = "mode", .title = "Mode", .kind = Kind::string, .show = Show::table}),
    field_of<Row,
             [](const Row& r) { return r.ns->map ? Value(*r.ns->map == PmemMap::device ? "dev" : "mem") : Value(); }>(
        {.key = "map", .title = "Page array", .kind = Kind::string}),
    field_of<Row, [](const Row& r) { return value_or_null(r.ns->align_bytes); }>(
        {.key = "align", .title = "Alignment", .unit = Unit::bytes}),
    field_of<Row,
             [](const Row& r) { return r.ns->mode == PmemMode::sector ? value_or_null(r.ns->sector_bytes) : Value(); }>(
        {.key = "sector_size", .title = "Sector", .unit = Unit::bytes}),
    field_of<Row, [](const Row& r) { return value_or_null(r.ns->numa_node); }>(
        {.key = "numa_node", .title = "NUMA node", .kind = Kind::integer}),
    field_of<Row, [](const Row& r) { return known(r.ns->label_uuid); }>(
        {.key = "uuid", .title = "Label UUID", .kind = Kind::string}),
    field_of<Row, [](const Row& r) { return r.ram != nullptr ? Value(true) : Value(); }>(
        {.key = "system_ram", .title = "System RAM", .kind = Kind::boolean}),
    field_of<Row, [](const Row& r) { return r.ram != nullptr && r.ram->movable == false ? Value(true) : Value(); }>(
        {.key = "no_movable", .title = "Not movable", .kind = Kind::boolean}),
    field_of<Row, [](const Row& r) { return known(r.mkfs); }>(
        {.key = "mkfs", .title = "File system", .kind = Kind::string, .show = Show::table}),
    field_of<Row, [](const Row& r) { return known(r.mount); }>(
        {.key = "mount", .title = "Mounted at", .kind = Kind::string, .show = Show::table}),
};
constexpr Schema namespace_schema{"pmem-config-namespace", "Namespaces", namespace_fields};

constexpr std::array region_fields{
    Field{.key = "region", .title = "Region", .kind = Kind::string, .show = Show::table},
    Field{.key = "init",
          .title = "Initialised",
          .kind = Kind::boolean,
          .show = Show::table,
          .doc = "Write labels when it has none"},
};
constexpr Schema region_schema{"pmem-config-region", "Regions", region_fields};

constexpr std::array fields{
    Field{.key = "version", .title = "Version"},
    Field{.key = "regions", .title = "Regions", .kind = Kind::list, .element = &region_schema},
    Field{.key = "namespaces", .title = "Namespaces", .kind = Kind::list, .element = &namespace_schema},
};

JsonNode to_json(const Value& value) {
  if (const auto* flag = value.as<bool>()) return JsonNode::of_flag(*flag);
  if (const auto* number = value.as<std::uint64_t>()) return JsonNode::of_number(std::to_string(*number));
  if (const auto* number = value.as<std::int64_t>()) return JsonNode::of_number(std::to_string(*number));
  if (const auto* text = value.as<std::string>()) return JsonNode::of_text(*text);
  if (const auto* list = value.as<List>()) {
    JsonNode node = JsonNode::of(JsonNode::Type::array);
    for (const Value& item : list->items) node.items.push_back(to_json(item));
    return node;
  }
  JsonNode node = JsonNode::of(JsonNode::Type::object);
  if (const auto* record = value.as<Record>())
    for (std::size_t i = 0; i < record->values.size(); ++i)
      if (!record->values[i].is_null()) node.set(record->schema->fields[i].key, to_json(record->values[i]));
  return node;
}

}  // namespace

constinit const Schema pmem_config_schema{"pmem-config", "Persistent memory as it is to be", fields};

Result<PmemConfig> parse_pmem_config(const Source& source) {
  NVMECTL_ASSIGN(const JsonNode root, connections::parse_json(source));
  const JsonNode* config = root.find("data") != nullptr ? root.find("data") : &root;
  if (config->type != JsonNode::Type::object) return source.error(config->offset, "an object was expected here");
  PmemConfig parsed;
  bool versioned = false;
  for (std::size_t i = 0; i < config->keys.size(); ++i) {
    const JsonNode& value = config->items[i];
    const std::string& key = config->keys[i];
    if (key == "version") {
      if (value.text != "1") return source.error(value.offset, "only version 1 is known");
      versioned = true;
      continue;
    }
    if (key != "regions" && key != "namespaces")
      return source.error(value.offset, fmt::format("'{}' is not known here", printable(key)));
    if (value.type != JsonNode::Type::array) return source.error(value.offset, "a list was expected here");
    if (key == "namespaces") {
      parsed.lists_namespaces = true;
      NVMECTL_TRY(take_namespaces(parsed, source, value));
    } else
      for (const JsonNode& region : value.items) NVMECTL_TRY(take_region(parsed, source, region));
  }
  if (!versioned) return source.error(config->offset, "\"version\": 1 is missing");
  return parsed;
}

Record pmem_config_of(const PmemTopology& topology, ProgramRunner& runner, const Deadline& deadline,
                      const std::function<void(std::string_view)>& note) {
  List regions, namespaces;
  for (const PmemRegion& region : topology.regions)
    if (region.labelled && !region.mappings.empty())
      regions.items.emplace_back(Record{&region_schema, {region.name, true}});
  for (const PmemNamespace& ns : topology.namespaces) {
    if (!topology.regions[ns.region].labelled) continue;
    if (ns.name.empty()) {
      note(fmt::format("{} has no name and is left out", ns.device));
      continue;
    }
    Row row{ns.name, ns.reserved_bytes, to_string(ns.mode), &ns, nullptr, "", ""};
    for (const DaxDevice& device : topology.dax_devices)
      if (device.system_ram && device.ns && &topology.namespaces[*device.ns] == &ns) row.ram = &device;
    for (const Use& use : ns.uses)
      if (use.device == ns.block_device && row.mount.empty()) row.mount = mounted_at(use);
    if (std::any_of(ns.uses.begin(), ns.uses.end(), [](const Use& use) { return use.how.starts_with("held by "); }))
      note(fmt::format("what is on {}, such as volumes, is not told", pmem::label_of(ns)));
    if (!ns.enabled) note(fmt::format("{} is disabled, and apply would enable it", pmem::label_of(ns)));
    if (ns.enabled && !ns.block_device.empty()) {
      const auto found = file_system_on(runner, "/dev/" + ns.block_device, deadline);
      if (!found) note(found.error().message);
      else if (*found == "ext4" || *found == "xfs") row.mkfs = *found;
    }
    namespaces.items.emplace_back(to_record(namespace_schema, &row));
  }
  return Record{&pmem_config_schema, {std::uint64_t{1}, std::move(regions), std::move(namespaces)}};
}

std::string pmem_config_text(const Value& data, const TextOptions&) {
  return connections::dump_json_indented(to_json(data));
}

}  // namespace nvmectl
