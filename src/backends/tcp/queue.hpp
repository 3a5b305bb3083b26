// The host's end of one NVMe/TCP queue, without I/O: takes requests and bytes, gives bytes and completions.
// NVM Express TCP Transport Specification 1.0, sections 3.3 and 3.5.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/capabilities.hpp"
#include "core/result.hpp"
#include "core/value.hpp"
#include "nvme/tcp/entries.hpp"
#include "nvme/tcp/pdu.hpp"

namespace nvmectl::tcp {

struct QueueOptions {
  bool header_digest = false;  ///< asked for; an error when the controller does not agree
  bool data_digest = false;
  std::uint16_t slots = 127;              ///< commands in flight at once: one less than the queue's entries
  std::uint32_t in_capsule_bytes = 8192;  ///< most data in a command capsule: 8192 for admin queues, else from IOCCSZ
};

/// One finished command.
struct Finished {
  std::size_t token = 0;  ///< what submit() was given
  Completion completion;
};

/// A queue's life: start() → ICReq is in output(); receive() of ICResp → ready(); then submit() and receive(). An error
/// of receive() is final. The buffers of a submitted request must live until it is finished, or the queue was
/// abandoned.
class HostQueue {
 public:
  explicit HostQueue(const QueueOptions& options);

  /// Puts the ICReq into the output. Once.
  void start();
  [[nodiscard]] bool ready() const { return state_ == State::ready; }
  [[nodiscard]] bool failed() const { return state_ == State::failed; }
  [[nodiscard]] const IcResp& agreed() const { return agreed_; }

  [[nodiscard]] std::size_t free_slots() const { return free_.size(); }
  [[nodiscard]] std::size_t in_flight() const { return slots_.size() - free_.size(); }
  /// Sends a command; needs ready() and a free slot (internal error otherwise). `unsupported` for separate metadata,
  /// for data both ways and for transfers of 4 GiB and more.
  [[nodiscard]] Result<> submit(const Request& request, std::size_t token);

  /// Bytes from the peer. Errors, all final: `protocol` (the peer broke it, or speaks something else), `transport` (a
  /// digest does not match), `unsupported` (a digest asked for is not granted). There may be an H2CTermReq to send.
  [[nodiscard]] Result<> receive(std::span<const std::byte> bytes);
  /// Where the next bytes belong when the middle of a large transfer is due, else empty. After filling some of it:
  /// window_filled(). Spares a copy.
  [[nodiscard]] std::span<std::byte> receive_window();
  void window_filled(std::size_t count) { reader_.received(count); }
  /// The peer closed the connection: what that means in the present state.
  [[nodiscard]] Error closed_by_peer() const;

  /// Bytes for the peer, and how many of them it took.
  [[nodiscard]] std::span<const std::byte> output() const;
  void output_taken(std::size_t count);

  /// Commands finished since the last call, in order of completion.
  [[nodiscard]] std::vector<Finished> take_finished();

  /// Forgets all commands and their buffers; the queue is failed from here on.
  void abandon();

 private:
  enum class State : std::uint8_t { fresh, initializing, ready, failed };
  struct Slot {
    bool busy = false;
    bool last_seen = false;  // a C2HData with LAST_PDU came
    std::size_t token = 0;
    std::span<std::byte> in;
    std::span<const std::byte> out;
    std::size_t received = 0;   // bytes of `in`
    std::size_t requested = 0;  // bytes of `out` that R2Ts asked for
    std::string operation;
  };

  [[nodiscard]] PduResult<> on_header();
  [[nodiscard]] Result<> on_pdu();
  [[nodiscard]] PduResult<Slot*> slot_of(std::uint16_t cid);
  [[nodiscard]] Result<> on_ic_resp();
  [[nodiscard]] PduResult<> on_capsule_resp();
  [[nodiscard]] PduResult<> on_r2t();
  [[nodiscard]] Result<> on_c2h_data();
  void finish(std::uint16_t cid, const Completion& completion);
  [[nodiscard]] tl::unexpected<Error> broken(const PduError& error, std::span<const std::byte> rest);

  QueueOptions options_;
  State state_ = State::fresh;
  PduReader reader_{Role::host};
  Framing framing_;  // of what we send
  IcResp agreed_;
  std::vector<Slot> slots_;          // by command identifier
  std::vector<std::uint16_t> free_;  // identifiers
  Bytes output_;
  std::size_t output_at_ = 0;
  std::vector<Finished> finished_;
};

/// What a peer that does not speak NVMe/TCP seems to speak, by its first bytes: "HTTP", "SSH", "TLS", some text; ""
/// when nothing is recognised.
[[nodiscard]] std::string recognise_protocol(std::span<const std::byte> first_bytes);

}  // namespace nvmectl::tcp
