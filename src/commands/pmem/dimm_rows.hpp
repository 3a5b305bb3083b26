// Buses, DIMMs and DAX devices as rows.
#pragma once

#include "core/pmem.hpp"
#include "core/schema.hpp"

namespace nvmectl {

extern const Schema pmem_bus_schema;
extern const Schema pmem_dimm_schema;
extern const Schema pmem_dax_schema;
extern const Schema pmem_health_schema;  ///< of DimmHealth

[[nodiscard]] List pmem_dimm_list(const PmemTopology& topology);
[[nodiscard]] List pmem_dax_list(const PmemTopology& topology);

}  // namespace nvmectl
