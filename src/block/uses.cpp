#include "block/uses.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <dirent.h>
#include <fstream>
#include <memory>
#include <string_view>

#include "core/text.hpp"
#include "core/uses.hpp"

namespace nvmectl::block {
namespace {

constexpr int most_layers = 8;

// "sda1" of /dev/sda1, "dm-0" of /dev/mapper/vg-lv.
std::string node_name(std::string_view path) {
  if (path.find("/mapper/") != std::string_view::npos || path.starts_with("/dev/disk/")) {
    const std::unique_ptr<char, decltype(&std::free)> real(::realpath(std::string(path).c_str(), nullptr), std::free);
    const std::string_view found = real ? std::string_view(real.get()) : path;
    return std::string(found.substr(found.rfind('/') + 1));
  }
  return std::string(path.substr(5));
}

}  // namespace

SysfsView this_sysfs() {
  return {.list = [](std::string_view path) -> std::optional<std::vector<std::string>> {
            const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(("/sys/" + std::string(path)).c_str()), ::closedir);
            if (!dir) return std::nullopt;
            std::vector<std::string> names;
            while (const dirent* entry = ::readdir(dir.get()))
              if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
            return names;
          },
          .read = [](std::string_view path) -> std::optional<std::string> {
            std::ifstream file("/sys/" + std::string(path));
            std::string line;
            if (!std::getline(file, line)) return std::nullopt;
            return line;
          }};
}

UseTable::UseTable(SysfsView sysfs) : sysfs_(std::move(sysfs)) {
  const auto read = [&](const char* path, bool swap) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
      const auto words = split(line, ' ');
      if (words.size() < 2 || !words[0].starts_with("/dev/")) continue;
      const std::string_view node = words[0].substr(0, words[0].find('\t'));
      mounts_.emplace_back(node_name(node),
                           swap ? "used as swap" : fmt::format("mounted at {}", printable(path_of_mount(words[1]))));
    }
  };
  if (!sysfs_.this_machine) return;
  // One file for all block devices, in place of a directory for each.
  std::ifstream partitions("/proc/partitions");
  for (std::string line; std::getline(partitions, line);)
    if (const std::size_t blank = line.rfind(' '); blank != std::string::npos)
      partitions_.push_back(line.substr(blank + 1));
  read("/proc/self/mounts", false);
  read("/proc/swaps", true);
}

void UseTable::add(const std::string& device, const std::string& through, int depth, std::vector<Use>& uses) {
  // Without udev /dev/mapper/NAME is a node of its own and no link to dm-0.
  const std::string mapped =
      device.starts_with("dm-") ? sysfs_.read("class/block/" + device + "/dm/name").value_or("") : std::string();
  for (const auto& [node, how] : mounts_)
    if (node == device || (!mapped.empty() && node == mapped))
      uses.push_back({through, depth == 0 ? how : fmt::format("{} through {}", how, device)});
  for (const std::string& raw :
       sysfs_.list("class/block/" + device + "/holders").value_or(std::vector<std::string>{})) {
    const std::string holder = printable(raw);
    const std::string name = printable(sysfs_.read("class/block/" + raw + "/dm/name").value_or(""));
    uses.push_back({through, fmt::format("held by {}{}", holder, name.empty() ? "" : " (" + name + ")")});
    if (depth < most_layers) add(raw, through, depth + 1, uses);
  }
}

std::vector<Use> UseTable::of(const std::string& block_device) {
  std::vector<Use> uses;
  add(block_device, block_device, 0, uses);
  const std::vector<std::string> entries =
      sysfs_.this_machine ? partitions_
                          : sysfs_.list("class/block/" + block_device).value_or(std::vector<std::string>{});
  for (const std::string& entry : entries)
    if (entry.starts_with(block_device + "p")) add(entry, entry, 0, uses);
  return uses;
}

}  // namespace nvmectl::block
