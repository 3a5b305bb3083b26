#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "commands/columns.hpp"
#include "commands/topology/area.hpp"
#include "commands/topology/rows.hpp"
#include "commands/topology/source.hpp"

namespace nvmectl {
namespace {

std::string text(const Value& data, const TextOptions& options) {
  std::string out;
  for (const Value& item : data.as<List>()->items) {
    const Record& s = *item.as<Record>();
    const std::string name = cell(s.at("name"));
    out += fmt::format("{} - NQN={}\n", name, cell(s.at("nqn")));
    if (options.wide) {
      const std::string indent(name.size() + 3, ' ');
      out += fmt::format("{}model={}\n{}firmware={}\n{}iopolicy={}\n", indent, cell(s.at("model_number")), indent,
                         cell(s.at("firmware_revision")), indent, cell(s.at("io_policy")));
    }
    out += "\\\n";
    for (const Value& c : s.at("controllers").as<List>()->items) {
      const Record& controller = *c.as<Record>();
      std::string line = " +-";
      for (const std::string_view key : {"name", "transport", "address", "state", "ana_state"}) {
        const std::string word = cell(controller.at(key));
        if (!word.empty()) line += " " + word;
      }
      out += line + "\n";
    }
  }
  return out;
}

struct Options {
  std::optional<DeviceRef> device;
};
constexpr std::array arguments{positional<&Options::device>(
    {.name = "DEVICE",
     .doc = "Only the subsystem of this controller or namespace (with its ANA states), or what is behind tcp://HOST",
     .complete = Complete::device})};
constexpr std::array examples{
    Example{"list-subsys", "all subsystems and their controllers"},
    Example{"list-subsys nvme0n1", "the paths to one namespace and their ANA states"},
    Example{"list-subsys -o json", "for a script"},
};

// The name as the topology has it: partitions and generic nodes belong to their namespace.
std::string kernel_name(const DeviceRef& device) {
  std::string name = device.name;
  if (name.starts_with("ng")) name = "nvme" + name.substr(2);
  return name;
}

Result<> run(const Options& options, Context& context) {
  ScanRequest request;
  request.deadline = context.deadline();
  request.identifiers = !context.out.brief();
  NVMECTL_ASSIGN(const Topology topology, read_topology(context, options.device, request, true));
  const bool remote = options.device && options.device->scheme == DeviceRef::Scheme::tcp;
  const std::string only = options.device && !remote ? kernel_name(*options.device) : "";
  List tree = subsystem_tree(topology, only);
  if (!only.empty() && tree.items.empty())
    return fail(make_error(ErrorKind::not_found, fmt::format("there is no NVMe device {}", options.device->text),
                           "nvmectl list -v shows what is there")
                    .on(options.device->text));
  return show_topology(context, std::move(tree), topology, remote);
}

}  // namespace

constinit const CommandSpec list_subsys_command =
    command<Options, run>({.name = "list-subsys",
                           .summary = "List subsystems with their controllers and paths",
                           .group = Group::topology,
                           .opens_device = true,
                           .arguments = arguments,
                           .examples = examples,
                           .output = {.schema = &subsystem_tree_schema, .list = true, .text = text}});

}  // namespace nvmectl
