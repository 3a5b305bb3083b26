// How a fabrics controller is connected, from its attributes in sysfs.
#pragma once

#include <span>
#include <string>

#include "backends/linux/sysfs_reader.hpp"
#include "core/model.hpp"

namespace nvmectl::linux_backend {

/// `directory` is the controller's, relative to sys/; `names` are what it holds, so that nothing is asked for that this
/// kernel does not have; `transport` is "" when it was not read. Empty for a controller that is no fabrics controller.
/// No secret is kept: only whether there is one.
[[nodiscard]] ConnectionState read_connection_state(SysfsReader& sysfs, const std::string& directory,
                                                    std::span<const std::string> names, const std::string& transport);

}  // namespace nvmectl::linux_backend
