// Why a target cannot be reached, step by step: name, port, NVMe/TCP, Connect.
#pragma once

#include <vector>

#include "core/capabilities.hpp"
#include "core/host_identity.hpp"

namespace nvmectl::tcp {

/// Each step that could be tried; the first failure ends them. Waits for at most five seconds in each step, and no
/// longer than options.deadline.
[[nodiscard]] std::vector<Check> diagnose_target(const DeviceRef& device, const OpenOptions& options,
                                                 const FileReader& read);

}  // namespace nvmectl::tcp
