#include <fmt/format.h>

#include <array>

#include "core/schema.hpp"
#include "core/text.hpp"
#include "plugins/area.hpp"
#include "plugins/files.hpp"
#include "plugins/plugin.hpp"

namespace nvmectl::plugins {
namespace {

struct Checked {
  std::string file;
  std::string name;
  std::vector<std::string> commands;
  std::vector<Problem> problems;
};

Value known(std::string_view text) {
  return text.empty() ? Value() : Value(text);
}
Value known(std::size_t number) {
  return number == 0 ? Value() : Value(std::uint64_t{number});
}

constexpr std::array problem_fields{
    field_of<Problem, [](const Problem& p) { return known(p.path); }>(
        {.key = "path",
         .title = "Path",
         .kind = Kind::string,
         .show = Show::table,
         .doc = "\"commands[0].fields[3].offset\"; null for the file as a whole"}),
    field_of<Problem, [](const Problem& p) { return known(p.line); }>(
        {.key = "line", .title = "Line", .show = Show::table, .doc = "Of text that is no JSON; else null"}),
    field_of<Problem, [](const Problem& p) { return known(p.column); }>(
        {.key = "column", .title = "Column", .show = Show::table}),
    field<&Problem::message>({.key = "message", .title = "Problem", .kind = Kind::string, .show = Show::table}),
};
constexpr Schema problem_schema{"plugin-problem", "Problem in a plugin file", problem_fields};

Value commands_of(const Checked& checked) {
  List list;
  for (const std::string& name : checked.commands) list.items.emplace_back(name);
  return list;
}

constexpr std::array fields{
    field<&Checked::file>({.key = "file", .title = "File", .kind = Kind::string, .show = Show::table}),
    field_of<Checked, [](const Checked& c) { return Value(c.problems.empty()); }>(
        {.key = "valid", .title = "Valid", .kind = Kind::boolean, .show = Show::table}),
    field_of<Checked, [](const Checked& c) { return known(c.name); }>(
        {.key = "name", .title = "Plugin", .kind = Kind::string, .show = Show::table, .doc = "Null unless valid"}),
    field_of<Checked, commands_of>({.key = "commands",
                                    .title = "Commands",
                                    .kind = Kind::list,
                                    .show = Show::table,
                                    .element_kind = Kind::string}),
    field_of<Checked, [](const Checked& c) { return Value(to_list(problem_schema, c.problems)); }>(
        {.key = "problems", .title = "Problems", .kind = Kind::list, .element = &problem_schema}),
};
constexpr Schema schema{"plugin-check", "Checked plugin files", fields};

// "FILE: path: what is wrong", a line for each, as compilers print it.
std::string text(const Value& data, const TextOptions&) {
  std::string lines;
  for (const Value& item : data.as<List>()->items) {
    const Record& file = *item.as<Record>();
    const std::string_view name = file.at("file").text();
    if (file.at("valid").number() != 0) {
      std::string commands;
      for (const Value& command : file.at("commands").as<List>()->items) commands += fmt::format(" {}", command.text());
      lines += fmt::format("{}: valid: {}:{}\n", name, file.at("name").text(), commands);
    }
    for (const Value& problem : file.at("problems").as<List>()->items) {
      const Record& p = *problem.as<Record>();
      const Problem plain{std::string(p.at("path").text()), p.at("line").number(), p.at("column").number(),
                          std::string(p.at("message").text())};
      lines += fmt::format("{}:{}{}\n", name, plain.line != 0 ? "" : " ", to_string(plain));
    }
  }
  return lines;
}

struct Options {
  std::vector<std::string> files;
};

Checked check(const std::string& path) {
  const FoundFile file = read_plugin_file(path);
  Checked checked;
  checked.file = printable(path);
  if (!file.reason.empty()) {
    checked.problems.push_back({"", 0, 0, "cannot be read: " + file.reason});
    return checked;
  }
  Parsed parsed = parse_plugin(file.text);
  checked.problems = std::move(parsed.problems);
  if (parsed.plugin) {
    checked.name = parsed.plugin->name;
    for (const LogCommand& command : parsed.plugin->commands) checked.commands.emplace_back(command.spec.name);
  }
  return checked;
}

Result<> run(const Options& options, Context& context) {
  std::vector<Checked> files;
  std::size_t problems = 0, bad_files = 0;
  for (const std::string& path : options.files) {
    const Checked& checked = files.emplace_back(check(path));
    problems += checked.problems.size();
    bad_files += checked.problems.empty() ? 0 : 1;
  }
  NVMECTL_TRY(context.out.document(to_list(schema, files)));
  if (problems == 0) return {};
  return fail(ErrorKind::usage,
              fmt::format("{} problem{} in {} of {} plugin file{}", problems, problems == 1 ? "" : "s", bad_files,
                          files.size(), files.size() == 1 ? "" : "s"),
              "plugins/README.md describes the format");
}

constexpr std::array arguments{positional<&Options::files>(
    {.name = "FILE", .doc = "Plugin files (JSON, with comments)", .complete = Complete::file, .required = true})};
constexpr std::array examples{Example{"plugin check plugins/vendors/ocp.json", "is the file what nvmectl reads?"},
                              Example{"plugin check -o json *.json", "every problem with its place, for a script"}};

}  // namespace

constinit const CommandSpec check_command = command<Options, run>(
    {.area = "plugin",
     .name = "check",
     .summary = "Check plugin files, and say what is wrong and where",
     .description = "Makes the checks that are made when a plugin is loaded: its form, and that each layout covers "
                    "its log page without gap or overlap. All problems are shown at once. The exit code is 2 when "
                    "there is one.",
     .group = Group::plugins,
     .arguments = arguments,
     .examples = examples,
     .output = {.schema = &schema, .list = true, .text = text}});

}  // namespace nvmectl::plugins
