#include <array>

#include "core/schema.hpp"
#include "plugins/area.hpp"
#include "plugins/loader.hpp"

namespace nvmectl::plugins {
namespace {

Value known(std::string_view text) {
  return text.empty() ? Value() : Value(text);
}

Value commands_of(const Source& source) {
  List list;
  if (source.plugin != nullptr) {
    for (const LogCommand& command : source.plugin->commands) list.items.emplace_back(command.spec.name);
  }
  return list;
}

constexpr std::array fields{
    field_of<Source, [](const Source& s) { return known(s.name); }>(
        {.key = "name",
         .title = "Plugin",
         .kind = Kind::string,
         .show = Show::table,
         .doc = "Null when the file could not be read as a plugin"}),
    field_of<Source, commands_of>({.key = "commands",
                                   .title = "Commands",
                                   .kind = Kind::list,
                                   .show = Show::table,
                                   .element_kind = Kind::string}),
    field_of<Source, [](const Source& s) { return Value(s.plugin != nullptr); }>(
        {.key = "usable", .title = "Usable", .kind = Kind::boolean, .show = Show::table}),
    field<&Source::path>({.key = "file",
                          .title = "File",
                          .kind = Kind::string,
                          .show = Show::table,
                          .doc = "The file, or a folder that could not be used"}),
    field_of<Source, [](const Source& s) { return known(s.reason); }>(
        {.key = "reason", .title = "Why not", .kind = Kind::string, .show = Show::table, .doc = "Null when usable"}),
    field_of<Source, [](const Source& s) { return s.plugin != nullptr ? Value(s.plugin->summary) : Value(); }>(
        {.key = "summary", .title = "Summary", .kind = Kind::string, .show = Show::wide}),
    field_of<Source, [](const Source& s) { return s.plugin != nullptr ? Value(s.plugin->reference) : Value(); }>(
        {.key = "reference", .title = "Reference", .kind = Kind::string, .show = Show::wide}),
};
constexpr Schema schema{"plugin-list", "Plugin files", fields};

struct Options {};

Result<> run(const Options&, Context& context) {
  Registry registry(context.environment, "");
  const auto& sources = registry.sources();
  if (sources.empty()) context.messages.note("no plugin files were found; NVMECTL_PLUGIN_PATH names folders with some");
  return context.out.document(to_list(schema, sources));
}

constexpr std::array examples{
    Example{"plugin list", "what vendor layouts there are, from which files, and which are not usable"}};

}  // namespace

constinit const CommandSpec list_command = command<Options, run>(
    {.area = "plugin",
     .name = "list",
     .summary = "Show the plugin files and whether they are usable",
     .description = "Looks into the folders of NVMECTL_PLUGIN_PATH (separated by colons), then into "
                    "PREFIX/share/nvmectl/plugins. Of several plugins with one name the first is used; a built-in "
                    "command or area of that name always wins. Root reads only files and folders that nobody else may "
                    "write to.",
     .group = Group::plugins,
     .examples = examples,
     .output = {.schema = &schema, .list = true}});

}  // namespace nvmectl::plugins
