// Registry: the plugin files of this machine, and the command areas made from them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "commands/command_spec.hpp"
#include "core/context.hpp"
#include "plugins/plugin.hpp"

namespace nvmectl::plugins {

/// A file or folder that was looked at.
struct Source {
  std::string path;
  const Plugin* plugin = nullptr;  ///< null when the file is not usable; owned by the Registry
  std::string name;                ///< the plugin's; "" when the file could not be read as one
  std::string reason;              ///< why it is not usable; "" when it is
};

/// Reads nothing until somebody asks. Owns the commands and schemas that areas() gives and that records point to: it
/// must outlive their use. Not for several threads.
class Registry {
 public:
  /// `program` is argv[0], used where the system does not tell the program's path.
  Registry(const Environment& environment, std::string_view program);

  /// One area per usable plugin; of several with one name the first, see plugin_folders().
  [[nodiscard]] std::vector<Area> areas();
  /// Everything that was found, in order; also what is not usable.
  [[nodiscard]] const std::vector<Source>& sources();

 private:
  void load();
  void add(const struct FoundFile& file);

  Environment environment_;
  std::string program_;
  bool loaded_ = false;
  std::vector<std::unique_ptr<Plugin>> plugins_;
  std::vector<Source> sources_;
};

}  // namespace nvmectl::plugins
