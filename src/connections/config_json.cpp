// libnvme 1.x's /etc/nvme/config.json: a list of hosts (its schema says: an object with "hosts"), each with subsystems,
// each with ports. Documentation/nvme-config.json of libnvme 1.x; the code reads the list.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>

#include "connections/formats.hpp"
#include "connections/layers.hpp"
#include "core/device_ref.hpp"
#include "core/text.hpp"

namespace nvmectl::connections {
namespace {

using Type = JsonNode::Type;
constexpr std::array<std::string_view, 3> order{"host", "subsystem", "port"};

const Parameter* parameter_of(std::string_view layer, std::string_view key) {
  for (const Parameter& parameter : connect_parameters()) {
    if (parameter.config_key != key) continue;
    const bool host = parameter.key == "host_nqn" || parameter.key == "host_id";
    const bool shared = parameter.key == "dhchap_secret";  // of the host, for all of its ports without one
    if (layer == "host") return host || shared ? &parameter : nullptr;
    if (layer == "subsystem") return parameter.key == "nqn" ? &parameter : nullptr;
    return host || parameter.key == "nqn" ? nullptr : &parameter;
  }
  return nullptr;
}

Spelling spelling() {
  return {parameter_of, [](const Parameter& p) { return p.config_key; },
          [](const Parameter& p) -> std::string_view {
            if (p.key == "nqn") return "subsystem";
            return p.key == "host_nqn" || p.key == "host_id" ? "host" : "port";
          },
          "none", true};
}

Result<const JsonNode*> list_of(const Source& source, const JsonNode& object, std::string_view key,
                                std::string_view what) {
  if (object.type != Type::object) return source.error(object.offset, fmt::format("{} is no object", what));
  const JsonNode* list = object.find(key);
  if (list != nullptr && list->type != Type::array)
    return source.error(list->offset, fmt::format("'{}' is no list", key));
  return list != nullptr && !list->items.empty() ? list : nullptr;
}

JsonNode without(const JsonNode& object, std::string_view key) {
  JsonNode rest = JsonNode::of(Type::object);
  rest.offset = object.offset;
  for (std::size_t i = 0; i < object.keys.size(); ++i)
    if (object.keys[i] != key) rest.set(object.keys[i], object.items[i]);
  return rest;
}

/// Takes the hosts apart; what leads to no port is kept for the file as a whole.
class Importer {
 public:
  explicit Importer(const Source& source) : source_(source), spelling_(spelling()) {}

  Result<> host(const JsonNode& host) {
    NVMECTL_ASSIGN(const JsonNode* subsystems, list_of(source_, host, "subsystems", "a host"));
    host_ = without(host, "subsystems");
    if (subsystems == nullptr) rest_.items.push_back(host);
    else
      for (const JsonNode& subsystem : subsystems->items) NVMECTL_TRY(this->subsystem(subsystem));
    return {};
  }
  [[nodiscard]] Document finish(const JsonNode& root) && {
    JsonNode kept = JsonNode::of(Type::object);
    if (root.type == Type::object) kept.set("top", without(root, "hosts"));
    if (!rest_.items.empty()) kept.set("hosts", std::move(rest_));
    if (!kept.items.empty()) set_kept(document_.kept, kept_config_json, kept);
    return std::move(document_);
  }

 private:
  Result<> subsystem(const JsonNode& subsystem) {
    NVMECTL_ASSIGN(const JsonNode* ports, list_of(source_, subsystem, "ports", "a subsystem"));
    if (ports == nullptr) {
      JsonNode host = host_, one = JsonNode::of(Type::array);
      one.items.push_back(subsystem);
      host.set("subsystems", std::move(one));
      rest_.items.push_back(std::move(host));
      return {};
    }
    const JsonNode about = without(subsystem, "ports");
    for (const JsonNode& port : ports->items) NVMECTL_TRY(this->port(about, port));
    return {};
  }
  Result<> port(const JsonNode& subsystem, const JsonNode& port) {
    if (port.type != Type::object) return source_.error(port.offset, "a port is no object");
    if (document_.connections.size() >= most_connections)
      return source_.error(port.offset, fmt::format("there are more than {} ports", most_connections));
    JsonNode layers = JsonNode::of(Type::object);
    layers.set("host", host_);
    layers.set("subsystem", subsystem);
    layers.set("port", port);
    StoredConnection& connection = document_.connections.emplace_back();
    NVMECTL_ASSIGN(connection.parameters, resolve(source_, layers, order, spelling_));
    if (connection.parameters.nqn.empty()) return source_.error(subsystem.offset, "the subsystem has no 'nqn'");
    if (connection.parameters.transport.empty()) return source_.error(port.offset, "the port has no 'transport'");
    set_kept(connection.kept, kept_config_json, layers);
    if (const JsonNode* key = port.find("tls_key"); key != nullptr && is_secret_itself(key->text))
      document_.notes.push_back(
          fmt::format("{}: the TLS key itself stands there; it is kept, but put it into the "
                      "kernel's keyring (nvmectl tls-key --insert) before connecting",
                      connection.parameters.shown()));
    return {};
  }

  const Source& source_;
  Spelling spelling_;
  Document document_;
  JsonNode host_;
  JsonNode rest_ = JsonNode::of(Type::array);
};

/// Puts ports that share a host and a subsystem together again.
class Exporter {
 public:
  void add(const JsonNode& host, const JsonNode& subsystem, const JsonNode* port) {
    JsonNode& subsystems = list(hosts_, host_by_text_, dump_json(host), host, "subsystems");
    JsonNode& ports =
        list(subsystems, subsystem_by_text_, dump_json(host) + "\n" + dump_json(subsystem), subsystem, "ports");
    if (port != nullptr) ports.items.push_back(*port);
  }
  void add_host(const JsonNode& host) {
    const JsonNode about = without(host, "subsystems");
    const JsonNode* subsystems = host.find("subsystems");
    if (subsystems == nullptr || subsystems->items.empty()) hosts_.items.push_back(host);
    else
      for (const JsonNode& subsystem : subsystems->items) add(about, without(subsystem, "ports"), nullptr);
  }
  [[nodiscard]] JsonNode finish() && { return std::move(hosts_); }

 private:
  // The list `key` of the object in `in` that was made of `object`; a new one when there is none yet.
  static JsonNode& list(JsonNode& in, std::unordered_map<std::string, std::size_t>& known, const std::string& text,
                        const JsonNode& object, std::string_view key) {
    const auto [at, fresh] = known.emplace(text, in.items.size());
    if (fresh) {
      in.items.push_back(object);
      in.items.back().set(key, JsonNode::of(Type::array));
    }
    return *in.items[at->second].find(key);
  }
  JsonNode hosts_ = JsonNode::of(Type::array);
  std::unordered_map<std::string, std::size_t> host_by_text_, subsystem_by_text_;
};

}  // namespace

Result<Document> parse_config_json(const Source& source) {
  NVMECTL_ASSIGN(const JsonNode root, parse_json(source));
  const JsonNode* hosts = root.type == Type::object ? root.find("hosts") : &root;
  if (hosts == nullptr || hosts->type != Type::array)
    return source.error(root.offset, "a list of hosts is expected, or an object with 'hosts'");
  Importer importer(source);
  for (const JsonNode& host : hosts->items) NVMECTL_TRY(importer.host(host));
  return std::move(importer).finish(root);
}

Printed print_config_json(std::span<const StoredConnection> connections, const std::vector<Kept>& kept,
                          const PrintOptions& options) {
  Exporter exporter;
  const Spelling how = spelling();
  for (const StoredConnection& connection : connections) {
    JsonNode layers = kept_json(connection.kept, kept_config_json);
    const bool fresh = layers.type != Type::object;
    if (fresh) layers = JsonNode::of(Type::object);
    adapt(layers, connection.parameters, order, how);
    JsonNode* host = layers.find("host");
    if (fresh && host->find("hostnqn") == nullptr) host->set("hostnqn", JsonNode::of_text(options.host_nqn));
    JsonNode* port = layers.find("port");
    if (fresh && connection.parameters.is_discovery()) port->set("discovery", JsonNode::of_flag(true));
    exporter.add(*host, *layers.find("subsystem"), port);
  }
  const JsonNode rest = kept_json(kept, kept_config_json);
  if (const JsonNode* hosts = rest.find("hosts"))
    for (const JsonNode& host : hosts->items) exporter.add_host(host);
  JsonNode document = std::move(exporter).finish();
  if (const JsonNode* top = rest.find("top")) {
    JsonNode object = *top;
    object.set("hosts", std::move(document));
    document = std::move(object);
  }
  return {dump_json_indented(document), 0, {}};
}

}  // namespace nvmectl::connections
