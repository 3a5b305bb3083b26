// A session and its stream: moves bytes as far as they go without waiting.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "net/byte_stream.hpp"
#include "target/session.hpp"

namespace nvmectl::target {

class ServerConnection {
 public:
  using Clock = Session::Clock;
  ServerConnection(std::unique_ptr<net::ByteStream> stream, Session::Setup setup)
      : stream_(std::move(stream)), began_(setup.now), last_write_(setup.now), session_(std::move(setup)) {}

  [[nodiscard]] int handle() const { return stream_->handle(); }
  [[nodiscard]] bool wants_read() const { return lingering_ || (!session_.finished() && !session_.stalled()); }
  [[nodiscard]] bool wants_write() const { return !session_.output().empty(); }
  /// To be destroyed.
  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] const Session& session() const { return session_; }

  void readable(Clock::time_point now);
  /// Sends what there is, and works on what waited for that.
  void flush(Clock::time_point now);
  /// Events of the controller and transfers that waited; to be followed by flush().
  void attend() { session_.attend(); }
  /// About four times a second.
  void check_time(Clock::time_point now, std::chrono::milliseconds handshake_timeout);

 private:
  void finish(Clock::time_point now);

  std::unique_ptr<net::ByteStream> stream_;
  Clock::time_point began_, last_write_, linger_until_{};
  bool closed_ = false;
  bool lingering_ = false;  // all is sent: wait a little for the host to close, so that it can read the last PDU
  bool active_ = false;     // since the last check_time()
  Session session_;
};

}  // namespace nvmectl::target
