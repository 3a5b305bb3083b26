// Errors and health that a DIMM is told to pretend, to see what happens then.
#include <fmt/format.h>

#include <cerrno>
#include <cmath>
#include <linux/ndctl.h>

#include "backends/pmem/changes.hpp"
#include "backends/pmem/operation.hpp"

namespace nvmectl::pmem_backend {
namespace {

struct Sectors {
  Ns ns;
  std::uint64_t block, count;
};

Result<Sectors> sectors_of(const Operation& o) {
  NVMECTL_ASSIGN(Ns const ns, o.session.ns(o.device));
  const Ndctl& nd = o.session.nd();
  if (nd.bus_has_error_injection(nd.namespace_get_bus(ns)) == 0)
    return fail(ErrorKind::unsupported, fmt::format("the DIMMs of {} cannot inject errors", o.device),
                "the DIMM's firmware must be able to; QEMU's is not");
  NVMECTL_ASSIGN(const auto block, o.number("block"));
  NVMECTL_ASSIGN(const auto count, o.number("count"));
  if (!block) return fail(ErrorKind::usage, "the block is missing", "it counts sectors of 512 bytes in the namespace");
  // The library takes them times 512 and loses what does not fit: the first sectors would be hit instead.
  const std::uint64_t all = nd.namespace_get_size(ns) / 512, sectors = count.value_or(1);
  if (sectors == 0 || sectors > all || *block > all - sectors)
    return fail(make_error(ErrorKind::usage, fmt::format("{} has no such sectors", o.device),
                           "blocks and counts are sectors of 512 bytes")
                    .with_cause(fmt::format("it has {} of them", all))
                    .on(o.device));
  return Sectors{ns, *block, sectors};
}

Result<> injected(const Operation& o, Ns ns, int code) {
  if (code >= 0) return {};
  if (code == -EOPNOTSUPP && o.session.nd().namespace_get_btt(ns) != nullptr)
    return fail(make_error(ErrorKind::unsupported, fmt::format("{} of {} is not possible", o.verb, o.device),
                           "make errors in a raw, fsdax or devdax namespace")
                    .with_cause("its mode is sector, whose map decides where blocks lie")
                    .on(o.device));
  return fail(o.session
                  .error(code, fmt::format("{} of {} failed", o.verb, o.device),
                         code == -EINVAL ? "do the blocks lie within the namespace?" : "")
                  .on(o.device));
}

// One thing that can be pretended, with what sets it in a command.
struct Pretence {
  std::string_view name;
  unsigned int bit;
  int (*number)(const Ndctl&, ndctl_cmd*, bool, double);
};

constexpr Pretence pretences[] = {
    {"media_temperature", ND_SMART_INJECT_MEDIA_TEMPERATURE,
     [](const Ndctl& nd, ndctl_cmd* c, bool on, double v) {
       return nd.cmd_smart_inject_media_temperature(c, on, nd.encode_smart_temperature(v));
     }},
    {"controller_temperature", ND_SMART_INJECT_CTRL_TEMPERATURE,
     [](const Ndctl& nd, ndctl_cmd* c, bool on, double v) {
       return nd.cmd_smart_inject_ctrl_temperature(c, on, nd.encode_smart_temperature(v));
     }},
    {"spares", ND_SMART_INJECT_SPARES_REMAINING,
     [](const Ndctl& nd, ndctl_cmd* c, bool on, double v) {
       return nd.cmd_smart_inject_spares(c, on, static_cast<unsigned int>(v));
     }},
    {"fatal", ND_SMART_INJECT_HEALTH_STATE,
     [](const Ndctl& nd, ndctl_cmd* c, bool on, double) { return nd.cmd_smart_inject_fatal(c, on); }},
    {"unsafe_shutdown", ND_SMART_INJECT_UNCLEAN_SHUTDOWN,
     [](const Ndctl& nd, ndctl_cmd* c, bool on, double) { return nd.cmd_smart_inject_unsafe_shutdown(c, on); }},
};

bool is_number(const Pretence& one) {
  return one.name != "fatal" && one.name != "unsafe_shutdown";
}

Result<std::optional<double>> value_of(const Operation& o, const Pretence& one) {
  if (!is_number(one)) return o.text(one.name) ? std::optional<double>(o.flag(one.name) ? 1 : 0) : std::nullopt;
  return o.real(one.name, one.name == "spares" ? 0 : -273, one.name == "spares" ? 100 : 1000);
}

Result<> pretend(const Operation& o, Dimm dimm, const Pretence& one, bool on, double value) {
  const Ndctl& nd = o.session.nd();
  const Cmd command(nd, nd.dimm_cmd_new_smart_inject(dimm));
  if (!command) return fail(ErrorKind::unsupported, fmt::format("{} cannot pretend health", o.device));
  int code = one.number(nd, command.get(), on, value);
  if (code >= 0) code = nd.cmd_submit_xlat(command.get());
  if (code >= 0) return {};
  return fail(o.session.error(code, fmt::format("{} of {} could not be set", one.name, o.device)).on(o.device));
}

Result<> pretend_all(const Operation& o, Dimm dimm) {
  const unsigned int able = static_cast<unsigned int>(std::max(0, o.session.nd().dimm_smart_inject_supported(dimm)));
  const std::string undo = o.text("uninject").value_or("");
  bool matched = undo.empty() || undo == "all";
  for (const Pretence& one : pretences) {
    NVMECTL_TRY(in_time(o.deadline, "pretending health"));
    NVMECTL_ASSIGN(const auto value, value_of(o, one));
    const bool off = undo == one.name || (undo == "all" && (able & one.bit) != 0);
    matched = matched || off;
    if (!value && !off) continue;
    if ((able & one.bit) == 0)
      return fail(ErrorKind::unsupported, fmt::format("{} cannot pretend {}", o.device, one.name));
    // A flag that is "false" is taken back, too.
    const bool on = !off && (is_number(one) || *value != 0);
    auto set = pretend(o, dimm, one, on, value.value_or(0));
    // Some DIMMs announce what they then refuse: that is not pretended, so there is nothing to take back.
    if (!set && !(undo == "all" && set.error().os_errno == ENXIO)) return set;
  }
  if (matched) return {};
  return fail(ErrorKind::usage, fmt::format("'{}' is nothing that can be taken back", undo), "all, or one name");
}

struct Threshold {
  std::string_view name;
  unsigned int alarm;
  int (*set)(const Ndctl&, ndctl_cmd*, double);
};

constexpr Threshold thresholds[] = {
    {"media_temperature", ND_SMART_TEMP_TRIP,
     [](const Ndctl& nd, ndctl_cmd* c, double v) {
       return nd.cmd_smart_threshold_set_temperature(c, nd.encode_smart_temperature(v));
     }},
    {"controller_temperature", ND_SMART_CTEMP_TRIP,
     [](const Ndctl& nd, ndctl_cmd* c, double v) {
       return nd.cmd_smart_threshold_set_ctrl_temperature(c, nd.encode_smart_temperature(v));
     }},
    {"spares", ND_SMART_SPARE_TRIP,
     [](const Ndctl& nd, ndctl_cmd* c, double v) {
       return nd.cmd_smart_threshold_set_spares(c, static_cast<unsigned int>(v));
     }},
};

Result<> set_thresholds(const Operation& o, Dimm dimm) {
  const Ndctl& nd = o.session.nd();
  const auto wanted = [&](const Threshold& one) {
    return o.text(std::string(one.name) + "_threshold") || o.text(std::string(one.name) + "_alarm");
  };
  if (std::none_of(std::begin(thresholds), std::end(thresholds), wanted)) return {};
  const Cmd present(nd, nd.dimm_cmd_new_smart_threshold(dimm));
  if (!present) return fail(ErrorKind::unsupported, fmt::format("{} has no thresholds", o.device));
  if (const int code = nd.cmd_submit_xlat(present.get()); code < 0)
    return fail(o.session.error(code, fmt::format("the thresholds of {} cannot be read", o.device)).on(o.device));
  const Cmd command(nd, nd.dimm_cmd_new_smart_set_threshold(present.get()));
  if (!command) return fail(ErrorKind::unsupported, fmt::format("the thresholds of {} cannot be set", o.device));
  unsigned int alarms = nd.cmd_smart_threshold_get_alarm_control(present.get());
  int code = 0;
  for (const Threshold& one : thresholds) {
    const bool percent = one.name == "spares";
    NVMECTL_ASSIGN(const auto value,
                   o.real(std::string(one.name) + "_threshold", percent ? 0 : -273, percent ? 100 : 1000));
    if (value && code >= 0) code = one.set(nd, command.get(), *value);
    const std::string alarm = std::string(one.name) + "_alarm";
    if (o.text(alarm)) alarms = o.flag(alarm) ? alarms | one.alarm : alarms & ~one.alarm;
  }
  if (code >= 0) code = nd.cmd_smart_threshold_set_alarm_control(command.get(), alarms);
  if (code >= 0) code = nd.cmd_submit_xlat(command.get());
  if (code >= 0) return {};
  return fail(o.session.error(code, fmt::format("the thresholds of {} could not be set", o.device)).on(o.device));
}

}  // namespace

Result<> inject_error(const Operation& o) {
  NVMECTL_ASSIGN(const Sectors at, sectors_of(o));
  unsigned int flags = 0;
  if (!o.flag("no_notify")) flags |= 1U << NDCTL_NS_INJECT_NOTIFY;
  if (o.flag("saturate")) flags |= 1U << NDCTL_NS_INJECT_SATURATE;
  o.session.forget_log();
  return injected(o, at.ns, o.session.nd().namespace_inject_error2(at.ns, at.block, at.count, flags));
}

Result<> uninject_error(const Operation& o) {
  NVMECTL_ASSIGN(const Sectors at, sectors_of(o));
  o.session.forget_log();
  return injected(o, at.ns, o.session.nd().namespace_uninject_error2(at.ns, at.block, at.count, 0));
}

Result<> inject_smart(const Operation& o) {
  if (o.arguments.empty()) return fail(ErrorKind::usage, "what it is to pretend is missing");
  NVMECTL_ASSIGN(Dimm const dimm, o.session.dimm(o.device));
  const Ndctl& nd = o.session.nd();
  o.session.forget_log();
  if (const Cmd smart(nd, nd.dimm_cmd_new_smart(dimm)); !smart)
    return fail(ErrorKind::unsupported, fmt::format("{} has no SMART", o.device),
                "the DIMM's firmware must have it; QEMU's has not");
  NVMECTL_TRY(set_thresholds(o, dimm));
  return pretend_all(o, dimm);
}

}  // namespace nvmectl::pmem_backend
