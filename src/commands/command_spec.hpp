// CommandSpec: the one declaration of a command. Parsing, help, man page, completion, --dry-run and the confirmation
// of destructive work are derived from it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/context.hpp"
#include "core/result.hpp"
#include "core/schema.hpp"
#include "core/text_form.hpp"

namespace nvmectl {

/// Where completion finds candidates.
enum class Complete : std::uint8_t { none, device, controller, file, directory, choice };

/// Headings of the command list in help.
enum class Group : std::uint8_t {
  topology,
  fabrics,
  connections,
  state,
  identify,
  logs,
  passthrough,
  control,
  host,
  keys,
  pmem,
  target,
  plugins,
  general
};

struct Argument {
  std::string_view name;          ///< long option without dashes, or the positional's name
  char letter = 0;                ///< short option, 0 = none
  std::string_view metavar = {};  ///< what the value stands for: "N", "FILE"; flags have none
  std::string_view doc = {};
  std::string_view default_text = {};  ///< shown in help
  Complete complete = Complete::none;
  std::span<const std::string_view> choices = {};
  std::string_view alias = {};  ///< a second long spelling, accepted and not shown
  bool required = false;
  bool hidden = false;  ///< accepted for compatibility, not shown

  // Set by option<>() and positional<>().
  bool positional = false;
  bool flag = false;
  bool repeatable = false;
  Result<> (*set)(void* options, std::string_view text, std::string_view what) = nullptr;
};

struct Example {
  std::string_view command;  ///< without "nvmectl"
  std::string_view says;
};

/// What the command gives to Context::out.
struct Output {
  const Schema* schema = nullptr;  ///< null: nothing but text or raw bytes
  bool list = false;               ///< a list of such records
  TextForm text = nullptr;         ///< traditional text layout; null = drawn from the schema
};

struct CommandSpec;
/// Values by argument index, in the order in which they stand in CommandSpec::arguments.
using ParsedArguments = std::vector<std::pair<std::size_t, std::string>>;

struct CommandSpec {
  std::string_view area = {};  ///< "" for commands at top level
  std::string_view name;
  std::string_view summary;           ///< one line without a full stop
  std::string_view description = {};  ///< paragraphs
  Group group = Group::general;
  Effect effect = Effect::read_only;
  bool opens_device = false;  ///< has the connection options (--hdr-digest, --hostnqn …)
  bool long_running = false;  ///< --timeout does not bound it
  bool hidden = false;
  std::span<const Argument> arguments = {};
  std::span<const Example> examples = {};
  Output output = {};
  Result<> (*invoke)(const CommandSpec& spec, const ParsedArguments& values, Context& context) = nullptr;
  const void* payload = nullptr;  ///< for commands made from data (plugins)

  /// "ocp smart-add-log" or "list".
  [[nodiscard]] std::string full_name() const;
};

/// A size on the command line: "64MiB".
struct SizeArgument {
  std::uint64_t bytes = 0;
};

/// A switch that may carry a time: --wait, --wait=30s.
struct OptionalTime {
  bool given = false;
  std::optional<std::chrono::milliseconds> time;
};

namespace detail {

[[nodiscard]] Result<> parse_into(OptionalTime& to, std::string_view text, std::string_view what);
[[nodiscard]] Result<> parse_into(std::string& to, std::string_view text, std::string_view what);
[[nodiscard]] Result<> parse_into(bool& to, std::string_view text, std::string_view what);
[[nodiscard]] Result<> parse_into(std::uint8_t& to, std::string_view text, std::string_view what);
[[nodiscard]] Result<> parse_into(std::uint16_t& to, std::string_view text, std::string_view what);
[[nodiscard]] Result<> parse_into(std::uint32_t& to, std::string_view text, std::string_view what);
[[nodiscard]] Result<> parse_into(std::uint64_t& to, std::string_view text, std::string_view what);
[[nodiscard]] Result<> parse_into(SizeArgument& to, std::string_view text, std::string_view what);
[[nodiscard]] Result<> parse_into(DeviceRef& to, std::string_view text, std::string_view what);

template <class T>
[[nodiscard]] Result<> parse_into(std::optional<T>& to, std::string_view text, std::string_view what) {
  T value{};
  NVMECTL_TRY(parse_into(value, text, what));
  to = std::move(value);
  return {};
}
template <class T>
[[nodiscard]] Result<> parse_into(std::vector<T>& to, std::string_view text, std::string_view what) {
  T value{};
  NVMECTL_TRY(parse_into(value, text, what));
  to.push_back(std::move(value));
  return {};
}

template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;

// Class as an argument of its own for the same reason as in get_member().
template <class Class, auto Member>
Result<> set_member(void* options, std::string_view text, std::string_view what) {
  return parse_into(static_cast<Class*>(options)->*Member, text, what);
}

template <auto Member>
[[nodiscard]] constexpr Argument bind(Argument argument) {
  using Options = typename MemberOf<decltype(Member)>::Class;
  using Type = std::remove_cvref_t<decltype(std::declval<Options&>().*Member)>;
  argument.flag = std::is_same_v<Type, bool> || std::is_same_v<Type, OptionalTime>;
  argument.repeatable = is_vector<Type>;
  if (std::is_same_v<Type, OptionalTime>) argument.metavar = "[=TIME]";
  argument.set = set_member<Options, Member>;
  return argument;
}

/// A failure of the device itself, or of the way to it, with the device's name.
[[nodiscard]] Result<> named(Result<> result, const DeviceRef& device);

template <class Options, auto Run>
Result<> invoke(const CommandSpec& spec, const ParsedArguments& values, Context& context) {
  Options options{};
  for (const auto& [index, text] : values) {
    const Argument& argument = spec.arguments[index];
    const std::string what = argument.positional ? std::string(argument.name) : "--" + std::string(argument.name);
    NVMECTL_TRY(argument.set(&options, text, what));
  }
  // Options whose effect depends on their values (passthrough opcodes) say so by a member function.
  Effect effect = spec.effect;
  if constexpr (requires { options.effect(); }) effect = options.effect();
  const DeviceRef* device = nullptr;
  if constexpr (requires { options.device.scheme; }) device = &options.device;
  if (effect != Effect::read_only && !context.options.dry_run) NVMECTL_TRY(context.guard(effect, device));
  if (device != nullptr) return named(Run(options, context), *device);
  return Run(options, context);
}

}  // namespace detail

/// option<&Options::lba_format>({.name = "lbaf", .letter = 'l', …}): bound to a member; bool members are flags,
/// vectors are repeatable, optionals tell "not given" from a value.
template <auto Member>
[[nodiscard]] constexpr Argument option(Argument argument) {
  return detail::bind<Member>(argument);
}

/// The same for a positional argument; a vector takes all that follow.
template <auto Member>
[[nodiscard]] constexpr Argument positional(Argument argument) {
  argument = detail::bind<Member>(argument);
  argument.positional = true;
  return argument;
}

/// command<Options, run>({.name = …}): fills in the function that parses into Options and runs.
template <class Options, Result<> (*Run)(const Options&, Context&)>
[[nodiscard]] constexpr CommandSpec command(CommandSpec spec) {
  spec.invoke = detail::invoke<Options, Run>;
  return spec;
}

/// The DEVICE positional, spelled alike everywhere.
template <auto Member>
[[nodiscard]] constexpr Argument device_argument(
    std::string_view doc = "nvme0, nvme0n1, /dev/ng0n1 or tcp://HOST[:PORT]/NQN[?nsid=N]") {
  return positional<Member>({.name = "DEVICE", .doc = doc, .complete = Complete::device, .required = true});
}

/// A named set of commands: the top level ("") or an area such as "target".
struct Area {
  std::string_view name;  ///< "" for commands at top level
  std::string_view summary;
  std::span<const CommandSpec* const> commands;
};

}  // namespace nvmectl
