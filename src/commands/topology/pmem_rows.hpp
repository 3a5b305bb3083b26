// Persistent memory's block devices beside the NVMe namespaces in `list`.
#pragma once

#include <vector>

#include "core/context.hpp"
#include "core/schema.hpp"

namespace nvmectl {

extern const Schema list_pmem_schema;

/// The block devices of this machine's persistent memory; empty where there is none, or with a --backend that has none.
/// What could not be read is added to `not_seen`. Looks at nothing when the kernel has no such bus.
[[nodiscard]] List list_pmem(const Context& context, const Deadline& deadline, std::vector<Error>& not_seen);

}  // namespace nvmectl
