#include <array>

#include "cli/help.hpp"

namespace nvmectl::cli {
namespace {

constexpr std::string_view output_text =
    "-o table    columns for people; the default\n"
    "-o wide     more columns; the same as -v\n"
    "-o json     one document: {\"schema\": \"nvmectl/COMMAND/1\", \"data\": …, \"errors\": […]}\n"
    "-o ndjson   one record a line\n"
    "-o csv      RFC 4180, with a header line\n"
    "-o value    bare values, tab-separated, for shell scripts: -o value --fields device_path\n"
    "-o raw      bytes as the device sent them, where a command has them\n\n"
    "The JSON of a command never changes its shape: not with -v, not with the number of results, not with the "
    "kernel's\n"
    "multipath mode. Lists are lists even when empty, sizes are in bytes, integers up to 64 bits are numbers, 128-bit\n"
    "counters are decimal strings, specification codes are {\"code\": …, \"name\": …}, what is not known is null. "
    "Within a\n"
    "major version fields are only added. nvmectl schema COMMAND prints the JSON Schema.\n\n"
    "--fields a,b picks fields by their JSON keys or by the specification's mnemonics (nsze, mn …).\n"
    "Standard output carries the document and nothing else; words for people go to standard error.\n";

constexpr std::string_view devices_text =
    "nvme0                               a controller of the kernel\n"
    "nvme0n1, /dev/nvme0n1, /dev/ng0n1   a namespace of the kernel; links such as /dev/disk/by-id/… work too\n"
    "tcp://HOST[:PORT]                   the discovery controller there (port 8009 unless given), without root\n"
    "tcp://HOST[:PORT]/NQN               a subsystem (port 4420 unless given), without root\n"
    "tcp://HOST[:PORT]/NQN?nsid=N        one of its namespaces\n\n"
    "HOST is a name, an IPv4 address, or an IPv6 address in brackets: tcp://[fe80::1%eth0]:4420/NQN.\n"
    "The form of the name picks the backend; --backend NAME overrides it (nvmectl backends lists them).\n";

constexpr std::string_view environment_text =
    "NVMECTL_OUTPUT        default of --output\n"
    "NVMECTL_TIMEOUT       default of --timeout\n"
    "NVMECTL_BACKEND       default of --backend\n"
    "NVMECTL_PLUGIN_PATH   folders with vendor layouts, separated by colons, searched before the installed ones\n"
    "NO_COLOR, CLICOLOR_FORCE, TERM=dumb   colour on standard error\n\n"
    "An option on the command line wins over its variable.\n";

constexpr std::array all{
    Topic{"output", "Output formats and what scripts can rely on", output_text},
    Topic{"devices", "How devices are named", devices_text},
    Topic{"exit-codes", "Exit codes", ""},
    Topic{"environment", "Environment variables", environment_text},
};

}  // namespace

std::span<const Topic> topics() {
  return all;
}

}  // namespace nvmectl::cli
