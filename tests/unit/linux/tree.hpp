// Small sysfs trees for the tests of the Linux backend.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace nvmectl::test {

/// A directory of its own below the system's temporary one, removed at the end.
class Tree {
 public:
  using Attributes = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  Tree() {
    std::string name = (std::filesystem::temp_directory_path() / "nvmectl-tree-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    root_ = name;
  }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;
  ~Tree() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  [[nodiscard]] std::string root() const { return root_.string(); }
  [[nodiscard]] std::filesystem::path sys(std::string_view path) const { return root_ / "sys" / path; }

  void directory(std::string_view path) const { std::filesystem::create_directories(sys(path)); }
  void file(std::string_view path, std::string_view content) const {
    std::filesystem::create_directories(sys(path).parent_path());
    std::ofstream(sys(path), std::ios::binary) << content;
  }
  /// Attributes with the line end that the kernel prints.
  void attributes(std::string_view path, Attributes list) const {
    for (const auto& [name, value] : list) file(std::string(path) + "/" + std::string(name), std::string(value) + "\n");
  }
  void link(std::string_view path, std::string_view target) const {
    std::filesystem::create_directories(sys(path).parent_path());
    std::filesystem::create_symlink(target, sys(path));
  }

  /// A listing as tests/fixtures/sysfs/unpack reads it.
  void unpack(const std::filesystem::path& listing) const {
    std::ifstream stream(listing, std::ios::binary);
    for (std::string line; std::getline(stream, line);) {
      const std::size_t tab = line.find('\t');
      const std::size_t arrow = line.find(" -> ");
      if (line.empty() || line.front() == '#') continue;
      if (tab != std::string::npos) file(line.substr(0, tab), unescape(line.substr(tab + 1)));
      else if (arrow != std::string::npos) link(line.substr(0, arrow), line.substr(arrow + 4));
      else directory(line);
    }
  }

  void subsystem(std::string_view name, std::string_view nqn) const {
    attributes("class/nvme-subsystem/" + std::string(name), {{"subsysnqn", nqn},
                                                             {"serial", "SER1                "},
                                                             {"model", "Model One                               "},
                                                             {"firmware_rev", "1.0     "},
                                                             {"iopolicy", "round-robin"}});
  }
  /// A controller, as member of a subsystem unless that is "".
  void controller(std::string_view name, std::string_view subsystem, Attributes list) const {
    const std::string path = "class/nvme/" + std::string(name);
    attributes(path, {{"state", "live"}, {"cntlid", "1"}, {"queue_count", "9"}, {"numa_node", "0"}});
    attributes(path, list);
    if (!subsystem.empty())
      link("class/nvme-subsystem/" + std::string(subsystem) + "/" + std::string(name),
           "../../nvme/" + std::string(name));
  }
  /// A namespace's block device in the directory of its parent.
  void block(std::string_view parent, std::string_view name, std::string_view nsid, Attributes list = {}) const {
    const std::string path = std::string(parent) + "/" + std::string(name);
    attributes(path, {{"nsid", nsid},
                      {"size", "2048"},
                      {"queue/logical_block_size", "4096"},
                      {"metadata_bytes", "8"},
                      {"csi", "0"},
                      {"nuse", "10"},
                      {"wwid", "nvme.1b36-00-00-00000001"}});
    attributes(path, list);
    link("class/block/" + std::string(name), "../../" + path);
  }

 private:
  static std::string unescape(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const bool escaped = text[i] == '\\' && i + 1 < text.size();
      const char c = escaped ? text[++i] : text[i];
      plain.push_back(!escaped ? c : c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c);
    }
    return plain;
  }

  std::filesystem::path root_;
};

}  // namespace nvmectl::test
