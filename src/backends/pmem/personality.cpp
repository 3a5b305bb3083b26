#include "backends/pmem/personality.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <string>
#include <string_view>
#include <unistd.h>

#include "core/text.hpp"

namespace nvmectl::pmem_backend {
namespace {

std::string attribute(const std::string& device, std::string_view name) {
  return fmt::format("/sys/bus/nd/devices/{}/{}", device, name);
}

// "pfn0.3"; "" when nobody holds it.
std::string holder_of(const std::string& device) {
  const int fd = ::open(attribute(device, "holder").c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  char text[64];
  const ssize_t size = ::read(fd, text, sizeof text);
  ::close(fd);
  return size > 0 ? std::string(trim({text, static_cast<std::size_t>(size)})) : std::string();
}

bool has_driver(const std::string& device) {
  return ::access(attribute(device, "driver").c_str(), F_OK) == 0;
}

template <class Device, class First, class Next, class Name>
Device* find(Region region, First first, Next next, Name name, const std::string& wanted) {
  for (Device* one = first(region); one != nullptr; one = next(one))
    if (wanted == name(one)) return one;
  return nullptr;
}

}  // namespace

Personality personality_of(const Session& session, Ns ns) {
  const Ndctl& nd = session.nd();
  Region const region = nd.namespace_get_region(ns);
  Personality found;
  const std::string holder = holder_of(session.name(ns));
  if (holder.starts_with("btt"))
    found.btt = find<ndctl_btt>(region, nd.btt_get_first, nd.btt_get_next, nd.btt_get_devname, holder);
  else if (holder.starts_with("pfn"))
    found.pfn = find<ndctl_pfn>(region, nd.pfn_get_first, nd.pfn_get_next, nd.pfn_get_devname, holder);
  else if (holder.starts_with("dax"))
    found.dax = find<ndctl_dax>(region, nd.dax_get_first, nd.dax_get_next, nd.dax_get_devname, holder);
  found.enabled = has_driver(holder.empty() ? session.name(ns) : holder);
  return found;
}

}  // namespace nvmectl::pmem_backend
