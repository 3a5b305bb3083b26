// Whether the running kernel has a driver, and whether it is loaded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace nvmectl::linux_backend {

enum class ModuleState : std::uint8_t {
  active,     ///< loaded, or built in
  installed,  ///< a file of /lib/modules, not loaded
  missing     ///< the running kernel has no such driver
};

/// The state of "nvme-tcp" (or nvme_tcp). `root` is the directory that holds sys/, lib/ and proc/: "" = this machine.
[[nodiscard]] ModuleState module_state(std::string_view name, const std::string& root = {});

}  // namespace nvmectl::linux_backend
