// Which objects an operation is about: the words of the command line, and filters.
#pragma once

#include <string>
#include <vector>

#include "commands/pmem/session.hpp"

namespace nvmectl {

struct PmemTargetOptions : PmemFilterOptions {
  std::vector<std::string> targets;
};

/// Rows for the namespaces that the words name ("all" too) and the filters let pass. `missing_ok` (--if-exists) makes a
/// word that names nothing a row "unchanged" instead of an error; a word that names several is an error all the same.
[[nodiscard]] Result<std::vector<pmem::Outcome>> namespace_rows(const PmemTopology& topology,
                                                                const PmemTargetOptions& options,
                                                                const std::string& action, bool missing_ok = false);

/// Rows for regions, DIMMs, buses or DAX devices; `buses` limits them.
[[nodiscard]] Result<std::vector<pmem::Outcome>> object_rows(const PmemTopology& topology, pmem::Object kind,
                                                             const std::vector<std::string>& words,
                                                             const std::vector<std::string>& buses,
                                                             const std::string& action);

/// The index of a row's object, by its device name; not_found when it is gone.
[[nodiscard]] Result<std::size_t> index_of(const PmemTopology& topology, pmem::Object kind, const std::string& device);

}  // namespace nvmectl
