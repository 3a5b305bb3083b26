#include "commands/pmem/wanted_ram.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace nvmectl {
namespace {

using connections::JsonNode;
using connections::Source;

Result<std::optional<bool>> take_flag(const Source& source, JsonNode& object, std::string_view key) {
  const JsonNode* node = object.find(key);
  if (node == nullptr) return std::optional<bool>();
  if (node->type != JsonNode::Type::boolean && node->type != JsonNode::Type::null)
    return source.error(node->offset, fmt::format("{} is true or false", key));
  const auto flag = node->type == JsonNode::Type::null ? std::nullopt : std::optional(node->text == "true");
  object.erase(key);
  return flag;
}

const DaxDevice* device_of(const PmemTopology& topology, std::size_t ns) {
  const auto found = std::find_if(topology.dax_devices.begin(), topology.dax_devices.end(),
                                  [&](const DaxDevice& device) { return device.ns == ns; });
  return found == topology.dax_devices.end() ? nullptr : &*found;
}

}  // namespace

Result<std::optional<PmemWantedRam>> take_wanted_ram(const Source& source, JsonNode& object) {
  if (object.type != JsonNode::Type::object) return std::optional<PmemWantedRam>();
  NVMECTL_ASSIGN(const std::optional<bool> ram, take_flag(source, object, "system_ram"));
  NVMECTL_ASSIGN(const std::optional<bool> no_online, take_flag(source, object, "no_online"));
  NVMECTL_ASSIGN(const std::optional<bool> no_movable, take_flag(source, object, "no_movable"));
  if (ram) return std::optional(PmemWantedRam{*ram, !no_online.value_or(false), !no_movable.value_or(false)});
  if (no_online || no_movable)
    return source.error(object.offset, "no_online and no_movable go with \"system_ram\": true");
  return std::optional<PmemWantedRam>();
}

bool is_as_wanted(const PmemTopology& topology, std::size_t ns, const PmemWantedRam& wanted) {
  const DaxDevice* const device = device_of(topology, ns);
  if (device == nullptr || device->system_ram != wanted.system_ram) return false;
  if (!wanted.system_ram) return device->enabled;
  return !wanted.online || device->online_blocks == device->total_blocks;
}

Result<bool> make_as_wanted(PmemManager& manager, const PmemTopology& topology, std::size_t ns,
                            const PmemWantedRam& wanted, const Deadline& deadline) {
  if (is_as_wanted(topology, ns, wanted)) return false;
  const DaxDevice* const device = device_of(topology, ns);
  if (device == nullptr)
    return fail(make_error(ErrorKind::unsupported,
                           fmt::format("{} has no DAX device to make system RAM of", topology.namespaces[ns].device),
                           "is the driver device_dax there?")
                    .on(topology.namespaces[ns].device));
  NVMECTL_TRY(manager.reconfigure_dax(device->name, wanted.system_ram, wanted.online, wanted.movable, deadline));
  return true;
}

}  // namespace nvmectl
