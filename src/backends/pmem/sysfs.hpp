// What the kernel says of a libnvdimm device in a file of its own, for what libndctl has no (or too long a) way to ask.
#pragma once

#include <string>
#include <string_view>

namespace nvmectl::pmem_backend {

inline constexpr const char* nd_devices = "/sys/bus/nd/devices";

/// Without white space at its ends; "" also when there is no such attribute. Not printable() yet.
[[nodiscard]] std::string attribute(std::string_view device, std::string_view name);
/// Where nothing can be done about a refusal.
void try_attribute(std::string_view device, std::string_view name, std::string_view value);
[[nodiscard]] bool has_driver(std::string_view device);

}  // namespace nvmectl::pmem_backend
