// Regions and DIMMs, on and off: nothing is touched before all that depends on it is known to be unused.
#include <fmt/format.h>

#include <unistd.h>

#include "backends/pmem/changes.hpp"
#include "backends/pmem/manager.hpp"

namespace nvmectl::pmem_backend {
namespace {

Result<> check_all_unused(const Session& session, Region region) {
  std::vector<Use> users;
  for (Ns ns : session.namespaces(region))
    if (is_configured(session, ns))
      for (const Use& use : uses_of(session, ns)) users.push_back(use);
  if (users.empty()) return {};
  return fail(busy_error(session.name(region), "cannot be disabled", users));
}

Result<> disable_region(const Session& session, Region region, const Deadline& deadline) {
  const Ndctl& nd = session.nd();
  if (nd.region_is_enabled(region) == 0) return {};
  NVMECTL_TRY(check_all_unused(session, region));
  Undo undo;
  for (Ns ns : session.namespaces(region)) {
    if (!is_configured(session, ns) || !nd.namespace_is_active(ns)) continue;
    NVMECTL_TRY(in_time(deadline, "disabling the region"));
    NVMECTL_TRY(disable(session, ns));
    undo.add([&nd, ns] { nd.namespace_enable(ns); });
  }
  session.forget_log();
  if (const int code = nd.region_disable_invalidate(region); code < 0)
    return fail(session.error(code, fmt::format("{} could not be disabled", session.name(region))));
  undo.keep();  // their objects are gone with the region
  return {};
}

Result<> enable_region(const Session& session, Region region) {
  const Ndctl& nd = session.nd();
  if (nd.region_is_enabled(region) != 0) return {};
  const std::string what = fmt::format("{} cannot be enabled", session.name(region));
  for (Dimm dimm : session.dimms_of(region))
    if (is_locked(session, dimm)) return fail(locked_error(session, dimm, what));  // the kernel would do it, in vain
  session.forget_log();
  KernelReason reason;
  if (const int code = nd.region_enable(region); code < 0) {
    for (Dimm dimm : session.dimms_of(region))
      if (nd.dimm_is_enabled(dimm) == 0)
        return fail(
            make_error(ErrorKind::not_running, what, fmt::format("nvmectl pmem dimm enable {}", session.name(dimm)))
                .with_cause(fmt::format("its DIMM {} is disabled", session.name(dimm))));
    return fail(reason.in(session.error(code, fmt::format("{} could not be enabled", session.name(region)))));
  }
  for (Ns ns : session.namespaces(region))
    if (is_configured(session, ns) && !nd.namespace_is_active(ns))
      return fail(reason.in(make_error(ErrorKind::io, fmt::format("{} is enabled, but its {} could not be",
                                                                  session.name(region), session.name(ns)))));
  return {};
}

Result<> change_dimm(const Session& session, Dimm dimm, bool enabled) {
  const Ndctl& nd = session.nd();
  const std::string name = session.name(dimm);
  // One that is locked is asked again: its key may be there now.
  const bool again = enabled && is_locked(session, dimm) && nd.dimm_is_active(dimm) == 0;
  if ((nd.dimm_is_enabled(dimm) != 0) == enabled && !again) return {};
  if (!enabled) NVMECTL_TRY(check_inactive(session, dimm, "cannot be disabled"));
  session.forget_log();
  KernelReason reason;
  int code = 0;
  if (again && nd.dimm_is_enabled(dimm) != 0) code = nd.dimm_disable(dimm);
  if (code >= 0) code = enabled ? nd.dimm_enable(dimm) : nd.dimm_disable(dimm);
  if (code >= 0) return {};
  return fail(reason.in(session.error(code, fmt::format("{} could not be {}", name, enabled ? "enabled" : "disabled")))
                  .on(name));
}

}  // namespace

bool is_locked(const Session& session, Dimm dimm) {
  return session.nd().dimm_locked(dimm) > 0 || session.nd().dimm_get_security(dimm) == NDCTL_SECURITY_LOCKED;
}

Error locked_error(const Session& session, Dimm dimm, std::string what) {
  const std::string name = session.name(dimm);
  return make_error(ErrorKind::permission, std::move(what),
                    fmt::format("nvmectl pmem security load-keys, then nvmectl pmem dimm enable {}", name))
      .with_cause(fmt::format("{} is locked", name));
}

std::vector<std::string> enabled_regions_of(const Session& session, Dimm dimm) {
  std::vector<std::string> names;
  for (Region region : session.regions())
    for (Dimm part : session.dimms_of(region))
      if (part == dimm && session.nd().region_is_enabled(region) != 0) names.push_back(session.name(region));
  return names;
}

Result<> check_inactive(const Session& session, Dimm dimm, std::string_view what) {
  if (session.nd().dimm_is_active(dimm) == 0) return {};
  const auto regions = enabled_regions_of(session, dimm);
  return fail(make_error(ErrorKind::busy, fmt::format("{} is in use and {}", session.name(dimm), what),
                         fmt::format("disable first: nvmectl pmem region disable {}", fmt::join(regions, ",")))
                  .with_cause(fmt::format("{} use{} it", fmt::join(regions, ", "), regions.size() == 1 ? "s" : ""))
                  .on(session.name(dimm)));
}

Result<> Manager::set_region(const std::string& name, bool enabled, const Deadline& deadline) {
  NVMECTL_ASSIGN(const auto held, lock(deadline));
  NVMECTL_ASSIGN(const Session opened, session());
  NVMECTL_ASSIGN(Region const region, opened.region(name));
  return enabled ? enable_region(opened, region) : disable_region(opened, region, deadline);
}

Result<> Manager::set_dimm(const std::string& name, bool enabled, const Deadline& deadline) {
  NVMECTL_ASSIGN(const auto held, lock(deadline));
  NVMECTL_ASSIGN(const Session opened, session());
  NVMECTL_ASSIGN(Dimm const dimm, opened.dimm(name));
  auto changed = change_dimm(opened, dimm, enabled);
  if (!enabled) return changed;
  NVMECTL_ASSIGN(const Session after, session());  // the library keeps what it read first
  NVMECTL_ASSIGN(Dimm const now, after.dimm(name));
  if (is_locked(after, now)) return fail(locked_error(after, now, fmt::format("{} cannot be used", name)));
  return changed;
}

}  // namespace nvmectl::pmem_backend
