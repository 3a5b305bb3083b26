// nvme-cli 3.0's /etc/nvme/nvme-fabrics.conf (nvme-fabrics.conf(5)): sections of "key = value" lines, where the inner
// one wins: controller line, its section, [Host], the defaults of the role. "key =" is the kernel's default. Comments
// are whole lines.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "connections/formats.hpp"
#include "connections/layers.hpp"
#include "core/device_ref.hpp"
#include "core/text.hpp"

namespace nvmectl::connections {
namespace {

using Type = JsonNode::Type;
constexpr std::array<std::string_view, 4> order{"defaults", "host", "section", "line"};
constexpr std::string_view discovery_defaults = "Discovery Controller Defaults",
                           io_defaults = "I/O Controller Defaults", host_section = "Host",
                           discovery_section = "Discovery Controller", subsystem_section = "Subsystem";
constexpr std::array<std::string_view, 5> addressing{"transport", "address", "service", "host_address",
                                                     "host_interface"};

bool is_addressing(const Parameter& p) {
  return std::find(addressing.begin(), addressing.end(), p.key) != addressing.end();
}
bool is_identity(const Parameter& p) {
  return p.key == "host_nqn" || p.key == "host_id";
}
// The digests protect as well, but are tunables there.
bool is_security(const Parameter& p) {
  return p.security && p.key != "header_digest" && p.key != "data_digest";
}
std::string_view key_of(const Parameter& p) {
  return p.key == "persistent" ? std::string_view() : p.option;
}

const Parameter* by_key(std::string_view key) {
  for (const Parameter& parameter : connect_parameters())
    if (key_of(parameter) == key) return &parameter;
  return nullptr;
}

bool belongs(const Parameter& p, std::string_view layer) {
  if (is_identity(p)) return layer == "host";
  if (p.key == "nqn") return layer == "section";
  if (is_addressing(p)) return layer == "line";
  return layer != "line" || !is_security(p);
}

Spelling spelling() {
  return {[](std::string_view layer, std::string_view key) -> const Parameter* {
            const Parameter* parameter = by_key(key);
            return parameter != nullptr && belongs(*parameter, layer) ? parameter : nullptr;
          },
          key_of,
          [](const Parameter& p) -> std::string_view {
            if (is_identity(p)) return "host";
            return p.key == "nqn" || is_security(p) ? "section" : "line";
          },
          "", false};
}

JsonNode text_at(std::string_view text, std::size_t offset) {
  JsonNode node = JsonNode::of_text(text);
  node.offset = static_cast<std::uint32_t>(offset);
  return node;
}

/// Reads the lines; connections are made at the end, when [Host] and the defaults are known wherever they stand.
class Importer {
 public:
  explicit Importer(const Source& source) : source_(source) {}

  Result<> line(std::size_t begin, std::size_t end) {
    const std::string_view line = trim(source_.text.substr(begin, end - begin));
    if (line.empty() || line.front() == '#') return {};
    const auto offset = static_cast<std::size_t>(line.data() - source_.text.data());
    if (line.front() == '[') return enter(line, offset);
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || equals == 0) return source_.error(offset, "'key = value' is expected");
    const std::string_view key = trim(line.substr(0, equals)), value = trim(line.substr(equals + 1));
    const std::size_t value_at =
        value.empty() ? offset + equals : static_cast<std::size_t>(value.data() - source_.text.data());
    if (section_.empty()) return source_.error(offset, fmt::format("'{}' stands before any section", printable(key)));
    if (key == "controller" && endpoint_ != nullptr) return controller(value, value_at);
    return assign(key, value, offset, value_at);
  }

  Result<Document> finish() && {
    const Spelling how = spelling();
    JsonNode empty = JsonNode::of(Type::array);
    for (const Endpoint& endpoint : endpoints_) {
      if (endpoint.section.find("nqn") == nullptr && !endpoint.discovery)
        return source_.error(endpoint.offset, "the [Subsystem] has no 'nqn'");
      if (endpoint.lines.empty())
        empty.items.push_back(named(endpoint.discovery ? discovery_section : subsystem_section, endpoint.section));
      for (const JsonNode& line : endpoint.lines) NVMECTL_TRY(connection(endpoint, line, how));
    }
    for (JsonNode& other : others_.items) empty.items.push_back(std::move(other));
    keep_file(std::move(empty));
    return std::move(document_);
  }

 private:
  struct Endpoint {
    bool discovery = false;
    std::size_t offset = 0;
    JsonNode section = JsonNode::of(Type::object);
    std::vector<JsonNode> lines = {};
  };

  static JsonNode named(std::string_view name, const JsonNode& content) {
    JsonNode node = JsonNode::of(Type::object);
    node.set("section", JsonNode::of_text(name));
    node.set("keys", content);
    return node;
  }

  Result<> enter(std::string_view line, std::size_t offset) {
    const std::size_t close = line.find(']');
    if (close == std::string_view::npos) return source_.error(offset, "the section's ']' is missing");
    if (close + 1 != line.size()) return source_.error(offset + close + 1, "there is text behind the section's ']'");
    section_ = trim(line.substr(1, close - 1));
    if (section_.empty()) return source_.error(offset, "the section has no name");
    endpoint_ = nullptr;
    into_ = nullptr;
    if (section_ == host_section) {
      if (std::exchange(has_host_, true)) return source_.error(offset, "there is a second [Host] section");
      into_ = &host_;
    } else if (section_ == discovery_defaults) into_ = &defaults_[0];
    else if (section_ == io_defaults) into_ = &defaults_[1];
    else if (section_ == discovery_section || section_ == subsystem_section) {
      if (endpoints_.size() >= most_connections) return source_.error(offset, "there are too many sections");
      endpoint_ = &endpoints_.emplace_back(Endpoint{.discovery = section_ == discovery_section, .offset = offset});
      into_ = &endpoint_->section;
    } else {
      document_.notes.push_back(
          fmt::format("the section [{}] is not known; it is kept", printable(section_.substr(0, 64))));
      if (others_.items.size() >= 256) return source_.error(offset, "there are too many unknown sections");
      others_.items.push_back(named(section_, JsonNode::of(Type::object)));
      into_ = others_.items.back().find("keys");
    }
    return {};
  }

  Result<> assign(std::string_view key, std::string_view value, std::size_t at, std::size_t value_at) {
    const bool known_section =
        into_ == &host_ || into_ == &defaults_[0] || into_ == &defaults_[1] || endpoint_ != nullptr;
    if (into_->keys.size() >= 1024) return source_.error(at, "the section holds too many keys");
    if (known_section) {
      const std::string_view layer = into_ == &host_ ? "host" : endpoint_ != nullptr ? "section" : "defaults";
      const Parameter* parameter = by_key(key);
      if (key == "controller" || (parameter != nullptr && !belongs(*parameter, layer)))
        return source_.error(at, fmt::format("'{}' does not belong into [{}]", printable(key), section_));
      if (key == "nqn") NVMECTL_TRY(check_nqn_at(value, value_at));
      if (parameter == nullptr && key != "hostsymname") unknown(key);
    }
    into_->set(key, text_at(value, value_at));
    return {};
  }

  Result<> check_nqn_at(std::string_view value, std::size_t at) const {
    if (auto valid = check_nqn(value); !valid) return source_.error(at, valid.error().message);
    return {};
  }

  void unknown(std::string_view key) {
    if (document_.notes.size() < 16)
      document_.notes.push_back(
          fmt::format("'{}' in [{}] is not known; it is kept", printable(key.substr(0, 64)), section_));
  }

  // transport=tcp;traddr=…;trsvcid=…: unknown keys are errors, since a misspelled one would connect elsewhere.
  Result<> controller(std::string_view value, std::size_t at) {
    JsonNode line = JsonNode::of(Type::object);
    line.offset = static_cast<std::uint32_t>(at);
    for (const std::string_view part : split(value, ';')) {
      const std::string_view pair = trim(part);
      if (pair.empty()) continue;
      const auto pair_at = static_cast<std::size_t>(pair.data() - source_.text.data());
      const std::size_t equals = pair.find('=');
      if (equals == std::string_view::npos || equals == 0) return source_.error(pair_at, "'key=value' is expected");
      const std::string_view key = trim(pair.substr(0, equals)), text = trim(pair.substr(equals + 1));
      const Parameter* parameter = by_key(key);
      if (parameter == nullptr || !belongs(*parameter, "line"))
        return source_.error(pair_at, fmt::format("'{}' does not belong on a controller line", printable(key)));
      if (line.find(key) != nullptr) return source_.error(pair_at, fmt::format("'{}' stands twice", key));
      line.set(key, text_at(text, pair_at + equals + 1));
    }
    const auto given = [&](std::string_view key) { return line.find(key) != nullptr && !line.find(key)->text.empty(); };
    if (!given("transport")) return source_.error(at, "the controller line has no transport");
    if (!given("traddr") && line.find("transport")->text != "loop")
      return source_.error(at, "the controller line has no traddr");
    if (++lines_ > most_connections) return source_.error(at, "there are too many controller lines");
    endpoint_->lines.push_back(std::move(line));
    return {};
  }

  Result<> connection(const Endpoint& endpoint, const JsonNode& line, const Spelling& how) {
    JsonNode layers = JsonNode::of(Type::object);
    layers.set("role", JsonNode::of_text(endpoint.discovery ? "discovery" : "subsystem"));
    layers.set("defaults", defaults_[endpoint.discovery ? 0 : 1]);
    layers.set("host", host_);
    layers.set("section", endpoint.section);
    layers.set("line", line);
    StoredConnection& made = document_.connections.emplace_back();
    NVMECTL_ASSIGN(made.parameters, resolve(source_, layers, order, how));
    if (made.parameters.nqn.empty()) made.parameters.nqn = discovery_nqn;
    set_kept(made.kept, kept_fabrics_conf, layers);
    return {};
  }

  // What no connection tells of.
  void keep_file(JsonNode sections) {
    JsonNode kept = JsonNode::of(Type::object);
    if (!host_.keys.empty()) kept.set("host", host_);
    if (!defaults_[0].keys.empty()) kept.set("discovery_defaults", defaults_[0]);
    if (!defaults_[1].keys.empty()) kept.set("io_defaults", defaults_[1]);
    if (!sections.items.empty()) kept.set("sections", std::move(sections));
    if (!kept.items.empty()) set_kept(document_.kept, kept_fabrics_conf, kept);
  }

  const Source& source_;
  Document document_;
  std::string section_;
  bool has_host_ = false;
  std::size_t lines_ = 0;
  JsonNode host_ = JsonNode::of(Type::object);
  std::array<JsonNode, 2> defaults_{JsonNode::of(Type::object), JsonNode::of(Type::object)};  // discovery, I/O
  JsonNode others_ = JsonNode::of(Type::array);
  std::vector<Endpoint> endpoints_;
  Endpoint* endpoint_ = nullptr;
  JsonNode* into_ = nullptr;
};

std::string keys_text(const JsonNode& object) {
  std::string text;
  for (std::size_t i = 0; i < object.keys.size(); ++i)
    text += fmt::format("{} ={}{}\n", object.keys[i], object.items[i].text.empty() ? "" : " ", object.items[i].text);
  return text;
}

/// One file has one [Host] and one set of defaults: the first connection's; what others need differently is written
/// out.
class Exporter {
 public:
  explicit Exporter(const JsonNode& file) {
    const auto take = [&](const char* key) {
      const JsonNode* found = file.find(key);
      return found != nullptr && found->type == Type::object ? *found : JsonNode::of(Type::object);
    };
    host_ = take("host");
    defaults_ = {take("discovery_defaults"), take("io_defaults")};
  }

  void add(const StoredConnection& connection) {
    if (!identity_) {
      identity_ = {connection.parameters.host_nqn, connection.parameters.host_id};
      set_identity();
    }
    if (*identity_ != std::pair(connection.parameters.host_nqn, connection.parameters.host_id)) {
      ++other_hosts_;
      return;
    }
    JsonNode layers = kept_json(connection.kept, kept_fabrics_conf);
    if (layers.type != Type::object) layers = JsonNode::of(Type::object);
    const JsonNode* role = layers.find("role");
    const bool discovery = role != nullptr ? role->text == "discovery" : connection.parameters.is_discovery();
    layers.set("defaults", defaults_[discovery ? 0 : 1]);
    layers.set("host", host_);
    ConnectParameters wanted = connection.parameters;
    const JsonNode* section = layers.find("section");
    if (discovery && wanted.nqn == discovery_nqn && (section == nullptr || section->find("nqn") == nullptr))
      wanted.nqn.clear();
    adapt(layers, wanted, order, how_);
    const std::string line = line_text(*layers.find("line"));
    if (line.empty()) {
      ++semicolons_;
      return;
    }
    const std::string head =
        fmt::format("[{}]\n{}", discovery ? discovery_section : subsystem_section, keys_text(*layers.find("section")));
    if (sections_.empty() || sections_.back().first != head) sections_.emplace_back(head, "");
    sections_.back().second += line;
  }

  [[nodiscard]] Printed finish(const JsonNode* others) const {
    Printed printed;
    const auto print = [&](std::string_view name, const JsonNode& keys) {
      if (!keys.keys.empty()) printed.text += fmt::format("[{}]\n{}\n", name, keys_text(keys));
    };
    print(discovery_defaults, defaults_[0]);
    print(io_defaults, defaults_[1]);
    print(host_section, host_);
    for (const auto& [head, lines] : sections_) printed.text += head + lines + "\n";
    if (others != nullptr)
      for (const JsonNode& other : others->items)
        if (const JsonNode* name = other.find("section"), *keys = other.find("keys");
            name != nullptr && keys != nullptr)
          printed.text += fmt::format("[{}]\n{}\n", name->text, keys_text(*keys));
    if (other_hosts_ > 0)
      printed.notes.push_back(
          fmt::format("{} connection(s) of another host identity are left out: nvme-fabrics.conf has "
                      "one [Host]; the others go into files in nvme-fabrics.conf.d",
                      other_hosts_));
    if (semicolons_ > 0)
      printed.notes.push_back(fmt::format("{} connection(s) are left out: a value holds a semicolon", semicolons_));
    return printed;
  }

 private:
  void set_identity() {
    const auto put = [&](std::string_view key, const std::string& value) {
      const JsonNode* now = host_.find(key);
      if (value.empty() && (now == nullptr || now->text.empty())) return;
      if (value.empty()) host_.erase(key);
      else host_.set(key, JsonNode::of_text(value));
    };
    put("hostnqn", identity_->first);
    put("hostid", identity_->second);
  }
  // "" when a value would end the line's part.
  static std::string line_text(const JsonNode& line) {
    std::string text;
    for (std::size_t i = 0; i < line.keys.size(); ++i) {
      if (line.items[i].text.find_first_of(";\n") != std::string::npos) return "";
      text += fmt::format("{}{}={}", text.empty() ? "controller = " : ";", line.keys[i], line.items[i].text);
    }
    return text + "\n";
  }

  Spelling how_ = spelling();
  JsonNode host_;
  std::array<JsonNode, 2> defaults_;
  std::optional<std::pair<std::string, std::string>> identity_;
  std::vector<std::pair<std::string, std::string>> sections_;
  std::size_t other_hosts_ = 0, semicolons_ = 0;
};

}  // namespace

Result<Document> parse_fabrics_conf(const Source& source) {
  if (source.text.size() > most_file_bytes)
    return fail(source.kind, fmt::format("{} is larger than {}", printable(source.name), format_iec(most_file_bytes)));
  if (const std::size_t nul = source.text.find('\0'); nul != std::string_view::npos)
    return source.error(nul, "there is a NUL byte");
  Importer importer(source);
  for (std::size_t at = 0; at < source.text.size();) {
    const std::size_t end = std::min(source.text.find('\n', at), source.text.size());
    NVMECTL_TRY(importer.line(at, end));
    at = end + 1;
  }
  return std::move(importer).finish();
}

Printed print_fabrics_conf(std::span<const StoredConnection> connections, const std::vector<Kept>& kept) {
  const JsonNode file = kept_json(kept, kept_fabrics_conf);
  Exporter exporter(file);
  for (const StoredConnection& connection : connections) exporter.add(connection);
  return exporter.finish(file.find("sections"));
}

}  // namespace nvmectl::connections
