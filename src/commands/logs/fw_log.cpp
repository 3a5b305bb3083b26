#include <array>

#include "commands/device.hpp"
#include "commands/logs/area.hpp"
#include "nvme/admin.hpp"
#include "nvme/layouts/layouts.hpp"
#include "nvme/opcodes.hpp"

namespace nvmectl {
namespace {

struct Options {
  DeviceRef device;
};
constexpr std::array arguments{device_argument<&Options::device>()};
constexpr std::array examples{Example{"fw-log /dev/nvme0", "which firmware is in which slot"}};

Result<> run(const Options& options, Context& context) {
  NVMECTL_ASSIGN(const OpenAdmin opened, open_admin(context, options.device));
  NVMECTL_ASSIGN(const Bytes page, nvme::read_log(*opened.admin, opened.deadline, {.log_id = nvme::lid::firmware_slot},
                                                  nvme::firmware_slot_log.wire_size));
  return show_structure(context, nvme::firmware_slot_log, page);
}

}  // namespace

constinit const CommandSpec fw_log_command = command<Options, run>({.name = "fw-log",
                                                                    .summary = "Show the Firmware Slot Information log",
                                                                    .group = Group::logs,
                                                                    .opens_device = true,
                                                                    .arguments = arguments,
                                                                    .examples = examples,
                                                                    .output = {.schema = &nvme::firmware_slot_log}});

}  // namespace nvmectl
