#include "backends/pmem/uses.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <dirent.h>
#include <fstream>
#include <functional>
#include <memory>
#include <set>
#include <string_view>
#include <unistd.h>

#include "core/text.hpp"

namespace nvmectl::pmem_backend {
namespace {

constexpr std::string_view prefix = "/dev/dax";

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

// The DAX devices ("dax0.0") that a process has open.
std::set<std::string> opened_by(const std::string& pid) {
  std::set<std::string> found;
  const std::string directory = "/proc/" + pid + "/fd";
  each_entry(directory, [&](std::string_view fd) {
    char target[64];
    const ssize_t size = ::readlink((directory + "/" + std::string(fd)).c_str(), target, sizeof target);
    const std::string_view path(target, size > 0 ? static_cast<std::size_t>(size) : 0);
    if (path.starts_with(prefix)) found.emplace(path.substr(5));
  });
  return found;
}

// And those that it has mapped: a mapping outlives its descriptor.
std::set<std::string> mapped_by(const std::string& pid) {
  std::set<std::string> found;
  std::ifstream file("/proc/" + pid + "/maps");
  for (std::string line; std::getline(file, line);)
    if (const std::size_t at = line.find(prefix); at != std::string::npos)
      found.emplace(line.substr(at + 5, line.find(' ', at) - at - 5));
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
    each_entry("/proc", [&](std::string_view entry) {
      if (entry.find_first_not_of("0123456789") != std::string_view::npos) return;
      const std::string pid(entry);
      const auto opened = opened_by(pid);
      const auto mapped = mapped_by(pid);
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
