// What the kernel counts for each block device.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/linux/sysfs_reader.hpp"
#include "core/capabilities.hpp"

namespace nvmectl::linux_backend {

/// The attribute "stat" of a block device (Linux Documentation/block/stat.rst): 11 numbers, 15 from Linux 4.18 on
/// (discards), 17 from 5.5 on (flushes). Empty when it is anything else.
[[nodiscard]] std::optional<IoCounters> parse_block_stat(std::string_view text);

/// One for each device, by name; empty for one that is gone, keeps none, or is no name of a device.
[[nodiscard]] std::vector<std::optional<IoCounters>> read_counters(SysfsReader& sysfs,
                                                                   std::span<const std::string> devices);

}  // namespace nvmectl::linux_backend
