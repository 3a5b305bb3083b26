#include <array>

#include "commands/device.hpp"
#include "commands/identify/area.hpp"
#include "nvme/admin.hpp"
#include "nvme/layouts/layouts.hpp"
#include "nvme/opcodes.hpp"

namespace nvmectl {
namespace {

struct Options {
  DeviceRef device;
};
constexpr std::array arguments{device_argument<&Options::device>()};
constexpr std::array examples{
    Example{"id-ctrl /dev/nvme0", "a local drive"},
    Example{"id-ctrl tcp://192.0.2.7/nqn.2014-08.org.example:a -v", "a remote controller with every bit explained"},
    Example{"id-ctrl nvme0 -o value --fields mn,sn", "model and serial number, by the specification's names"},
};

Result<> run(const Options& options, Context& context) {
  NVMECTL_ASSIGN(const OpenAdmin opened, open_admin(context, options.device));
  NVMECTL_ASSIGN(const Bytes page, nvme::identify(*opened.admin, opened.deadline, {.cns = nvme::cns::controller}));
  return show_structure(context, nvme::id_ctrl, page);
}

}  // namespace

constinit const CommandSpec id_ctrl_command =
    command<Options, run>({.name = "id-ctrl",
                           .summary = "Show the Identify Controller data structure",
                           .group = Group::identify,
                           .opens_device = true,
                           .arguments = arguments,
                           .examples = examples,
                           .output = {.schema = &nvme::id_ctrl}});

}  // namespace nvmectl
