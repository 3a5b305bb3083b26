#include <algorithm>
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
  std::uint32_t entries = 64;
};
constexpr std::array arguments{
    device_argument<&Options::device>(),
    option<&Options::entries>(
        {.name = "log-entries", .letter = 'e', .metavar = "N", .doc = "At most so many entries", .default_text = "64"}),
};
constexpr std::array examples{Example{"error-log /dev/nvme0", "the last errors, newest first"},
                              Example{"error-log nvme0 -e 4 -o json", "the last four, for a script"}};

Result<> run(const Options& options, Context& context) {
  if (options.entries == 0) return fail(ErrorKind::usage, "--log-entries: it must be at least 1");
  NVMECTL_ASSIGN(const OpenAdmin opened, open_admin(context, options.device));
  NVMECTL_ASSIGN(const nvme::ControllerFacts facts, nvme::read_controller_facts(*opened.admin, opened.deadline));
  const std::uint32_t entries = std::min(options.entries, facts.error_log_entries);
  NVMECTL_ASSIGN(const Bytes page,
                 nvme::read_log(*opened.admin, opened.deadline, {.log_id = nvme::lid::error_information},
                                std::uint64_t{entries} * nvme::error_entry.wire_size));
  if (context.out.wants_raw()) return context.out.raw(page);
  NVMECTL_ASSIGN(List list, nvme::decode_entries(nvme::error_entry, page));
  // An entry whose error count is 0 has never been used.
  std::erase_if(list.items, [](const Value& entry) { return entry.as<Record>()->at("error_count").number() == 0; });
  if (list.items.empty()) context.messages.note("the error log is empty");
  return context.out.document(std::move(list));
}

}  // namespace

constinit const CommandSpec error_log_command =
    command<Options, run>({.name = "error-log",
                           .summary = "Show the Error Information log",
                           .description = "Unused entries of the log are left out.",
                           .group = Group::logs,
                           .opens_device = true,
                           .arguments = arguments,
                           .examples = examples,
                           .output = {.schema = &nvme::error_entry, .list = true}});

}  // namespace nvmectl
