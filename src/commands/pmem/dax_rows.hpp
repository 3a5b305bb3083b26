// DAX devices, and what they are cut from, as rows.
#pragma once

#include "core/pmem.hpp"
#include "core/schema.hpp"

namespace nvmectl {

extern const Schema pmem_dax_schema;
extern const Schema pmem_dax_region_schema;

[[nodiscard]] List pmem_dax_list(const PmemTopology& topology);
[[nodiscard]] List pmem_dax_region_list(const PmemTopology& topology);

}  // namespace nvmectl
