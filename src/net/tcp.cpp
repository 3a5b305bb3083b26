#include "net/tcp.hpp"

#include <climits>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/text.hpp"

namespace nvmectl::net {
namespace {

constexpr std::string_view nobody_listens =
    "is a target listening there? Discovery controllers use port 8009, NVM subsystems 4420";

const sockaddr* raw(const SocketAddress& address) {
  return static_cast<const sockaddr*>(address.data());
}
socklen_t raw_size(const SocketAddress& address) {
  return static_cast<socklen_t>(address.size());
}

void set_option(int socket, int level, int option) {
  const int on = 1;
  ::setsockopt(socket, level, option, &on, sizeof on);
}

// Non-blocking and not inherited by children.
void prepare(int socket) {
  const int flags = ::fcntl(socket, F_GETFL);
  if ((flags & O_NONBLOCK) != 0) return;  // one of ours
  ::fcntl(socket, F_SETFL, flags | O_NONBLOCK);
  ::fcntl(socket, F_SETFD, FD_CLOEXEC);
#ifdef SO_NOSIGPIPE
  set_option(socket, SOL_SOCKET, SO_NOSIGPIPE);
#endif
}

using NameCall = int (*)(int, sockaddr*, socklen_t*);
SocketAddress name_of(int socket, NameCall call) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  if (call(socket, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return {};
  return {&storage, length};
}

Result<Readiness> poll_one(int socket, Readiness interest, const Deadline& deadline) {
  pollfd entry{};
  entry.fd = socket;
  entry.events = static_cast<short>((interest.readable ? POLLIN : 0) | (interest.writable ? POLLOUT : 0));
  const auto left = std::min<std::chrono::milliseconds::rep>(deadline.left().count(), INT_MAX);
  const int count = ::poll(&entry, 1, static_cast<int>(left));
  if (count < 0) return fail(os_error(errno, errno == EINTR ? "interrupted" : "cannot wait for the network"));
  if (count == 0) return Readiness{};
  const bool broken = (entry.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
  return Readiness{interest.readable && (broken || (entry.revents & POLLIN) != 0),
                   interest.writable && (broken || (entry.revents & POLLOUT) != 0)};
}

// One address. os_errno is set in the error, so that the caller can word it.
Result<std::unique_ptr<TcpStream>> connect_one(const SocketAddress& address, const Deadline& deadline) {
  Descriptor socket(::socket(address.family() == Family::ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM, IPPROTO_TCP));
  if (socket.get() < 0) return fail(os_error(errno, "cannot open a socket"));
  prepare(socket.get());
  if (::connect(socket.get(), raw(address), raw_size(address)) != 0) {
    if (errno != EINPROGRESS && errno != EINTR) return fail(os_error(errno, ""));
    NVMECTL_ASSIGN(const Readiness ready, poll_one(socket.get(), {.writable = true}, deadline));
    if (!ready.writable) return fail(os_error(ETIMEDOUT, ""));
    int error = 0;
    socklen_t length = sizeof error;
    ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &length);
    if (error != 0) return fail(os_error(error, ""));
  }
  return std::make_unique<TcpStream>(std::move(socket));
}

// The last failure in words, once all addresses were tried.
Error connect_error(Error error, const ConnectOptions& options, std::span<const SocketAddress> addresses) {
  if (error.kind == ErrorKind::cancelled) return error;
  const std::string where = host_and_port(printable(options.host), options.port);
  error.device = where;
  error.operation = "connect";
  switch (error.os_errno) {
    case ECONNREFUSED:
      error.message = fmt::format("{} refused the connection", where);
      error.hint = nobody_listens;
      break;
    case ETIMEDOUT:
      error.kind = ErrorKind::timeout;
      error.message = fmt::format("no answer from {} within the time allowed", where);
      error.cause = "the connection was not accepted";
      error.hint = "check the address and the firewalls on the way, or allow more time with --timeout";
      break;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case EADDRNOTAVAIL:
      error.kind = ErrorKind::transport;
      error.message = fmt::format("{} cannot be reached from this machine", where);
      error.hint = addresses.back().family() == Family::ipv6 ? "has this machine an IPv6 route to it?"
                                                             : "check the address and this machine's routes";
      break;
    case EAFNOSUPPORT:
      error.message = fmt::format("this machine cannot speak the address family of {}", where);
      error.hint = "try an address of the other family";
      break;
    case EINVAL:
      error.kind = ErrorKind::usage;
      error.message = fmt::format("{} is not an address to connect to", where);
      error.hint = "a link-local address is written with its interface: fe80::1%eth0";
      break;
    default:
      error.kind = error.kind == ErrorKind::io ? ErrorKind::transport : error.kind;
      error.message = fmt::format("cannot connect to {}", where);
  }
  if (addresses.size() > 1) error.context.push_back(fmt::format("{} addresses were tried", addresses.size()));
  return error;
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    reset();
    value_ = std::exchange(other.value_, -1);
  }
  return *this;
}

void Descriptor::reset() {
  if (value_ >= 0) ::close(value_);
  value_ = -1;
}

Result<std::unique_ptr<TcpStream>> TcpStream::connect(const ConnectOptions& options) {
  NVMECTL_ASSIGN(const std::vector<SocketAddress> addresses,
                 resolve(options.host, options.port, options.family, options.deadline));
  std::optional<Error> last;
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    // A silent address must leave time for those behind it.
    const auto share = options.deadline.left() / static_cast<std::int64_t>(addresses.size() - i);
    auto stream = connect_one(addresses[i], options.deadline.at_most(share));
    if (stream) return stream;
    last = std::move(stream).error();
    if (last->kind == ErrorKind::cancelled) break;
  }
  return fail(connect_error(std::move(*last), options, addresses));
}

TcpStream::TcpStream(Descriptor socket) : socket_(std::move(socket)) {
  prepare(socket_.get());
  set_option(socket_.get(), IPPROTO_TCP, TCP_NODELAY);  // fails, rightly, on a socketpair
  peer_ = name_of(socket_.get(), ::getpeername).text();
  local_ = name_of(socket_.get(), ::getsockname).text();
}

Result<std::optional<std::size_t>> TcpStream::try_read(std::span<std::byte> buffer) {
  const ssize_t count = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
  if (count >= 0) return static_cast<std::size_t>(count);
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return std::nullopt;
  return fail(os_error(errno, errno == ECONNRESET ? "the peer broke the connection" : "cannot read from the peer"));
}

Result<std::size_t> TcpStream::try_write(std::span<const std::span<const std::byte>> parts) {
  std::array<iovec, 64> vectors{};
  std::size_t used = 0;
  for (const auto part : parts.first(std::min(parts.size(), vectors.size())))
    if (!part.empty()) vectors[used++] = {const_cast<std::byte*>(part.data()), part.size()};
  msghdr message{};
  message.msg_iov = vectors.data();
  message.msg_iovlen = used;
#ifdef MSG_NOSIGNAL
  constexpr int flags = MSG_NOSIGNAL;
#else
  constexpr int flags = 0;
#endif
  const ssize_t count = ::sendmsg(socket_.get(), &message, flags);
  if (count >= 0) return static_cast<std::size_t>(count);
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return std::size_t{0};
  return fail(os_error(
      errno, errno == EPIPE || errno == ECONNRESET ? "the peer broke the connection" : "cannot write to the peer"));
}

Result<Readiness> TcpStream::wait(Readiness interest, const Deadline& deadline) {
  return poll_one(socket_.get(), interest, deadline);
}

void TcpStream::shut_down_writing() {
  ::shutdown(socket_.get(), SHUT_WR);
}

Result<TcpListener> TcpListener::bind(const std::string& host, std::uint16_t port, int backlog) {
  NVMECTL_ASSIGN(const std::vector<SocketAddress> addresses,
                 resolve(host, port, Family::any, Deadline::in(std::chrono::seconds(10))));
  int error = 0;
  for (const SocketAddress& address : addresses) {
    Descriptor socket(::socket(address.family() == Family::ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM, IPPROTO_TCP));
    if (socket.get() >= 0) {
      prepare(socket.get());
      set_option(socket.get(), SOL_SOCKET, SO_REUSEADDR);
      if (address.family() == Family::ipv6) set_option(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY);
      if (::bind(socket.get(), raw(address), raw_size(address)) == 0 && ::listen(socket.get(), backlog) == 0) {
        const SocketAddress bound = name_of(socket.get(), ::getsockname);
        return TcpListener(std::move(socket), bound);
      }
    }
    error = errno;
  }
  const std::string hint = error == EADDRINUSE
                               ? "another program listens there: choose another port, or 0 for a free one"
                           : error == EACCES        ? "ports below 1024 need more rights: choose another port"
                           : error == EADDRNOTAVAIL ? "the address is not one of this machine's"
                                                    : "";
  return fail(os_error(error, fmt::format("cannot listen on {}", host_and_port(printable(host), port)), hint));
}

Result<std::unique_ptr<TcpStream>> TcpListener::accept() {
  for (;;) {
    Descriptor socket(::accept(socket_.get(), nullptr, nullptr));
    if (socket.get() >= 0) return std::make_unique<TcpStream>(std::move(socket));
    if (errno == EINTR || errno == ECONNABORTED) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return nullptr;
    return fail(os_error(errno, "cannot accept a connection"));
  }
}

Result<bool> TcpListener::wait(const Deadline& deadline) {
  NVMECTL_ASSIGN(const Readiness ready, poll_one(socket_.get(), {.readable = true}, deadline));
  return ready.readable;
}

Result<std::pair<std::unique_ptr<TcpStream>, std::unique_ptr<TcpStream>>> stream_pair() {
  std::array<int, 2> sockets{};
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, sockets.data()) != 0)
    return fail(os_error(errno, "cannot make a pair of sockets"));
  return std::pair{std::make_unique<TcpStream>(Descriptor(sockets[0])),
                   std::make_unique<TcpStream>(Descriptor(sockets[1]))};
}

}  // namespace nvmectl::net
