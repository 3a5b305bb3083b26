#include "target/config.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <initializer_list>
#include <iterator>

#include "core/text.hpp"

namespace nvmectl::target {
namespace {

using Json = nlohmann::json;
constexpr std::size_t most_config_bytes = std::size_t{64} << 20U;

tl::unexpected<Error> wrong(std::string_view place, std::string_view what) {
  return fail(ErrorKind::usage, fmt::format("{}: {}", place.empty() ? "the document" : place, what));
}

/// A JSON object being taken apart; `place` is where it stands, for messages.
class Object {
 public:
  static Result<Object> of(const Json& json, std::string place, std::initializer_list<std::string_view> known) {
    if (!json.is_object()) return wrong(place, "an object is expected");
    for (const auto& [key, value] : json.items())
      if (std::find(known.begin(), known.end(), key) == known.end())
        return wrong(place, fmt::format("'{}' is not known; known are {}", printable(key), fmt::join(known, ", ")));
    return Object(json, std::move(place));
  }
  [[nodiscard]] std::string at(std::string_view key) const {
    return place_.empty() ? std::string(key) : fmt::format("{}.{}", place_, key);
  }
  [[nodiscard]] bool has(const char* key) const { return json_->contains(key); }

  [[nodiscard]] Result<std::string> text(const char* key) const {
    if (!has(key)) return wrong(place_, fmt::format("'{}' is missing", key));
    if (!(*json_)[key].is_string()) return wrong(at(key), "a string is expected");
    return (*json_)[key].get<std::string>();
  }
  [[nodiscard]] Result<std::string> text_or(const char* key, std::string otherwise) const {
    return has(key) ? text(key) : Result<std::string>(std::move(otherwise));
  }
  [[nodiscard]] Result<std::uint64_t> number_or(const char* key, std::uint64_t otherwise, std::uint64_t least,
                                                std::uint64_t most) const {
    if (!has(key)) return otherwise;
    const Json& value = (*json_)[key];
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() < least || value.get<std::uint64_t>() > most)
      return wrong(at(key), fmt::format("a number from {} to {} is expected", least, most));
    return value.get<std::uint64_t>();
  }
  [[nodiscard]] Result<bool> flag(const char* key) const {
    if (!has(key)) return false;
    if (!(*json_)[key].is_boolean()) return wrong(at(key), "true or false is expected");
    return (*json_)[key].get<bool>();
  }
  /// Calls `each` with every element of the list and its place; nothing when there is no such key.
  template <class Each>
  [[nodiscard]] Result<> list(const char* key, Each each) const {
    if (!has(key)) return {};
    const Json& value = (*json_)[key];
    if (!value.is_array()) return wrong(at(key), "a list is expected");
    for (std::size_t i = 0; i < value.size(); ++i) NVMECTL_TRY(each(value[i], fmt::format("{}[{}]", at(key), i)));
    return {};
  }

 private:
  Object(const Json& json, std::string place) : json_(&json), place_(std::move(place)) {}
  const Json* json_;
  std::string place_;
};

// An error of a parser of ours, with the place in front.
Error placed(Error error, const std::string& place) {
  error.message = fmt::format("{}: {}", place, error.message);
  return error;
}
template <class T>
Result<T> placed(Result<T> result, const std::string& place) {
  if (result) return result;
  return fail(placed(std::move(result).error(), place));
}

Result<NamespaceConfig> parse_namespace(const Json& json, std::string place) {
  NVMECTL_ASSIGN(const Object object,
                 Object::of(json, place, {"nsid", "ram", "file", "block_size", "uuid", "read_only"}));
  NamespaceConfig config;
  NVMECTL_ASSIGN(const std::uint64_t nsid, object.number_or("nsid", 0, 1, max_namespaces));
  config.nsid = static_cast<std::uint32_t>(nsid);
  NVMECTL_ASSIGN(const std::uint64_t block_bytes, object.number_or("block_size", 512, 512, 4096));
  if (block_bytes != 512 && block_bytes != 4096) return wrong(object.at("block_size"), "512 or 4096 is expected");
  config.block_bytes = static_cast<std::uint32_t>(block_bytes);
  if (object.has("ram") == object.has("file")) return wrong(place, "one of 'ram' and 'file' is expected");
  if (object.has("ram")) {
    NVMECTL_ASSIGN(const std::string size, object.text("ram"));
    NVMECTL_ASSIGN(config.ram_bytes, placed(parse_size(size, "the size"), object.at("ram")));
  } else {
    NVMECTL_ASSIGN(const std::string file, object.text("file"));
    NVMECTL_ASSIGN(config.file, placed(parse_file_store(file), object.at("file")));
    NVMECTL_ASSIGN(config.file->read_only, object.flag("read_only"));
  }
  if (object.has("uuid")) {
    NVMECTL_ASSIGN(const std::string text, object.text("uuid"));
    NVMECTL_ASSIGN(const Bytes bytes, placed(parse_uuid(text), object.at("uuid")));
    std::copy_n(bytes.begin(), std::min(bytes.size(), sizeof(Guid)), config.uuid.emplace().begin());
  }
  return config;
}

Result<SubsystemConfig> parse_subsystem(const Json& json, std::string place) {
  NVMECTL_ASSIGN(const Object object, Object::of(json, place, {"nqn", "serial", "model", "allow_hosts", "namespaces"}));
  SubsystemConfig config;
  NVMECTL_ASSIGN(config.spec.nqn, object.text("nqn"));
  NVMECTL_TRY(placed(check_nqn(config.spec.nqn), object.at("nqn")));
  NVMECTL_ASSIGN(config.spec.serial, object.text_or("serial", ""));
  NVMECTL_ASSIGN(config.spec.model, object.text_or("model", ""));
  NVMECTL_TRY(object.list("allow_hosts", [&](const Json& host, const std::string& at) -> Result<> {
    if (!host.is_string()) return wrong(at, "a host NQN is expected");
    config.spec.allowed_hosts.push_back(host.get<std::string>());
    return placed(check_nqn(config.spec.allowed_hosts.back()), at);
  }));
  NVMECTL_TRY(object.list("namespaces", [&](const Json& ns, const std::string& at) -> Result<> {
    NVMECTL_ASSIGN(NamespaceConfig parsed, parse_namespace(ns, at));
    config.namespaces.push_back(std::move(parsed));
    return {};
  }));
  return config;
}

Result<Referral> parse_referral(const Json& json, const std::string& place) {
  NVMECTL_ASSIGN(const Object object, Object::of(json, place, {"address", "port", "nqn"}));
  Referral referral;
  NVMECTL_ASSIGN(referral.address, object.text("address"));
  referral.family = referral.address.find(':') == std::string::npos ? 1 : 2;
  NVMECTL_ASSIGN(const std::uint64_t port, object.number_or("port", discovery_port, 1, 65535));
  referral.port = static_cast<std::uint16_t>(port);
  NVMECTL_ASSIGN(referral.nqn, object.text_or("nqn", std::string(discovery_nqn)));
  NVMECTL_TRY(placed(check_nqn(referral.nqn), object.at("nqn")));
  return referral;
}

}  // namespace

Result<ListenAddress> parse_listen_address(std::string_view text) {
  const auto bad = [&](std::string_view why) {
    return fail(ErrorKind::usage, fmt::format("'{}' is not an address to listen on: {}", printable(text), why),
                "write it as 127.0.0.1:4420, [::1]:4420 or 0.0.0.0:0");
  };
  ListenAddress address;
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return bad("the bracket is not closed");
    address.host = std::string(text.substr(1, end - 1));
    const std::string_view rest = text.substr(end + 1);
    if (!rest.empty() && rest.front() != ':') return bad("a port follows the bracket");
    if (!rest.empty()) port = rest.substr(1);
    if (rest == ":") return bad("the port is missing");
  } else {
    const std::size_t colon = text.find(':');
    if (colon != text.rfind(':')) return bad("IPv6 addresses stand in brackets");
    address.host = std::string(text.substr(0, colon));
    if (colon != std::string_view::npos) port = text.substr(colon + 1);
    if (colon != std::string_view::npos && port.empty()) return bad("the port is missing");
  }
  if (address.host.empty()) return bad("the host is missing");
  if (port.empty()) return address;
  const auto number = parse_number(port, "the port", 65535);
  if (!number) return bad("the port is a number up to 65535");
  address.port = static_cast<std::uint16_t>(*number);
  return address;
}

Result<TargetConfig> parse_config(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return wrong("", "it is not valid JSON");
  NVMECTL_ASSIGN(const Object object, Object::of(json, "", {"listen", "subsystems", "referrals"}));
  TargetConfig config;
  NVMECTL_TRY(object.list("listen", [&](const Json& address, const std::string& at) -> Result<> {
    if (!address.is_string()) return wrong(at, "an address such as \"127.0.0.1:4420\" is expected");
    NVMECTL_ASSIGN(ListenAddress parsed, placed(parse_listen_address(address.get<std::string>()), at));
    config.listen.push_back(std::move(parsed));
    return {};
  }));
  NVMECTL_TRY(object.list("subsystems", [&](const Json& subsystem, const std::string& at) -> Result<> {
    NVMECTL_ASSIGN(SubsystemConfig parsed, parse_subsystem(subsystem, at));
    config.subsystems.push_back(std::move(parsed));
    return {};
  }));
  NVMECTL_TRY(object.list("referrals", [&](const Json& referral, const std::string& at) -> Result<> {
    NVMECTL_ASSIGN(Referral parsed, parse_referral(referral, at));
    config.referrals.push_back(std::move(parsed));
    return {};
  }));
  return config;
}

Result<TargetConfig> load_config(const std::string& path) {
  const std::string shown = printable(path);
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(os_error(errno, fmt::format("cannot read the configuration {}", shown), "is the path right?"));
  std::string text;
  std::array<char, 16384> piece{};
  while (file.read(piece.data(), piece.size()), file.gcount() > 0) {
    text.append(piece.data(), static_cast<std::size_t>(file.gcount()));
    if (text.size() > most_config_bytes)
      return fail(ErrorKind::usage, fmt::format("the configuration {} is larger than 64 MiB", shown));
  }
  if (file.bad()) return fail(ErrorKind::io, fmt::format("cannot read the configuration {}", shown));
  auto config = parse_config(text);
  if (!config) return fail(placed(std::move(config).error(), shown));
  return config;
}

Result<std::unique_ptr<Target>> make_target(const TargetConfig& config) {
  auto target = std::make_unique<Target>();
  for (const SubsystemConfig& wanted : config.subsystems) {
    NVMECTL_ASSIGN(Subsystem * subsystem, target->add_subsystem(wanted.spec));
    for (const NamespaceConfig& ns : wanted.namespaces) {
      auto store = ns.file ? open_file_store(*ns.file) : make_ram_store(ns.ram_bytes.value_or(0));
      if (!store) return fail(std::move(store).error());
      NVMECTL_TRY(subsystem->add_namespace(
          {.nsid = ns.nsid, .store = std::move(*store), .block_bytes = ns.block_bytes, .uuid = ns.uuid}));
    }
  }
  for (const Referral& referral : config.referrals) NVMECTL_TRY(target->add_referral(referral));
  return target;
}

}  // namespace nvmectl::target
