// Buses and DIMMs as rows.
#pragma once

#include <string>
#include <vector>

#include "core/pmem.hpp"
#include "core/schema.hpp"

namespace nvmectl {

extern const Schema pmem_bus_schema;
extern const Schema pmem_dimm_schema;
extern const Schema pmem_health_schema;  ///< of DimmHealth

/// A list of strings.
[[nodiscard]] List pmem_words(const std::vector<std::string>& words);
[[nodiscard]] List pmem_dimm_list(const PmemTopology& topology);

}  // namespace nvmectl
