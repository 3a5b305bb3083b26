// What a connection's parameters must be before they are stored or sent.
#include <fmt/format.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cctype>
#include <cstddef>
#include <string>

#include "core/device_ref.hpp"
#include "core/fabrics.hpp"
#include "core/text.hpp"

namespace nvmectl {
namespace {

constexpr std::array<std::string_view, 4> transports{"tcp", "rdma", "fc", "loop"};

tl::unexpected<Error> bad(std::string_view what, std::string message, std::string hint) {
  return fail(make_error(ErrorKind::usage, fmt::format("{}: {}", what, message), std::move(hint)));
}

// 4 or 16 bytes and the interface behind '%'; nothing for what is no numeric address.
std::string address_bytes(const std::string& text) {
  std::array<char, 16> bytes{};
  if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return {bytes.data(), 4};
  const std::size_t scope = std::min(text.find('%'), text.size());
  if (::inet_pton(AF_INET6, text.substr(0, scope).c_str(), bytes.data()) != 1) return {};
  return std::string(bytes.data(), 16) + text.substr(scope);
}

bool is_host_name(std::string_view text) {
  const auto fits = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_'; };
  // 999.1.1.1 is a wrong address and no name.
  return !text.empty() && text.size() <= 253 && std::all_of(text.begin(), text.end(), fits) &&
         !std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0 || c == '.'; });
}

// nn-0x1000…:pn-0x2000…, 16 digits each. NVM Express over FC: INCITS 556, annex.
bool is_fc_address(std::string_view text) {
  const auto name = [](std::string_view part, std::string_view prefix) {
    return part.size() == prefix.size() + 16 && part.starts_with(prefix) &&
           std::all_of(part.begin() + static_cast<std::ptrdiff_t>(prefix.size()), part.end(),
                       [](unsigned char c) { return std::isxdigit(c) != 0; });
  };
  const std::size_t colon = text.find(':');
  return colon != std::string_view::npos && name(text.substr(0, colon), "nn-0x") &&
         name(text.substr(colon + 1), "pn-0x");
}

Result<> check_address(const ConnectParameters& p, const std::string& address, std::string_view what, bool names) {
  if (p.transport == "fc") {
    if (is_fc_address(address)) return {};
    return bad(what, fmt::format("'{}' is not a Fibre Channel address", printable(address)),
               "it looks like nn-0x10001100aa000001:pn-0x20001100aa000001");
  }
  if (!address_bytes(address).empty() || (names && is_host_name(address))) return {};
  return bad(what, fmt::format("'{}' is not an address", printable(address)),
             names ? "give an IPv4 or IPv6 address (without brackets) or a host name" : "give an IPv4 or IPv6 address");
}

Result<> check_where(const ConnectParameters& p) {
  if (std::find(transports.begin(), transports.end(), p.transport) == transports.end())
    return bad("--transport", fmt::format("'{}' is not a transport", printable(p.transport)),
               "the transports are tcp, rdma, fc and loop");
  if (p.address.empty() && p.transport != "loop")
    return bad("--traddr", "the target's address is missing", "add -a ADDR");
  if (!p.address.empty() && p.transport != "loop") NVMECTL_TRY(check_address(p, p.address, "--traddr", true));
  if (!p.host_address.empty()) NVMECTL_TRY(check_address(p, p.host_address, "--host-traddr", false));
  if (!p.service.empty() && (p.transport == "tcp" || p.transport == "rdma")) {
    NVMECTL_ASSIGN(const std::uint64_t port, parse_number(p.service, "--trsvcid", 65535));
    if (port == 0) return bad("--trsvcid", "port 0 cannot be connected to", "ports go from 1 to 65535");
  }
  if (p.transport != "tcp" && (p.tls || p.concat || p.header_digest || p.data_digest || !p.host_interface.empty()))
    return bad("--transport", fmt::format("TLS, digests and --host-iface are for tcp, not for {}", p.transport),
               "leave them out, or connect by tcp");
  return {};
}

Result<> check_secret(const std::string& secret, std::string_view what) {
  if (secret.empty() || secret == "-") return {};
  for (const std::string_view source : {"file:", "env:", "keyring:"}) {
    if (!secret.starts_with(source)) continue;
    if (secret.size() > source.size()) return {};
    return bad(what, fmt::format("there is nothing behind {}", source),
               "write it as file:PATH, env:NAME or keyring:NAME");
  }
  // NVM Express Base Specification 2.0d, section 8.13.5.7: DHHC-1:HH:BASE64:
  if (secret.starts_with("DHHC-1:0") && secret.size() > 12 && secret[9] == ':' && secret.ends_with(':')) return {};
  return bad(what, "this is not a DH-HMAC-CHAP secret",
             "a secret is DHHC-1:00:…: (nvmectl gen-dhchap-key makes one); better give file:PATH");
}

Result<> check_host(const ConnectParameters& p) {
  if (!p.host_nqn.empty()) NVMECTL_TRY(check_nqn(p.host_nqn));
  if (!p.host_id.empty()) NVMECTL_TRY(parse_uuid(p.host_id));
  return {};
}

}  // namespace

Result<> check_parameters(const ConnectParameters& p, bool needs_nqn) {
  NVMECTL_TRY(check_where(p));
  if (p.nqn.empty() && needs_nqn) return bad("--nqn", "the subsystem's NQN is missing", "add -n NQN");
  if (!p.nqn.empty()) NVMECTL_TRY(check_nqn(p.nqn));
  NVMECTL_TRY(check_host(p));
  NVMECTL_TRY(check_secret(p.dhchap_secret, "--dhchap-secret"));
  NVMECTL_TRY(check_secret(p.dhchap_ctrl_secret, "--dhchap-ctrl-secret"));
  if (!p.dhchap_ctrl_secret.empty() && p.dhchap_secret.empty())
    return bad("--dhchap-ctrl-secret", "it needs the host's secret as well", "add --dhchap-secret");
  if (!p.tls_key.empty() && !parse_number(p.tls_key, "--tls-key", 0x7fffffff))
    return bad("--tls-key", "this is not the serial number of a key in the kernel's keyring",
               "put the key there with 'nvmectl tls-key --import', then give its number, or --tls-key-identity");
  if (!p.tls && !p.concat && (!p.keyring.empty() || !p.tls_key.empty() || !p.tls_key_identity.empty()))
    return bad("--tls", "a TLS key or keyring is given, but not --tls, without which nothing would be encrypted",
               "add --tls");
  if (p.tls && p.concat) return bad("--concat", "it cannot stand beside --tls", "leave one of them out");
  if (p.concat && p.dhchap_secret.empty())
    return bad("--concat", "it takes its key from the authentication", "add --dhchap-secret");
  for (const Parameter& parameter : connect_parameters()) {
    const std::optional<std::string> text = parameter.get(p);
    // A comma or line end would begin another option in the kernel's connect string.
    if (text && (text->find_first_of(",\n") != std::string::npos || *text != printable(*text)))
      return bad(fmt::format("--{}", parameter.option), "it holds a comma or a control character", "leave that out");
  }
  return {};
}

bool same_controller(const ConnectParameters& a, const ConnectParameters& b) {
  const auto same_address = [](const std::string& one, const std::string& other) {
    const std::string bytes = address_bytes(one);
    return bytes.empty() ? one == other : bytes == address_bytes(other);
  };
  if (a.transport != b.transport || !same_address(a.address, b.address)) return false;
  if (a.effective_service() != b.effective_service()) return false;
  if (a.nqn != b.nqn && !(a.is_discovery() && b.is_discovery())) return false;
  if (!a.host_interface.empty() && !b.host_interface.empty() && a.host_interface != b.host_interface) return false;
  return a.host_nqn.empty() || b.host_nqn.empty() || a.host_nqn == b.host_nqn;
}

}  // namespace nvmectl
