#include "cli/help.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "cli/common.hpp"
#include "cli/exit_code.hpp"
#include "core/text.hpp"

namespace nvmectl::cli {
namespace {

struct GroupTitle {
  Group group;
  std::string_view title;
};
constexpr std::array group_titles{
    GroupTitle{Group::topology, "See what is there"},
    GroupTitle{Group::fabrics, "NVMe over Fabrics"},
    GroupTitle{Group::connections, "Stored connections"},
    GroupTitle{Group::state, "State and statistics"},
    GroupTitle{Group::identify, "Identify"},
    GroupTitle{Group::logs, "Logs"},
    GroupTitle{Group::passthrough, "Passthrough"},
    GroupTitle{Group::control, "Controller control"},
    GroupTitle{Group::host, "This host"},
    GroupTitle{Group::keys, "Keys"},
    GroupTitle{Group::pmem, "Persistent memory"},
    GroupTitle{Group::target, "Embedded target"},
    GroupTitle{Group::plugins, "Vendor plugins"},
    GroupTitle{Group::general, "About nvmectl"},
};

std::string two_columns(const std::vector<std::pair<std::string, std::string>>& rows) {
  std::size_t width = 0;
  for (const auto& [left, right] : rows) width = std::max(width, left.size() <= 34 ? left.size() : 0);
  std::string text;
  for (const auto& [left, right] : rows) {
    if (left.size() > width) text += fmt::format("  {}\n  {}  {}\n", left, std::string(width, ' '), right);
    else text += fmt::format("  {}  {}\n", pad(left, width), right);
  }
  return text;
}

// Paragraphs as lines of at most 100 columns.
std::string wrapped(std::string_view text) {
  constexpr std::size_t most = 100;
  std::string out;
  for (const std::string_view paragraph : split(text, '\n')) {
    std::string line;
    for (const std::string_view word : split(paragraph, ' ')) {
      if (!line.empty() && display_width(line) + 1 + display_width(word) > most) out += std::exchange(line, "") + "\n";
      if (!line.empty()) line += ' ';
      line += word;
    }
    out += line + "\n";
  }
  return out;
}

std::string option_label(const Argument& argument) {
  std::string label = argument.letter != 0 ? fmt::format("-{}, --{}", argument.letter, argument.name)
                                           : fmt::format("    --{}", argument.name);
  if (!argument.metavar.empty())
    label += fmt::format("{}{}", argument.metavar.starts_with('[') ? "" : " ", argument.metavar);
  return label;
}

std::string option_text(const Argument& argument) {
  std::string text(argument.doc);
  if (!argument.default_text.empty()) text += fmt::format(" (default: {})", argument.default_text);
  if (argument.required && !argument.positional) text += " (required)";
  if (argument.repeatable && !argument.positional) text += "; repeatable";
  return text;
}

template <class Range>
std::string options_section(std::string_view title, const Range& arguments) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Argument* a : arguments)
    if (!a->hidden && !a->positional) rows.emplace_back(option_label(*a), option_text(*a));
  return rows.empty() ? std::string() : fmt::format("\n{}:\n{}", title, two_columns(rows));
}

std::string_view effect_text(Effect effect) {
  switch (effect) {
    case Effect::read_only: return "";
    case Effect::changes_state: return "Changes state.";
    case Effect::disrupts_io: return "Disrupts I/O: asks before it goes on.";
    case Effect::destroys_data: return "Can destroy data: shows what would be lost and asks before it goes on.";
  }
  return "";
}

}  // namespace

std::string_view group_title(Group group) {
  const auto found =
      std::find_if(group_titles.begin(), group_titles.end(), [&](const GroupTitle& g) { return g.group == group; });
  return found->title;
}

std::string synopsis(const CommandSpec& spec) {
  std::string text = spec.full_name();
  for (const Argument& a : spec.arguments) {
    if (a.positional)
      text += a.required ? fmt::format(" {}{}", a.name, a.repeatable ? "…" : "")
                         : fmt::format(" [{}{}]", a.name, a.repeatable ? "…" : "");
    else if (a.required) text += fmt::format(" --{} {}", a.name, a.metavar);
  }
  return text + " [OPTIONS]";
}

std::string root_help(std::span<const Area> areas) {
  std::string text =
      "nvmectl sees and manages block storage that speaks NVMe, NVMe over Fabrics, PMEM or SPDK.\n\n"
      "Examples:\n"
      "  nvmectl list                                  the namespaces of this machine\n"
      "  nvmectl discover -t tcp -a 192.0.2.7          what a target offers; needs no root\n"
      "  nvmectl list tcp://192.0.2.7                  every namespace behind it, without connecting the kernel\n"
      "  nvmectl smart-log /dev/nvme0 -o json          health, for a script\n"
      "  nvmectl target serve --ram 64MiB              an NVMe/TCP target for tests\n";
  for (const GroupTitle& group : group_titles) {
    std::vector<std::pair<std::string, std::string>> rows;
    for (const Area& area : areas) {
      for (const CommandSpec* c : area.commands)
        if (!c->hidden && c->group == group.group) rows.emplace_back(c->full_name(), c->summary);
    }
    if (!rows.empty()) text += fmt::format("\n{}:\n{}", group.title, two_columns(rows));
  }
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Topic& topic : topics()) rows.emplace_back("help " + std::string(topic.name), topic.summary);
  text += fmt::format("\nTopics:\n{}", two_columns(rows));
  return text + "\nnvmectl help COMMAND, or man nvmectl-COMMAND, tells more.\n";
}

std::string several_help(const Tree::Found& several) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const CommandSpec* c : several.area->commands)
    if (!c->hidden && several.holds(*c)) rows.emplace_back(c->full_name(), c->summary);
  const std::string title = several.group.empty() ? fmt::format(": {}", several.area->summary) : "";
  return fmt::format("nvmectl {}{}\n\nCommands:\n{}", several.name(), title, two_columns(rows));
}

std::string command_help(const CommandSpec& spec) {
  std::string text = fmt::format("nvmectl {}: {}\n", spec.full_name(), spec.summary);
  if (!spec.examples.empty()) {
    text += "\nExamples:\n";
    std::vector<std::pair<std::string, std::string>> rows;
    for (const Example& e : spec.examples) rows.emplace_back("nvmectl " + std::string(e.command), e.says);
    text += two_columns(rows);
  }
  text += fmt::format("\nUsage:\n  nvmectl {}\n", synopsis(spec));
  if (!spec.description.empty()) text += fmt::format("\n{}", wrapped(spec.description));
  if (const auto effect = effect_text(spec.effect); !effect.empty()) text += fmt::format("\n{}\n", effect);
  std::vector<std::pair<std::string, std::string>> rows;
  std::vector<const Argument*> own;
  for (const Argument& a : spec.arguments) {
    if (a.positional) rows.emplace_back(a.name, a.doc);
    else own.push_back(&a);
  }
  if (!rows.empty()) text += fmt::format("\nArguments:\n{}", two_columns(rows));
  text += options_section("Options", own);
  text += options_section("Common options", common_arguments(&spec));
  if (spec.output.schema != nullptr)
    text += fmt::format("\nnvmectl schema {} prints the JSON Schema of its output; --fields help lists the fields.\n",
                        spec.full_name());
  std::string page = spec.full_name();
  std::replace(page.begin(), page.end(), ' ', '-');
  return text + fmt::format("man nvmectl-{} tells more.\n", page);
}

std::string topic_help(const Topic& topic) {
  std::string text = fmt::format("{}\n\n{}", topic.summary, topic.text);
  if (topic.name != "exit-codes") return text;
  std::vector<std::pair<std::string, std::string>> rows;
  for (const ExitCode& e : exit_codes()) rows.emplace_back(fmt::format("{:>3}", e.code), e.meaning);
  return text + two_columns(rows);
}

std::string fields_help(const Schema& schema) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Field& field : schema.fields) {
    if (!field.in_data()) continue;
    const std::string name =
        field.mnemonic.empty() ? std::string(field.key) : fmt::format("{} ({})", field.key, field.mnemonic);
    rows.emplace_back(name, field.doc.empty() ? field.title : field.doc);
  }
  return two_columns(rows);
}

}  // namespace nvmectl::cli
