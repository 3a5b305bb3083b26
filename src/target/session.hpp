// The controller's side of one NVMe/TCP connection, without I/O: bytes in, bytes out.
// NVM Express TCP Transport Specification 1.0, section 3.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "nvme/tcp/entries.hpp"
#include "nvme/tcp/pdu.hpp"
#include "target/buffers.hpp"
#include "target/controller.hpp"

namespace nvmectl::target {

/// One queue's connection. Not thread-safe.
///
///   read into receive_space(), call received(); send output(), call sent(); when stalled() and the output is gone call
///   proceed(). When finished() and the output is gone, close.
class Session {
 public:
  using Clock = Controller::Clock;
  struct Setup {
    Target* target = nullptr;  ///< outlives the session
    BufferPool* pool = nullptr;
    Portal reached;  ///< where the host came in
    Clock::time_point now = Clock::now();
  };
  explicit Session(Setup setup);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  /// Where to read to; empty while the session takes nothing (stalled or finished).
  [[nodiscard]] std::span<std::byte> receive_space();
  /// `count` bytes of receive_space() were filled.
  void received(std::size_t count, Clock::time_point now);
  /// All of `bytes`, by way of receive_space(), as far as the session takes them; returns how many. For tests.
  std::size_t feed(std::span<const std::byte> bytes, Clock::time_point now = Clock::now());

  [[nodiscard]] std::span<const std::byte> output() const { return output_.pending(); }
  void sent(std::size_t count) { output_.consume(count); }
  /// Input waits because too much output does.
  [[nodiscard]] bool stalled() const { return stalled_; }
  void proceed();
  /// Asynchronous events and transfers that waited for a buffer.
  void attend();

  /// Nothing more will come from this session: send output(), then close.
  [[nodiscard]] bool finished() const { return finished_ || (controller_ != nullptr && controller_->dead()); }
  /// Why it finished, for messages; "" for an orderly end.
  [[nodiscard]] const std::string& reason() const { return reason_; }
  /// Ends the session when the host let a data transfer or, on the admin queue, its keep-alive go by.
  void check_time(Clock::time_point now);
  /// Connect has succeeded.
  [[nodiscard]] bool connected() const { return controller_ != nullptr; }
  [[nodiscard]] const Controller* controller() const { return controller_.get(); }
  [[nodiscard]] std::uint16_t qid() const { return qid_; }
  /// Gives memory back; for a connection without traffic.
  void trim();

 private:
  enum class Stage : std::uint8_t { handshake, running };
  /// A host-to-controller command whose data is asked for by R2T.
  struct Transfer {
    bool used = false;
    bool bad_digest = false;
    tcp::Sqe sqe;
    BufferPool::Buffer buffer;
    std::uint32_t have = 0;
  };

  void process();
  void handle_header();
  void handle_pdu();
  void handle_ic_req();
  void handle_command();
  void handle_data_header();
  void handle_data();
  void fatal(tcp::FatalError status, std::uint32_t field, std::string message);
  void fatal(const tcp::PduError& error);

  void out_of_capsule(const tcp::Sqe& sqe);
  void start_transfer(const tcp::Sqe& sqe);
  [[nodiscard]] bool request_data(const tcp::Sqe& sqe);
  void start_waiting();
  [[nodiscard]] Transfer* transfer_of(const tcp::DataHeader& header);
  void execute(const tcp::Sqe& sqe, std::span<const std::byte> out);
  void execute_read(const tcp::Sqe& sqe);
  void connect(const tcp::Sqe& sqe, std::span<const std::byte> data);
  void respond(std::uint16_t cid, const Completion& completion);
  void append_scratch();

  Setup setup_;
  tcp::PduReader reader_{tcp::Role::controller};
  tcp::Framing framing_;         // of what we send
  std::size_t data_offset_ = 0;  // of the data in a C2HData
  Stage stage_ = Stage::handshake;
  bool stalled_ = false, finished_ = false;
  std::string reason_;

  std::unique_ptr<std::byte[]> input_;
  std::size_t input_begin_ = 0, input_end_ = 0;
  bool into_window_ = false;  // the last receive_space() was the reader's
  OutputQueue output_;
  Bytes scratch_;  // one small PDU

  std::shared_ptr<Controller> controller_;
  std::uint16_t qid_ = 0;
  std::uint16_t queue_entries_ = max_queue_entries;
  std::uint16_t sq_head_ = 0;
  bool flow_control_ = true;
  std::vector<Transfer> transfers_;  // the index is the transfer tag
  std::size_t transfers_used_ = 0;
  std::size_t transfer_bytes_ = 0;
  std::deque<tcp::Sqe> waiting_;  // for a buffer
  Clock::time_point last_input_, last_progress_;
};

}  // namespace nvmectl::target
