#include <fmt/format.h>

#include <array>
#include <chrono>

#include "commands/control/area.hpp"

namespace nvmectl {
namespace {

struct Row {
  std::string device;
  std::string operation;
  bool done = false;
  std::optional<double> seconds;
};
constexpr std::array fields{
    field<&Row::device>({.key = "device", .title = "Controller", .kind = Kind::string, .show = Show::table}),
    field<&Row::operation>({.key = "operation",
                            .title = "Operation",
                            .kind = Kind::string,
                            .show = Show::table,
                            .doc = "reset or subsystem-reset"}),
    field<&Row::done>({.key = "done",
                       .title = "Done",
                       .kind = Kind::boolean,
                       .show = Show::table,
                       .doc = "The controller is live again; false with --dry-run"}),
    field<&Row::seconds>({.key = "duration_seconds",
                          .title = "Took",
                          .kind = Kind::number,
                          .unit = Unit::seconds,
                          .show = Show::table,
                          .doc = "Until it was live; null with --dry-run"}),
};
constexpr Schema schema{"reset", "Reset", fields};

// One line; the record's titles would be longer than what they say.
std::string text(const Value& data, const TextOptions&) {
  const Record& r = *data.as<Record>();
  if (!r.at("done").number()) return fmt::format("{}: would do {}\n", r.at("device").text(), r.at("operation").text());
  return fmt::format("{}: {} done, live again after {:.3f} s\n", r.at("device").text(), r.at("operation").text(),
                     *r.at("duration_seconds").as<double>());
}

struct Options {
  DeviceRef device;
};
constexpr std::array arguments{positional<&Options::device>(
    {.name = "DEVICE", .doc = "The controller, such as nvme0", .complete = Complete::controller, .required = true})};

using Reset = Result<> (ControllerControl::*)(const DeviceRef&, const Deadline&);

Result<> run_reset(const Options& options, Context& context, Reset reset, const char* operation) {
  using Clock = std::chrono::steady_clock;
  NVMECTL_ASSIGN(ControllerControl * control, context.capability(&Backend::control, "controllers of this machine"));
  Row row{options.device.text, operation, false, std::nullopt};
  if (!context.options.dry_run) {
    const auto began = Clock::now();
    NVMECTL_TRY((control->*reset)(options.device, context.deadline()));
    row.done = true;
    row.seconds = std::chrono::duration<double>(Clock::now() - began).count();
  }
  return context.out.document(to_record(schema, &row));
}

Result<> reset(const Options& options, Context& context) {
  return run_reset(options, context, &ControllerControl::reset, "reset");
}
Result<> subsystem_reset(const Options& options, Context& context) {
  return run_reset(options, context, &ControllerControl::reset_subsystem, "subsystem-reset");
}

constexpr std::array reset_examples{
    Example{"reset nvme0", "asks first, then waits until the controller is live again"},
    Example{"reset nvme0 --yes --timeout 60s", "in a script, with a minute for it"},
};
constexpr std::array subsystem_examples{
    Example{"subsystem-reset nvme0 --yes", "every controller of nvme0's NVM subsystem"}};

}  // namespace

constinit const CommandSpec reset_command = command<Options, reset>(
    {.name = "reset",
     .summary = "Reset a controller",
     .description = "A Controller Level Reset by the kernel: I/O waits until the controller is live again, and so does "
                    "this command.",
     .group = Group::control,
     .effect = Effect::disrupts_io,
     .arguments = arguments,
     .examples = reset_examples,
     .output = {.schema = &schema, .text = text}});

constinit const CommandSpec subsystem_reset_command = command<Options, subsystem_reset>(
    {.name = "subsystem-reset",
     .summary = "Reset a whole NVM subsystem",
     .description = "An NVM Subsystem Reset hits every controller of the subsystem, those of other hosts as well. Few "
                    "controllers have it:\n"
                    "CAP.NSSRS tells (exit status 5 without).",
     .group = Group::control,
     .effect = Effect::disrupts_io,
     .arguments = arguments,
     .examples = subsystem_examples,
     .output = {.schema = &schema, .text = text}});

}  // namespace nvmectl
