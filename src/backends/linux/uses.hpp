// Who uses a block device: mounts, swap, and what lies on top of it (LVM, device mapper, md).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "backends/linux/sysfs_reader.hpp"
#include "core/fabrics.hpp"

namespace nvmectl::linux_backend {

/// The tables of this machine, read once for many devices.
class UseTable {
 public:
  explicit UseTable(SysfsReader& sysfs);
  /// The users of a block device and of its partitions; what holds them is followed up to its own mounts.
  [[nodiscard]] std::vector<Use> of(const std::string& block_device);

 private:
  void add(const std::string& device, const std::string& through, int depth, std::vector<Use>& uses);
  SysfsReader& sysfs_;
  std::vector<std::pair<std::string, std::string>> mounts_;  // device, "mounted at /srv"
};

}  // namespace nvmectl::linux_backend
