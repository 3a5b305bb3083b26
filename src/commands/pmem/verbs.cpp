// What only some DIMMs can do: one table of verbs and their arguments, all carried out by PmemManager::operate.
#include <fmt/format.h>

#include <array>

#include "commands/pmem/alias.hpp"
#include "commands/pmem/area.hpp"
#include "commands/pmem/targets.hpp"
#include "core/text.hpp"

namespace nvmectl {
namespace {

using pmem::Object;
using pmem::Outcome;

struct Verb {
  std::string_view verb;  ///< PmemManager::operate's
  Object kind = Object::dimm;
  Effect effect = Effect::changes_state;
  bool has_target = true;
  bool refuses_used = false;  ///< namespaces in use, and DIMMs whose regions are enabled
  std::chrono::milliseconds time = std::chrono::seconds(60);
  std::string_view needs = {};  ///< an option, unless one of `turns` is there
  std::span<const Turn> turns = {};
};

constexpr std::array<std::string_view, 2> on_off{"on", "off"};
constexpr std::array<std::string_view, 6> uninjectable{"all",   "media_temperature", "controller_temperature", "spares",
                                                       "fatal", "unsafe_shutdown"};

// Options whose names are operate's with - for _.
constexpr Argument flag(std::string_view name, char letter, std::string_view doc) {
  Argument argument{.name = name, .letter = letter, .doc = doc};
  argument.flag = true;
  return argument;
}
constexpr Argument value(std::string_view name, char letter, std::string_view metavar, std::string_view doc,
                         bool required = false) {
  return {.name = name, .letter = letter, .metavar = metavar, .doc = doc, .required = required};
}
constexpr Argument choice(std::string_view name, std::span<const std::string_view> choices, std::string_view doc) {
  return {.name = name, .metavar = "WORD", .doc = doc, .complete = Complete::choice, .choices = choices};
}
constexpr Argument target(std::string_view name, std::string_view doc) {
  Argument argument{.name = name, .doc = doc, .required = true};
  argument.positional = argument.repeatable = true;
  return argument;
}
constexpr Argument dimm = target("DIMM", "nmem0, 0, its identifier, lists with commas, or all");
constexpr Argument bus = target("BUS", "ndbus0, 0, its provider, or all");
constexpr Argument ns = target("NAMESPACE", "Name, UUID, device or /dev node");
constexpr Argument bus_filter{.name = "bus", .letter = 'b', .metavar = "BUS", .doc = "Only below these buses"};
constexpr Argument key_handle =
    value("key-handle", 'k', "KEY", "The key that passphrases are sealed with: user:nvdimm-master or trusted:…", true);
constexpr Argument new_key_handle =
    value("key-handle", 'k', "KEY", "The key to seal the new one with; left out: what the old one is sealed with");
constexpr Argument master = flag("master", 'm', "The master passphrase, not the user's");

// Everything that was said, in operate's form; what is no argument of the verb is taken out.
struct Said {
  std::vector<std::string> targets, buses;
  std::vector<std::pair<std::string, std::string>> arguments;
};
Said said(const CommandSpec& spec, const ParsedArguments& values) {
  Said all;
  for (const auto& [index, text] : values) {
    const Argument& argument = spec.arguments[index];
    if (argument.positional) {
      all.targets.push_back(text);
    } else if (argument.name == "bus") {
      all.buses.push_back(text);
    } else if (!argument.flag || text == "true" || text == "1") {
      std::string name(argument.name);
      for (char& c : name) c = c == '-' ? '_' : c;
      all.arguments.emplace_back(std::move(name), argument.flag ? "true" : text);
    }
  }
  return all;
}

void refuse_used(const PmemTopology& topology, std::vector<Outcome>& rows) {
  for (Outcome& row : rows) {
    for (const PmemNamespace& it : topology.namespaces) {
      const bool same = row.kind == "namespace" && it.device == row.device;
      bool below = false;
      for (const PmemMapping& m : topology.regions[it.region].mappings)
        below = below || (row.kind == "DIMM" && topology.dimms[m.dimm].name == row.device);
      if (!same && !below) continue;
      if (auto used = pmem::in_use(it); used && !row.failed()) pmem::settle(row, fail(std::move(*used)));
    }
  }
}

Result<> invoke(const CommandSpec& spec, const ParsedArguments& values, Context& context) {
  const Verb& verb = *static_cast<const Verb*>(spec.payload);
  for (const Turn& turn : verb.turns)
    if (was_given(spec, values, turn.option)) return pass_on(spec, values, *turn.command, {}, context);
  if (!verb.needs.empty() && !was_given(spec, values, verb.needs))
    return fail(ErrorKind::usage, fmt::format("{}: --{} is missing", spec.name, verb.needs),
                fmt::format("nvmectl pmem {} --help", spec.name));
  const Said all = said(spec, values);
  const std::string name(verb.verb);
  NVMECTL_ASSIGN(PmemManager * manager, pmem_manager(context));
  NVMECTL_ASSIGN(const PmemTopology topology, pmem_scan(context, *manager));
  std::vector<Outcome> rows;
  if (!verb.has_target) {
    rows.push_back({name, "", "", "", "", {}, "", {}});
  } else if (verb.kind == Object::ns) {
    PmemTargetOptions options;
    options.targets = all.targets;
    options.buses = all.buses;
    NVMECTL_ASSIGN(rows, namespace_rows(topology, options, name));
  } else {
    NVMECTL_ASSIGN(rows, object_rows(topology, verb.kind, all.targets, all.buses, name));
  }
  if (verb.refuses_used) refuse_used(topology, rows);
  NVMECTL_TRY(confirm_outcomes(context, topology, verb.effect, rows));
  const Deadline deadline = pmem_deadline(context, verb.time);
  pmem::carry_out(rows, deadline, [&](Outcome& row) -> Result<> {
    return manager->operate(name, row.device, all.arguments, pmem_progress(context, name + " " + row.device), deadline);
  });
  return show_outcomes(context, rows, fmt::format("no {} fits: nothing was done", pmem::word_for(verb.kind)));
}

// inject-error, inject-smart
constexpr std::array inject_error_turns{Turn{"status", &pmem_injected_errors_command},
                                        Turn{"uninject", &pmem_uninject_error_command}};
constexpr Verb inject_error{.verb = "inject-error",
                            .kind = Object::ns,
                            .effect = Effect::destroys_data,
                            .needs = "block",
                            .turns = inject_error_turns};
constexpr std::array inject_error_arguments{
    ns,
    bus_filter,
    value("block", 'B', "N", "The first 512-byte sector of the namespace; needed, except with --status"),
    value("count", 'n', "N", "So many sectors; 1 when left out"),
    flag("uninject", 'd', "Take the errors back instead, as pmem uninject-error"),
    flag("status", 't', "List the errors that are injected instead, as pmem injected-errors"),
    flag("saturate", 'S', "The whole range of an error that the platform knows"),
    flag("no-notify", 'N', "Do not tell the operating system"),
};
constexpr std::array inject_error_examples{
    Example{"pmem inject-error vol-a --block 12 --count 2 --yes", "reading them fails from now on, for tests"}};
constexpr Verb uninject_error{.verb = "uninject-error", .kind = Object::ns};
constexpr std::array uninject_error_arguments{ns, bus_filter, value("block", 'B', "N", "The first sector", true),
                                              value("count", 'n', "N", "So many sectors; 1 when left out")};
constexpr std::array uninject_error_examples{Example{"pmem uninject-error vol-a --block 12", "it is well again"}};
constexpr Verb inject_smart{.verb = "inject-smart"};
constexpr std::array inject_smart_arguments{
    dimm,
    bus_filter,
    value("media-temperature", 'm', "CELSIUS", "The temperature of the media to report"),
    value("media-temperature-threshold", 'M', "CELSIUS", "Raise the alarm above it"),
    choice("media-temperature-alarm", on_off, "Switch that alarm on or off"),
    value("controller-temperature", 'c', "CELSIUS", "The temperature of the controller to report"),
    value("controller-temperature-threshold", 'C', "CELSIUS", "Raise the alarm above it"),
    choice("controller-temperature-alarm", on_off, "Switch that alarm on or off"),
    value("spares", 's', "PERCENT", "The spare blocks to report as left"),
    value("spares-threshold", 'S', "PERCENT", "Raise the alarm below it"),
    choice("spares-alarm", on_off, "Switch that alarm on or off"),
    flag("fatal", 'f', "Report the state fatal"),
    flag("unsafe-shutdown", 'U', "Report an unclean shutdown"),
    choice("uninject", uninjectable,
           "Take back media_temperature, controller_temperature, spares, fatal, unsafe_shutdown or all"),
};
constexpr std::array inject_smart_examples{
    Example{"pmem inject-smart nmem0 --spares 1", "what health and monitor then say, for tests"}};

// security
constexpr Verb setup{.verb = "setup-passphrase"}, update{.verb = "update-passphrase"},
    removal{.verb = "remove-passphrase"}, freeze{.verb = "freeze-security"};
constexpr Verb sanitize{.verb = "sanitize", .effect = Effect::destroys_data, .refuses_used = true};
constexpr Verb wait_overwrite{.verb = "wait-overwrite", .effect = Effect::read_only, .time = std::chrono::hours(24)};
constexpr Verb load_keys{.verb = "load-keys", .has_target = false};
constexpr std::array key_arguments{dimm, bus_filter, key_handle, master};
constexpr std::array new_key_arguments{dimm, bus_filter, new_key_handle, master};
constexpr std::array master_arguments{dimm, bus_filter, master};
constexpr std::array plain_arguments{dimm, bus_filter};
constexpr std::array sanitize_arguments{dimm,
                                        bus_filter,
                                        flag("crypto-erase", 'c', "Change the key: the default"),
                                        flag("overwrite", 0, "Overwrite everything; security wait-overwrite waits"),
                                        flag("zero-key", 'z', "The DIMM has no passphrase"),
                                        master};
constexpr std::array load_arguments{value("path", 'p', "DIR", "Where the sealed keys are; left out: /etc/ndctl/keys"),
                                    value("tpm-handle", 't', "HANDLE", "The TPM's handle of the master key")};
constexpr std::array setup_examples{
    Example{"pmem security setup nmem0 -k user:nvdimm-master", "seals a new passphrase with that key"}};
constexpr std::array update_examples{Example{"pmem security update nmem0 -k user:nvdimm-master2", "a new passphrase"}};
constexpr std::array remove_examples{Example{"pmem security remove nmem0", "no passphrase any more"}};
constexpr std::array freeze_examples{Example{"pmem security freeze nmem0", "no change until the next reset"}};
constexpr std::array sanitize_examples{Example{"pmem security sanitize nmem0 --overwrite", "everything on it is lost"}};
constexpr std::array wait_examples{Example{"pmem security wait-overwrite nmem0", "until sanitize has ended"}};
constexpr std::array load_examples{Example{"pmem security load-keys", "unseals the keys into the kernel's keyring"}};

// firmware
constexpr Verb firmware_update{
    .verb = "update-firmware", .effect = Effect::destroys_data, .time = std::chrono::minutes(10)};
constexpr Verb firmware_arm{.verb = "arm-firmware"}, firmware_disarm{.verb = "disarm-firmware"};
constexpr Verb firmware_activate{
    .verb = "activate-firmware", .kind = Object::bus, .effect = Effect::disrupts_io, .time = std::chrono::minutes(10)};
constexpr std::array firmware_update_arguments{
    dimm, bus_filter, value("file", 'f', "FILE", "The firmware", true),
    flag("force", 'i', "Also while a scrub or another update is under way, which is given up"),
    flag("disarm", 'D', "Do not arm it for activation")};
constexpr std::array firmware_arm_arguments{
    dimm, bus_filter,
    flag("force", 'f', "Also when activating all that are armed may take longer than the platform allows")};
constexpr std::array firmware_activate_arguments{
    bus, flag("idle", 'I', "Let the platform stop all DMA meanwhile"),
    flag("force", 'f', "Without suspending the machine, though the platform wants it")};
constexpr std::array firmware_update_examples{
    Example{"pmem firmware update nmem0 --file fw.bin", "it runs after firmware activate, or the next power cycle"}};
constexpr std::array firmware_arm_examples{Example{"pmem firmware arm all", "firmware activate takes it"}};
constexpr std::array firmware_disarm_examples{Example{"pmem firmware disarm all", "only a power cycle takes it"}};
constexpr std::array firmware_activate_examples{Example{"pmem firmware activate ndbus0", "without a power cycle"}};

constexpr std::string_view firmware_activate_description =
    "All armed DIMMs of the bus at once; it ends when the DIMMs have said what came of it.\n"
    "Where firmware_activate_method (nvmectl pmem list --firmware) is suspend, the kernel first freezes all programs "
    "and suspends all devices, this command and its --timeout included, for as long as the DIMMs need: some seconds. "
    "What cannot be suspended makes it fail and nothing is activated; devices whose drivers do not know how to wake "
    "up, such as a virtual machine's 9p shares, stay dead. --force activates without suspending: memory then answers "
    "late.";

constexpr CommandSpec spec(const Verb& verb, std::string_view name, std::string_view summary,
                           std::span<const Argument> arguments, std::span<const Example> examples,
                           std::string_view description = {}) {
  return {.area = "pmem",
          .name = name,
          .summary = summary,
          .description = description,
          .group = Group::pmem,
          .effect = verb.effect,
          .arguments = arguments,
          .examples = examples,
          .output = pmem_outcome_output,
          .invoke = invoke,
          .payload = &verb};
}

}  // namespace

constinit const CommandSpec pmem_inject_error_command =
    spec(inject_error, "inject-error", "Make blocks of a namespace unreadable, for tests", inject_error_arguments,
         inject_error_examples);
constinit const CommandSpec pmem_uninject_error_command = spec(
    uninject_error, "uninject-error", "Take injected errors back", uninject_error_arguments, uninject_error_examples);
constinit const CommandSpec pmem_inject_smart_command =
    spec(inject_smart, "inject-smart", "Make DIMMs report other health than they have, for tests",
         inject_smart_arguments, inject_smart_examples);
constinit const CommandSpec pmem_security_setup_command =
    spec(setup, "security setup", "Give DIMMs a passphrase", key_arguments, setup_examples);
constinit const CommandSpec pmem_security_update_command =
    spec(update, "security update", "Change the passphrase of DIMMs", new_key_arguments, update_examples);
constinit const CommandSpec pmem_security_remove_command =
    spec(removal, "security remove", "Take the passphrase of DIMMs away", master_arguments, remove_examples);
constinit const CommandSpec pmem_security_freeze_command =
    spec(freeze, "security freeze", "Let nobody change the security of DIMMs until the next reset", plain_arguments,
         freeze_examples);
constinit const CommandSpec pmem_security_sanitize_command =
    spec(sanitize, "security sanitize", "Make everything on DIMMs unreadable for ever", sanitize_arguments,
         sanitize_examples);
constinit const CommandSpec pmem_security_wait_overwrite_command =
    spec(wait_overwrite, "security wait-overwrite", "Wait until DIMMs have been overwritten", plain_arguments,
         wait_examples);
constinit const CommandSpec pmem_security_load_keys_command =
    spec(load_keys, "security load-keys", "Load sealed keys into the kernel's keyring", load_arguments, load_examples);
constinit const CommandSpec pmem_firmware_update_command = spec(
    firmware_update, "firmware update", "Give DIMMs new firmware", firmware_update_arguments, firmware_update_examples);
constinit const CommandSpec pmem_firmware_arm_command =
    spec(firmware_arm, "firmware arm", "Let the next activation take the new firmware", firmware_arm_arguments,
         firmware_arm_examples);
constinit const CommandSpec pmem_firmware_disarm_command =
    spec(firmware_disarm, "firmware disarm", "Let only a power cycle take the new firmware", plain_arguments,
         firmware_disarm_examples);
constinit const CommandSpec pmem_firmware_activate_command =
    spec(firmware_activate, "firmware activate", "Run the new firmware of a bus's DIMMs without a power cycle",
         firmware_activate_arguments, firmware_activate_examples, firmware_activate_description);

}  // namespace nvmectl
