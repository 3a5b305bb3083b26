#include "backends/tcp/connection.hpp"

#include <fmt/format.h>

#include <array>
#include <limits>

namespace nvmectl::tcp {
namespace {

constexpr std::size_t buffer_bytes = 16U * 1024U;
constexpr std::size_t output_limit = 1024U * 1024U;  // no new commands while this much waits to be sent
constexpr std::size_t background_token = std::numeric_limits<std::size_t>::max();

}  // namespace

Connection::Connection(std::unique_ptr<net::ByteStream> stream, const QueueOptions& options)
    : stream_(std::move(stream)), queue_(options), buffer_(buffer_bytes) {}

Result<std::unique_ptr<Connection>> Connection::open(std::unique_ptr<net::ByteStream> stream,
                                                     const QueueOptions& options, const Deadline& deadline) {
  std::unique_ptr<Connection> connection(new Connection(std::move(stream), options));
  if (auto done = connection->initialize(deadline); !done) return fail(connection->give_up(std::move(done).error()));
  return connection;
}

Result<> Connection::initialize(const Deadline& deadline) {
  queue_.start();
  waiting_for_.clear();
  while (!queue_.ready()) NVMECTL_TRY(exchange(deadline));
  return {};
}

Result<std::vector<Completion>> Connection::submit_all(std::span<const Request> requests, const Deadline& deadline) {
  if (!usable())
    return fail(make_error(ErrorKind::transport, "the connection was given up after an earlier error")
                    .on(std::string(stream_->peer())));
  auto completions = run(requests, deadline);
  if (!completions) return fail(give_up(std::move(completions).error()));
  return completions;
}

Result<Completion> Connection::submit(const Request& request, const Deadline& deadline) {
  NVMECTL_ASSIGN(const std::vector<Completion> completions, submit_all(std::span(&request, 1), deadline));
  return completions.front();
}

Result<std::vector<Completion>> Connection::run(std::span<const Request> requests, const Deadline& deadline) {
  std::vector<Completion> completions(requests.size());
  std::size_t sent = 0, finished = 0;
  while (finished < requests.size()) {
    NVMECTL_TRY(tick(deadline));
    while (!background_.empty() && queue_.free_slots() > 0) {
      NVMECTL_TRY(queue_.submit({.command = background_.back()}, background_token));
      background_.pop_back();
    }
    while (sent < requests.size() && queue_.free_slots() > 0 && queue_.output().size() < output_limit) {
      NVMECTL_TRY(queue_.submit(requests[sent], sent));
      ++sent;
    }
    waiting_for_ = requests[finished].operation;
    NVMECTL_TRY(exchange(deadline));
    for (const Finished& done : queue_.take_finished()) {
      if (done.token == background_token) continue;
      completions[done.token] = done.completion;
      ++finished;
    }
  }
  return completions;
}

// Sends what can be sent, waits for the peer or for room, takes what came.
Result<> Connection::exchange(const Deadline& deadline) {
  NVMECTL_TRY(flush());
  NVMECTL_ASSIGN(const bool readable, wait(deadline));
  if (!readable) return {};
  ++waits_;
  return read_available();
}

Result<> Connection::flush() {
  while (!queue_.output().empty()) {
    const std::array<std::span<const std::byte>, 1> parts{queue_.output()};
    auto count = stream_->try_write(parts);
    // A peer that refuses us says why before it closes: what it sent is more telling than a broken pipe.
    if (!count && count.error().kind == ErrorKind::refused) {
      NVMECTL_TRY(read_available());
      return fail(std::move(count).error());
    }
    if (!count) return fail(std::move(count).error());
    if (*count == 0) break;
    queue_.output_taken(*count);
  }
  return {};
}

// True when there is something to read; false when there is room to write or the action is due.
Result<bool> Connection::wait(const Deadline& deadline) {
  Deadline until = deadline;
  if (action_) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_action_ - Clock::now());
    until = deadline.at_most(std::max(left, std::chrono::milliseconds(0)));
  }
  NVMECTL_ASSIGN(const net::Readiness ready,
                 stream_->wait({.readable = true, .writable = !queue_.output().empty()}, until));
  // Also when there is something to read: a peer that trickles data must not keep us beyond the deadline.
  if (!deadline.passed()) return ready.readable;
  if (!queue_.ready())
    return fail(ErrorKind::timeout, "the peer took the connection but did not answer within the time allowed",
                "does the port speak NVMe/TCP? Discovery controllers use 8009, NVM subsystems 4420");
  return fail(ErrorKind::timeout,
              fmt::format("the controller did not answer{}{} within the time allowed",
                          waiting_for_.empty() ? "" : " to ", waiting_for_),
              "it may be busy or gone; allow more time with --timeout");
}

Result<> Connection::read_available() {
  for (;;) {
    const std::span<std::byte> window = queue_.receive_window();
    const bool direct = window.size() >= buffer_bytes;
    const std::span<std::byte> target = direct ? window : std::span<std::byte>(buffer_);
    NVMECTL_ASSIGN(const std::optional<std::size_t> count, stream_->try_read(target));
    if (!count) return {};
    if (*count == 0) return fail(queue_.closed_by_peer());
    if (direct) {
      queue_.window_filled(*count);
      NVMECTL_TRY(queue_.receive({}));
    } else {
      NVMECTL_TRY(queue_.receive(target.first(*count)));
    }
    if (*count < target.size()) return {};  // there is no more for now
  }
}

void Connection::every(std::chrono::milliseconds interval, std::function<Result<>(const Deadline&)> action) {
  interval_ = interval;
  action_ = std::move(action);
  next_action_ = Clock::now() + interval;
}

void Connection::submit_background(const Command& command) {
  if (background_.empty()) background_.push_back(command);
}

Result<> Connection::tick(const Deadline& deadline) {
  if (!action_ || Clock::now() < next_action_) return {};
  next_action_ = Clock::now() + interval_;
  return action_(deadline);
}

// Tells the peer what it did wrong, if that is why, and forgets the commands and their buffers.
Error Connection::give_up(Error error) {
  if (!queue_.output().empty()) {
    const std::array<std::span<const std::byte>, 1> parts{queue_.output()};
    static_cast<void>(stream_->try_write(parts));  // on the way out anyway
  }
  if (error.kind == ErrorKind::refused && error.hint.empty()) error.hint = queue_.closed_by_peer().hint;
  queue_.abandon();
  return std::move(error).on(std::string(stream_->peer()));
}

}  // namespace nvmectl::tcp
