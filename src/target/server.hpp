// The NVMe/TCP server: listeners, connections and timers around the soft controller, on one thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "target/config.hpp"
#include "target/target.hpp"

namespace nvmectl::target {

struct ServerOptions {
  std::vector<ListenAddress> listen = {{"127.0.0.1", nvme_tcp_port}};  ///< port 0 takes a free one
  std::size_t max_connections = 1024;                                  ///< further ones are closed at once
  std::chrono::milliseconds handshake_timeout{10'000};                 ///< from accept to the end of Connect
  std::size_t max_transfer_memory = std::size_t{256} << 20U;           ///< for data of commands on its way to us
};

/// Counted since start().
struct ServerStatistics {
  std::size_t connections = 0;  ///< open now
  std::uint64_t accepted = 0, refused = 0;
};

class Server {
 public:
  /// Listens; serves nothing before run(). Errors: those of net::TcpListener::bind.
  [[nodiscard]] static Result<Server> start(ServerOptions options, std::unique_ptr<Target> target);
  /// A target made of `config`; config.listen, when not empty, goes before options.listen.
  [[nodiscard]] static Result<Server> start(ServerOptions options, const TargetConfig& config);
  Server(Server&&) noexcept;
  Server& operator=(Server&&) noexcept;
  ~Server();

  /// "127.0.0.1:4420" as really bound, in the order of the options.
  [[nodiscard]] std::span<const std::string> addresses() const;
  /// Before run() and inside post() only.
  [[nodiscard]] Target& target();
  [[nodiscard]] ServerStatistics statistics() const;  ///< before and after run(), and inside post()

  /// Serves until stop() or until `*stop_signal` (may be null) is not 0; looked at after every signal and at least
  /// four times a second. Then closes all connections. Errors: transport, when the system fails us.
  [[nodiscard]] Result<> run(const volatile int* stop_signal);
  /// Ends run(); from any thread or signal handler, also before run() begins.
  void stop();
  /// Calls `work` on the thread of run(), soon; from any thread. To add and remove namespaces while serving.
  void post(std::function<void(Target&)> work);

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace nvmectl::target
