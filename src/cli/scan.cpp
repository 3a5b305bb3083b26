#include <algorithm>

#include "cli/parser.hpp"

namespace nvmectl::cli {
namespace {

// The common option that `word` spells, "--output", "--output=json", "-o" or "-ojson"; null when none does.
const Argument* common_option(std::string_view word) {
  for (const Argument* argument : common_arguments(nullptr)) {
    if (word.starts_with("--")) {
      const std::string_view name = word.substr(2, word.find('=') - 2);
      if (name == argument->name || (!argument->alias.empty() && name == argument->alias)) return argument;
    } else if (argument->letter != 0 && word.size() >= 2 && word[1] == argument->letter) {
      return argument;
    }
  }
  return nullptr;
}

bool value_follows(const Argument& argument, std::string_view word) {
  if (argument.flag) return false;
  return word.starts_with("--") ? word.find('=') == std::string_view::npos : word.size() == 2;
}

std::string_view attached_value(std::string_view word) {
  if (!word.starts_with("--")) return word.substr(2);
  const std::size_t equals = word.find('=');
  return equals == std::string_view::npos ? std::string_view() : word.substr(equals + 1);
}

}  // namespace

Scan scan(std::span<const std::string> line) {
  Scan result;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const std::string_view word = line[i];
    if (word == "--") break;
    if (word.size() < 2 || word[0] != '-') {
      result.words.emplace_back(word);
      result.positions.push_back(i);
      continue;
    }
    const Argument* option = common_option(word);
    if (option == nullptr) continue;
    const bool next = value_follows(*option, word) && i + 1 < line.size();
    const std::string_view value = next ? std::string_view(line[i + 1]) : attached_value(word);
    if (option->name == "json" || (option->name == "output" && (value == "json" || value == "ndjson")))
      result.json_errors = true;
    if (option->name == "color") result.color = value;
    // Before the command is named, the value of a common option is not its name.
    if (next) ++i;
  }
  return result;
}

}  // namespace nvmectl::cli
