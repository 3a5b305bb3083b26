#include "core/device_ref.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/text.hpp"

namespace nvmectl {
namespace {

constexpr std::string_view forms =
    "a device is nvme0, nvme0n1, /dev/ng0n1 or tcp://HOST[:PORT][/NQN][?nsid=N] (see: nvmectl help devices)";

tl::unexpected<Error> bad(std::string_view text, std::string_view why) {
  return fail(
      make_error(ErrorKind::usage, fmt::format("'{}' does not name a device", printable(text)), std::string(forms))
          .with_cause(std::string(why)));
}

// HOST, HOST:PORT, [IPV6], [IPV6]:PORT. A bare IPv6 address (two or more colons) is taken whole.
Result<> parse_authority(DeviceRef& ref, std::string_view authority) {
  std::string_view port;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return bad(ref.text, "the bracket of the IPv6 address is not closed");
    ref.host = authority.substr(1, close - 1);
    if (ref.host.find(':') == std::string::npos) return bad(ref.text, "brackets are for IPv6 addresses");
    const std::string_view rest = authority.substr(close + 1);
    if (!rest.empty() && !rest.starts_with(':'))
      return bad(ref.text, "there is text behind the bracket of the address");
    if (!rest.empty()) {
      port = rest.substr(1);
      if (port.empty()) return bad(ref.text, "the port is empty");
    }
  } else if (std::count(authority.begin(), authority.end(), ':') == 1) {
    const std::size_t colon = authority.find(':');
    ref.host = authority.substr(0, colon);
    port = authority.substr(colon + 1);
    if (port.empty()) return bad(ref.text, "the port is empty");
  } else {
    ref.host = authority;
  }
  if (ref.host.empty()) return bad(ref.text, "the host is empty");
  if (ref.host.size() > 253 + 16 || ref.host != printable(ref.host))
    return bad(ref.text, "the host is too long or holds control characters");
  if (!port.empty()) {
    NVMECTL_ASSIGN(const std::uint64_t number, parse_number(port, "port", 65535));
    if (number == 0) return bad(ref.text, "port 0 cannot be connected to");
    ref.port = static_cast<std::uint16_t>(number);
  }
  return {};
}

// FC addresses hold colons and no port; nvme-loop needs no address at all.
Result<> parse_address(DeviceRef& ref, std::string_view authority) {
  if (ref.scheme == DeviceRef::Scheme::tcp || ref.scheme == DeviceRef::Scheme::rdma)
    return parse_authority(ref, authority);
  ref.host = authority;
  if (ref.scheme == DeviceRef::Scheme::fc && !authority.starts_with("nn-"))
    return bad(ref.text, "a Fibre Channel address is nn-0x…:pn-0x…");
  if (ref.host.size() > 256 || ref.host != printable(ref.host)) return bad(ref.text, "the address is malformed");
  return {};
}

Result<DeviceRef> parse_fabrics(DeviceRef ref, std::string_view rest) {
  std::string_view query;
  if (const std::size_t mark = rest.find('?'); mark != std::string_view::npos) {
    query = rest.substr(mark + 1);
    rest = rest.substr(0, mark);
  }
  const std::size_t slash = rest.find('/');
  NVMECTL_TRY(parse_address(ref, rest.substr(0, slash)));
  if (slash != std::string_view::npos) ref.nqn = rest.substr(slash + 1);
  if (!ref.nqn.empty()) NVMECTL_TRY(check_nqn(ref.nqn));
  for (const std::string_view part : split(query, '&')) {
    if (part.empty()) continue;
    if (part.starts_with("host=") && ref.scheme == DeviceRef::Scheme::fc) {
      ref.host_address = part.substr(5);
      continue;
    }
    if (!part.starts_with("nsid="))
      return bad(ref.text, fmt::format("'{}' is not understood behind '?'; only nsid=N is", printable(part)));
    NVMECTL_ASSIGN(const std::uint64_t nsid, parse_number(part.substr(5), "nsid", 0xffffffff));
    ref.nsid = static_cast<std::uint32_t>(nsid);
  }
  return ref;
}

}  // namespace

bool DeviceRef::is_fabrics() const {
  return !transport().empty();
}

std::string_view DeviceRef::transport() const {
  switch (scheme) {
    case Scheme::tcp: return "tcp";
    case Scheme::rdma: return "rdma";
    case Scheme::fc: return "fc";
    case Scheme::loop: return "loop";
    case Scheme::kernel:
    case Scheme::spdk:
    case Scheme::pmem:
    case Scheme::connection: break;
  }
  return "";
}

Result<DeviceRef> DeviceRef::parse(std::string_view text) {
  DeviceRef ref;
  ref.text = printable(text);
  const auto prefixed = [&](std::string_view prefix, Scheme kind) {
    if (!text.starts_with(prefix)) return false;
    ref.scheme = kind;
    ref.name = text.substr(prefix.size());
    return true;
  };
  if (prefixed("tcp://", Scheme::tcp) || prefixed("rdma://", Scheme::rdma) || prefixed("fc://", Scheme::fc) ||
      prefixed("loop://", Scheme::loop)) {
    std::string rest = std::exchange(ref.name, {});
    return parse_fabrics(std::move(ref), rest);
  }
  if (prefixed("spdk:", Scheme::spdk) || prefixed("pmem:", Scheme::pmem) || prefixed("conn:", Scheme::connection)) {
    if (ref.name.empty()) return bad(text, "the name behind the colon is empty");
    return ref;
  }
  if (text.empty()) return bad(text, "the name is empty");
  if (text.find("://") != std::string_view::npos)
    return bad(text, "only tcp://, rdma://, fc:// and loop:// are understood");
  ref.name = text.starts_with("/dev/") ? text.substr(5) : text;
  if (ref.name.empty() || ref.name != printable(ref.name)) return bad(text, "the name holds control characters");
  return ref;
}

Result<> check_nqn(std::string_view nqn) {
  const std::string shown = printable(nqn.substr(0, 80));
  if (nqn.size() > max_nqn_length)
    return fail(ErrorKind::usage, fmt::format("the NQN '{}…' has {} bytes", shown, nqn.size()),
                "an NQN has at most 223 bytes");
  if (!nqn.starts_with("nqn.") || nqn.size() < 12 || nqn != printable(nqn) || nqn.find(' ') != std::string_view::npos)
    return fail(ErrorKind::usage, fmt::format("'{}' is not an NVMe Qualified Name", shown),
                "an NQN looks like nqn.2014-08.org.example:name, without blanks");
  return {};
}

}  // namespace nvmectl
