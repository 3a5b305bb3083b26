#include <fmt/format.h>

#include <map>
#include <string_view>

#include "commands/columns.hpp"
#include "commands/state/topology_rows.hpp"
#include "core/text.hpp"

namespace nvmectl {
namespace {

const std::vector<Value>& items(const Record& record, std::string_view key) {
  return record.at(key).as<List>()->items;
}

std::string word(const Record& record, std::string_view key) {
  const std::string text = cell(record.at(key));
  return text.empty() ? "-" : text;
}

std::string host_name(const Record& host) {
  return host.at("host_nqn").is_null() ? "local drives" : "host " + word(host, "host_nqn");
}

// Two blanks between what there is.
std::string joined(std::initializer_list<std::string> words) {
  std::string text;
  for (const std::string& part : words)
    if (!part.empty()) text += (text.empty() ? "" : "  ") + part;
  return text;
}

std::string subsystem_text(const Record& s) {
  return joined({cell(s.at("name")), cell(s.at("nqn")), cell(s.at("status")), cell(s.at("io_policy"))});
}

std::string controller_text(const Record& c) {
  return joined({cell(c.at("controller")), cell(c.at("transport")), cell(c.at("address")), cell(c.at("state"))});
}

std::string size_text(const Value& size, bool exact) {
  if (size.is_null()) return "";
  return exact ? fmt::format("{}", size.number()) : format_iec(size.number());
}

std::string namespace_text(const Record& n, bool exact) {
  return joined({cell(n.at("namespace")), fmt::format("nsid {}", n.at("nsid").number()),
                 size_text(n.at("size_bytes"), exact), cell(n.at("ana_state"))});
}

struct Strokes {
  std::string_view branch, last, down, blank;
};
constexpr Strokes unicode_strokes{"├── ", "└── ", "│   ", "    "};
constexpr Strokes ascii_strokes{"|-- ", "`-- ", "|   ", "    "};

class Drawing {
 public:
  Drawing(bool ascii, bool exact) : strokes_(ascii ? ascii_strokes : unicode_strokes), exact_(exact) {}

  void host(const Record& host) {
    text += host_name(host) + "\n";
    below(host, "subsystems", "", [&](const Record& subsystem, const std::string& indent) {
      text += subsystem_text(subsystem) + "\n";
      below(subsystem, "controllers", indent, [&](const Record& controller, const std::string& deeper) {
        text += controller_text(controller) + "\n";
        below(controller, "namespaces", deeper,
              [&](const Record& ns, const std::string&) { text += namespace_text(ns, exact_) + "\n"; });
      });
    });
  }
  std::string text;

 private:
  template <class Draw>
  void below(const Record& parent, std::string_view key, const std::string& indent, Draw draw) {
    const auto& children = items(parent, key);
    for (std::size_t i = 0; i < children.size(); ++i) {
      const bool last = i + 1 == children.size();
      text.append(indent).append(last ? strokes_.last : strokes_.branch);
      draw(*children[i].as<Record>(), indent + std::string(last ? strokes_.blank : strokes_.down));
    }
  }
  const Strokes& strokes_;
  bool exact_;
};

// A label: Graphviz takes backslashes and quotes for its own. Texts come here printable.
std::string quoted(std::initializer_list<std::string> lines) {
  std::string text = "\"";
  for (const std::string& line : lines) {
    if (line.empty()) continue;
    if (text.size() > 1) text += "\\n";
    for (const char c : line) {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
  }
  return text + "\"";
}

class Graph {
 public:
  void host(const Record& host) {
    const std::string id = fmt::format("h{}", hosts_++);
    node(id, {host_name(host)}, "house");
    for (const Value& item : items(host, "subsystems")) subsystem(id, *item.as<Record>());
  }
  std::string text;

 private:
  void subsystem(const std::string& above, const Record& s) {
    const std::string id = fmt::format("s{}", subsystems_++);
    node(id, {cell(s.at("name")), cell(s.at("nqn")), cell(s.at("status"))}, "folder");
    edge(above, id, "");
    for (const Value& item : items(s, "controllers")) controller(id, *item.as<Record>());
  }
  void controller(const std::string& above, const Record& c) {
    const std::string id = fmt::format("c{}", controllers_++);
    node(id, {cell(c.at("controller")), joined({cell(c.at("transport")), cell(c.at("address"))}), cell(c.at("state"))},
         "box");
    edge(above, id, "");
    for (const Value& item : items(c, "namespaces")) {
      const Record& ns = *item.as<Record>();
      // A namespace is one node, however many paths lead to it.
      const auto [known, added] = namespaces_.emplace(cell(ns.at("namespace")), namespaces_.size());
      const std::string leaf = fmt::format("n{}", known->second);
      if (added)
        node(leaf,
             {known->first, fmt::format("nsid {}", ns.at("nsid").number()), size_text(ns.at("size_bytes"), false)},
             "cylinder");
      edge(id, leaf, cell(ns.at("ana_state")));
    }
  }
  void node(const std::string& id, std::initializer_list<std::string> lines, std::string_view shape) {
    text += fmt::format("  {} [shape={}, label={}];\n", id, shape, quoted(lines));
  }
  void edge(const std::string& from, const std::string& to, const std::string& label) {
    text += label.empty() ? fmt::format("  {} -> {};\n", from, to)
                          : fmt::format("  {} -> {} [label={}];\n", from, to, quoted({label}));
  }
  std::map<std::string, std::size_t> namespaces_;
  std::size_t hosts_ = 0, subsystems_ = 0, controllers_ = 0;
};

}  // namespace

std::string topology_lines(const Record& record, bool ascii, bool exact_bytes) {
  Drawing drawing(ascii, exact_bytes);
  for (const Value& host : items(record, "hosts")) drawing.host(*host.as<Record>());
  return std::move(drawing.text);
}

std::string topology_dot(const Record& record) {
  Graph graph;
  for (const Value& host : items(record, "hosts")) graph.host(*host.as<Record>());
  return "digraph nvme {\n  rankdir=LR;\n" + graph.text + "}\n";
}

}  // namespace nvmectl
