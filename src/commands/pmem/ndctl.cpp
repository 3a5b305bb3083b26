// ndctl's verbs and option letters: a table of what each is here.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "commands/pmem/area.hpp"
#include "commands/pmem/dimm_rows.hpp"
#include "commands/pmem/rows.hpp"
#include "commands/pmem/session.hpp"

namespace nvmectl {
namespace {

/// What an option of ndctl is called here. "" = it has no meaning here; "yes" and "dry-run" are the common ones.
struct Renamed {
  std::string_view theirs, ours;
};
/// An option whose presence makes it another command.
struct Turn {
  std::string_view option;
  const CommandSpec* command;
};
struct Alias {
  std::string_view name;
  const CommandSpec* target;
  std::span<const Argument> arguments;
  Example example;
  std::span<const Renamed> renamed = {};
  std::span<const Turn> turns = {};
};

std::string_view our_name(const Alias& alias, std::string_view theirs) {
  for (const Renamed& renamed : alias.renamed)
    if (renamed.theirs == theirs) return renamed.ours;
  return theirs;
}

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

Result<> invoke(const CommandSpec& spec, const ParsedArguments& values, Context& context) {
  const Alias& alias = *static_cast<const Alias*>(spec.payload);
  const CommandSpec* target = alias.target;
  for (const auto& [index, text] : values)
    for (const Turn& turn : alias.turns)
      if (spec.arguments[index].name == turn.option) target = turn.command;
  ParsedArguments theirs;
  for (const auto& [index, text] : values) {
    NVMECTL_TRY(check_file(spec.arguments[index].name, text));
    const std::string_view name = our_name(alias, spec.arguments[index].name);
    if (name == "yes") context.options.yes = context.options.yes || text != "false";
    if (name == "dry-run") context.options.dry_run = context.options.dry_run || text != "false";
    for (std::size_t i = 0; i < target->arguments.size(); ++i)
      if (target->arguments[i].name == name) theirs.emplace_back(i, with_commas(target->arguments[i], text));
  }
  for (std::size_t i = 0; i < target->arguments.size(); ++i) {
    const Argument& needed = target->arguments[i];
    const bool given = std::any_of(theirs.begin(), theirs.end(), [&](const auto& v) { return v.first == i; });
    if (needed.required && !given)
      return fail(ErrorKind::usage, std::string(spec.name) + ": " + std::string(needed.name) + " is missing");
  }
  return target->invoke(*target, theirs, context);
}

constexpr Argument flag(std::string_view name, char letter, std::string_view doc) {
  Argument argument{.name = name, .letter = letter, .doc = doc};
  argument.flag = true;
  return argument;
}
constexpr Argument value(std::string_view name, char letter, std::string_view metavar, std::string_view doc,
                         bool required = false) {
  return {.name = name, .letter = letter, .metavar = metavar, .doc = doc, .required = required};
}
constexpr Argument several(Argument argument) {
  argument.repeatable = true;
  return argument;
}
constexpr Argument target(std::string_view name, std::string_view doc, bool required = true) {
  Argument argument{.name = name, .doc = doc, .required = required};
  argument.positional = argument.repeatable = true;
  return argument;
}
// What is so in any case.
constexpr Argument ignored(std::string_view name, char letter) {
  Argument argument = flag(name, letter, "ndctl's: it is so in any case");
  argument.hidden = true;
  return argument;
}
constexpr Argument bus = several(value("bus", 'b', "BUS", "Only below these buses"));
constexpr Argument region = several(value("region", 'r', "REGION", "Only in these regions"));
constexpr Argument force = flag("force", 'f', "Do not ask; what is in use is refused all the same");
constexpr Argument namespaces = target("NAMESPACE", "Name, UUID, device, or all");
constexpr Argument regions = target("REGION", "region0, 0, or all");
constexpr Argument dimms = target("DIMM", "nmem0, 0, or all");
constexpr Argument buses = target("BUS", "ndbus0, 0, its provider, or all", false);
constexpr Argument type = value("type", 't', "TYPE", "ndctl's: pmem");
constexpr Argument key_handle = value("key-handle", 'k', "KEY", "The key that passphrases are sealed with", true);
constexpr Argument master = flag("master-passphrase", 'm', "The master passphrase, not the user's");

constexpr std::array forced{Renamed{"force", "yes"}};
constexpr std::array reconfigured{Renamed{"force", "yes"}, Renamed{"reconfig", "NAMESPACE"}};
constexpr std::array create_turns{Turn{"continue", &pmem_fill_command}, Turn{"reconfig", &pmem_reconfigure_command}};
constexpr std::array written{Renamed{"input", "FILE"}};
constexpr std::array mastered{Renamed{"master-passphrase", "master"}};
constexpr std::array keys{Renamed{"key-path", "path"}};
constexpr std::array activated{Renamed{"dry-run-activation", "dry-run"}};

constexpr std::array create_arguments{bus,
                                      region,
                                      value("reconfig", 'e', "NAMESPACE", "Give this one another mode instead"),
                                      value("uuid", 'u', "UUID", "The label's UUID"),
                                      value("name", 'n', "NAME", "At most 63 bytes"),
                                      value("size", 's', "SIZE", "As 1.5G; rounded up"),
                                      value("mode", 'm', "MODE", "fsdax, devdax, sector, raw; memory, dax, safe"),
                                      value("map", 'M', "WHERE", "dev or mem"),
                                      value("sector-size", 'l', "SIZE", "Size of a sector"),
                                      type,
                                      value("align", 'a', "SIZE", "4K, 2M or 1G"),
                                      force,
                                      flag("continue", 'c', "Make them until no more fits, as pmem fill"),
                                      ignored("autolabel", 'L'),
                                      ignored("autorecover", 'R'),
                                      flag("no-autolabel", 0, "ndctl's; labels are written by pmem init alone"),
                                      flag("no-autorecover", 0, "ndctl's; what fails is always taken back")};
constexpr std::array namespaces_arguments{namespaces, bus, region, force};
constexpr std::array regions_arguments{regions, bus, type};
constexpr std::array dimms_arguments{dimms, bus};
constexpr std::array init_arguments{dimms, bus, flag("force", 'f', "Also when there are labels"),
                                    value("label-version", 'V', "VERSION", "1.1 or 1.2")};
constexpr std::array write_arguments{dimms, value("input", 'i', "FILE", "What to write", true),
                                     flag("force", 'f', "Also a file without valid labels")};
constexpr std::array check_arguments{
    namespaces,
    flag("repair", 'R', "Restore a damaged info block"),
    flag("rewrite-log", 'L', "Write the log of an old kernel anew; repairs the rest, too"),
    bus,
    region,
    force};
constexpr std::array checked{Renamed{"force", "yes"}, Renamed{"rewrite-log", "repair"}};
constexpr Argument output = value("output-file", 'o', "FILE", "Keep the bytes in FILE too");
constexpr std::array kept{Renamed{"output-file", "file"}};
constexpr std::array read_arguments{dimms, bus, output, ignored("human", 'u'), ignored("index", 'I')};
constexpr std::array info_arguments{target("NAMESPACE", "Name, UUID or device"), output, ignored("human", 'u'),
                                    ignored("verify", 'V')};
constexpr std::array info_write_arguments{target("NAMESPACE", "Name, UUID or device"),
                                          value("input", 'i', "FILE", "What to write", true)};
constexpr std::array scrub_arguments{buses};
constexpr std::array wait_arguments{buses,
                                    value("poll", 'p', "SECONDS", "ndctl's: the kernel tells when it has ended")};
constexpr std::array key_arguments{dimms, bus, key_handle, master};
constexpr std::array removal_arguments{dimms, bus, master};
constexpr std::array sanitize_arguments{dimms,
                                        bus,
                                        flag("crypto-erase", 'c', "Change the key: the default"),
                                        flag("overwrite", 'o', "Overwrite everything"),
                                        flag("zero-key", 'z', "The DIMM has no passphrase"),
                                        master};
constexpr std::array load_arguments{value("key-path", 'p', "DIR", "Where the sealed keys are"),
                                    value("tpm-handle", 't', "HANDLE", "The TPM's handle of the master key")};
constexpr std::array firmware_arguments{dimms,
                                        bus,
                                        value("file", 'f', "FILE", "The firmware", true),
                                        flag("force", 'i', "Also one that the DIMM would not need"),
                                        flag("disarm", 'D', "Do not arm it for activation"),
                                        ignored("arm", 'A')};
constexpr std::array activate_arguments{
    target("BUS", "ndbus0, 0, its provider, or all"), flag("idle", 'I', "Let the platform stop all DMA meanwhile"),
    flag("force", 'f', "Also when not all is armed"), flag("dry-run-activation", 'n', "ndctl's --dry-run")};

constexpr Argument daxes = target("DEVICE", "dax0.0, /dev/dax0.0, its namespace, or all");
constexpr Argument no_movable = flag("no-movable", 0, "For the kernel too: it cannot be taken offline again");
constexpr std::array dax_arguments{daxes, ignored("human", 'u')};
constexpr std::array dax_online_arguments{daxes, no_movable, ignored("human", 'u')};
constexpr std::array dax_destroy_arguments{daxes, force, ignored("human", 'u')};
constexpr std::array dax_reconfigure_arguments{daxes,
                                               value("mode", 'm', "MODE", "devdax or system-ram", true),
                                               flag("no-online", 'N', "Leave its blocks offline as system RAM"),
                                               no_movable,
                                               force,
                                               ignored("human", 'u')};
constexpr std::array dax_create_arguments{value("region", 'r', "ID", "The DAX region's number", true),
                                          value("size", 's', "SIZE", "As 1.5G"),
                                          value("align", 'a', "SIZE", "4K, 2M or 1G"), ignored("human", 'u')};

constexpr std::array aliases{
    Alias{"create-namespace",
          &pmem_create_command,
          create_arguments,
          {"pmem create-namespace -m fsdax -s 1G -n vol-a", "nvmectl pmem create"},
          reconfigured,
          create_turns},
    Alias{"destroy-namespace",
          &pmem_destroy_command,
          namespaces_arguments,
          {"pmem destroy-namespace -f vol-a", "nvmectl pmem destroy"},
          forced},
    Alias{"enable-namespace",
          &pmem_enable_command,
          namespaces_arguments,
          {"pmem enable-namespace all", "nvmectl pmem enable"},
          forced},
    Alias{"disable-namespace",
          &pmem_disable_command,
          namespaces_arguments,
          {"pmem disable-namespace vol-a", "nvmectl pmem disable"},
          forced},
    Alias{"check-namespace",
          &pmem_check_command,
          check_arguments,
          {"pmem check-namespace vol-c -R", "nvmectl pmem check"},
          checked},
    Alias{"enable-region",
          &pmem_region_enable_command,
          regions_arguments,
          {"pmem enable-region region0", "nvmectl pmem region enable"}},
    Alias{"disable-region",
          &pmem_region_disable_command,
          regions_arguments,
          {"pmem disable-region region0", "nvmectl pmem region disable"}},
    Alias{"enable-dimm",
          &pmem_dimm_enable_command,
          dimms_arguments,
          {"pmem enable-dimm nmem0", "nvmectl pmem dimm enable"}},
    Alias{"disable-dimm",
          &pmem_dimm_disable_command,
          dimms_arguments,
          {"pmem disable-dimm nmem0", "nvmectl pmem dimm disable"}},
    Alias{"init-labels",
          &pmem_labels_init_command,
          init_arguments,
          {"pmem init-labels nmem0", "nvmectl pmem labels init"}},
    Alias{"check-labels",
          &pmem_labels_check_command,
          dimms_arguments,
          {"pmem check-labels all", "nvmectl pmem labels check"}},
    Alias{"zero-labels",
          &pmem_labels_zero_command,
          dimms_arguments,
          {"pmem zero-labels nmem0", "nvmectl pmem labels zero"}},
    Alias{"read-labels",
          &pmem_labels_read_command,
          read_arguments,
          {"pmem read-labels nmem0 -j", "nvmectl pmem labels read"},
          kept},
    Alias{"write-labels",
          &pmem_labels_restore_command,
          write_arguments,
          {"pmem write-labels nmem0 -i nmem0.labels", "nvmectl pmem labels restore"},
          written},
    Alias{"read-infoblock",
          &pmem_infoblock_read_command,
          info_arguments,
          {"pmem read-infoblock vol-a -o vol-a.info", "nvmectl pmem infoblock read"},
          kept},
    Alias{"write-infoblock",
          &pmem_infoblock_write_command,
          info_write_arguments,
          {"pmem write-infoblock vol-a -i vol-a.info", "nvmectl pmem infoblock write"},
          written},
    Alias{"start-scrub",
          &pmem_scrub_start_command,
          scrub_arguments,
          {"pmem start-scrub ndbus0", "nvmectl pmem scrub start"}},
    Alias{
        "wait-scrub", &pmem_scrub_wait_command, wait_arguments, {"pmem wait-scrub ndbus0", "nvmectl pmem scrub wait"}},
    Alias{"setup-passphrase",
          &pmem_security_setup_command,
          key_arguments,
          {"pmem setup-passphrase nmem0 -k user:nvdimm-master", "nvmectl pmem security setup"},
          mastered},
    Alias{"update-passphrase",
          &pmem_security_update_command,
          key_arguments,
          {"pmem update-passphrase nmem0 -k user:nvdimm-master", "nvmectl pmem security update"},
          mastered},
    Alias{"remove-passphrase",
          &pmem_security_remove_command,
          removal_arguments,
          {"pmem remove-passphrase nmem0", "nvmectl pmem security remove"},
          mastered},
    Alias{"freeze-security",
          &pmem_security_freeze_command,
          dimms_arguments,
          {"pmem freeze-security nmem0", "nvmectl pmem security freeze"}},
    Alias{"sanitize-dimm",
          &pmem_security_sanitize_command,
          sanitize_arguments,
          {"pmem sanitize-dimm nmem0 --overwrite", "nvmectl pmem security sanitize"},
          mastered},
    Alias{"wait-overwrite",
          &pmem_security_wait_overwrite_command,
          dimms_arguments,
          {"pmem wait-overwrite nmem0", "nvmectl pmem security wait-overwrite"}},
    Alias{"load-keys",
          &pmem_security_load_keys_command,
          load_arguments,
          {"pmem load-keys -p /etc/ndctl/keys", "nvmectl pmem security load-keys"},
          keys},
    Alias{"update-firmware",
          &pmem_firmware_update_command,
          firmware_arguments,
          {"pmem update-firmware nmem0 -f fw.bin", "nvmectl pmem firmware update"}},
    Alias{"activate-firmware",
          &pmem_firmware_activate_command,
          activate_arguments,
          {"pmem activate-firmware ndbus0", "nvmectl pmem firmware activate"},
          activated},
    // daxctl's
    Alias{"reconfigure-device",
          &pmem_dax_reconfigure_command,
          dax_reconfigure_arguments,
          {"pmem reconfigure-device dax0.0 -m system-ram", "nvmectl pmem dax reconfigure"},
          forced},
    Alias{"online-memory",
          &pmem_dax_online_command,
          dax_online_arguments,
          {"pmem online-memory dax0.0", "nvmectl pmem dax online"}},
    Alias{"offline-memory",
          &pmem_dax_offline_command,
          dax_arguments,
          {"pmem offline-memory dax0.0", "nvmectl pmem dax offline"}},
    Alias{"create-device",
          &pmem_dax_create_command,
          dax_create_arguments,
          {"pmem create-device -r 1 -s 1G", "nvmectl pmem dax create"}},
    Alias{"destroy-device",
          &pmem_dax_destroy_command,
          dax_destroy_arguments,
          {"pmem destroy-device dax1.1 -f", "nvmectl pmem dax destroy"},
          forced},
};

}  // namespace

std::span<const CommandSpec* const> pmem_ndctl_commands() {
  static const auto specs = [] {
    std::array<CommandSpec, aliases.size()> made{};
    for (std::size_t i = 0; i < made.size(); ++i)
      made[i] = {.area = "pmem",
                 .name = aliases[i].name,
                 .summary = aliases[i].example.says,
                 .description = "Takes ndctl's option letters and gives what that command gives.",
                 .group = Group::pmem,
                 .effect = aliases[i].target->effect,
                 .long_running = aliases[i].target->long_running,
                 .hidden = true,
                 .arguments = aliases[i].arguments,
                 .examples = std::span(&aliases[i].example, 1),
                 .output = aliases[i].target->output,
                 .invoke = invoke,
                 .payload = &aliases[i]};
    return made;
  }();
  static const auto pointers = [] {
    std::array<const CommandSpec*, aliases.size()> made{};
    std::transform(specs.begin(), specs.end(), made.begin(), [](const CommandSpec& spec) { return &spec; });
    return made;
  }();
  return pointers;
}

}  // namespace nvmectl
