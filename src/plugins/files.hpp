// Where plugin files are: the only part of the module that touches the file system.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/context.hpp"
#include "core/result.hpp"

namespace nvmectl::plugins {

/// A folder to look into, and whom its content is believed from when the user is root.
struct Folder {
  std::string path;
  bool named = false;     ///< by NVMECTL_PLUGIN_PATH: only root's own files; its absence is worth a word
  std::uint32_t uid = 0;  ///< besides root's: the owner of the program's file
};

/// In the order in which they win: those of NVMECTL_PLUGIN_PATH, PREFIX/share/nvmectl/plugins of the installed program
/// PREFIX/bin/nvmectl, and plugins/vendors of the checkout when the program lies in its build/ folder. `program` is the
/// absolute path of the program's file, "" when it is not known.
[[nodiscard]] std::vector<Folder> plugin_folders(const Environment& environment, const std::string& program);

/// The absolute path of this program's file: /proc/self/exe, else `argv0` when it is a path. "" when neither is known.
[[nodiscard]] std::string program_path(std::string_view argv0);

struct FoundFile {
  std::string path;
  std::string text;    ///< at most max_file_bytes + 1 bytes, so that the parser says that it is too large
  std::string reason;  ///< why it was not read; "" when it was
};

/// Most files of one folder that are looked at.
inline constexpr std::size_t max_files = 256;

/// The *.json files of the folder, by name. One entry for the folder itself, with the reason, when it cannot be used.
/// `euid`: root does not believe files or folders that others own or may write.
[[nodiscard]] std::vector<FoundFile> read_folder(const Folder& folder, std::uint32_t euid);

/// One file, whoever owns it.
[[nodiscard]] FoundFile read_plugin_file(const std::string& path);

}  // namespace nvmectl::plugins
