#include "core/fabrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/device_ref.hpp"
#include "core/fabrics_table.hpp"
#include "core/text.hpp"

namespace nvmectl {
namespace parameter_detail {

Result<std::int32_t> parse_signed(std::string_view text, std::string_view what) {
  std::int32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < -1)
    return fail(ErrorKind::usage, fmt::format("{}: '{}' is not a number of -1 or more", what, printable(text)));
  return value;
}

}  // namespace parameter_detail

namespace {

using Type = Parameter::Type;

constexpr auto& table = connect_parameter_table;

}  // namespace

bool ConnectParameters::is_discovery() const {
  return nqn.empty() || nqn == discovery_nqn;
}

std::string ConnectParameters::effective_service() const {
  if (!service.empty() || (transport != "tcp" && transport != "rdma")) return service;
  return transport == "tcp" && is_discovery() ? fmt::format("{}", discovery_port) : fmt::format("{}", nvme_tcp_port);
}

std::string ConnectParameters::shown() const {
  const std::string port = effective_service();
  const bool ipv6 = transport != "fc" && address.find(':') != std::string::npos;
  std::string where = transport;
  if (!address.empty()) where += fmt::format(" {}{}{}", ipv6 ? "[" : "", address, ipv6 ? "]" : "");
  if (!address.empty() && !port.empty() && transport != "fc") where += ":" + port;
  return printable(nqn.empty() ? where : where + " " + nqn);
}

bool ConnectParameters::wants_security() const {
  return std::any_of(table.begin(), table.end(), [&](const Parameter& p) {
    return p.security && p.get(*this) && p.key != "header_digest" && p.key != "data_digest";
  });
}

std::span<const Parameter> connect_parameters() {
  return table;
}

const Parameter* find_parameter(std::string_view key) {
  const auto found = std::find_if(table.begin(), table.end(), [&](const Parameter& p) { return p.key == key; });
  return found == table.end() ? nullptr : &*found;
}

Value parameter_value(const Parameter& parameter, const ConnectParameters& of) {
  const std::optional<std::string> text = parameter.get(of);
  if (parameter.type == Type::flag) return text.has_value();
  if (!text) return {};
  if (parameter.type == Type::text) return printable(*text);
  if (parameter.type == Type::secret) return masked_secret(*text);
  std::int64_t number = 0;
  std::from_chars(text->data(), text->data() + text->size(), number);
  if (parameter.type == Type::signed_number) return number;
  return static_cast<std::uint64_t>(number);
}

std::string masked_secret(std::string_view secret) {
  for (const std::string_view source : {"file:", "env:", "keyring:"})
    if (secret.starts_with(source)) return printable(secret);
  if (secret.empty() || secret == "-") return std::string(secret);
  return secret.starts_with("DHHC-1:") ? "DHHC-1:***" : "***";
}

void take_kernel_address(ConnectParameters& to, std::string_view attribute) {
  for (const std::string_view part : split(attribute, ',')) {
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = part.substr(0, equals), value = part.substr(equals + 1);
    if (name == "traddr") to.address = printable(value);
    else if (name == "trsvcid" && value != "none") to.service = printable(value);
    else if (name == "host_traddr" || (name == "src_addr" && to.host_address.empty()))
      to.host_address = printable(value);
    else if (name == "host_iface") to.host_interface = printable(value);
  }
}

}  // namespace nvmectl
