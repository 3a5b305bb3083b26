// The fields of a log page: from their JSON form to core Fields, and the checks of a layout.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/schema.hpp"
#include "plugins/reader.hpp"

namespace nvmectl::plugins {

/// Reads `list` (a JSON list at `path`) into fields whose texts and tables `plugin` keeps. A field whose place is known
/// is there even when something else of it is wrong, so that check_layout() can go on; an empty one has no place. The
/// collector has a problem for each.
[[nodiscard]] std::vector<std::optional<Field>> read_fields(const Node& list, const std::string& path, Plugin& plugin,
                                                            Problems& problems);

/// What nvme::covers() answers with no, as reasons: gaps, overlaps, sizes impossible for a kind, keys that
/// are not snake_case or stand twice, fields that do not cover exactly `size` bytes. `path` is the list's.
void check_layout(std::span<const std::optional<Field>> fields, std::uint32_t size, const std::string& path,
                  Problems& problems);

}  // namespace nvmectl::plugins
