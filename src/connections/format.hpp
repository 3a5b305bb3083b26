// Files of connections: nvmectl's own, libnvme 1.x's config.json, nvme-cli's discovery.conf and nvme-cli 3.0's
// nvme-fabrics.conf, read and written without loss: what is not understood is kept with the connection.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connections/contents.hpp"
#include "connections/json_tree.hpp"
#include "connections/store_json.hpp"

namespace nvmectl::connections {

enum class Format : std::uint8_t { nvmectl, config_json, discovery_conf, fabrics_conf };
inline constexpr std::array<std::string_view, 4> format_names{"nvmectl", "config.json", "discovery.conf",
                                                              "nvme-fabrics.conf"};

/// Usage error for other names.
[[nodiscard]] Result<Format> format_of(std::string_view name);
/// By the file's content, and its name where that says nothing.
[[nodiscard]] Format guess_format(std::string_view text, std::string_view path);

/// Connections without UUIDs (but those of nvmectl's own files), not checked yet. Syntax errors name line and column.
[[nodiscard]] Result<Document> parse_file(Format format, const Source& source);

struct PrintOptions {
  bool secrets = false;  ///< with the secrets themselves
  std::string host_nqn;  ///< of this machine, for formats that cannot leave it out
};
struct Printed {
  std::string text;
  std::size_t secrets = 0;         ///< so many were left out
  std::vector<std::string> notes;  ///< what the format cannot say
};
/// `kept` are the store's members (Contents::kept).
[[nodiscard]] Printed print_file(Format format, std::span<const StoredConnection> connections,
                                 const std::vector<Kept>& kept, const PrintOptions& options);

/// Puts what a file said beside its connections to what the store keeps already.
void merge_kept(std::vector<Kept>& to, const std::vector<Kept>& from);

}  // namespace nvmectl::connections
