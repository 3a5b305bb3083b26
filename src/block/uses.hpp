// Who uses a block device: mounts, swap, and what lies on top of it (LVM, device mapper, md).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/fabrics.hpp"

namespace nvmectl::block {

/// How sysfs is looked at. Paths are relative to sys/ ("class/block/sda/holders"); empty when that is not there.
struct SysfsView {
  std::function<std::optional<std::vector<std::string>>(std::string_view path)> list;
  std::function<std::optional<std::string>(std::string_view path)> read;
  bool this_machine = true;  ///< false for a captured tree: the mounts are not its
};

/// This machine's sysfs, without more ado.
[[nodiscard]] SysfsView this_sysfs();

/// The tables of this machine, read once for many devices.
class UseTable {
 public:
  explicit UseTable(SysfsView sysfs);
  /// The users of a block device and of its partitions; what holds them is followed up to its own mounts.
  [[nodiscard]] std::vector<Use> of(const std::string& block_device);

 private:
  void add(const std::string& device, const std::string& through, int depth, std::vector<Use>& uses);
  SysfsView sysfs_;
  std::vector<std::string> partitions_;                      // every block device of this machine
  std::vector<std::pair<std::string, std::string>> mounts_;  // device, "mounted at /srv"
};

}  // namespace nvmectl::block
