// The declarative form of persistent memory: {"version": 1, "regions": […], "namespaces": […]}.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "commands/pmem/create.hpp"
#include "commands/pmem/wanted_ram.hpp"
#include "core/context.hpp"
#include "core/schema.hpp"
#include "core/text_form.hpp"

namespace nvmectl {

struct PmemWanted : PmemCreateOptions {
  std::optional<PmemWantedRam> ram;  ///< of mode devdax
};

struct PmemConfig {
  std::vector<std::string> init_regions;  ///< whose labels are to be initialised when they have none
  std::vector<PmemWanted> namespaces;
  bool lists_namespaces = false;  ///< the list is there, though it may be empty
};

/// usage with line and column; each namespace has a name that no other has. Takes the form alone, or within the JSON
/// document of snapshot-config.
[[nodiscard]] Result<PmemConfig> parse_pmem_config(const connections::Source& source);

/// What there is, in that form: a record of pmem_config_schema. Namespaces without a name are left out; `note` is told.
[[nodiscard]] Record pmem_config_of(const PmemTopology& topology, ProgramRunner& runner, const Deadline& deadline,
                                    const std::function<void(std::string_view)>& note);
extern const Schema pmem_config_schema;
/// The record as the file that `pmem apply` takes.
[[nodiscard]] std::string pmem_config_text(const Value& data, const TextOptions& options);

}  // namespace nvmectl
