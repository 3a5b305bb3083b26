// ByteStream: an ordered stream of bytes to one peer. TCP today; TLS and in-memory peers fit the same interface.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/deadline.hpp"
#include "core/result.hpp"

namespace nvmectl::net {

/// What to wait for, or what a wait found.
struct Readiness {
  bool readable = false;
  bool writable = false;
};

/// Not thread-safe. Closed when destroyed.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  ByteStream() = default;
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;

  /// Reads what is there without waiting: empty when nothing is, 0 when the peer has closed its side.
  [[nodiscard]] virtual Result<std::optional<std::size_t>> try_read(std::span<std::byte> buffer) = 0;
  /// Writes as much of `parts`, one after the other, as goes without waiting. Returns the number of bytes taken.
  [[nodiscard]] virtual Result<std::size_t> try_write(std::span<const std::span<const std::byte>> parts) = 0;
  /// Waits for any of `interest`; both false when the deadline passed. A closed or broken stream counts as ready:
  /// the next read or write tells. `cancelled` when a signal handler ran.
  [[nodiscard]] virtual Result<Readiness> wait(Readiness interest, const Deadline& deadline) = 0;
  /// What an event loop gives to poll(2).
  [[nodiscard]] virtual int handle() const = 0;
  /// The peer's address for messages ("192.0.2.1:4420"), "" when it has none.
  [[nodiscard]] virtual std::string_view peer() const { return {}; }
  /// Our own address and port in the same form, "" when there is none.
  [[nodiscard]] virtual std::string_view local() const { return {}; }
  /// Tells the peer that nothing more will be written.
  virtual void shut_down_writing() = 0;

  /// At least one byte, 0 when the peer has closed; `timeout` when the deadline passed first.
  [[nodiscard]] Result<std::size_t> read_some(std::span<std::byte> buffer, const Deadline& deadline);
  [[nodiscard]] Result<> write_all(std::span<const std::byte> bytes, const Deadline& deadline);
};

}  // namespace nvmectl::net
