#include <nlohmann/json.hpp>

#include "cli/app.hpp"
#include "cli/common.hpp"
#include "cli/exit_code.hpp"
#include "cli/help.hpp"
#include "output/format.hpp"

namespace nvmectl::cli {
namespace {

using Json = nlohmann::ordered_json;

Json argument_json(const Argument& a) {
  Json choices = Json::array();
  for (const auto choice : a.choices) choices.push_back(choice);
  return {{"name", a.name},
          {"letter", a.letter != 0 ? std::string(1, a.letter) : std::string()},
          {"metavar", a.metavar},
          {"doc", a.doc},
          {"default", a.default_text},
          {"choices", choices},
          {"positional", a.positional},
          {"flag", a.flag},
          {"repeatable", a.repeatable},
          {"required", a.required}};
}

Json schema_json(const Schema& schema) {
  Json fields = Json::array();
  for (const Field& f : schema.fields) {
    if (!f.in_data()) continue;
    Json field = {{"key", f.key}, {"title", f.title}, {"mnemonic", f.mnemonic}, {"doc", f.doc}};
    if (f.element != nullptr) field["fields"] = schema_json(*f.element);
    fields.push_back(std::move(field));
  }
  return fields;
}

std::string_view effect_name(Effect effect) {
  switch (effect) {
    case Effect::read_only: return "read_only";
    case Effect::changes_state: return "changes_state";
    case Effect::disrupts_io: return "disrupts_io";
    case Effect::destroys_data: return "destroys_data";
  }
  return "";
}

Json command_json(const CommandSpec& c) {
  Json arguments = Json::array(), common = Json::array(), examples = Json::array();
  for (const Argument& a : c.arguments)
    if (!a.hidden) arguments.push_back(argument_json(a));
  for (const Argument* a : common_arguments(&c))
    if (!a->hidden) common.push_back(argument_json(*a));
  for (const Example& e : c.examples) examples.push_back({{"command", e.command}, {"says", e.says}});
  return {{"name", c.full_name()},
          {"summary", c.summary},
          {"description", c.description},
          {"group", group_title(c.group)},
          {"effect", effect_name(c.effect)},
          {"synopsis", synopsis(c)},
          {"arguments", arguments},
          {"common_arguments", common},
          {"examples", examples},
          {"schema", c.output.schema != nullptr ? Json(output::schema_id(c.full_name())) : Json()},
          {"fields", c.output.schema != nullptr ? schema_json(*c.output.schema) : Json::array()}};
}

}  // namespace

std::string dump_commands(Tree& tree) {
  Json commands = Json::array(), codes = Json::array(), pages = Json::array(), areas = Json::array();
  for (const Area& area : tree.areas()) {
    if (!area.name.empty()) areas.push_back({{"name", area.name}, {"summary", area.summary}});
    for (const CommandSpec* c : area.commands)
      if (!c->hidden) commands.push_back(command_json(*c));
  }
  for (const ExitCode& e : exit_codes()) codes.push_back({{"code", e.code}, {"meaning", e.meaning}});
  for (const Topic& t : topics()) pages.push_back({{"name", t.name}, {"summary", t.summary}, {"text", t.text}});
  const Json json = {{"schema", "nvmectl/__dump-commands/1"},
                     {"version", NVMECTL_VERSION},
                     {"areas", areas},
                     {"commands", commands},
                     {"exit_codes", codes},
                     {"topics", pages}};
  return json.dump(1) + "\n";
}

}  // namespace nvmectl::cli
