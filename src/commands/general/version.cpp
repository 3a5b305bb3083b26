#include <array>

#include "commands/general/area.hpp"

namespace nvmectl {
namespace {

struct Version {
  std::string version = NVMECTL_VERSION;
};
constexpr std::array fields{field<&Version::version>(
    {.key = "version", .title = "Version", .kind = Kind::string, .show = Show::table, .doc = "Semantic version"})};
constexpr Schema schema{"version", "nvmectl's version", fields};

std::string text(const Value& data, const TextOptions&) {
  return "nvmectl version " + std::string(data.as<Record>()->at("version").text()) + "\n";
}

struct Options {};
Result<> run(const Options&, Context& context) {
  const Version version;
  return context.out.document(to_record(schema, &version));
}

constexpr std::array examples{Example{"version -o json", "for a script"}};

}  // namespace

constinit const CommandSpec version_command = command<Options, run>({.name = "version",
                                                                     .summary = "Print the version",
                                                                     .group = Group::general,
                                                                     .examples = examples,
                                                                     .output = {.schema = &schema, .text = text}});

}  // namespace nvmectl
