// Finding what a person means: by kernel name, label name, either UUID, or /dev node.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/pmem.hpp"

namespace nvmectl::pmem {

/// Every namespace that `text` names: its device ("namespace0.0"), name, label UUID, info block UUID, or node ("pmem0",
/// "dax0.0"). "pmem:X" is a name or UUID only, "/dev/X" a node only. Patterns (*, ?) fit devices and names.
[[nodiscard]] std::vector<std::size_t> namespaces_named(const PmemTopology& topology, std::string_view text);
/// The one that `text` names; not_found with near names, usage when it names several, listing them.
[[nodiscard]] Result<std::size_t> find_namespace(const PmemTopology& topology, std::string_view text);
/// Those of this label name.
[[nodiscard]] std::vector<std::size_t> with_name(const PmemTopology& topology, std::string_view name);

/// exists when another namespace than `except` has that label UUID: the kernel takes none twice. "" is always good.
[[nodiscard]] Result<> check_label_uuid(const PmemTopology& topology, std::string_view uuid,
                                        std::optional<std::size_t> except = {});
/// "region0" or "0"; not_found otherwise.
[[nodiscard]] Result<std::size_t> find_region(const PmemTopology& topology, std::string_view text);
/// "dax0.0", "/dev/dax0.0", or a namespace that has one, however it is named.
[[nodiscard]] Result<std::size_t> find_dax(const PmemTopology& topology, std::string_view text);

/// The objects of one kind that a list of words names: each word is one of the above or "all", words may be joined by
/// commas; in the topology's order, each once. A word that names nothing is not_found.
enum class Object { bus, dimm, region, ns, dax };
[[nodiscard]] Result<std::vector<std::size_t>> find_all(const PmemTopology& topology, Object kind,
                                                        const std::vector<std::string>& words);
[[nodiscard]] const std::string& name_of(const PmemTopology& topology, Object kind, std::size_t index);
/// "namespace", "DIMM" …
[[nodiscard]] std::string_view word_for(Object kind);

/// Its passphrase keeps everybody off its contents.
[[nodiscard]] bool is_locked(const PmemDimm& dimm);

/// "vol-a (namespace0.0)" or "namespace0.0".
[[nodiscard]] std::string label_of(const PmemNamespace& ns);

}  // namespace nvmectl::pmem
