// What a namespace is driven through: the btt, pfn or dax device that holds it, or nothing but its own driver.
#pragma once

#include "backends/pmem/session.hpp"

namespace nvmectl::pmem_backend {

/// At most one pointer is set; they live as long as the session.
struct Personality {
  ndctl_btt* btt = nullptr;
  ndctl_pfn* pfn = nullptr;
  ndctl_dax* dax = nullptr;
  bool enabled = false;  ///< a driver is bound to it, or to the namespace itself
};

/// Looks it up once, where libndctl's own getters read the holder again and again: for each of 32 namespaces that was
/// a fifth of all system calls of a listing.
[[nodiscard]] Personality personality_of(const Session& session, Ns ns);

}  // namespace nvmectl::pmem_backend
