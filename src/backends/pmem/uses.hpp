// Who uses a namespace's devices: mounts, swap and holders of its block device, whoever has its DAX device open.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "block/uses.hpp"
#include "core/pmem.hpp"

namespace nvmectl::pmem_backend {

/// Tables of this machine, each read once and when first needed.
class Uses {
 public:
  [[nodiscard]] std::vector<Use> of_block(const std::string& device);  ///< "pmem0", "pmem0.1s"
  /// Processes that have /dev/NAME open or mapped. Without root only one's own processes are seen.
  [[nodiscard]] std::vector<Use> of_dax(const std::string& device);

 private:
  std::optional<block::UseTable> blocks_;
  std::optional<std::map<std::string, std::vector<Use>>> dax_;
};

}  // namespace nvmectl::pmem_backend
