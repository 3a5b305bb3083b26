// Addresses and names of peers. No socket is opened here; only a host name needs the resolver.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/deadline.hpp"
#include "core/result.hpp"

namespace nvmectl::net {

/// -4 or -6 on the command line, or ADRFAM of a discovery record.
enum class Family : std::uint8_t { any, ipv4, ipv6 };

/// An IPv4 or IPv6 address with its port, in the form that the socket calls want. The storage is opaque to keep
/// <sys/socket.h> out of headers.
class SocketAddress {
 public:
  static constexpr std::size_t capacity = 32;  ///< at least sizeof(sockaddr_in6)

  SocketAddress() = default;
  /// Copies a sockaddr of `length` bytes; longer ones are cut to none.
  SocketAddress(const void* address, std::size_t length);
  [[nodiscard]] const void* data() const { return storage_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] Family family() const;  ///< any when it is neither
  [[nodiscard]] std::uint16_t port() const;
  /// "192.0.2.1", "fe80::1%eth0".
  [[nodiscard]] std::string host() const;
  /// "192.0.2.1:4420", "[fe80::1%eth0]:4420".
  [[nodiscard]] std::string text() const;

 private:
  alignas(8) unsigned char storage_[capacity] = {};
  std::size_t size_ = 0;
};

/// "host:port" with brackets where the host holds colons.
[[nodiscard]] std::string host_and_port(std::string_view host, std::uint16_t port);

/// The addresses of `host`: itself when numeric (IPv6 may carry %interface, by name or number), else by the system's
/// resolver, which is waited for no longer than `deadline`. Never empty. Errors: not_found (unknown host, unknown
/// interface, no address of that family), usage (a numeric address of the other family), timeout, transport.
[[nodiscard]] Result<std::vector<SocketAddress>> resolve(const std::string& host, std::uint16_t port, Family family,
                                                         const Deadline& deadline);

}  // namespace nvmectl::net
