#include "target/connection.hpp"

#include <array>
#include <utility>

namespace nvmectl::target {
namespace {

constexpr std::chrono::seconds write_patience{60};
constexpr std::chrono::seconds linger{2};

}  // namespace

void ServerConnection::readable(Clock::time_point now) {
  active_ = true;
  if (lingering_) {
    std::array<std::byte, 4096> ignored{};
    const auto count = stream_->try_read(ignored);
    if (!count || (*count && **count == 0)) closed_ = true;
    return;
  }
  const std::span<std::byte> space = session_.receive_space();
  if (space.empty()) return;
  const auto count = stream_->try_read(space);
  if (!count || (*count && **count == 0)) {
    closed_ = true;
    return;
  }
  if (!*count) return;
  session_.received(**count, now);
  flush(now);
}

void ServerConnection::flush(Clock::time_point now) {
  while (!closed_) {
    while (!session_.output().empty()) {
      const std::array<std::span<const std::byte>, 1> parts{session_.output()};
      const auto count = stream_->try_write(parts);
      if (!count) {
        closed_ = true;
        return;
      }
      if (*count == 0) return;
      session_.sent(*count);
      last_write_ = now;
    }
    if (session_.finished()) return finish(now);
    if (!session_.stalled()) return;
    session_.proceed();
  }
}

void ServerConnection::finish(Clock::time_point now) {
  if (lingering_) return;
  lingering_ = true;
  linger_until_ = now + linger;
  stream_->shut_down_writing();
}

void ServerConnection::check_time(Clock::time_point now, std::chrono::milliseconds handshake_timeout) {
  session_.check_time(now);
  flush(now);
  const bool silent = !session_.connected() && now - began_ > handshake_timeout;
  const bool stuck = wants_write() && now - last_write_ > write_patience;
  if (silent || stuck || (lingering_ && now > linger_until_)) closed_ = true;
  if (!std::exchange(active_, false) && !wants_write()) session_.trim();
}

}  // namespace nvmectl::target
