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
  std::optional<std::uint32_t> nsid;
  bool force = false;
};
constexpr std::array arguments{
    device_argument<&Options::device>(),
    option<&Options::nsid>({.name = "namespace-id",
                            .letter = 'n',
                            .metavar = "NSID",
                            .doc = "The namespace; default: the one that DEVICE names"}),
    option<&Options::force>({.name = "force", .doc = "Also a namespace that is allocated and not attached (CNS 11h)"}),
};
constexpr std::array examples{
    Example{"id-ns /dev/nvme0n1", "a local namespace"},
    Example{"id-ns /dev/nvme0 -n 2 -o json", "namespace 2 of a controller, for a script"},
    Example{"id-ns 'tcp://192.0.2.7/nqn.2014-08.org.example:a?nsid=1'", "a remote namespace"},
};

Result<> run(const Options& options, Context& context) {
  NVMECTL_ASSIGN(const OpenAdmin opened, open_admin(context, options.device));
  NVMECTL_ASSIGN(const std::uint32_t nsid, chosen_nsid(*opened.device, options.device, options.nsid));
  const std::uint8_t cns = options.force ? nvme::cns::allocated_ns : nvme::cns::ns;
  NVMECTL_ASSIGN(const Bytes page, nvme::identify(*opened.admin, opened.deadline, {.cns = cns, .nsid = nsid}));
  return show_structure(context, nvme::id_ns, page);
}

}  // namespace

constinit const CommandSpec id_ns_command =
    command<Options, run>({.name = "id-ns",
                           .summary = "Show the Identify Namespace data structure",
                           .group = Group::identify,
                           .opens_device = true,
                           .arguments = arguments,
                           .examples = examples,
                           .output = {.schema = &nvme::id_ns}});

}  // namespace nvmectl
