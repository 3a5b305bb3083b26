#include "net/address.hpp"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <charconv>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <optional>
#include <sys/socket.h>
#include <thread>

#include "core/text.hpp"

namespace nvmectl::net {
namespace {

static_assert(sizeof(sockaddr_in6) <= SocketAddress::capacity);

sockaddr_in as_ipv4(const SocketAddress& address) {
  sockaddr_in v4{};
  std::memcpy(&v4, address.data(), sizeof v4);
  return v4;
}
sockaddr_in6 as_ipv6(const SocketAddress& address) {
  sockaddr_in6 v6{};
  std::memcpy(&v6, address.data(), sizeof v6);
  return v6;
}

std::string interface_names() {
  std::string names;
  if (struct if_nameindex* const list = ::if_nameindex()) {
    for (const struct if_nameindex* entry = list; entry->if_index != 0; ++entry)
      names += (names.empty() ? "" : ", ") + printable(entry->if_name);
    ::if_freenameindex(list);
  }
  return names;
}

// The interface's index, by name or number.
Result<std::uint32_t> scope_of(const std::string& interface_name) {
  std::uint32_t index = ::if_nametoindex(interface_name.c_str());
  if (index == 0) {
    const char* const end = interface_name.data() + interface_name.size();
    const auto [stop, error] = std::from_chars(interface_name.data(), end, index);
    if (error != std::errc() || stop != end) index = 0;
  }
  if (index != 0) return index;
  return fail(ErrorKind::not_found,
              fmt::format("there is no network interface '{}' behind the % of the address", printable(interface_name)),
              fmt::format("the interfaces of this machine: {}", interface_names()));
}

// Empty when `host` is not a numeric address.
Result<std::optional<SocketAddress>> numeric(const std::string& host, std::uint16_t port) {
  sockaddr_in v4{};
  if (::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    return SocketAddress(&v4, sizeof v4);
  }
  const std::size_t percent = host.find('%');
  sockaddr_in6 v6{};
  if (::inet_pton(AF_INET6, host.substr(0, percent).c_str(), &v6.sin6_addr) != 1) return std::nullopt;
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  if (percent != std::string::npos) {
    NVMECTL_ASSIGN(v6.sin6_scope_id, scope_of(host.substr(percent + 1)));
  } else if (IN6_IS_ADDR_LINKLOCAL(&v6.sin6_addr)) {
    return fail(
        ErrorKind::usage, fmt::format("the link-local address {} needs its network interface", printable(host)),
        fmt::format("write it as {}%IFACE; the interfaces of this machine: {}", printable(host), interface_names()));
  }
  return SocketAddress(&v6, sizeof v6);
}

struct Lookup {
  std::mutex mutex;
  std::condition_variable done;
  bool finished = false;
  int error = 0;
  std::vector<SocketAddress> addresses;
};

int family_number(Family family) {
  return family == Family::ipv4 ? AF_INET : family == Family::ipv6 ? AF_INET6 : AF_UNSPEC;
}

void look_up(const std::shared_ptr<Lookup>& lookup, const std::string& host, std::uint16_t port, Family family) {
  addrinfo hints{};
  hints.ai_family = family_number(family);
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  std::vector<SocketAddress> addresses;
  for (const addrinfo* entry = error == 0 ? list : nullptr; entry != nullptr; entry = entry->ai_next)
    addresses.emplace_back(entry->ai_addr, entry->ai_addrlen);
  if (list != nullptr) ::freeaddrinfo(list);
  const std::lock_guard lock(lookup->mutex);
  lookup->error = error;
  lookup->addresses = std::move(addresses);
  lookup->finished = true;
  lookup->done.notify_one();
}

Error resolver_error(const std::string& host, int error, Family family) {
  const std::string shown = printable(host);
  if (error == EAI_NONAME && host.find('%') != std::string::npos)
    return make_error(ErrorKind::not_found, fmt::format("'{}' is not an address with an interface", shown),
                      "a link-local address is written as fe80::1%eth0");
  if (error == EAI_AGAIN)
    return make_error(ErrorKind::transport, fmt::format("cannot look up the host '{}'", shown),
                      "check the name servers of this machine, or give the numeric address")
        .with_cause("the name servers do not answer");
#ifdef EAI_ADDRFAMILY
  if (error == EAI_ADDRFAMILY) error = EAI_NONAME;
#endif
  if (error == EAI_NONAME || error == EAI_FAMILY || error == 0) {
    if (family != Family::any)
      return make_error(ErrorKind::not_found,
                        fmt::format("the host '{}' has no {} address", shown, family == Family::ipv4 ? "IPv4" : "IPv6"),
                        "check the name, or leave out the address family");
    return make_error(ErrorKind::not_found, fmt::format("unknown host '{}'", shown),
                      "check the name, or give the numeric address");
  }
  return make_error(ErrorKind::transport, fmt::format("cannot look up the host '{}'", shown))
      .with_cause(::gai_strerror(error));
}

// getaddrinfo() knows no deadline: it runs in a thread of its own that is left behind when it is too slow.
Result<std::vector<SocketAddress>> by_name(const std::string& host, std::uint16_t port, Family family,
                                           const Deadline& deadline) {
  const auto lookup = std::make_shared<Lookup>();
  std::thread(look_up, lookup, host, port, family).detach();
  std::unique_lock lock(lookup->mutex);
  if (!lookup->done.wait_for(lock, deadline.left(), [&] { return lookup->finished; }))
    return fail(ErrorKind::timeout,
                fmt::format("cannot look up the host '{}' within the time allowed", printable(host)),
                "check the name servers of this machine, give the numeric address, or allow more with --timeout");
  if (lookup->error != 0 || lookup->addresses.empty()) return fail(resolver_error(host, lookup->error, family));
  return std::move(lookup->addresses);
}

}  // namespace

SocketAddress::SocketAddress(const void* address, std::size_t length) {
  if (length > capacity) return;
  std::memcpy(storage_, address, length);
  size_ = length;
}

Family SocketAddress::family() const {
  if (size_ < sizeof(sockaddr_in)) return Family::any;
  const int number = as_ipv4(*this).sin_family;
  return number == AF_INET ? Family::ipv4 : number == AF_INET6 ? Family::ipv6 : Family::any;
}

std::uint16_t SocketAddress::port() const {
  switch (family()) {
    case Family::ipv4: return ntohs(as_ipv4(*this).sin_port);
    case Family::ipv6: return ntohs(as_ipv6(*this).sin6_port);
    case Family::any: return 0;
  }
  return 0;
}

std::string SocketAddress::host() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (family() == Family::ipv4) {
    const sockaddr_in v4 = as_ipv4(*this);
    ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    return text.data();
  }
  if (family() != Family::ipv6) return {};
  const sockaddr_in6 v6 = as_ipv6(*this);
  ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
  std::string host = text.data();
  if (v6.sin6_scope_id != 0) {
    std::array<char, IF_NAMESIZE> name{};
    const bool named = ::if_indextoname(v6.sin6_scope_id, name.data()) != nullptr;
    host += '%' + (named ? printable(name.data()) : std::to_string(v6.sin6_scope_id));
  }
  return host;
}

std::string SocketAddress::text() const {
  return family() == Family::any ? std::string() : host_and_port(host(), port());
}

std::string host_and_port(std::string_view host, std::uint16_t port) {
  return host.find(':') == std::string_view::npos ? fmt::format("{}:{}", host, port)
                                                  : fmt::format("[{}]:{}", host, port);
}

Result<std::vector<SocketAddress>> resolve(const std::string& host, std::uint16_t port, Family family,
                                           const Deadline& deadline) {
  NVMECTL_ASSIGN(const std::optional<SocketAddress> address, numeric(host, port));
  if (!address) return by_name(host, port, family, deadline);
  if (family != Family::any && address->family() != family)
    return fail(
        ErrorKind::usage,
        fmt::format("{} is an {} address, and {} was asked for", printable(host),
                    address->family() == Family::ipv4 ? "IPv4" : "IPv6", family == Family::ipv4 ? "IPv4" : "IPv6"),
        "leave out the address family, or give an address of the other one");
  return std::vector{*address};
}

}  // namespace nvmectl::net
