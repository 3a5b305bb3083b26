// nvme-cli's /etc/nvme/discovery.conf: a line for each discovery controller, with the options of `nvme discover`. Words
// end at blanks and at '='; # begins a comment.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "connections/formats.hpp"
#include "core/device_ref.hpp"
#include "core/text.hpp"

namespace nvmectl::connections {
namespace {

using Type = JsonNode::Type;
constexpr std::size_t most_words = 256;

struct Word {
  std::string_view text;
  std::size_t offset = 0;
};

/// The words of one line, with their places.
std::vector<Word> words_of(std::string_view text, std::size_t begin, std::size_t end) {
  std::vector<Word> words;
  std::size_t at = begin;
  const auto ends_word = [](char c) { return c == ' ' || c == '\t' || c == '=' || c == '\r'; };
  while (at < end && words.size() <= most_words) {
    while (at < end && ends_word(text[at])) ++at;
    const std::size_t start = at;
    while (at < end && !ends_word(text[at])) ++at;
    if (at > start) words.push_back({text.substr(start, at - start), start});
  }
  return words;
}

bool is_option(std::string_view word) {
  return word.size() > 1 && word.front() == '-' && !(word[1] >= '0' && word[1] <= '9');
}

const Parameter* parameter_of(std::string_view word) {
  for (const Parameter& parameter : connect_parameters()) {
    if (word.starts_with("--")) {
      if (word.substr(2) == parameter.option || (!parameter.alias.empty() && word.substr(2) == parameter.alias))
        return &parameter;
    } else if (parameter.letter != 0 && word[1] == parameter.letter) {
      return &parameter;
    }
  }
  return nullptr;
}

/// One line; what is not known goes to `kept`, an option with the words behind it.
Result<> take_line(const Source& source, const std::vector<Word>& words, ConnectParameters& to, JsonNode& kept) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const Word& word = words[i];
    if (!is_option(word.text)) return source.error(word.offset, "an option that begins with '-' is expected");
    const Parameter* parameter = parameter_of(word.text);
    if (parameter == nullptr) {
      kept.items.push_back(JsonNode::of_text(word.text));
      while (i + 1 < words.size() && !is_option(words[i + 1].text))
        kept.items.push_back(JsonNode::of_text(words[++i].text));
      continue;
    }
    Word value{"true", word.offset};
    const bool short_form = !word.text.starts_with("--");
    if (parameter->type == Parameter::Type::flag) {
      if (short_form && word.text.size() > 2)
        return source.error(word.offset, fmt::format("'{}' takes no value", word.text.substr(0, 2)));
      // --persistent=no and the like of nvme-cli 3.0
      if (i + 1 < words.size() && !is_option(words[i + 1].text) && words[++i].text == "no") continue;
    } else if (short_form && word.text.size() > 2) {
      value = {word.text.substr(2), word.offset + 2};
    } else {
      if (i + 1 >= words.size())
        return source.error(word.offset, fmt::format("'{}' needs a value", printable(word.text)));
      value = words[++i];
    }
    if (auto set = parameter->set(to, value.text, short_form ? word.text.substr(0, 2) : word.text); !set)
      return source.error(value.offset, set.error().message);
  }
  return {};
}

Result<> take(const Source& source, const std::vector<Word>& words, Document& document) {
  if (words.size() > most_words)
    return source.error(words.front().offset, fmt::format("the line holds more than {} words", most_words));
  if (document.connections.size() >= most_connections)
    return source.error(words.front().offset, fmt::format("there are more than {} lines", most_connections));
  StoredConnection& connection = document.connections.emplace_back();
  connection.parameters.transport.clear();
  JsonNode kept = JsonNode::of(Type::array);
  NVMECTL_TRY(take_line(source, words, connection.parameters, kept));
  if (connection.parameters.transport.empty()) return source.error(words.front().offset, "the line has no --transport");
  if (connection.parameters.nqn.empty()) connection.parameters.nqn = discovery_nqn;
  set_kept(connection.kept, kept_discovery_conf, kept);
  return {};
}

}  // namespace

Result<Document> parse_discovery_conf(const Source& source) {
  if (source.text.size() > most_file_bytes)
    return fail(source.kind, fmt::format("{} is larger than {}", printable(source.name), format_iec(most_file_bytes)));
  Document document;
  for (std::size_t at = 0; at < source.text.size();) {
    const std::size_t end = std::min(source.text.find('\n', at), source.text.size());
    const std::string_view line = trim(source.text.substr(at, end - at));
    if (!line.empty() && line.front() != '#')
      if (const auto words = words_of(source.text, at, end); !words.empty()) NVMECTL_TRY(take(source, words, document));
    at = end + 1;
  }
  return document;
}

Printed print_discovery_conf(std::span<const StoredConnection> connections) {
  Printed printed;
  printed.text = "# Discovery controllers, one on a line, with the options of nvme discover\n";
  std::size_t others = 0, blanks = 0;
  for (const StoredConnection& connection : connections) {
    const JsonNode kept = kept_json(connection.kept, kept_discovery_conf);
    if (!connection.parameters.is_discovery() && kept.type != Type::array) {
      ++others;
      continue;
    }
    std::string line;
    bool fits = true;
    for (const Parameter& parameter : connect_parameters()) {
      const auto text = parameter.get(connection.parameters);
      if (!text || (parameter.key == "nqn" && *text == discovery_nqn)) continue;
      fits = fits && text->find_first_of(" \t=") == std::string::npos;
      line += fmt::format("{}--{}", line.empty() ? "" : " ", parameter.option);
      if (parameter.type != Parameter::Type::flag) line += "=" + *text;
    }
    for (const JsonNode& word : kept.items) line += " " + word.text;
    if (!fits || line.find('\n') != std::string::npos) ++blanks;
    else printed.text += line + "\n";
  }
  if (others > 0)
    printed.notes.push_back(
        fmt::format("{} connection(s) to subsystems are left out: discovery.conf holds discovery controllers", others));
  if (blanks > 0)
    printed.notes.push_back(
        fmt::format("{} connection(s) are left out: discovery.conf cannot say blanks in values", blanks));
  return printed;
}

}  // namespace nvmectl::connections
