#include "commands/pmem/alias.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace nvmectl {
namespace {

// ndctl takes several names in one word, with blanks between.
std::string with_commas(const Argument& argument, std::string text) {
  if (argument.repeatable)
    for (char& c : text) c = c == ' ' ? ',' : c;
  return text;
}

// In these commands -o is ndctl's FILE; nobody wants a file that is called json.
Result<> check_file(std::string_view name, std::string_view text) {
  static constexpr std::array formats{"table", "wide", "json", "ndjson", "csv", "value", "raw"};
  if (name != "output-file" || std::find(formats.begin(), formats.end(), text) == formats.end()) return {};
  return fail(ErrorKind::usage, "-o is ndctl's here: the file that the bytes go to",
              fmt::format("-j or --output {} chooses the format; ./{} is a file", text, text));
}

Result<> check_refused(const CommandSpec& spec, const Alias& alias, const ParsedArguments& values) {
  if (alias.refused == nullptr) return {};
  for (const std::string_view option : alias.refused->options)
    if (was_given(spec, values, option))
      return fail(make_error(ErrorKind::usage, fmt::format("ndctl's --{} is not taken here", option))
                      .with_cause(std::string(alias.refused->cause))
                      .with_hint(std::string(alias.refused->hint)));
  return {};
}

std::string_view our_name(std::span<const Renamed> renamed, std::string_view theirs) {
  for (const Renamed& one : renamed)
    if (one.theirs == theirs) return one.ours;
  return theirs;
}

}  // namespace

bool was_given(const CommandSpec& spec, const ParsedArguments& values, std::string_view option) {
  return std::any_of(values.begin(), values.end(), [&](const auto& value) {
    const Argument& argument = spec.arguments[value.first];
    return argument.name == option && !(argument.flag && value.second == "false");
  });
}

Result<> pass_on(const CommandSpec& spec, const ParsedArguments& values, const CommandSpec& target,
                 std::span<const Renamed> renamed, Context& context) {
  ParsedArguments theirs;
  for (const auto& [index, text] : values) {
    const std::string_view name = our_name(renamed, spec.arguments[index].name);
    if (name == "yes") context.options.yes = context.options.yes || text != "false";
    if (name == "dry-run") context.options.dry_run = context.options.dry_run || text != "false";
    for (std::size_t i = 0; i < target.arguments.size(); ++i)
      if (target.arguments[i].name == name) theirs.emplace_back(i, with_commas(target.arguments[i], text));
  }
  for (std::size_t i = 0; i < target.arguments.size(); ++i) {
    const Argument& needed = target.arguments[i];
    const bool given = std::any_of(theirs.begin(), theirs.end(), [&](const auto& v) { return v.first == i; });
    if (needed.required && !given)
      return fail(ErrorKind::usage,
                  fmt::format("{}: {}{} is missing", spec.name, needed.positional ? "" : "--", needed.name),
                  fmt::format("nvmectl pmem {} --help", spec.name));
  }
  return target.invoke(target, theirs, context);
}

Result<> invoke_alias(const CommandSpec& spec, const ParsedArguments& values, Context& context) {
  const Alias& alias = *static_cast<const Alias*>(spec.payload);
  for (const auto& [index, text] : values) NVMECTL_TRY(check_file(spec.arguments[index].name, text));
  NVMECTL_TRY(check_refused(spec, alias, values));
  const CommandSpec* target = alias.target;
  for (const Turn& turn : alias.turns)
    if (was_given(spec, values, turn.option) && !was_given(spec, values, turn.unless)) target = turn.command;
  return pass_on(spec, values, *target, alias.renamed, context);
}

}  // namespace nvmectl
