// The store's JSON: connections.json, the staged changes beside it, and the desired state that `connection apply`
// reads.
//
//   {"version": 1, "connections": [{"uuid": "…", "name": "db", "transport": "tcp", "nqn": "…", "address": "…", …}]}
//   {"version": 1, "changes": [{…}, {"uuid": "…", "removed": true}]}
//
// The members of a connection are connect_parameters()' keys: strings, numbers, and true for flags.
#pragma once

#include <string>
#include <vector>

#include "connections/contents.hpp"
#include "connections/json_tree.hpp"

namespace nvmectl::connections {

/// What one file holds.
struct Document {
  std::vector<StoredConnection> connections;
  std::vector<Kept> kept;          ///< of the file as a whole
  std::vector<std::string> notes;  ///< what was not understood, and kept
};

/// UUIDs may be missing where `needs_uuid` is false. Unknown members are kept and noted; an unknown version is
/// unsupported.
[[nodiscard]] Result<Document> parse_connections(const Source& source, bool needs_uuid = true);
[[nodiscard]] std::string print_connections(const std::vector<StoredConnection>& connections,
                                            const std::vector<Kept>& kept);

/// Into `edits`, `edits_kept` and `notes`.
[[nodiscard]] Result<> parse_edits(const Source& source, Contents& to);
[[nodiscard]] std::string print_edits(const Contents& contents);

/// A kept member's text as a tree again; null for what is broken.
[[nodiscard]] JsonNode kept_json(const std::vector<Kept>& kept, std::string_view key);
void set_kept(std::vector<Kept>& kept, std::string_view key, const JsonNode& value);

/// The value as text for Parameter::set; nothing for null. Error when its type does not fit.
[[nodiscard]] Result<std::optional<std::string>> json_parameter(const Source& source, const Parameter& parameter,
                                                                const JsonNode& value, std::string_view key);
/// The JSON of a parameter's value.
[[nodiscard]] JsonNode parameter_json(const Parameter& parameter, std::string_view text);

/// Members of imported files, each under its format's name.
inline constexpr std::string_view kept_config_json = "config_json";
inline constexpr std::string_view kept_discovery_conf = "discovery_conf";
inline constexpr std::string_view kept_fabrics_conf = "nvme_fabrics_conf";

}  // namespace nvmectl::connections
