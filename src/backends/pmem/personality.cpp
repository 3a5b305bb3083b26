#include "backends/pmem/personality.hpp"

#include <string>

#include "backends/pmem/sysfs.hpp"

namespace nvmectl::pmem_backend {
namespace {

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
  const std::string holder = attribute(session.name(ns), "holder");  // "pfn0.3"
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
