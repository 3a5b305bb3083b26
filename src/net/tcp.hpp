// TCP streams and listeners. Everything that calls the socket API is in tcp.cpp and address.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "net/address.hpp"
#include "net/byte_stream.hpp"

namespace nvmectl::net {

/// Owns a descriptor of the operating system; -1 is none.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int value) : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor() { reset(); }
  [[nodiscard]] int get() const { return value_; }
  void reset();

 private:
  int value_ = -1;
};

struct ConnectOptions {
  std::string host;  ///< name or numeric address, IPv6 without brackets
  std::uint16_t port = 0;
  Family family = Family::any;
  Deadline deadline;  ///< over the resolver and all addresses together
};

/// A connected TCP socket: non-blocking, TCP_NODELAY, never raises SIGPIPE.
class TcpStream final : public ByteStream {
 public:
  /// Tries each address of the host until one accepts. Errors name host and port: refused, timeout, transport
  /// (unreachable), and those of resolve().
  [[nodiscard]] static Result<std::unique_ptr<TcpStream>> connect(const ConnectOptions& options);
  /// Takes a connected stream socket (also one of a socketpair).
  explicit TcpStream(Descriptor socket);

  [[nodiscard]] Result<std::optional<std::size_t>> try_read(std::span<std::byte> buffer) override;
  [[nodiscard]] Result<std::size_t> try_write(std::span<const std::span<const std::byte>> parts) override;
  [[nodiscard]] Result<Readiness> wait(Readiness interest, const Deadline& deadline) override;
  [[nodiscard]] int handle() const override { return socket_.get(); }
  [[nodiscard]] std::string_view peer() const override { return peer_; }
  [[nodiscard]] std::string_view local() const override { return local_; }
  void shut_down_writing() override;

 private:
  Descriptor socket_;
  std::string peer_, local_;
};

class TcpListener {
 public:
  /// Listens on the first address of `host` that can be bound ("0.0.0.0" and "::" are every address of their family).
  /// Port 0 takes a free one: see address(). Errors: busy (port in use), permission, not_found, transport.
  [[nodiscard]] static Result<TcpListener> bind(const std::string& host, std::uint16_t port, int backlog = 128);

  /// The address and port really bound.
  [[nodiscard]] const SocketAddress& address() const { return address_; }
  /// A connection that waits, without waiting for one: null when there is none.
  [[nodiscard]] Result<std::unique_ptr<TcpStream>> accept();
  /// True when a connection waits, false when the deadline passed; `cancelled` when a signal handler ran.
  [[nodiscard]] Result<bool> wait(const Deadline& deadline);
  [[nodiscard]] int handle() const { return socket_.get(); }

 private:
  TcpListener(Descriptor socket, const SocketAddress& address) : socket_(std::move(socket)), address_(address) {}
  Descriptor socket_;
  SocketAddress address_;
};

/// Two streams connected to each other inside this process, for tests and embedded peers.
[[nodiscard]] Result<std::pair<std::unique_ptr<TcpStream>, std::unique_ptr<TcpStream>>> stream_pair();

}  // namespace nvmectl::net
