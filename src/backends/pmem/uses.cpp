#include "backends/pmem/uses.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <dirent.h>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <memory>
#include <set>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

#include "core/text.hpp"

namespace nvmectl::pmem_backend {
namespace {

constexpr const char* devices = "/sys/bus/dax/devices";

void each_entry(const std::string& directory, const std::function<void(std::string_view)>& visit) {
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(directory.c_str()), ::closedir);
  if (!dir) return;
  while (const dirent* entry = ::readdir(dir.get()))
    if (entry->d_name[0] != '.') visit(entry->d_name);
}

std::string process_name(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/comm");
  std::string name;
  std::getline(file, name);
  return printable(name);
}

// By number, since a container may have its own node of any name for it: 253:1 → "dax0.0".
using Nodes = std::map<std::pair<unsigned int, unsigned int>, std::string>;

Nodes dax_nodes() {
  Nodes nodes;
  each_entry(devices, [&](std::string_view name) {
    std::ifstream file(fmt::format("{}/{}/dev", devices, name));
    unsigned int major = 0, minor = 0;
    char colon = 0;
    if (file >> major >> colon >> minor) nodes[{major, minor}] = name;
  });
  return nodes;
}

// "" for what is no DAX device. A file server that does not answer is not asked.
std::string dax_behind(const Nodes& nodes, const std::string& path) {
  struct statx file {};
  if (::statx(AT_FDCWD, path.c_str(), AT_STATX_DONT_SYNC, STATX_TYPE, &file) != 0 || !S_ISCHR(file.stx_mode)) return {};
  const auto found = nodes.find({file.stx_rdev_major, file.stx_rdev_minor});
  return found == nodes.end() ? std::string() : found->second;
}

// The DAX devices that a process has open.
std::set<std::string> opened_by(const Nodes& nodes, const std::string& pid) {
  std::set<std::string> found;
  const std::string directory = "/proc/" + pid + "/fd";
  each_entry(directory,
             [&](std::string_view fd) { found.insert(dax_behind(nodes, fmt::format("{}/{}", directory, fd))); });
  found.erase("");
  return found;
}

// And those that it has mapped, always shared: a mapping outlives its descriptor.
std::set<std::string> mapped_by(const Nodes& nodes, const std::string& pid) {
  std::set<std::string> found;
  std::ifstream file("/proc/" + pid + "/maps");
  for (std::string line; std::getline(file, line);) {
    const auto words = split(line, ' ');  // "7f…-7f… rw-s 00000000 00:06 390 /dev/dax0.0"
    if (words.size() > 1 && words[1].ends_with('s'))
      found.insert(dax_behind(nodes, fmt::format("/proc/{}/map_files/{}", pid, words[0])));
  }
  found.erase("");
  return found;
}

}  // namespace

std::vector<Use> Uses::of_block(const std::string& device) {
  if (!blocks_) blocks_.emplace(block::this_sysfs());
  return blocks_->of(device);
}

std::vector<Use> Uses::of_dax(const std::string& device) {
  if (!dax_) {
    dax_.emplace();
    const Nodes nodes = dax_nodes();
    each_entry("/proc", [&](std::string_view entry) {
      if (entry.find_first_not_of("0123456789") != std::string_view::npos) return;
      const std::string pid(entry);
      if (pid == fmt::format("{}", ::getpid())) return;  // what it inherited its caller has, too
      const auto opened = opened_by(nodes, pid);
      const auto mapped = mapped_by(nodes, pid);
      std::set<std::string> all = opened;
      all.insert(mapped.begin(), mapped.end());
      for (const std::string& name : all)
        (*dax_)[name].push_back({name, fmt::format("{} by process {} ({})", opened.contains(name) ? "open" : "mapped",
                                                   pid, process_name(pid))});
    });
  }
  const auto found = dax_->find(device);
  return found == dax_->end() ? std::vector<Use>{} : found->second;
}

}  // namespace nvmectl::pmem_backend
