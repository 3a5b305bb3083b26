// ndctl's and daxctl's verbs and option letters: a table of what each is here.
#include <algorithm>
#include <array>

#include "commands/pmem/alias.hpp"
#include "commands/pmem/area.hpp"

namespace nvmectl {
namespace {

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
// What is refused.
constexpr Argument refused(std::string_view name, char letter, std::string_view metavar = "WORD") {
  Argument argument = metavar.empty() ? flag(name, letter, "ndctl's: not taken here")
                                      : value(name, letter, metavar, "ndctl's: not taken here");
  argument.hidden = true;
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
                                      value("size", 's', "SIZE", "Such as 1.5G; rounded up"),
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
constexpr std::array<std::string_view, 2> part_options{"size", "offset"};
constexpr Argument part_size = refused("size", 's', "SIZE"), part_offset = refused("offset", 'O', "OFFSET");
constexpr Refused read_refused{
    part_options, "a label area is read and decoded as a whole",
    "nvmectl pmem labels read DIMM -o raw gives its bytes, of which tail and head cut a part"};
constexpr Refused zero_refused{part_options, "a label area is zeroed as a whole",
                               "leave it out; or write a file with that part zeroed by nvmectl pmem labels restore"};
constexpr Refused write_refused{
    part_options, "a label area is written as a whole, so that it cannot be left half old and half new",
    "change that part of a file of nvmectl pmem labels backup; nvmectl pmem labels restore writes it"};
constexpr std::array zero_arguments{dimms, bus, part_size, part_offset};
constexpr std::array init_arguments{dimms, bus, flag("force", 'f', "Also when there are labels"),
                                    value("label-version", 'V', "VERSION", "1.1 or 1.2")};
constexpr std::array write_arguments{dimms, value("input", 'i', "FILE", "What to write", true),
                                     flag("force", 'f', "Also a file without valid labels"), part_size, part_offset};
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
constexpr std::array read_arguments{dimms,     bus,        output, ignored("human", 'u'), ignored("index", 'I'),
                                    part_size, part_offset};
constexpr std::array info_arguments{target("NAMESPACE", "Name, UUID or device", false), output,
                                    value("input", 'i', "FILE", "Decode this file instead of a namespace"),
                                    ignored("human", 'u'), ignored("verify", 'V')};
constexpr std::array<std::string_view, 9> made_options{"mode", "stdout", "output-file", "size",  "align",
                                                       "uuid", "map",    "parent-uuid", "offset"};
constexpr Refused info_write_refused{
    made_options, "the kernel alone makes info blocks, which have to fit the namespace and its label",
    "nvmectl pmem reconfigure NAMESPACE --mode fsdax|devdax has it make one; -i FILE puts a saved one back"};
constexpr std::array info_write_arguments{target("NAMESPACE", "Name, UUID or device", false),
                                          value("input", 'i', "FILE", "What to write"),
                                          refused("mode", 'm'),
                                          refused("stdout", 'c', ""),
                                          refused("output-file", 'o', "FILE"),
                                          refused("size", 's', "SIZE"),
                                          refused("align", 'a', "SIZE"),
                                          refused("uuid", 'u', "UUID"),
                                          refused("map", 'M'),
                                          refused("parent-uuid", 'p', "UUID"),
                                          refused("offset", 'O', "OFFSET")};
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
                                        value("file", 'f', "FILE", "The firmware; left out: -A or -D alone"),
                                        flag("force", 'i', "Also while a scrub or another update is under way"),
                                        flag("disarm", 'D', "Do not arm it for activation"),
                                        flag("arm", 'A', "Arm it for activation: the default")};
constexpr std::array firmware_turns{Turn{"arm", &pmem_firmware_arm_command, "file"},
                                    Turn{"disarm", &pmem_firmware_disarm_command, "file"}};
constexpr std::array activate_arguments{
    target("BUS", "ndbus0, 0, its provider, or all"), flag("idle", 'I', "Let the platform stop all DMA meanwhile"),
    flag("force", 'f', "Also when not all is armed"), flag("dry-run-activation", 'n', "ndctl's --dry-run")};

constexpr Argument daxes = target("DEVICE", "dax0.0, /dev/dax0.0, its namespace, or all");
constexpr Argument no_movable =
    flag("no-movable", 0, "Let the kernel itself use it too; it can then not be taken offline");
constexpr Argument dax_regions = several(value("region", 'r', "ID", "Only of these DAX regions"));
constexpr Argument no_online = flag("no-online", 'N', "Leave its blocks offline as system RAM");
constexpr std::array dax_arguments{daxes, dax_regions, ignored("human", 'u')};
constexpr std::array dax_online_arguments{daxes, dax_regions, no_movable, ignored("human", 'u')};
constexpr std::array dax_destroy_arguments{daxes, dax_regions, force, ignored("human", 'u')};
constexpr std::array dax_turns{Turn{"size", &pmem_dax_resize_command}};
constexpr std::array dax_reconfigure_arguments{daxes,
                                               dax_regions,
                                               value("size", 's', "SIZE", "Another size, as pmem dax resize"),
                                               value("align", 'a', "SIZE", "With -s: 4K, 2M or 1G"),
                                               value("mode", 'm', "MODE", "devdax or system-ram"),
                                               no_online,
                                               no_movable,
                                               force,
                                               ignored("human", 'u')};
constexpr std::array<std::string_view, 1> dax_input{"input"};
constexpr Refused dax_create_refused{dax_input, "the kernel chooses where a device lies",
                                     "nvmectl pmem dax list -o json shows the mappings that it chose"};
constexpr std::array dax_create_arguments{value("region", 'r', "ID", "The DAX region's number"),
                                          value("size", 's', "SIZE", "Such as 1.5G"),
                                          value("align", 'a', "SIZE", "4K, 2M or 1G"),
                                          value("mode", 'm', "MODE", "devdax or system-ram"),
                                          no_online,
                                          no_movable,
                                          refused("input", 0, "FILE"),
                                          force,
                                          ignored("human", 'u')};

constexpr std::array aliases{
    Alias{"create-namespace",
          &pmem_create_command,
          create_arguments,
          {"pmem create-namespace -m fsdax -s 1G -n vol-a", "the same as nvmectl pmem create"},
          reconfigured,
          create_turns},
    Alias{"destroy-namespace",
          &pmem_destroy_command,
          namespaces_arguments,
          {"pmem destroy-namespace -f vol-a", "the same as nvmectl pmem destroy"},
          forced},
    Alias{"enable-namespace",
          &pmem_enable_command,
          namespaces_arguments,
          {"pmem enable-namespace all", "the same as nvmectl pmem enable"},
          forced},
    Alias{"disable-namespace",
          &pmem_disable_command,
          namespaces_arguments,
          {"pmem disable-namespace vol-a", "the same as nvmectl pmem disable"},
          forced},
    Alias{"check-namespace",
          &pmem_check_command,
          check_arguments,
          {"pmem check-namespace vol-c -R", "the same as nvmectl pmem check"},
          checked},
    Alias{"enable-region",
          &pmem_region_enable_command,
          regions_arguments,
          {"pmem enable-region region0", "the same as nvmectl pmem region enable"}},
    Alias{"disable-region",
          &pmem_region_disable_command,
          regions_arguments,
          {"pmem disable-region region0", "the same as nvmectl pmem region disable"}},
    Alias{"enable-dimm",
          &pmem_dimm_enable_command,
          dimms_arguments,
          {"pmem enable-dimm nmem0", "the same as nvmectl pmem dimm enable"}},
    Alias{"disable-dimm",
          &pmem_dimm_disable_command,
          dimms_arguments,
          {"pmem disable-dimm nmem0", "the same as nvmectl pmem dimm disable"}},
    Alias{"init-labels",
          &pmem_labels_init_command,
          init_arguments,
          {"pmem init-labels nmem0", "the same as nvmectl pmem labels init"}},
    Alias{"check-labels",
          &pmem_labels_check_command,
          dimms_arguments,
          {"pmem check-labels all", "the same as nvmectl pmem labels check"}},
    Alias{"zero-labels",
          &pmem_labels_zero_command,
          zero_arguments,
          {"pmem zero-labels nmem0", "the same as nvmectl pmem labels zero"},
          {},
          {},
          &zero_refused},
    Alias{"read-labels",
          &pmem_labels_read_command,
          read_arguments,
          {"pmem read-labels nmem0 -j", "the same as nvmectl pmem labels read"},
          kept,
          {},
          &read_refused},
    Alias{"write-labels",
          &pmem_labels_restore_command,
          write_arguments,
          {"pmem write-labels nmem0 -i nmem0.labels", "the same as nvmectl pmem labels restore"},
          written,
          {},
          &write_refused},
    Alias{"read-infoblock",
          &pmem_infoblock_read_command,
          info_arguments,
          {"pmem read-infoblock vol-a -o vol-a.info", "the same as nvmectl pmem infoblock read"},
          kept},
    Alias{"write-infoblock",
          &pmem_infoblock_write_command,
          info_write_arguments,
          {"pmem write-infoblock vol-a -i vol-a.info", "the same as nvmectl pmem infoblock write"},
          written,
          {},
          &info_write_refused},
    Alias{"start-scrub",
          &pmem_scrub_start_command,
          scrub_arguments,
          {"pmem start-scrub ndbus0", "the same as nvmectl pmem scrub start"}},
    Alias{"wait-scrub",
          &pmem_scrub_wait_command,
          wait_arguments,
          {"pmem wait-scrub ndbus0", "the same as nvmectl pmem scrub wait"}},
    Alias{"setup-passphrase",
          &pmem_security_setup_command,
          key_arguments,
          {"pmem setup-passphrase nmem0 -k user:nvdimm-master", "the same as nvmectl pmem security setup"},
          mastered},
    Alias{"update-passphrase",
          &pmem_security_update_command,
          key_arguments,
          {"pmem update-passphrase nmem0 -k user:nvdimm-master", "the same as nvmectl pmem security update"},
          mastered},
    Alias{"remove-passphrase",
          &pmem_security_remove_command,
          removal_arguments,
          {"pmem remove-passphrase nmem0", "the same as nvmectl pmem security remove"},
          mastered},
    Alias{"freeze-security",
          &pmem_security_freeze_command,
          dimms_arguments,
          {"pmem freeze-security nmem0", "the same as nvmectl pmem security freeze"}},
    Alias{"sanitize-dimm",
          &pmem_security_sanitize_command,
          sanitize_arguments,
          {"pmem sanitize-dimm nmem0 --overwrite", "the same as nvmectl pmem security sanitize"},
          mastered},
    Alias{"wait-overwrite",
          &pmem_security_wait_overwrite_command,
          dimms_arguments,
          {"pmem wait-overwrite nmem0", "the same as nvmectl pmem security wait-overwrite"}},
    Alias{"load-keys",
          &pmem_security_load_keys_command,
          load_arguments,
          {"pmem load-keys -p /etc/ndctl/keys", "the same as nvmectl pmem security load-keys"},
          keys},
    Alias{"update-firmware",
          &pmem_firmware_update_command,
          firmware_arguments,
          {"pmem update-firmware nmem0 -f fw.bin", "the same as nvmectl pmem firmware update"},
          {},
          firmware_turns},
    Alias{"activate-firmware",
          &pmem_firmware_activate_command,
          activate_arguments,
          {"pmem activate-firmware ndbus0", "the same as nvmectl pmem firmware activate"},
          activated},
    // daxctl's
    Alias{"reconfigure-device",
          &pmem_dax_reconfigure_command,
          dax_reconfigure_arguments,
          {"pmem reconfigure-device dax0.0 -m system-ram", "the same as nvmectl pmem dax reconfigure"},
          forced,
          dax_turns},
    Alias{"online-memory",
          &pmem_dax_online_command,
          dax_online_arguments,
          {"pmem online-memory dax0.0", "the same as nvmectl pmem dax online"}},
    Alias{"offline-memory",
          &pmem_dax_offline_command,
          dax_arguments,
          {"pmem offline-memory dax0.0", "the same as nvmectl pmem dax offline"}},
    Alias{"create-device",
          &pmem_dax_create_command,
          dax_create_arguments,
          {"pmem create-device -r 1 -s 1G", "the same as nvmectl pmem dax create"},
          forced,
          {},
          &dax_create_refused},
    Alias{"enable-device",
          &pmem_dax_enable_command,
          dax_arguments,
          {"pmem enable-device dax1.0", "the same as nvmectl pmem dax enable"}},
    Alias{"disable-device",
          &pmem_dax_disable_command,
          dax_arguments,
          {"pmem disable-device dax1.0", "the same as nvmectl pmem dax disable"}},
    Alias{"destroy-device",
          &pmem_dax_destroy_command,
          dax_destroy_arguments,
          {"pmem destroy-device dax1.1 -f", "the same as nvmectl pmem dax destroy"},
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
                 .invoke = invoke_alias,
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
