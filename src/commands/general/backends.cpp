#include <array>

#include "commands/general/area.hpp"
#include "commands/known.hpp"

namespace nvmectl {
namespace {

struct Row {
  std::string name, summary;
  Probe probe;
};
constexpr std::array fields{
    field<&Row::name>({.key = "name", .title = "Backend", .kind = Kind::string, .show = Show::table}),
    field_of<Row, [](const Row& r) { return Value(r.probe.usable); }>(
        {.key = "usable", .title = "Usable", .kind = Kind::boolean, .show = Show::table}),
    field<&Row::summary>({.key = "summary", .title = "Reaches", .kind = Kind::string, .show = Show::table}),
    field_of<Row, [](const Row& r) { return known(r.probe.reason); }>(
        {.key = "reason", .title = "Why not", .kind = Kind::string, .show = Show::table, .doc = "Null when usable"}),
    field_of<Row, [](const Row& r) { return known(r.probe.remedy); }>(
        {.key = "remedy", .title = "Remedy", .kind = Kind::string, .show = Show::table}),
};
constexpr Schema schema{"backends", "Backends", fields};

struct Options {};
Result<> run(const Options&, Context& context) {
  std::vector<Row> rows;
  for (const auto& backend : context.backends)
    rows.push_back({std::string(backend->name()), std::string(backend->summary()), backend->probe()});
  return context.out.document(to_list(schema, rows));
}

constexpr std::array examples{Example{"backends", "what this build can reach from here, and why not the rest"}};

}  // namespace

constinit const CommandSpec backends_command =
    command<Options, run>({.name = "backends",
                           .summary = "Show the ways to reach storage and whether they work here",
                           .group = Group::general,
                           .examples = examples,
                           .output = {.schema = &schema, .list = true}});

}  // namespace nvmectl
