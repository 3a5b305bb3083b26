// The topology as rows with names instead of indices: what `list` and `list-subsys` show.
#pragma once

#include <string>
#include <vector>

#include "core/model.hpp"
#include "core/schema.hpp"

namespace nvmectl {

/// The document of `list`: a Record of {subsystems, controllers, pmem, namespaces}; `pmem` are the rows of list_pmem().
extern const Schema list_schema;
[[nodiscard]] Record list_record(const Topology& topology, List pmem);

/// The document of `list-subsys`: a List of subsystems with their controllers.
extern const Schema subsystem_tree_schema;
/// `only` limits it to the subsystem of that controller or namespace name; "" = all.
[[nodiscard]] List subsystem_tree(const Topology& topology, std::string_view only);

}  // namespace nvmectl
