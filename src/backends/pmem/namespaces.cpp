// What is done to namespaces: each change under the lock, on a session of its own, and taken back when it fails.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <linux/ndctl.h>
#include <unistd.h>

#include "backends/pmem/changes.hpp"
#include "backends/pmem/manager.hpp"
#include "backends/pmem/scanner.hpp"
#include "backends/pmem/sysfs.hpp"
#include "core/text.hpp"

namespace nvmectl::pmem_backend {
namespace {

// An idle device to make a namespace of: the one with the number 0 when it is free, as ndctl does, else the seed.
Ns idle_namespace(const Session& session, Region region) {
  const Ndctl& nd = session.nd();
  for (Ns ns : session.namespaces(region))
    if (nd.namespace_get_id(ns) == 0 && nd.namespace_is_configuration_idle(ns) != 0) return ns;
  Ns const seed = nd.region_get_namespace_seed(region);
  return seed != nullptr && nd.namespace_is_configuration_idle(seed) != 0 ? seed : nullptr;
}

bool has_uuid(const Session& session, Ns ns) {
  std::array<unsigned char, 16> uuid{};
  session.nd().namespace_get_uuid(ns, uuid.data());
  return !uuid_text(uuid).empty();
}

// What is left of a deleted namespace is a seed, which would remember its name and mode. The library knows it no more.
void clear_seed(const std::string& device) {
  for (const std::string_view name : {"alt_name", "holder_class"}) try_attribute(device, name, "\n");
}

// Makes it as if it had never been: the seed that remains must not remember a name or mode.
void forget(const Session& session, Ns ns) {
  const std::string name = session.name(ns);
  session.nd().namespace_delete(ns);
  clear_seed(name);
}

Result<Ns> take_idle(const Session& session, Region region) {
  Ns ns = idle_namespace(session, region);
  // Left by a program that was killed: with a UUID but no size it would refuse another UUID (EBUSY) for ever.
  if (ns != nullptr && has_uuid(session, ns)) {
    forget(session, ns);
    session.forget_log();
    ns = idle_namespace(session, region);
  }
  if (ns != nullptr) return ns;
  return fail(make_error(ErrorKind::busy, fmt::format("{} has no free namespace device", session.name(region)),
                         "if its label area is full, destroy a namespace; else disable and enable the region")
                  .with_cause("the kernel offers no seed: all labels are in use, or it could not make one"));
}

bool has_label(const Session& session, Ns ns) {
  return session.nd().namespace_get_type(ns) != ND_DEVICE_NAMESPACE_IO;
}

Error no_label(const Session& session, Ns ns, std::string_view what) {
  return make_error(ErrorKind::unsupported, fmt::format("{} cannot be {}", session.name(ns), what),
                    "write labels first (nvmectl pmem init), which destroys what the region holds")
      .with_cause("it has no label: it is all of its region")
      .on(session.name(ns));
}

PmemNamespaceSpec present_state(const Session& session, Ns ns) {
  const Ndctl& nd = session.nd();
  PmemNamespaceSpec spec;
  spec.reserved_bytes = nd.namespace_get_size(ns);
  spec.mode = PmemMode::raw;
  if (const char* name = nd.namespace_get_alt_name(ns)) spec.name = name;
  return spec;
}

// After a failed reconfiguration the data are gone, but name and size stay, and it can be used as raw or tried again.
void leave_raw(const Session& session, Ns ns, const PmemNamespaceSpec& before) {
  const Ndctl& nd = session.nd();
  nd.namespace_set_enforce_mode(ns, NDCTL_NS_MODE_RAW);
  if (!has_label(session, ns)) return;
  nd.namespace_set_alt_name(ns, before.name.c_str());
  if (nd.namespace_get_size(ns) != before.reserved_bytes) nd.namespace_set_size(ns, before.reserved_bytes);
}

// The end of a change that disabled a namespace, whatever came of it.
Result<> then_enable(const Session& session, Ns ns, Result<> outcome) {
  auto enabled = enable(session, ns);
  if (outcome) return enabled;
  if (!enabled) outcome.error().context.push_back(enabled.error().message);
  return outcome;
}

// Without root the first write would tell as much, but of some attribute.
Result<> check_root(const Session& session) {
  if (::geteuid() == 0) return {};
  return fail(session.error(EACCES, "persistent memory cannot be changed"));
}

}  // namespace

Result<std::string> Manager::create(const PmemNamespaceSpec& spec, const Deadline& deadline) {
  NVMECTL_ASSIGN(const auto held, lock(deadline));
  NVMECTL_ASSIGN(Session opened, kept_session());
  NVMECTL_TRY(check_root(opened));
  NVMECTL_ASSIGN(Region const region, opened.region(spec.region));
  NVMECTL_TRY(check_region(opened, region));
  NVMECTL_TRY(check_spec(opened, region, spec, nullptr));
  NVMECTL_TRY(in_time(deadline, "making the namespace"));
  NVMECTL_ASSIGN(Ns const ns, take_idle(opened, region));
  Undo undo;
  undo.add([&opened, ns] { forget(opened, ns); });
  NVMECTL_TRY(set_up(opened, region, ns, spec, deadline, undo));
  NVMECTL_TRY(wait_for_node(opened, ns, deadline));
  undo.keep();
  std::string made = printable(opened.name(ns));
  keep(std::move(opened));
  return made;
}

Result<std::string> Manager::reconfigure(const std::string& name, const PmemNamespaceSpec& wanted,
                                         const Deadline& deadline) {
  NVMECTL_ASSIGN(const auto held, lock(deadline));
  NVMECTL_ASSIGN(const Session opened, session());
  NVMECTL_TRY(check_root(opened));
  NVMECTL_ASSIGN(Ns const ns, opened.ns(name));
  Region const region = opened.nd().namespace_get_region(ns);
  NVMECTL_TRY(check_region(opened, region));
  const PmemNamespaceSpec before = present_state(opened, ns);
  PmemNamespaceSpec spec = wanted;
  if (spec.reserved_bytes == 0) spec.reserved_bytes = before.reserved_bytes;
  NVMECTL_TRY(check_spec(opened, region, spec, ns));
  NVMECTL_TRY(check_unused(opened, ns, "cannot be reconfigured"));
  NVMECTL_TRY(check_no_group(opened, ns, "cannot be reconfigured"));
  NVMECTL_TRY(in_time(deadline, "reconfiguring the namespace"));
  // Without its info block the old one is gone: neither a signal nor the time stops it now.
  const auto to_the_end = Deadline::in(std::chrono::seconds(60));
  const bool was_enabled = opened.nd().namespace_is_active(ns);
  const auto mode = opened.nd().namespace_get_enforce_mode(ns);
  NVMECTL_TRY(disable(opened, ns));
  opened.nd().namespace_set_enforce_mode(ns, NDCTL_NS_MODE_RAW);
  if (auto zeroed = zero_info_block(opened, ns); !zeroed) {
    opened.nd().namespace_set_enforce_mode(ns, mode);
    if (was_enabled) zeroed = then_enable(opened, ns, std::move(zeroed));
    return fail(std::move(zeroed).error());
  }
  Undo undo;
  undo.add([&] { leave_raw(opened, ns, before); });
  auto done = set_up(opened, region, ns, spec, to_the_end, undo);
  if (done) done = wait_for_node(opened, ns, to_the_end);
  if (!done) {
    done.error().context.push_back(fmt::format("the data of {} are gone: it is raw now, and disabled", name));
    return fail(std::move(done).error());
  }
  undo.keep();
  return printable(opened.name(ns));
}

Result<> Manager::enable_namespace(const std::string& name, const Deadline& deadline) {
  NVMECTL_ASSIGN(const auto held, lock(deadline));
  NVMECTL_ASSIGN(const Session opened, session());
  NVMECTL_ASSIGN(Ns const ns, opened.ns(name));
  if (opened.nd().namespace_is_active(ns)) return {};
  NVMECTL_TRY(check_root(opened));
  NVMECTL_TRY(enable(opened, ns));
  return wait_for_node(opened, ns, deadline);
}

Result<> Manager::disable_namespace(const std::string& name, const Deadline& deadline) {
  NVMECTL_ASSIGN(const auto held, lock(deadline));
  NVMECTL_ASSIGN(const Session opened, session());
  NVMECTL_ASSIGN(Ns const ns, opened.ns(name));
  if (!opened.nd().namespace_is_active(ns)) return {};
  NVMECTL_TRY(check_root(opened));
  return disable(opened, ns);
}

Result<> Manager::destroy(const std::string& name, const Deadline& deadline) {
  NVMECTL_ASSIGN(const auto held, lock(deadline));
  NVMECTL_ASSIGN(const Session opened, session());
  NVMECTL_TRY(check_root(opened));
  NVMECTL_ASSIGN(Ns const ns, opened.ns(name));
  const Ndctl& nd = opened.nd();
  NVMECTL_TRY(check_region(opened, nd.namespace_get_region(ns)));
  NVMECTL_TRY(check_unused(opened, ns, "cannot be destroyed"));
  NVMECTL_TRY(check_no_group(opened, ns, "cannot be destroyed"));
  NVMECTL_TRY(in_time(deadline, "destroying the namespace"));
  const bool was_enabled = nd.namespace_is_active(ns);
  NVMECTL_TRY(disable(opened, ns));
  if (auto zeroed = zero_info_block(opened, ns); !zeroed)
    return was_enabled ? then_enable(opened, ns, std::move(zeroed)) : zeroed;
  if (!has_label(opened, ns)) return {};  // nothing to give back: it is its region
  opened.forget_log();
  // Name and mode stay in the label as long as it is there: what a power cut leaves can be told for what it is.
  if (const int code = nd.namespace_delete(ns); code < 0)
    return fail(opened.error(code, fmt::format("the space of {} could not be given back", name)).on(name));
  clear_seed(name);
  return {};
}

Result<> Manager::rename(const std::string& device, const std::string& name, const Deadline& deadline) {
  NVMECTL_ASSIGN(const auto held, lock(deadline));
  NVMECTL_ASSIGN(const Session opened, session());
  NVMECTL_TRY(check_root(opened));
  NVMECTL_ASSIGN(Ns const ns, opened.ns(device));
  const Ndctl& nd = opened.nd();
  if (!has_label(opened, ns)) return fail(no_label(opened, ns, "renamed"));
  const std::string before = present_state(opened, ns).name;
  if (before == name) return {};
  if (name.size() > 63)
    return fail(ErrorKind::usage, fmt::format("the name '{}' is too long", printable(name)), "a label holds 63 bytes");
  NVMECTL_TRY(check_unused(opened, ns, "cannot be renamed"));
  NVMECTL_TRY(in_time(deadline, "renaming the namespace"));
  const bool was_enabled = nd.namespace_is_active(ns);
  NVMECTL_TRY(disable(opened, ns));
  opened.forget_log();
  Result<> outcome;
  if (const int code = nd.namespace_set_alt_name(ns, name.c_str()); code < 0)
    outcome = fail(opened.error(code, fmt::format("{} could not be renamed", device)).on(device));
  if (!was_enabled) return outcome;
  NVMECTL_TRY(then_enable(opened, ns, std::move(outcome)));
  return wait_for_node(opened, ns, deadline);
}

Result<> Manager::resize(const std::string& device, std::uint64_t bytes, const Deadline& deadline) {
  NVMECTL_ASSIGN(const auto held, lock(deadline));
  NVMECTL_ASSIGN(const Session opened, session());
  NVMECTL_TRY(check_root(opened));
  NVMECTL_ASSIGN(Ns const ns, opened.ns(device));
  const Ndctl& nd = opened.nd();
  Region const region = nd.namespace_get_region(ns);
  NVMECTL_TRY(check_region(opened, region));
  if (!has_label(opened, ns)) return fail(no_label(opened, ns, "resized"));
  if (const PmemMode mode = mode_of(opened, ns); mode != PmemMode::raw)
    return fail(make_error(ErrorKind::unsupported, fmt::format("{} cannot be resized", device),
                           "only raw namespaces can; make a new one and copy the data")
                    .with_cause(fmt::format("it is of mode {}, whose info block holds its size", to_string(mode))));
  const PmemNamespaceSpec before = present_state(opened, ns);
  if (before.reserved_bytes == bytes) return {};
  PmemNamespaceSpec spec = before;
  spec.reserved_bytes = bytes;
  NVMECTL_TRY(check_spec(opened, region, spec, ns));
  NVMECTL_TRY(check_unused(opened, ns, "cannot be resized"));
  if (bytes < before.reserved_bytes) NVMECTL_TRY(check_no_group(opened, ns, "cannot be made smaller"));
  NVMECTL_TRY(in_time(deadline, "resizing the namespace"));
  const bool was_enabled = nd.namespace_is_active(ns);
  NVMECTL_TRY(disable(opened, ns));
  opened.forget_log();
  Result<> outcome;
  if (const int code = nd.namespace_set_size(ns, bytes); code < 0) {
    Error error = opened.error(code, fmt::format("{} cannot be made {}", device, format_iec(bytes)));
    if (bytes > before.reserved_bytes) {
      error.kind = ErrorKind::no_space;
      error.cause = "there is not that much free space right behind it";
      error.hint = "a namespace grows only where it is: make a new one and copy the data";
    }
    outcome = fail(std::move(error).on(device));
  }
  return was_enabled ? then_enable(opened, ns, std::move(outcome)) : outcome;
}

}  // namespace nvmectl::pmem_backend
