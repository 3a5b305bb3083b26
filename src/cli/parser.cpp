#include "cli/parser.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>

#include "core/text.hpp"

namespace nvmectl::cli {
namespace {

std::string spelling(const Argument& argument) {
  if (argument.positional) return std::string(argument.name);
  std::string names = "--" + std::string(argument.name);
  if (!argument.alias.empty()) names += ",--" + std::string(argument.alias);
  if (argument.letter != 0) names += fmt::format(",-{}", argument.letter);
  return names;
}

// Values stay with the option; they are taken as strings after the parse and converted by the argument's own setter.
CLI::Option* add(CLI::App& app, const Argument& argument) {
  if (argument.flag) return app.add_flag(spelling(argument));
  CLI::Option* option = app.add_option(spelling(argument), [](const CLI::results_t&) { return true; });
  // Debian 12's CLI11 gives a positional more than its least number of words only with allow_extra_args.
  if (argument.positional && argument.repeatable) return option->expected(0, 1 << 20)->allow_extra_args();
  option->expected(1)->allow_extra_args(false);
  return option->multi_option_policy(argument.repeatable ? CLI::MultiOptionPolicy::TakeAll
                                                         : CLI::MultiOptionPolicy::TakeLast);
}

std::string long_name(const std::string& word) {
  const std::string bare = word.substr(0, word.find('='));
  return bare.starts_with("--") ? bare.substr(2) : bare;
}

Error unknown_option(const CommandSpec& spec, const std::vector<const Argument*>& all,
                     const std::vector<std::string>& extra) {
  const std::string& word = extra.empty() ? std::string() : extra.front();
  if (!word.starts_with('-'))
    return make_error(ErrorKind::usage, fmt::format("{}: '{}' is one word too many", spec.full_name(), printable(word)),
                      fmt::format("nvmectl help {} shows what it takes", spec.full_name()));
  std::vector<std::string> names;
  for (const Argument* a : all)
    if (!a->positional && !a->hidden) names.emplace_back(a->name);
  std::string hint = fmt::format("nvmectl help {} lists its options", spec.full_name());
  if (const auto near = similar(long_name(word), names); !near.empty())
    hint = fmt::format("did you mean --{}?", fmt::join(near, " or --"));
  return make_error(ErrorKind::usage, fmt::format("{} has no option '{}'", spec.full_name(), printable(word)), hint);
}

bool wants_help(const std::vector<std::string>& words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--help" || words[i] == "-h" || words[i] == "--fields=help") return true;
    if (words[i] == "--fields" && i + 1 < words.size() && words[i + 1] == "help") return true;
  }
  return false;
}

Result<> check_choice(const Argument& argument, std::string_view text) {
  if (argument.choices.empty() || argument.name == "output") return {};  // --output has spellings of nvme-cli's too
  if (std::find(argument.choices.begin(), argument.choices.end(), text) != argument.choices.end()) return {};
  const std::vector<std::string> names(argument.choices.begin(), argument.choices.end());
  const auto near = similar(text, names);
  return fail(ErrorKind::usage,
              fmt::format("--{}: '{}' is not one of {}", argument.name, printable(text), fmt::join(names, ", ")),
              near.empty() ? std::string() : fmt::format("did you mean {}?", near.front()));
}

struct Bound {
  const Argument* argument;
  CLI::Option* option;
};

// A switch may be written --yes=false: its last value counts. Other options have been reduced by their policy.
std::vector<std::string> values_of(const Bound& b) {
  return b.argument->flag ? std::vector<std::string>{b.option->results().back()} : b.option->results();
}

Result<> take_common(const std::vector<Bound>& bound, CommonValues& common) {
  for (const Bound& b : bound) {
    if (b.option->count() == 0) continue;
    for (const std::string& text : values_of(b)) {
      NVMECTL_TRY(check_choice(*b.argument, text));
      NVMECTL_TRY(b.argument->set(&common, text, "--" + std::string(b.argument->name)));
    }
  }
  return {};
}

Result<> take_own(const CommandSpec& spec, const std::vector<Bound>& bound, bool help, ParsedArguments& values) {
  for (std::size_t i = 0; i < bound.size(); ++i) {
    const Argument& argument = *bound[i].argument;
    if (bound[i].option->count() == 0) {
      if (argument.required && !help)
        return fail(
            ErrorKind::usage,
            fmt::format("{}: {}{} is missing", spec.full_name(), argument.positional ? "" : "--", argument.name),
            fmt::format("{}; see nvmectl help {}", argument.doc, spec.full_name()));
      continue;
    }
    for (const std::string& text : values_of(bound[i])) {
      NVMECTL_TRY(check_choice(argument, text));
      values.emplace_back(i, text);
    }
  }
  return {};
}

}  // namespace

Result<Parsed> parse(const CommandSpec& spec, std::vector<std::string> words) {
  CLI::App app;
  app.set_help_flag();
  const bool help = wants_help(words);
  std::vector<Bound> own, common;
  std::vector<const Argument*> all;
  for (const Argument& argument : spec.arguments) {
    own.push_back({&argument, add(app, argument)});
    all.push_back(&argument);
  }
  for (const Argument* argument : common_arguments(&spec)) {
    // A command's own option wins over a common one of the same letter.
    Argument copy = *argument;
    const bool letter_taken = std::any_of(spec.arguments.begin(), spec.arguments.end(),
                                          [&](const Argument& a) { return a.letter == copy.letter; });
    const bool name_taken = std::any_of(spec.arguments.begin(), spec.arguments.end(),
                                        [&](const Argument& a) { return !a.positional && a.name == copy.name; });
    if (name_taken) continue;
    if (letter_taken) copy.letter = 0;
    common.push_back({argument, add(app, copy)});
    all.push_back(argument);
  }
  app.allow_extras();
  std::reverse(words.begin(), words.end());  // CLI11 takes the line as a stack
  try {
    app.parse(words);
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string what = error.what();  // "--output: 1 required  missing"
    return fail(ErrorKind::usage,
                fmt::format("{}: {} lacks its value", spec.full_name(), printable(what.substr(0, what.find(':')))),
                fmt::format("nvmectl help {} shows what it takes", spec.full_name()));
  } catch (const CLI::Error& error) {
    return fail(make_error(ErrorKind::usage, fmt::format("{}: the command line is not understood", spec.full_name()),
                           fmt::format("nvmectl help {} shows what it takes", spec.full_name()))
                    .with_cause(printable(error.what())));
  }
  auto extra = app.remaining();
  std::erase(extra, "--");  // it ends the options and is none
  if (!extra.empty() && !help) return fail(unknown_option(spec, all, extra));
  Parsed parsed;
  NVMECTL_TRY(take_common(common, parsed.common));
  NVMECTL_TRY(take_own(spec, own, help, parsed.values));
  return parsed;
}

}  // namespace nvmectl::cli
