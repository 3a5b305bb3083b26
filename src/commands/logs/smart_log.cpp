#include <fmt/format.h>

#include <array>

#include "commands/device.hpp"
#include "commands/logs/area.hpp"
#include "nvme/admin.hpp"
#include "nvme/decode.hpp"
#include "nvme/layouts/layouts.hpp"
#include "nvme/opcodes.hpp"

namespace nvmectl {
namespace {

struct Options {
  DeviceRef device;
  std::uint32_t nsid = nvme::nsid_all;
  bool check = false;
};
constexpr std::array arguments{
    device_argument<&Options::device>(),
    option<&Options::nsid>({.name = "namespace-id",
                            .letter = 'n',
                            .metavar = "NSID",
                            .doc = "Of one namespace, where the controller keeps such",
                            .default_text = "0xffffffff"}),
    option<&Options::check>({.name = "check", .doc = "Exit with 20 for a warning and 21 for a critical one"}),
};
constexpr std::array examples{
    Example{"smart-log /dev/nvme0", "health of a local drive"},
    Example{"smart-log nvme0 -o value --fields temperature_kelvin,used_percent", "two numbers for a monitoring script"},
    Example{"smart-log nvme0 --check --quiet >/dev/null", "only the exit code: 0, 20 or 21"},
};

// Degraded reliability, read-only media and failed backups cannot wait; low spare, temperature and worn-out endurance
// are warnings.
Result<> verdict(const Record& log) {
  constexpr std::uint64_t critical_bits = 0x3c;
  const std::uint64_t warning = log.at("critical_warning").number();
  std::string what;
  if (const auto* flags = log.at("critical_warning").as<Flags>()) {
    for (const auto& [key, part] : flags->parts)
      if (part.number() != 0) what += fmt::format("{}{}", what.empty() ? "" : ", ", key);
  }
  if ((warning & critical_bits) != 0)
    return fail(ErrorKind::health_critical, "the controller reports a critical condition: " + what,
                "back up and replace the drive");
  if (warning != 0) return fail(ErrorKind::health_warning, "the controller reports a warning: " + what);
  if (log.at("used_percent").number() >= 100)
    return fail(ErrorKind::health_warning, "the endurance of the drive is used up", "plan its replacement");
  return {};
}

Result<> run(const Options& options, Context& context) {
  NVMECTL_ASSIGN(const OpenAdmin opened, open_admin(context, options.device));
  NVMECTL_ASSIGN(const Bytes page,
                 nvme::read_log(*opened.admin, opened.deadline, {.log_id = nvme::lid::smart, .nsid = options.nsid},
                                nvme::smart_log.wire_size));
  NVMECTL_TRY(show_structure(context, nvme::smart_log, page));
  if (!options.check) return {};
  NVMECTL_ASSIGN(const Record record, nvme::decode(nvme::smart_log, page));
  return verdict(record);
}

}  // namespace

constinit const CommandSpec smart_log_command =
    command<Options, run>({.name = "smart-log",
                           .summary = "Show the SMART / Health Information log",
                           .group = Group::logs,
                           .opens_device = true,
                           .arguments = arguments,
                           .examples = examples,
                           .output = {.schema = &nvme::smart_log}});

}  // namespace nvmectl
