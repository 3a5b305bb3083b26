#include "commands/state/watching.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include "core/schema.hpp"
#include "core/text.hpp"

namespace nvmectl {
namespace {

// Base Specification 2.0d, figures 149 to 153: what is told, by type and information.
constexpr std::uint32_t notice = 2, smart = 1, error = 0, command_set = 6, vendor = 7;
constexpr std::array<SymbolName, 8> notices{{{0x00, "namespace_attributes_changed"},
                                             {0x01, "firmware_activation_starting"},
                                             {0x02, "telemetry_log_changed"},
                                             {0x03, "ana_changed"},
                                             {0x04, "predictable_latency_changed"},
                                             {0x05, "lba_status_changed"},
                                             {0x06, "endurance_group_changed"},
                                             {0xf0, "discovery_log_changed"}}};

std::string aen_kind(std::uint32_t result) {
  const std::uint32_t type = result & 7U, information = (result >> 8U) & 0xffU;
  switch (type) {
    case error: return "error_status";
    case smart: return "health_status";
    case command_set: return "command_set_event";
    case vendor: return "vendor_event";
    case notice:
      if (const auto name = name_of(notices, information); !name.empty()) return std::string(name);
      return "notice";
    default: return "other";
  }
}

std::string thing(const Event& event) {
  if (event.subsystem == "nvme") return "controller";
  if (event.subsystem == "nvme-subsystem") return "subsystem";
  if (event.subsystem == "nvme-generic") return "generic_node";
  if (event.subsystem != "block") return "device";
  const bool path = event.device.find('c') != std::string::npos;  // nvme0c1n1
  return path ? "path" : "namespace";
}

struct Seen {
  std::string nqn, state;
};
struct NaturalLess {
  bool operator()(const std::string& a, const std::string& b) const {
    if (natural_less(a, b)) return true;
    return !natural_less(b, a) && a < b;
  }
};
using Things = std::map<std::string, Seen, NaturalLess>;

std::string nqn_of(const Topology& topology, std::size_t subsystem) {
  return subsystem < topology.subsystems.size() ? topology.subsystems[subsystem].nqn : std::string();
}

Things controllers(const Topology& topology) {
  Things things;
  for (const Controller& c : topology.controllers) things[c.name] = {nqn_of(topology, c.subsystem), c.state};
  return things;
}

Things namespaces(const Topology& topology) {
  Things things;
  for (const Namespace& n : topology.namespaces)
    things[n.name] = {nqn_of(topology, n.subsystem), n.size_bytes ? fmt::format("{}", *n.size_bytes) : std::string()};
  return things;
}

Things paths(const Topology& topology) {
  Things things;
  for (const Path& p : topology.paths)
    things[p.name] = {nqn_of(topology, topology.namespaces[p.ns].subsystem), p.ana_state};
  return things;
}

void compare(const Things& before, const Things& after, const std::string& what, const char* changed,
             std::vector<Change>& changes) {
  for (const auto& [name, seen] : before)
    if (!after.contains(name)) changes.push_back({what + "_removed", name, seen.nqn, seen.state, ""});
  for (const auto& [name, seen] : after) {
    const auto old = before.find(name);
    if (old == before.end()) changes.push_back({what + "_added", name, seen.nqn, "", seen.state});
    else if (old->second.state != seen.state)
      changes.push_back({changed, name, seen.nqn, old->second.state, seen.state});
  }
}

std::string shown(const Change& change, const std::string& state) {
  if (state.empty()) return "-";
  std::uint64_t bytes = 0;
  const auto [end, failed] = std::from_chars(state.data(), state.data() + state.size(), bytes);
  const bool size =
      change.kind.starts_with("namespace_") && failed == std::errc() && end == state.data() + state.size();
  return size ? format_iec(bytes) : state;
}

}  // namespace

std::string_view property(const Event& event, std::string_view name) {
  for (const auto& [key, value] : event.properties)
    if (key == name) return value;
  return {};
}

std::optional<std::uint32_t> asynchronous_event(const Event& event) {
  const std::string_view text = property(event, "NVME_AEN");
  const auto number = text.empty() ? std::nullopt : std::optional(parse_number(text, "NVME_AEN", 0xffffffff));
  if (!number || !*number) return std::nullopt;
  return static_cast<std::uint32_t>(**number);
}

std::string event_kind(const Event& event) {
  if (event.action == "lost") return "lost";
  if (const auto aen = asynchronous_event(event)) return aen_kind(*aen);
  if (const std::string_view word = property(event, "NVME_EVENT"); !word.empty()) return std::string(word);
  if (event.action == "add") return thing(event) + "_added";
  if (event.action == "remove") return thing(event) + "_removed";
  if (event.action == "change")
    return property(event, "RESIZE") == "1" ? thing(event) + "_resized" : thing(event) + "_changed";
  return "other";
}

std::vector<Change> changes_between(const Topology& before, const Topology& after) {
  std::vector<Change> changes;
  compare(controllers(before), controllers(after), "controller", "controller_state", changes);
  compare(namespaces(before), namespaces(after), "namespace", "namespace_resized", changes);
  compare(paths(before), paths(after), "path", "ana_state", changes);
  return changes;
}

void keep_known(Topology& after, const Topology& before) {
  std::map<std::string_view, std::string_view> states, ana;
  std::map<std::string_view, std::uint64_t> sizes;
  for (const Controller& c : before.controllers) states[c.name] = c.state;
  for (const Path& p : before.paths) ana[p.name] = p.ana_state;
  for (const Namespace& n : before.namespaces)
    if (n.size_bytes) sizes[n.name] = *n.size_bytes;
  for (Controller& c : after.controllers)
    if (const auto old = states.find(c.name); c.state.empty() && old != states.end()) c.state = old->second;
  for (Path& p : after.paths)
    if (const auto old = ana.find(p.name); p.ana_state.empty() && old != ana.end()) p.ana_state = old->second;
  for (Namespace& n : after.namespaces)
    if (const auto old = sizes.find(n.name); !n.size_bytes && old != sizes.end()) n.size_bytes = old->second;
}

std::optional<Change> change_of(const Event& event) {
  const std::string kind = event_kind(event);
  // "rediscover": a discovery controller is connected again, its log may be another one.
  const bool telling = kind == "lost" || kind == "rediscover" || asynchronous_event(event).has_value();
  if (!telling) return std::nullopt;
  return Change{kind, event.device, {}, {}, {}};
}

std::string sentence(const Change& change) {
  if (change.kind == "lost") return "the kernel sent more events than could be kept: some were lost";
  if (change.kind == "discovery_log_changed") return change.device + ": the discovery log has changed";
  if (change.kind == "rediscover") return change.device + ": connected again, the discovery log may have changed";
  if (change.kind.ends_with("_added"))
    return fmt::format("{}: new{}", change.device, change.to.empty() ? "" : ", " + shown(change, change.to));
  if (change.kind.ends_with("_removed")) return change.device + ": gone";
  if (change.from.empty() && change.to.empty()) {
    std::string words = change.kind;
    std::replace(words.begin(), words.end(), '_', ' ');
    return fmt::format("{}: {}", change.device, words);
  }
  return fmt::format("{}: {} -> {}", change.device, shown(change, change.from), shown(change, change.to));
}

}  // namespace nvmectl
