#include "target/server.hpp"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <poll.h>
#include <utility>

#include "net/tcp.hpp"
#include "target/connection.hpp"

namespace nvmectl::target {
namespace {

using Clock = Session::Clock;
constexpr std::chrono::milliseconds tick{250};
constexpr int accepts_in_a_row = 64;
constexpr int backlog = 1024;

bool is_wildcard(const net::SocketAddress& address) {
  const std::string host = address.host();
  return host == "0.0.0.0" || host == "::";
}

Portal portal_of(const net::SocketAddress& address) {
  return {.family = static_cast<std::uint8_t>(address.family() == net::Family::ipv6 ? 2 : 1),
          .address = address.host(),
          .service = fmt::to_string(address.port()),
          .wildcard = is_wildcard(address)};
}

}  // namespace

class Server::Impl {
 public:
  Impl(ServerOptions options, std::unique_ptr<Target> target)
      : options_(std::move(options)), target_(std::move(target)), pool_(options_.max_transfer_memory) {}

  Result<> listen();
  Result<> run(const volatile int* stop_signal);
  void stop() {
    stopped_ = true;
    wake();
  }
  void post(std::function<void(Target&)> work) {
    {
      const std::lock_guard lock(mutex_);
      posted_.push_back(std::move(work));
    }
    wake();
  }

  std::vector<std::string> addresses_;
  ServerStatistics statistics_;
  Target& target() { return *target_; }

 private:
  void wake();
  void fill_poll();
  [[nodiscard]] int patience(bool watches_flag) const;
  void accept_from(std::size_t listener, Clock::time_point now);
  void serve(Clock::time_point now);
  void attend(Clock::time_point now);
  void check_time(Clock::time_point now);
  void run_posted();
  void sweep();

  ServerOptions options_;
  std::unique_ptr<Target> target_;
  BufferPool pool_;
  std::vector<net::TcpListener> listeners_;
  std::vector<Portal> portals_;
  std::vector<std::unique_ptr<ServerConnection>> connections_;  // gone before pool_ and target_
  std::vector<pollfd> poll_;                                    // the wake-up stream, the listeners, the connections
  std::unique_ptr<net::TcpStream> wake_read_, wake_write_;
  std::atomic<bool> stopped_ = false;
  Clock::time_point next_tick_{};
  Clock::time_point accept_after_{};
  std::mutex mutex_;
  std::vector<std::function<void(Target&)>> posted_;
};

Result<> Server::Impl::listen() {
  NVMECTL_ASSIGN(auto pair, net::stream_pair());
  wake_read_ = std::move(pair.first);
  wake_write_ = std::move(pair.second);
  for (const ListenAddress& wanted : options_.listen) {
    NVMECTL_ASSIGN(net::TcpListener listener, net::TcpListener::bind(wanted.host, wanted.port, backlog));
    addresses_.push_back(listener.address().text());
    portals_.push_back(portal_of(listener.address()));
    listeners_.push_back(std::move(listener));
  }
  target_->set_portals(portals_);
  return {};
}

void Server::Impl::wake() {
  static constexpr std::array<std::byte, 1> token{};
  const std::array<std::span<const std::byte>, 1> parts{std::span<const std::byte>(token)};
  static_cast<void>(wake_write_->try_write(parts));  // a full pipe wakes as well
}

void Server::Impl::fill_poll() {
  poll_.clear();
  poll_.push_back({wake_read_->handle(), POLLIN, 0});
  const bool accepting = Clock::now() >= accept_after_;
  for (const auto& listener : listeners_)
    poll_.push_back({listener.handle(), static_cast<short>(accepting ? POLLIN : 0), 0});
  for (const auto& connection : connections_) {
    const int events = (connection->wants_read() ? POLLIN : 0) | (connection->wants_write() ? POLLOUT : 0);
    poll_.push_back({connection->handle(), static_cast<short>(events), 0});
  }
}

Result<> Server::Impl::run(const volatile int* stop_signal) {
  const auto stopping = [&] { return stopped_.load() || (stop_signal != nullptr && *stop_signal != 0); };
  next_tick_ = Clock::now() + tick;
  while (!stopping()) {
    fill_poll();
    const int count = ::poll(poll_.data(), static_cast<nfds_t>(poll_.size()), patience(stop_signal != nullptr));
    if (count < 0 && errno != EINTR) return fail(os_error(errno, "cannot wait for connections"));
    if (stopping()) break;
    const Clock::time_point now = Clock::now();
    if (count > 0) serve(now);
    attend(now);
    if (now >= next_tick_) check_time(now);
    sweep();
  }
  connections_.clear();
  stopped_ = false;
  return {};
}

// Milliseconds that poll() may wait; -1 is for ever.
int Server::Impl::patience(bool watches_flag) const {
  if (target_->wants_attention()) return 0;
  const bool timers = !connections_.empty() || watches_flag || Clock::now() < accept_after_;
  return timers ? int{tick.count()} : -1;
}

void Server::Impl::serve(Clock::time_point now) {
  const std::size_t first = 1 + listeners_.size();
  // Before new connections are appended: poll_ and connections_ still run side by side.
  for (std::size_t i = first; i < poll_.size(); ++i) {
    const int found = poll_[i].revents;
    if (found == 0) continue;
    ServerConnection& connection = *connections_[i - first];
    if ((found & (POLLOUT | POLLHUP | POLLERR)) != 0) connection.flush(now);  // a broken stream fails here
    if ((found & (POLLIN | POLLHUP | POLLERR)) != 0 && !connection.closed()) connection.readable(now);
  }
  for (std::size_t i = 0; i < listeners_.size(); ++i)
    if (poll_[1 + i].revents != 0) accept_from(i, now);
  if (poll_[0].revents != 0) run_posted();
}

void Server::Impl::accept_from(std::size_t listener, Clock::time_point now) {
  for (int i = 0; i < accepts_in_a_row; ++i) {
    auto stream = listeners_[listener].accept();
    if (!stream) {  // out of descriptors: let others close before we try again
      accept_after_ = now + tick;
      return;
    }
    if (*stream == nullptr) return;
    if (connections_.size() >= options_.max_connections) {
      ++statistics_.refused;
      continue;
    }
    ++statistics_.accepted;
    Portal reached = portals_[listener];
    if (reached.wildcard)
      if (auto local = parse_listen_address((*stream)->local())) reached.address = std::move(local->host);
    connections_.push_back(std::make_unique<ServerConnection>(
        std::move(*stream),
        Session::Setup{.target = target_.get(), .pool = &pool_, .reached = std::move(reached), .now = now}));
  }
}

// What one connection's command means for others: events, buffers come back, an association's end.
void Server::Impl::attend(Clock::time_point now) {
  for (int round = 0; round < 4; ++round) {
    const bool relief = pool_.take_relief();
    if (!target_->take_attention() && !relief) return;
    for (const auto& connection : connections_) {
      connection->attend();
      connection->flush(now);
    }
  }
}

void Server::Impl::check_time(Clock::time_point now) {
  next_tick_ = now + tick;
  for (const auto& connection : connections_) connection->check_time(now, options_.handshake_timeout);
  attend(now);
}

void Server::Impl::run_posted() {
  std::array<std::byte, 64> tokens{};
  static_cast<void>(wake_read_->try_read(tokens));
  std::vector<std::function<void(Target&)>> work;
  {
    const std::lock_guard lock(mutex_);
    work.swap(posted_);
  }
  for (const auto& function : work) function(*target_);
}

void Server::Impl::sweep() {
  std::erase_if(connections_, [](const auto& connection) { return connection->closed(); });
  statistics_.connections = connections_.size();
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::Server(Server&&) noexcept = default;
Server& Server::operator=(Server&&) noexcept = default;
Server::~Server() = default;

Result<Server> Server::start(ServerOptions options, std::unique_ptr<Target> target) {
  if (options.listen.empty()) return fail(ErrorKind::usage, "the server has no address to listen on");
  auto impl = std::make_unique<Impl>(std::move(options), std::move(target));
  NVMECTL_TRY(impl->listen());
  return Server(std::move(impl));
}

Result<Server> Server::start(ServerOptions options, const TargetConfig& config) {
  if (!config.listen.empty()) options.listen = config.listen;
  NVMECTL_ASSIGN(auto target, make_target(config));
  return start(std::move(options), std::move(target));
}

std::span<const std::string> Server::addresses() const {
  return impl_->addresses_;
}
Target& Server::target() {
  return impl_->target();
}
ServerStatistics Server::statistics() const {
  return impl_->statistics_;
}
Result<> Server::run(const volatile int* stop_signal) {
  return impl_->run(stop_signal);
}
void Server::stop() {
  impl_->stop();
}
void Server::post(std::function<void(Target&)> work) {
  impl_->post(std::move(work));
}

}  // namespace nvmectl::target
