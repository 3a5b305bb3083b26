// Persistent memory as rows: what `pmem list` shows, and what other commands show of one namespace.
#pragma once

#include <string>
#include <vector>

#include "core/pmem.hpp"
#include "core/schema.hpp"
#include "core/text_form.hpp"

namespace nvmectl {

/// The document of `pmem list`: a Record of {buses, dimms, regions, dax_regions, dax_devices, namespaces}.
extern const Schema pmem_list_schema;
extern const Schema pmem_namespace_schema;
extern const Schema pmem_bad_blocks_schema;
extern const Schema pmem_extent_schema;  ///< of pmem::Extent

[[nodiscard]] Record pmem_list_record(const PmemTopology& topology);
[[nodiscard]] Record pmem_namespace_record(const PmemTopology& topology, std::size_t index);

/// What came of making a namespace: these fields, then the namespace's.
struct PmemCreatedRow {
  std::string result, file_system = {}, mounted_at = {};
  std::vector<std::string> passed_over = {};
};
extern const Schema pmem_created_schema;
[[nodiscard]] Record pmem_created_record(const PmemTopology& topology, std::size_t index, const PmemCreatedRow& row);

/// bus → DIMM, region → namespace, indented.
[[nodiscard]] std::string pmem_tree_text(const Value& data, const TextOptions& options);

/// "/dev/pmem0", null for "".
[[nodiscard]] Value pmem_node(const std::string& name);
[[nodiscard]] List pmem_uses(const std::vector<Use>& uses);

}  // namespace nvmectl
