// Who uses a block device, as a SysfsReader sees it.
#pragma once

#include "backends/linux/sysfs_reader.hpp"
#include "block/uses.hpp"

namespace nvmectl::linux_backend {

/// `sysfs` must outlive the table.
class UseTable : public block::UseTable {
 public:
  explicit UseTable(SysfsReader& sysfs)
      : block::UseTable({.list = [&sysfs](std::string_view path) { return sysfs.list(path); },
                         .read = [&sysfs](std::string_view path) { return sysfs.read(path); },
                         .this_machine = sysfs.root().empty()}) {}
};

}  // namespace nvmectl::linux_backend
