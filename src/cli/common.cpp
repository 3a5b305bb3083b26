#include "cli/common.hpp"

#include <array>

#include "output/format.hpp"

namespace nvmectl::cli {
namespace {

constexpr std::array<std::string_view, 7> formats{"table", "wide", "json", "ndjson", "csv", "value", "raw"};
constexpr std::array<std::string_view, 3> when{"auto", "always", "never"};

constexpr std::array general{
    option<&CommonValues::output>({.name = "output",
                                   .letter = 'o',
                                   .metavar = "FORMAT",
                                   .doc = "table, wide, json, ndjson, csv, value or raw",
                                   .default_text = "table",
                                   .complete = Complete::choice,
                                   .choices = formats,
                                   .alias = "output-format"}),
    option<&CommonValues::json>({.name = "json", .letter = 'j', .doc = "The same as -o json"}),
    option<&CommonValues::raw_binary>(
        {.name = "raw-binary", .letter = 'b', .doc = "nvme-cli's word for -o raw", .hidden = true}),
    option<&CommonValues::fields>(
        {.name = "fields", .metavar = "A,B", .doc = "Only these fields, in this order; 'help' lists them"}),
    option<&CommonValues::no_headers>({.name = "no-headers", .doc = "Tables and CSV without their header"}),
    option<&CommonValues::bytes>({.name = "bytes", .doc = "Sizes as exact numbers of bytes"}),
    option<&CommonValues::verbose>({.name = "verbose", .letter = 'v', .doc = "More columns and details"}),
    option<&CommonValues::verbose>(
        {.name = "human-readable", .letter = 'H', .doc = "nvme-cli's word for --verbose", .hidden = true}),
    option<&CommonValues::quiet>({.name = "quiet", .doc = "No notes on standard error"}),
    option<&CommonValues::color>({.name = "color",
                                  .metavar = "WHEN",
                                  .doc = "auto, always or never",
                                  .default_text = "auto",
                                  .complete = Complete::choice,
                                  .choices = when}),
    option<&CommonValues::timeout>({.name = "timeout",
                                    .metavar = "TIME",
                                    .doc = "Deadline of the whole operation, as 10s or 500ms",
                                    .default_text = "10s"}),
    option<&CommonValues::backend>(
        {.name = "backend", .metavar = "NAME", .doc = "Reach devices by this backend (nvmectl backends)"}),
    option<&CommonValues::sysroot>({.name = "sysroot",
                                    .metavar = "DIR",
                                    .doc = "Read a captured tree below DIR instead of this machine's",
                                    .complete = Complete::directory}),
    option<&CommonValues::help>({.name = "help", .letter = 'h', .doc = "Show help for the command"}),
};

constexpr std::array safety{
    option<&CommonValues::dry_run>({.name = "dry-run", .doc = "Show what would be sent and send nothing"}),
    option<&CommonValues::yes>({.name = "yes", .letter = 'y', .doc = "Do not ask for confirmation"}),
};

constexpr std::array connection{
    option<&CommonValues::host_nqn>(
        {.name = "hostnqn", .letter = 'q', .metavar = "NQN", .doc = "Host NQN to connect as (tcp://)"}),
    option<&CommonValues::host_id>(
        {.name = "hostid", .letter = 'I', .metavar = "UUID", .doc = "Host identifier to connect as (tcp://)"}),
    option<&CommonValues::header_digest>(
        {.name = "hdr-digest", .letter = 'g', .doc = "Protect PDU headers by a CRC (tcp://)"}),
    option<&CommonValues::data_digest>(
        {.name = "data-digest", .letter = 'G', .doc = "Protect PDU data by a CRC (tcp://)"}),
};

}  // namespace

std::vector<const Argument*> common_arguments(const CommandSpec* spec) {
  std::vector<const Argument*> arguments;
  const auto add = [&](const auto& table) {
    for (const Argument& a : table) arguments.push_back(&a);
  };
  if (spec != nullptr && spec->effect != Effect::read_only) add(safety);
  if (spec != nullptr && spec->opens_device) add(connection);
  add(general);
  return arguments;
}

}  // namespace nvmectl::cli
