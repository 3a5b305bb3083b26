// A plugin: vendor log pages described as data (plugins/vendors/*.json), in the vocabulary of nvme/layout.hpp. No code
// is loaded; the same checks as for built-in layouts run when the file is read.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commands/command_spec.hpp"
#include "core/schema.hpp"

namespace nvmectl::plugins {

inline constexpr std::size_t max_file_bytes = std::size_t{1} << 20U;
inline constexpr std::uint32_t max_log_bytes = std::uint32_t{1} << 20U;
inline constexpr std::size_t max_fields = 4096;  ///< of all commands of one file
inline constexpr std::size_t max_text_bytes = 1024;
inline constexpr std::size_t max_problems = 100;  ///< of one file; the rest is left out

/// One thing wrong in a plugin file.
struct Problem {
  std::string path;        ///< "commands[0].fields[3].offset"; "" for the file as a whole
  std::size_t line = 0;    ///< from 1; 0 when the path says where
  std::size_t column = 0;  ///< from 1, in bytes
  std::string message;
  friend bool operator==(const Problem&, const Problem&) = default;
};
/// "12:5: …" or "commands[0].fields[3].offset: …".
[[nodiscard]] std::string to_string(const Problem& problem);

using Id128 = std::array<std::byte, 16>;

/// Where a log page carries a constant that tells it from other vendors' pages of the same number.
struct Guid {
  std::uint32_t offset = 0;
  Id128 wire{};      ///< as it lies in the page: the printed number's last byte first
  std::string text;  ///< as specifications print it
};

/// Drives that the plugin is for; empty parts match every drive.
struct Match {
  std::vector<std::uint16_t> vids;
  std::string model_prefix;
  [[nodiscard]] bool any() const { return vids.empty() && model_prefix.empty(); }
};

struct Plugin;

/// A command that reads one log page and shows it by its layout. `spec.payload` points to it.
struct LogCommand {
  const Plugin* plugin = nullptr;
  CommandSpec spec;
  Schema schema;
  std::uint8_t log_id = 0;
  std::uint32_t nsid = 0xffffffff;
  std::optional<Guid> guid;
  std::optional<Id128> uuid;  ///< of the Identify UUID List's entry that selects this vendor's log pages
  std::vector<Field> fields;
  std::vector<Example> examples;
};

/// Owns every text, table and schema that its commands refer to; never moves.
struct Plugin {
  Plugin() = default;
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;

  std::string_view name, summary, reference;
  Match match;
  std::deque<LogCommand> commands;
  std::vector<const CommandSpec*> specs;  ///< of `commands`, for Area

  std::deque<std::string> texts;
  std::deque<std::vector<SymbolName>> names;
  std::deque<std::vector<BitField>> bits;

  /// Keeps a text for the plugin's life.
  [[nodiscard]] std::string_view keep(std::string text) { return texts.emplace_back(std::move(text)); }
};

struct Parsed {
  std::unique_ptr<Plugin> plugin;  ///< null when there are problems
  std::vector<Problem> problems;
};

/// Reads a plugin file's text. All problems at once, not only the first; of a text that is no JSON only that. Takes
/// time and memory in proportion to the text, which is refused beyond max_file_bytes.
[[nodiscard]] Parsed parse_plugin(std::string_view text);

}  // namespace nvmectl::plugins
