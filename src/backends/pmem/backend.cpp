#include "backends/pmem/backend.hpp"

#include <unistd.h>

#include "backends/pmem/manager.hpp"

namespace nvmectl {

PmemBackend::PmemBackend(PmemBackendOptions options)
    : options_(std::move(options)),
      manager_(std::make_unique<pmem_backend::Manager>(
          pmem_backend::ManagerOptions{.run_directory = options_.run_directory})) {}

PmemBackend::~PmemBackend() = default;

// Loads no library: the file's being there is answer enough, and sysfs tells whether the kernel has the bus.
Probe PmemBackend::probe() {
  if (!options_.sysroot.empty())
    return {.usable = false,
            .reason = "a captured tree has no persistent memory to manage",
            .remedy = "leave out --sysroot"};
  if (::access("/sys/bus/nd", F_OK) != 0)
    return {.usable = false,
            .reason =
                "the kernel's libnvdimm is not loaded: this machine has no persistent memory, or its driver is missing",
            .remedy = "modprobe nfit (ACPI NVDIMMs), nd_e820 (memmap=) or virtio_pmem (virtual machines)"};
  if (auto loaded = static_cast<pmem_backend::Manager&>(*manager_).usable(); !loaded)
    return {
        .usable = false, .reason = loaded.error().message + ": " + loaded.error().cause, .remedy = loaded.error().hint};
  return {.usable = true, .reason = {}, .remedy = {}};
}

bool PmemBackend::handles(const DeviceRef& device) const {
  return device.scheme == DeviceRef::Scheme::pmem;
}

PmemManager* PmemBackend::pmem() {
  return options_.sysroot.empty() ? manager_.get() : nullptr;
}

}  // namespace nvmectl
