// ndctl's and daxctl's spellings of commands: what their words mean here, as tables.
#pragma once

#include <span>
#include <string_view>

#include "commands/command_spec.hpp"

namespace nvmectl {

/// What an option of ndctl is called here. "" = it has no meaning here; "yes" and "dry-run" are the common ones.
struct Renamed {
  std::string_view theirs, ours;
};
/// An option whose presence makes it another command, unless another one is there.
struct Turn {
  std::string_view option;
  const CommandSpec* command;
  std::string_view unless = {};
};
/// Options of ndctl's that are not taken, for one reason, with what to do instead.
struct Refused {
  std::span<const std::string_view> options;
  std::string_view cause, hint;
};
struct Alias {
  std::string_view name;
  const CommandSpec* target;
  std::span<const Argument> arguments;
  Example example;
  std::span<const Renamed> renamed = {};
  std::span<const Turn> turns = {};
  const Refused* refused = nullptr;
};

/// Runs an alias, whose spec.payload is its Alias: with the words of `spec` put into those of its target.
[[nodiscard]] Result<> invoke_alias(const CommandSpec& spec, const ParsedArguments& values, Context& context);

/// Runs `target` with those values of `spec` that it has by the same name, or by the name that `renamed` gives; usage
/// when one that it needs is not there.
[[nodiscard]] Result<> pass_on(const CommandSpec& spec, const ParsedArguments& values, const CommandSpec& target,
                               std::span<const Renamed> renamed, Context& context);

/// Whether an option was given, and as a flag not as =false.
[[nodiscard]] bool was_given(const CommandSpec& spec, const ParsedArguments& values, std::string_view option);

}  // namespace nvmectl
