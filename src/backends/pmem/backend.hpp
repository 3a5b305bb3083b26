// Persistent memory as a Backend: it lists and manages, and opens no NVMe devices.
#pragma once

#include <string>
#include <string_view>

#include "core/capabilities.hpp"
#include "core/pmem.hpp"

namespace nvmectl {

struct PmemBackendOptions {
  /// Directory that holds sys/ (--sysroot): libndctl looks at this machine only, so a captured tree has no pmem().
  std::string sysroot;
  std::string run_directory;  ///< of the lock; "" = NVMECTL_RUN_DIR, else /run/nvmectl
};

class PmemBackend final : public Backend {
 public:
  explicit PmemBackend(PmemBackendOptions options = {});
  ~PmemBackend() override;
  [[nodiscard]] std::string_view name() const override { return "pmem"; }
  [[nodiscard]] std::string_view summary() const override { return "persistent memory by libndctl and libdaxctl"; }
  [[nodiscard]] Probe probe() override;
  [[nodiscard]] bool handles(const DeviceRef& device) const override;
  [[nodiscard]] PmemManager* pmem() override;

 private:
  PmemBackendOptions options_;
  std::unique_ptr<PmemManager> manager_;
};

}  // namespace nvmectl
