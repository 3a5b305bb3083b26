#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "commands/doctor/area.hpp"
#include "commands/known.hpp"
#include "core/text.hpp"

namespace nvmectl {
namespace {

struct Finding {
  Check check;
  Backend* backend = nullptr;
};

std::string_view word(Check::State state) {
  switch (state) {
    case Check::State::ok: return "ok";
    case Check::State::warning: return "warn";
    case Check::State::failure: return "fail";
  }
  return "";
}

constexpr std::array fields{
    field_of<Finding, [](const Finding& f) { return Value(f.check.name); }>(
        {.key = "check", .title = "Check", .kind = Kind::string, .show = Show::table}),
    field_of<Finding, [](const Finding& f) { return Value(word(f.check.state)); }>(
        {.key = "state", .title = "State", .kind = Kind::string, .show = Show::table, .doc = "ok, warn or fail"}),
    field_of<Finding, [](const Finding& f) { return Value(f.check.text); }>(
        {.key = "text", .title = "Found", .kind = Kind::string, .show = Show::table}),
    field_of<Finding, [](const Finding& f) { return known(f.check.remedy); }>({.key = "remedy",
                                                                               .title = "Remedy",
                                                                               .kind = Kind::string,
                                                                               .show = Show::table,
                                                                               .doc = "One thing to do about it"}),
    field_of<Finding,
             [](const Finding& f) {
               return f.check.state == Check::State::failure ? Value(to_string(f.check.kind)) : Value();
             }>({.key = "kind",
                 .title = "Kind",
                 .kind = Kind::string,
                 .show = Show::wide,
                 .doc = "What a failure is, by the names that errors have: decides the exit status"}),
    field_of<Finding, [](const Finding& f) { return known(f.check.fix); }>(
        {.key = "fix", .title = "Fix", .kind = Kind::string, .show = Show::wide, .doc = "What --fix does about it"}),
};
constexpr Schema schema{"doctor", "What NVMe needs here, and whether it is there", fields};

std::string text(const Value& data, const TextOptions&) {
  const auto& items = data.as<List>()->items;
  std::size_t width = 0;
  for (const Value& item : items) width = std::max(width, display_width(item.as<Record>()->at("check").text()));
  std::string out;
  for (const Value& item : items) {
    const Record& r = *item.as<Record>();
    out += fmt::format("{:<4}  {}  {}\n", r.at("state").text(), pad(r.at("check").text(), width), r.at("text").text());
    if (r.at("remedy").is_null()) continue;
    out += fmt::format("      {}  remedy: {}{}\n", pad("", width), r.at("remedy").text(),
                       r.at("fix").is_null() ? "" : " (doctor --fix does it)");
  }
  return out;
}

struct Options {
  std::optional<DeviceRef> target;
  bool fix = false;
  [[nodiscard]] Effect effect() const { return fix ? Effect::changes_state : Effect::read_only; }
};
constexpr std::array arguments{
    positional<&Options::target>({.name = "DEVICE",
                                  .doc = "nvme0, nvme0n1, tcp://HOST[:PORT][/NQN] or rdma://…; the whole machine when "
                                         "not given",
                                  .complete = Complete::device}),
    option<&Options::fix>({.name = "fix", .doc = "Load drivers that are installed and not loaded, then look again"}),
};
constexpr std::array examples{
    Example{"doctor", "drivers, rights, identity, clock, TLS, PMEM and SPDK of this machine"},
    Example{"doctor --fix", "and load the drivers that are missing"},
    Example{"doctor tcp://192.0.2.7:4420/nqn.2014-08.org.example:a", "why a target cannot be reached"},
    Example{"doctor nvme3", "what is wrong with a controller"},
};

void add(std::vector<Finding>& findings, Backend& backend, const std::optional<DeviceRef>& target,
         const OpenOptions& options) {
  for (Check& check : backend.diagnose(target, options)) findings.push_back({std::move(check), &backend});
}

OpenOptions open_options(const Context& context, const Deadline& deadline) {
  OpenOptions options;
  options.deadline = deadline;
  options.header_digest = context.options.header_digest;
  options.data_digest = context.options.data_digest;
  options.host_nqn = context.options.host_nqn;
  options.host_id = context.options.host_id;
  return options;
}

// The way to a controller whose connection is lost: asked as the host as which the kernel connects.
void add_ways(std::vector<Finding>& findings, Backend& owner, const DeviceRef& device, const Context& context,
              const Deadline& deadline) {
  TopologySource* const source = owner.topology();
  if (source == nullptr || device.scheme != DeviceRef::Scheme::kernel) return;
  ScanRequest request;
  request.deadline = deadline;
  request.identifiers = false;
  const auto topology = source->scan(request);
  if (!topology) return;
  for (const Controller& controller : topology->controllers) {
    const bool reaches = std::ranges::any_of(
        controller.namespaces, [&](std::size_t i) { return topology->namespaces[i].name == device.name; });
    if ((controller.name != device.name && !reaches) || controller.transport != "tcp" || controller.state == "live")
      continue;
    ConnectParameters parameters;
    take_kernel_address(parameters, controller.address);
    DeviceRef target;
    target.scheme = DeviceRef::Scheme::tcp;
    target.host = parameters.address;
    const auto port = parse_number(parameters.service, "port", 65535);
    if (target.host.empty() || !port || *port == 0) continue;
    target.port = static_cast<std::uint16_t>(*port);
    target.nqn = topology->subsystems[controller.subsystem].nqn;
    target.text = controller.name;
    OpenOptions options = open_options(context, deadline);
    options.host_nqn = controller.host_nqn;
    options.host_id = controller.host_id;
    for (const auto& backend : context.backends)
      if (backend.get() != &owner) add(findings, *backend, target, options);
  }
}

std::vector<Finding> diagnose(const Options& options, const Context& context) {
  const Deadline deadline = context.deadline();
  std::vector<Finding> findings;
  for (const auto& backend : context.backends) {
    if (!context.options.backend.empty() && backend->name() != context.options.backend) continue;
    add(findings, *backend, options.target, open_options(context, deadline));
    if (options.target) add_ways(findings, *backend, *options.target, context, deadline);
  }
  return findings;
}

// Does what can be done. True when something was tried.
bool fix(std::vector<Finding>& findings, Context& context, std::vector<Error>& errors) {
  bool tried = false;
  for (const Finding& finding : findings) {
    if (finding.check.fix.empty() || finding.check.state == Check::State::ok) continue;
    if (context.options.dry_run) {
      context.messages.note("would do: " + finding.check.fix);
      continue;
    }
    tried = true;
    const auto fixed = finding.backend->fix(finding.check);
    if (fixed) {
      context.messages.note("done: " + finding.check.fix);
      continue;
    }
    errors.push_back(fixed.error());
    errors.back().device = finding.check.name;
    context.messages.warning(fmt::format("{}: {}{}{}", finding.check.fix, fixed.error().message,
                                         fixed.error().cause.empty() ? "" : ": ", fixed.error().cause));
  }
  return tried;
}

Result<> verdict(const std::vector<Finding>& findings) {
  const auto count = [&](Check::State state) {
    return std::ranges::count_if(findings, [&](const Finding& f) { return f.check.state == state; });
  };
  const auto worst =
      std::ranges::find_if(findings, [](const Finding& f) { return f.check.state == Check::State::failure; });
  if (worst != findings.end()) {
    const auto failures = count(Check::State::failure);
    const std::string others = failures > 1 ? fmt::format(" (and {} more)", failures - 1) : std::string();
    return fail(worst->check.kind, fmt::format("{}: {}{}", worst->check.name, worst->check.text, others),
                worst->check.remedy);
  }
  if (const auto warnings = count(Check::State::warning); warnings > 0)
    return fail(ErrorKind::health_warning, fmt::format("{} warning(s)", warnings));
  return {};
}

Result<> run(const Options& options, Context& context) {
  std::vector<Finding> findings = diagnose(options, context);
  if (findings.empty())
    return fail(ErrorKind::unsupported,
                options.target ? fmt::format("nothing here knows how to examine {}", options.target->text)
                               : std::string("nothing here can be examined"),
                "name a device (nvme0), or a target (tcp://HOST[:PORT][/NQN])");
  std::vector<Error> errors;
  if (options.fix && fix(findings, context, errors)) findings = diagnose(options, context);
  NVMECTL_TRY(context.out.document(to_list(schema, findings), std::move(errors)));
  return verdict(findings);
}

}  // namespace

constinit const CommandSpec doctor_command = command<Options, run>(
    {.name = "doctor",
     .summary = "Find out what keeps NVMe from working here, and what to do",
     .description =
         "Each line is ok, warn or fail, with one remedy.\nThe exit status is that of the first failure (5 a "
         "driver is not installed, 12 it is not loaded, 4 no permission, 11 refused, 7 no answer), 20 when "
         "there are only warnings, 0 when all is well.\nNothing is changed without --fix.",
     .group = Group::general,
     .effect = Effect::changes_state,
     .opens_device = true,
     .arguments = arguments,
     .examples = examples,
     .output = {.schema = &schema, .list = true, .text = text}});

}  // namespace nvmectl
