// The short look at namespaces: what sysfs says in a few reads, where libndctl would look at each with all that is
// attached to it.
#include <algorithm>
#include <dirent.h>
#include <memory>

#include "backends/pmem/scanner.hpp"
#include "backends/pmem/sysfs.hpp"
#include "core/text.hpp"

namespace nvmectl::pmem_backend {
namespace {

constexpr std::string_view prefix = "namespace";

std::vector<std::string> namespace_devices() {
  std::vector<std::string> found;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(nd_devices), ::closedir);
  while (const dirent* entry = dir ? ::readdir(dir.get()) : nullptr)
    if (std::string_view(entry->d_name).starts_with(prefix)) found.emplace_back(entry->d_name);
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return natural_less(a, b); });
  return found;
}

std::optional<std::uint64_t> number(std::string_view device, std::string_view name) {
  const auto found = parse_number(attribute(device, name), name);
  return found && *found != 0 ? std::optional(*found) : std::nullopt;
}

// "namespace0.1" is in region0.
std::string region_of(std::string_view device) {
  device.remove_prefix(prefix.size());
  return "region" + std::string(device.substr(0, device.find('.')));
}

}  // namespace

void Scanner::scan_names() {
  for (const std::string& device : namespace_devices()) {
    const auto region = std::find_if(out.regions.begin(), out.regions.end(),
                                     [&](const PmemRegion& one) { return one.name == region_of(device); });
    const auto size = number(device, "size");
    if (region == out.regions.end() || !size) continue;
    const auto resource = number(device, "resource");
    PmemNamespace n;
    n.device = printable(device);
    n.region = static_cast<std::size_t>(region - out.regions.begin());
    n.name = printable(attribute(device, "alt_name"));
    n.label_uuid = printable(attribute(device, "uuid"));
    n.reserved_bytes = *size;
    n.resource = resource;
    out.namespaces.push_back(std::move(n));
  }
}

}  // namespace nvmectl::pmem_backend
