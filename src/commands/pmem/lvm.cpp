#include "commands/pmem/lvm.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "connections/json_tree.hpp"
#include "core/text.hpp"
#include "core/uses.hpp"
#include "pmem/sizes.hpp"

namespace nvmectl {
namespace {

using connections::JsonNode;

constexpr std::size_t most_rows = 100'000;

// Device nodes appear also where no udev runs (containers, rescue systems).
constexpr std::string_view own_nodes = "activation{verify_udev_operations=1}";

// {"report": [{"vg": [{…}, …]}]}: the rows of every report.
Result<std::vector<const JsonNode*>> rows_of(const JsonNode& root, std::string_view key) {
  const JsonNode* reports = root.find("report");
  if (reports == nullptr || reports->type != JsonNode::Type::array)
    return fail(ErrorKind::protocol, "LVM's answer is not understood");
  std::vector<const JsonNode*> rows;
  for (const JsonNode& report : reports->items)
    if (const JsonNode* list = report.find(key))
      for (const JsonNode& row : list->items)
        if (row.type == JsonNode::Type::object && rows.size() < most_rows) rows.push_back(&row);
  return rows;
}

std::string text_of(const JsonNode& row, std::string_view key) {
  const JsonNode* value = row.find(key);
  return value != nullptr ? printable(value->text) : std::string();
}
Result<std::uint64_t> bytes_of(const JsonNode& row, std::string_view key) {
  return parse_number(text_of(row, key), key);
}

Result<JsonNode> parse(std::string_view json) {
  return connections::parse_json({json, "LVM's answer", ErrorKind::protocol, "is this LVM of 2.02.158 or newer?"});
}

std::vector<std::string> report(std::string program, std::string columns) {
  return {std::move(program),          "--reportformat", "json", "--units", "b", "--nosuffix", "-o", std::move(columns),
          fmt::format("@{}", pool_tag)};
}

}  // namespace

Result<std::vector<PmemPool>> parse_vgs(std::string_view json) {
  NVMECTL_ASSIGN(const JsonNode root, parse(json));
  NVMECTL_ASSIGN(const auto rows, rows_of(root, "vg"));
  std::vector<PmemPool> pools;
  for (const JsonNode* row : rows) {
    PmemPool pool{text_of(*row, "vg_name"), text_of(*row, "pv_name"), 0, 0, 0};
    NVMECTL_ASSIGN(pool.size_bytes, bytes_of(*row, "vg_size"));
    NVMECTL_ASSIGN(pool.free_bytes, bytes_of(*row, "vg_free"));
    NVMECTL_ASSIGN(pool.extent_bytes, bytes_of(*row, "vg_extent_size"));
    // A row for each physical volume: a group that somebody extended counts once.
    const bool there = std::any_of(pools.begin(), pools.end(), [&](const auto& p) { return p.group == pool.group; });
    if (!there) pools.push_back(std::move(pool));
  }
  return pools;
}

Result<std::vector<PmemVolume>> parse_lvs(std::string_view json) {
  NVMECTL_ASSIGN(const JsonNode root, parse(json));
  NVMECTL_ASSIGN(const auto rows, rows_of(root, "lv"));
  std::vector<PmemVolume> volumes;
  for (const JsonNode* row : rows) {
    PmemVolume volume{text_of(*row, "lv_name"), text_of(*row, "vg_name"), text_of(*row, "lv_path"), 0, false};
    NVMECTL_ASSIGN(volume.size_bytes, bytes_of(*row, "lv_size"));
    const std::string attributes = text_of(*row, "lv_attr");  // lvs(8): the sixth letter is o when it is open
    volume.open = attributes.size() > 5 && attributes[5] == 'o';
    volumes.push_back(std::move(volume));
  }
  return volumes;
}

Result<PmemVolumes> read_volumes(ProgramRunner& runner, const Deadline& deadline) {
  PmemVolumes all;
  auto groups = run_program(runner, report("vgs", "vg_name,vg_size,vg_free,vg_extent_size,pv_name"), deadline);
  if (!groups) {
    Error error = std::move(groups).error();
    if (error.kind == ErrorKind::unsupported) error.hint = "apt install lvm2";
    return fail(std::move(error));
  }
  NVMECTL_ASSIGN(all.pools, parse_vgs(*groups));
  if (all.pools.empty()) return all;
  NVMECTL_ASSIGN(const std::string volumes,
                 run_program(runner, report("lvs", "lv_name,vg_name,lv_size,lv_path,lv_attr"), deadline));
  NVMECTL_ASSIGN(all.volumes, parse_lvs(volumes));
  std::sort(all.volumes.begin(), all.volumes.end(),
            [](const PmemVolume& a, const PmemVolume& b) { return a.name < b.name; });
  return all;
}

const PmemVolume* volume_named(const PmemVolumes& all, std::string_view name) {
  const auto found =
      std::find_if(all.volumes.begin(), all.volumes.end(), [&](const PmemVolume& v) { return v.name == name; });
  return found == all.volumes.end() ? nullptr : &*found;
}

std::string mount_of(std::string_view mountinfo, const PmemVolume& volume) {
  std::string mapper = "/dev/mapper/";
  for (const std::string* part : {&volume.group, &volume.name}) {
    for (const char c : *part) mapper += c == '-' ? std::string("--") : std::string(1, c);
    if (part == &volume.group) mapper += '-';
  }
  for (const std::string_view line : split(mountinfo, '\n')) {
    const auto words = split(line, ' ');
    if (words.size() < 9) continue;
    for (std::size_t i = 6; i + 2 < words.size(); ++i)
      if (words[i] == "-" && (words[i + 2] == mapper || words[i + 2] == volume.path)) return path_of_mount(words[4]);
  }
  return "";
}

Result<std::string> make_pool(ProgramRunner& runner, const PmemNamespace& ns, const Deadline& deadline) {
  const std::string device = "/dev/" + ns.block_device;
  const std::string group = "nvmectl-" + ns.label_uuid.substr(0, 8);
  NVMECTL_TRY(run_program(runner, {"wipefs", "-a", "-f", device}, deadline));
  // Data begin at 2 MiB, so that huge pages fit.
  NVMECTL_TRY(run_program(runner, {"pvcreate", "-f", "-y", "--dataalignment", "2m", device}, deadline));
  NVMECTL_TRY(run_program(runner, {"vgcreate", "-y", "--addtag", std::string(pool_tag), group, device}, deadline));
  return group;
}

Result<> make_volume(ProgramRunner& runner, const std::string& group, const std::string& name, std::uint64_t bytes,
                     const Deadline& deadline) {
  constexpr std::uint64_t sector = 512;  // LVM takes multiples, and rounds those up to its extents
  // What an older volume left at its start is wiped.
  NVMECTL_TRY(run_program(runner,
                          {"lvcreate", "--config", std::string(own_nodes), "-y", "-Zy", "-Wy", "-n", name, "-L",
                           fmt::format("{}b", pmem::round_up(bytes, sector)), group},
                          deadline));
  return {};
}

Result<> remove_volume(ProgramRunner& runner, const PmemVolume& volume, const Deadline& deadline) {
  NVMECTL_TRY(run_program(
      runner, {"lvremove", "--config", std::string(own_nodes), "-y", volume.group + "/" + volume.name}, deadline));
  return {};
}

Result<> resize_volume(ProgramRunner& runner, const PmemVolume& volume, std::uint64_t bytes, bool file_system,
                       const Deadline& deadline) {
  std::vector<std::string> words{"lvresize", "--config", std::string(own_nodes),   "-f",
                                 "-y",       "-L",       fmt::format("{}b", bytes)};
  if (file_system) words.emplace_back("-r");
  words.push_back(volume.group + "/" + volume.name);
  NVMECTL_TRY(run_program(runner, words, deadline));
  return {};
}

Result<> check_volume_name(std::string_view name) {
  for (const std::string_view reserved : {"snapshot", "pvmove"})
    if (name.starts_with(reserved))
      return fail(ErrorKind::usage, fmt::format("'{}' cannot be the name of a volume", printable(name)),
                  fmt::format("LVM keeps names that begin with {} for itself", reserved));
  const bool good = !name.empty() && name.size() <= 127 && name.front() != '-' && name != "." && name != ".." &&
                    std::all_of(name.begin(), name.end(), [](char c) {
                      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
                             c == '_' || c == '.' || c == '-';
                    });
  if (good) return {};
  return fail(ErrorKind::usage, fmt::format("'{}' cannot be the name of a volume", printable(name)),
              "letters, digits and +_.- are allowed, at most 127");
}

}  // namespace nvmectl
