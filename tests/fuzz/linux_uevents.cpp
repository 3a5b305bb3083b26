// One uevent of the kernel, or of somebody who plays it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "backends/linux/uevents.hpp"
#include "core/text.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto event = nvmectl::linux_backend::parse_uevent({reinterpret_cast<const char*>(data), size});
  if (!event) return 0;
  static_cast<void>(nvmectl::linux_backend::concerns_nvme(*event));
  if (event->device.empty() || event->action.empty() || event->properties.size() > size) std::abort();
  if (event->device != nvmectl::printable(event->device)) std::abort();
  for (const auto& [key, value] : event->properties)
    if (key != nvmectl::printable(key) || value != nvmectl::printable(value)) std::abort();
  return 0;
}
