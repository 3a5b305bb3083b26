#include <algorithm>
#include <array>
#include <span>

#include "commands/state/area.hpp"
#include "commands/state/selection.hpp"
#include "commands/state/topology_rows.hpp"
#include "commands/topology/source.hpp"

namespace nvmectl {
namespace {

// Lines only where they can be seen as lines: on a terminal.
std::string text(const Value& data, const TextOptions& options) {
  const Record& record = *data.as<Record>();
  return topology_lines(record, options.width == 0 || record.schema == &topology_ascii_schema, options.exact_bytes);
}

// As the C library decides: the first of these that is set.
bool utf8_locale(const Environment& environment) {
  for (const char* const name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const auto value = environment.variable(name);
    if (!value || value->empty()) continue;
    std::string lower;
    for (const char c : *value)
      if (c != '-') lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return lower.find("utf8") != std::string::npos;
  }
  return false;
}

struct Options {
  std::string name;
  bool ascii = false;
  bool dot = false;
};
constexpr std::array arguments{
    positional<&Options::name>({.name = "NAME",
                                .doc = "Only the subsystem of this NQN, controller or namespace",
                                .complete = Complete::device}),
    option<&Options::ascii>({.name = "ascii", .doc = "Draw the tree without Unicode's lines"}),
    option<&Options::dot>({.name = "dot", .doc = "Print a graph for Graphviz"}),
};
constexpr std::array examples{
    Example{"topology", "the tree of this machine"},
    Example{"topology nvme0n1 -o json", "one subsystem, for a script"},
    Example{"topology --dot | dot -Tsvg > nvme.svg", "a picture"},
    Example{"topology -o csv", "a row for each way to a namespace"},
};

Result<> run(const Options& options, Context& context) {
  ScanRequest request;
  request.deadline = context.deadline();
  request.identifiers = false;
  NVMECTL_ASSIGN(const Topology topology, read_topology(context, std::nullopt, request, false));
  NVMECTL_ASSIGN(const auto chosen, select_subsystems(topology, options.name));
  Record record = topology_record(topology, chosen, options.ascii || !utf8_locale(context.environment));
  if (!options.dot) return show_topology(context, std::move(record), topology, false);
  const std::string graph = topology_dot(record);
  return context.out.raw(std::as_bytes(std::span(graph)));
}

}  // namespace

constinit const CommandSpec topology_command = command<Options, run>(
    {.name = "topology",
     .summary = "Draw hosts, subsystems, controllers and namespaces as a tree",
     .description =
         "From sysfs only, without root. JSON holds the tree and, as 'paths', a row for each way from a host "
         "to a namespace;\n"
         "--fields and CSV speak of those rows.",
     .group = Group::state,
     .arguments = arguments,
     .examples = examples,
     .output = {.schema = &topology_schema, .text = text}});

}  // namespace nvmectl
