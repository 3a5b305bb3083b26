// The formats one by one; see format.hpp. Not for other modules.
#pragma once

#include "connections/format.hpp"

namespace nvmectl::connections {

[[nodiscard]] Result<Document> parse_config_json(const Source& source);
[[nodiscard]] Result<Document> parse_discovery_conf(const Source& source);
[[nodiscard]] Result<Document> parse_fabrics_conf(const Source& source);

/// Connections come without the secrets that are to be left out.
[[nodiscard]] Printed print_config_json(std::span<const StoredConnection> connections, const std::vector<Kept>& kept,
                                        const PrintOptions& options);
[[nodiscard]] Printed print_discovery_conf(std::span<const StoredConnection> connections);
[[nodiscard]] Printed print_fabrics_conf(std::span<const StoredConnection> connections, const std::vector<Kept>& kept);

}  // namespace nvmectl::connections
