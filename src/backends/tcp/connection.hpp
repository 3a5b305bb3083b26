// One queue over one byte stream: moves bytes between HostQueue and the network, waits, and keeps deadlines.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backends/tcp/queue.hpp"
#include "core/capabilities.hpp"
#include "net/byte_stream.hpp"

namespace nvmectl::tcp {

/// Not thread-safe. After any Error of a function the connection is dead, since commands may be half done: usable()
/// tells. Errors carry the peer's address as device.
class Connection {
 public:
  /// Exchanges ICReq and ICResp over a connected stream.
  [[nodiscard]] static Result<std::unique_ptr<Connection>> open(std::unique_ptr<net::ByteStream> stream,
                                                                const QueueOptions& options, const Deadline& deadline);

  /// All requests, as many in flight as the queue has slots; completions in their order. A device's error status is a
  /// completion.
  [[nodiscard]] Result<std::vector<Completion>> submit_all(std::span<const Request> requests, const Deadline& deadline);
  [[nodiscard]] Result<Completion> submit(const Request& request, const Deadline& deadline);

  /// While submit_all() waits, `action` is called each time `interval` has gone by since the last call of it or of
  /// this function (for Keep Alive); its error ends the wait. The action may call submit_background() on this
  /// connection.
  void every(std::chrono::milliseconds interval, std::function<Result<>(const Deadline&)> action);
  /// Sends a command whose completion is not looked at, as soon as a slot is free. Goes out with the next submit_all()
  /// or with the one that is waiting. No data.
  void submit_background(const Command& command);

  [[nodiscard]] bool usable() const { return !queue_.failed(); }
  [[nodiscard]] const net::ByteStream& stream() const { return *stream_; }
  /// Round trips so far: waits for the peer that ended with data from it.
  [[nodiscard]] std::size_t waits() const { return waits_; }

 private:
  using Clock = Deadline::Clock;
  Connection(std::unique_ptr<net::ByteStream> stream, const QueueOptions& options);
  [[nodiscard]] Result<> initialize(const Deadline& deadline);
  [[nodiscard]] Result<std::vector<Completion>> run(std::span<const Request> requests, const Deadline& deadline);
  [[nodiscard]] Result<> exchange(const Deadline& deadline);
  [[nodiscard]] Result<bool> wait(const Deadline& deadline);
  [[nodiscard]] Result<> flush();
  [[nodiscard]] Result<> read_available();
  [[nodiscard]] Result<> tick(const Deadline& deadline);
  [[nodiscard]] Error give_up(Error error);

  std::unique_ptr<net::ByteStream> stream_;
  HostQueue queue_;
  Bytes buffer_;
  std::vector<Command> background_;
  std::chrono::milliseconds interval_{0};  // 0: no action
  std::function<Result<>(const Deadline&)> action_;
  Clock::time_point next_action_ = Clock::time_point::max();
  std::string waiting_for_;  // an operation in flight, for the timeout's message
  std::size_t waits_ = 0;
};

}  // namespace nvmectl::tcp
