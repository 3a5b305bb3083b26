// What all changes of DAX devices begin with. Pointers live as long as the session.
#pragma once

#include <string>
#include <string_view>

#include "backends/pmem/session.hpp"

namespace nvmectl::pmem_backend {

struct DaxFound {
  daxctl_region* region;
  daxctl_dev* device;
};

/// By name ("dax0.0"); not_found with the names there are.
[[nodiscard]] Result<DaxFound> find_dax_device(const Session& session, std::string_view name);
/// "dax0.0 could not be `what`".
[[nodiscard]] Error dax_error(const Session& session, int code, const std::string& name, std::string_view what,
                              std::string hint = {});
/// busy when a process has it open or mapped: "dax0.0 is in use and `what`".
[[nodiscard]] Result<> check_dax_unused(const std::string& name, std::string_view what);
/// busy when its blocks do not go: those that the kernel allocated for itself from never do. No error for devdax.
[[nodiscard]] Result<> take_offline(const Session& session, const DaxFound& found, const std::string& name);

}  // namespace nvmectl::pmem_backend
