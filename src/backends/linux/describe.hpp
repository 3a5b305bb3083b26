// What a person must see before a device is wiped: whose it is, how large, and who uses it.
#pragma once

#include <string>

#include "backends/linux/ioctl_device.hpp"
#include "backends/linux/sysfs_reader.hpp"
#include "core/device_ref.hpp"
#include "core/model.hpp"
#include "core/result.hpp"

namespace nvmectl::linux_backend {

/// Indented lines: model and serial, then every namespace behind the device with its size and users (mounts and swap of
/// it and its partitions, device mapper and md holders). A controller means all of its namespaces. not_found when the
/// topology does not have the device.
[[nodiscard]] Result<std::string> describe_device(const DeviceRef& device, const Topology& topology, SysfsReader& sysfs,
                                                  const KernelCalls& calls);

}  // namespace nvmectl::linux_backend
