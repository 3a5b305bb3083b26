#include "core/uses.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "core/text.hpp"

namespace nvmectl {
namespace {

constexpr std::string_view mounted = "mounted at ";

// "/srv" of "mounted at /srv", nothing when it does not begin so.
std::string_view rest(std::string_view how, std::string_view begin) {
  return how.starts_with(begin) ? how.substr(begin.size()) : std::string_view();
}

// As a shell takes it for one word.
std::string word(std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("/._-+:@%=").find(c) != std::string_view::npos;
  });
  if (plain && !text.empty()) return std::string(text);
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

// Where " through dm-0" begins in "/srv through dm-0".
std::size_t layer(std::string_view directory) {
  const std::size_t at = directory.rfind(" through ");
  const bool one = at != std::string_view::npos && directory.find_first_of(" /", at + 9) == std::string_view::npos;
  return one ? at : std::string_view::npos;
}

std::string way_out(const Use& use) {
  const std::string_view how = use.how;
  // "mounted at /srv through dm-0"
  if (const auto at = rest(how, mounted); !at.empty()) return fmt::format("umount {}", word(at.substr(0, layer(at))));
  if (how == "used as swap") return fmt::format("swapoff /dev/{}", use.device);
  if (how.find("system RAM") != std::string_view::npos)
    return fmt::format("nvmectl pmem dax reconfigure {} -m devdax", use.device);
  if (rest(how, "held by md").size() > 0) return fmt::format("mdadm --stop /dev/{}", split(how.substr(8), ' ').front());
  if (rest(how, "held by dm-").size() > 0) {
    const std::size_t name = how.find('(');
    const std::string_view mapped =
        name == std::string_view::npos ? how.substr(8) : how.substr(name + 1, how.size() - name - 2);
    return fmt::format("dmsetup remove {} (of LVM: vgchange -an)", mapped);
  }
  const std::size_t process = how.find("by process ");
  if (process != std::string_view::npos) return fmt::format("end process {}", how.substr(process + 11));
  return fmt::format("release {}", use.device);
}

}  // namespace

std::string ways_out(std::span<const Use> uses) {
  constexpr std::size_t most = 3;
  std::vector<std::string> ways;
  // What is mounted holds what it lies on.
  std::vector<Use> ordered(uses.begin(), uses.end());
  std::stable_partition(ordered.begin(), ordered.end(), [](const Use& use) { return !use.how.starts_with("held by"); });
  for (const Use& use : ordered)
    if (auto way = printable(way_out(use)); std::find(ways.begin(), ways.end(), way) == ways.end())
      ways.push_back(std::move(way));
  std::string text;
  for (std::size_t i = 0; i < std::min(ways.size(), most); ++i) text += (text.empty() ? "" : "; ") + ways[i];
  return ways.size() > most ? text + "; and others" : text;
}

std::string mounted_at(const Use& use) {
  const auto directory = rest(use.how, mounted);
  return layer(directory) == std::string_view::npos ? std::string(directory) : std::string();
}

std::string path_of_mount(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto digit = [&](std::size_t at) { return at < text.size() && text[at] >= '0' && text[at] <= '7'; };
    if (text[i] == '\\' && digit(i + 1) && digit(i + 2) && digit(i + 3)) {
      plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

}  // namespace nvmectl
