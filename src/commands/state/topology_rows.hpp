// The topology as a tree from the host's side, and as the rows of its leaves: what `topology` shows.
#pragma once

#include <string>
#include <vector>

#include "core/model.hpp"
#include "core/schema.hpp"

namespace nvmectl {

/// A Record of {hosts, paths}: hosts → subsystems → controllers → namespaces; and a row for each way from a host to a
/// namespace.
extern const Schema topology_schema;
/// The same by another address: whoever draws it draws in ASCII.
extern const Schema topology_ascii_schema;

/// Of the chosen subsystems. Controllers of different hosts to one subsystem stand below each host.
[[nodiscard]] Record topology_record(const Topology& topology, const std::vector<std::size_t>& chosen, bool ascii);

/// The tree in lines, of such a record.
[[nodiscard]] std::string topology_lines(const Record& record, bool ascii, bool exact_bytes);
/// Graphviz's language.
[[nodiscard]] std::string topology_dot(const Record& record);

}  // namespace nvmectl
