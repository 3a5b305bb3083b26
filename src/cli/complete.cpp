#include <algorithm>
#include <filesystem>

#include "cli/app.hpp"
#include "cli/common.hpp"
#include "cli/help.hpp"
#include "cli/parser.hpp"
#include "core/text.hpp"
#include "output/format.hpp"

namespace nvmectl::cli {
namespace {

// Collects "word<TAB>description" lines that start with what is typed.
class Candidates {
 public:
  explicit Candidates(std::string_view typed) : typed_(typed) {}
  void add(std::string_view word, std::string_view says) {
    if (!word.starts_with(typed_)) return;
    text_ += word;
    if (!says.empty()) (text_ += '\t') += says;
    text_ += '\n';
  }
  /// The shell completes file names itself.
  void files() {
    text_ +=
        "\x01"
        "file\n";
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string_view typed_;
  std::string text_;
};

void add_nodes(Candidates& candidates, std::string_view folder, std::string_view prefix) {
  std::error_code error;
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name.find("-") == std::string::npos) names.push_back(name);
  }
  std::sort(names.begin(), names.end(), natural_less);
  for (const std::string& name : names) candidates.add(std::string(prefix) + name, "");
}

// Devices come from sysfs names alone: no device is opened.
void add_devices(Candidates& candidates, bool namespaces, std::string_view typed) {
  const std::string_view prefix = typed.starts_with("/") ? "/dev/" : "";
  add_nodes(candidates, "/sys/class/nvme", prefix);
  if (namespaces) {
    std::error_code error;
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator("/sys/class/block", error)) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with("nvme") && name.find('c') == std::string::npos && name.find('p') == std::string::npos)
        names.push_back(name);
    }
    std::sort(names.begin(), names.end(), natural_less);
    for (const std::string& name : names) candidates.add(std::string(prefix) + name, "");
  }
  candidates.add("tcp://", "a target, without root");
}

void add_values(Candidates& candidates, const Argument& argument, const CommandSpec* spec, std::string_view typed) {
  if (argument.name == "fields" && spec != nullptr && spec->output.schema != nullptr) {
    const std::size_t comma = typed.rfind(',');
    const std::string before(comma == std::string_view::npos ? std::string_view() : typed.substr(0, comma + 1));
    for (const Field& f : output::primary_of(*spec->output.schema).schema->fields)
      if (f.in_data()) candidates.add(before + std::string(f.key), f.title);
    return;
  }
  switch (argument.complete) {
    case Complete::choice:
      for (const auto choice : argument.choices) candidates.add(choice, "");
      break;
    case Complete::device: add_devices(candidates, true, typed); break;
    case Complete::controller: add_devices(candidates, false, typed); break;
    case Complete::file:
    case Complete::directory: candidates.files(); break;
    case Complete::none: break;
  }
}

void add_options(Candidates& candidates, const CommandSpec& spec) {
  for (const Argument& a : spec.arguments)
    if (!a.positional && !a.hidden) candidates.add("--" + std::string(a.name), a.doc);
  for (const Argument* a : common_arguments(&spec))
    if (!a->hidden) candidates.add("--" + std::string(a->name), a->doc);
}

// The option that `word` spells and that wants a value; null otherwise. Before the command is named there are the
// common ones.
const Argument* option_before(const CommandSpec* spec, std::string_view word) {
  const auto spelled = [&](const Argument& a) {
    return !a.positional && !a.flag &&
           (word == "--" + std::string(a.name) ||
            (a.letter != 0 && word.size() == 2 && word[0] == '-' && word[1] == a.letter));
  };
  if (spec != nullptr)
    for (const Argument& a : spec->arguments)
      if (spelled(a)) return &a;
  for (const Argument* a : common_arguments(spec))
    if (spelled(*a)) return a;
  return nullptr;
}

// "--output=nd": the values of the option, with its name in front.
std::string attached_values(const CommandSpec* spec, std::string_view typed) {
  const std::size_t equals = typed.find('=');
  const Argument* option = option_before(spec, typed.substr(0, equals));
  if (option == nullptr) return "";
  Candidates values(typed.substr(equals + 1));
  add_values(values, *option, spec, typed.substr(equals + 1));
  const std::string lines = values.take();
  std::string text;
  for (const std::string_view line : split(lines, '\n'))
    if (!line.empty() && line[0] != '\x01') text += std::string(typed.substr(0, equals + 1)) + std::string(line) + "\n";
  return text;
}

void add_commands(Candidates& candidates, Tree& tree) {
  for (const Area& area : tree.areas()) {
    if (!area.name.empty()) {
      candidates.add(area.name, area.summary);
      continue;
    }
    for (const CommandSpec* c : area.commands)
      if (!c->hidden) candidates.add(c->name, c->summary);
  }
}

// The next word of those commands.
void add_several(Candidates& candidates, const Tree::Found& several) {
  std::string_view last;
  for (const CommandSpec* c : several.area->commands) {
    if (c->hidden || !several.holds(*c)) continue;
    std::string_view name = c->name;
    if (!several.group.empty()) name.remove_prefix(several.group.size() + 1);
    const std::size_t blank = name.find(' ');
    const std::string_view word = name.substr(0, blank);
    if (word != last) candidates.add(word, blank == std::string_view::npos ? c->summary : "");
    last = word;
  }
}

// How many of the words are values of the command's own options, which scan() does not know.
std::size_t own_values(const CommandSpec& spec, std::span<const std::string> words) {
  std::size_t count = 0;
  for (std::size_t i = 0; i + 2 < words.size(); ++i) {
    const Argument* option = option_before(&spec, words[i]);
    for (const Argument& a : spec.arguments) count += &a == option ? 1 : 0;
  }
  return count;
}

// The positional argument that the word being typed would be.
const Argument* positional_at(const CommandSpec& spec, std::size_t index) {
  for (const Argument& a : spec.arguments) {
    if (!a.positional) continue;
    if (index == 0 || a.repeatable) return &a;
    --index;
  }
  return nullptr;
}

}  // namespace

std::string complete(Tree& tree, std::span<const std::string> words) {
  const std::string typed = words.empty() ? std::string() : words.back();
  Candidates candidates(typed);
  const Scan before = scan(words.empty() ? words : words.first(words.size() - 1));
  const std::string previous = words.size() >= 2 ? words[words.size() - 2] : std::string();
  if (before.words.empty()) {
    if (const Argument* option = option_before(nullptr, previous)) add_values(candidates, *option, nullptr, typed);
    else add_commands(candidates, tree);
    return candidates.take();
  }
  if (before.words.front() == "help" || before.words.front() == "schema") {
    if (before.words.size() > 1) {
      const auto several = tree.find(std::span(before.words).subspan(1));
      if (several && several->command == nullptr) add_several(candidates, *several);
      return candidates.take();
    }
    add_commands(candidates, tree);
    if (before.words.front() == "help")
      for (const Topic& t : topics()) candidates.add(t.name, t.summary);
    return candidates.take();
  }
  const auto found = tree.find(before.words);
  if (!found) return candidates.take();
  if (found->command == nullptr) {
    add_several(candidates, *found);
    return candidates.take();
  }
  const CommandSpec& spec = *found->command;
  if (typed.starts_with("--") && typed.find('=') != std::string::npos) return attached_values(&spec, typed);
  if (const Argument* option = option_before(&spec, previous)) add_values(candidates, *option, &spec, typed);
  else if (typed.starts_with('-')) add_options(candidates, spec);
  else if (const Argument* p = positional_at(spec, before.words.size() - found->words - own_values(spec, words)))
    add_values(candidates, *p, &spec, typed);
  return candidates.take();
}

}  // namespace nvmectl::cli
