#include "target/session.hpp"

#include <algorithm>
#include <utility>

#include "nvme/opcodes.hpp"
#include "target/statuses.hpp"

namespace nvmectl::target {
namespace {

constexpr std::size_t input_bytes = std::size_t{128} * 1024;
constexpr std::size_t enough_output = std::size_t{256} * 1024;  // then the host has to read first
constexpr std::size_t worth_a_window = std::size_t{32} * 1024;  // of data, read around the input buffer
constexpr std::uint32_t max_h2c_data = max_transfer_bytes;
constexpr std::chrono::seconds transfer_patience{30};

}  // namespace

Session::Session(Setup setup) : setup_(std::move(setup)), last_input_(setup_.now), last_progress_(setup_.now) {
  reader_.set_max_data(in_capsule_bytes);
}

Session::~Session() {
  if (controller_ != nullptr) controller_->close_queue(qid_);
}

std::span<std::byte> Session::receive_space() {
  if (stalled_ || finished()) return {};
  const std::span<std::byte> window = input_begin_ == input_end_ ? reader_.data_window() : std::span<std::byte>{};
  into_window_ = window.size() >= worth_a_window;
  if (into_window_) return window;
  if (input_ == nullptr) input_ = std::make_unique_for_overwrite<std::byte[]>(input_bytes);
  return std::span(input_.get(), input_bytes).subspan(input_end_);
}

void Session::received(std::size_t count, Clock::time_point now) {
  last_input_ = now;
  if (controller_ != nullptr) controller_->touch(now);
  if (into_window_) reader_.received(count);
  else input_end_ += count;
  if (transfers_used_ != 0) last_progress_ = now;
  process();
}

std::size_t Session::feed(std::span<const std::byte> bytes, Clock::time_point now) {
  std::size_t taken = 0;
  while (taken < bytes.size()) {
    const std::span<std::byte> space = receive_space();
    if (space.empty()) break;
    const std::size_t count = std::min(space.size(), bytes.size() - taken);
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(taken), count, space.begin());
    taken += count;
    received(count, now);
  }
  return taken;
}

void Session::proceed() {
  stalled_ = false;
  process();
}

// The reader takes everything but what waits behind too much output, so the input buffer is empty or the session is
// stalled.
void Session::process() {
  while (!finished()) {
    if (output_.size() >= enough_output) {
      stalled_ = true;
      return;
    }
    auto input = std::span<const std::byte>(input_.get() + input_begin_, input_end_ - input_begin_);
    const auto step = reader_.read(input);
    input_begin_ = input_end_ - input.size();
    if (input_begin_ == input_end_) input_begin_ = input_end_ = 0;
    if (!step) return fatal(step.error());
    if (*step == tcp::PduReader::Step::more) return;
    if (*step == tcp::PduReader::Step::header) handle_header();
    else handle_pdu();
  }
}

void Session::attend() {
  if (finished()) return;
  start_waiting();
  if (controller_ == nullptr || qid_ != 0) return;
  while (const auto event = controller_->next_event()) respond(event->cid, event->completion);
}

void Session::check_time(Clock::time_point now) {
  if (finished()) return;
  if (qid_ == 0 && controller_ != nullptr && controller_->expired(now)) {
    reason_ = "the host let its keep-alive timeout pass";
    controller_->kill();
  } else if (transfers_used_ != 0 && now - last_progress_ > transfer_patience) {
    reason_ = "the host did not send the data that it was asked for";
    finished_ = true;
  }
}

void Session::trim() {
  output_.trim();
  if (input_begin_ == input_end_) input_.reset();
}

// A header with data behind it: where to put the data.
void Session::handle_header() {
  const tcp::Pdu& pdu = reader_.pdu();
  if (pdu.type == tcp::PduType::h2c_data) return handle_data_header();
  if (pdu.type == tcp::PduType::capsule_cmd && pdu.data_length > in_capsule_bytes)
    fatal(tcp::FatalError::limit_exceeded, 4, "a capsule carries more data than Identify Controller allows");
}

void Session::handle_pdu() {
  const tcp::PduType type = reader_.pdu().type;
  if (type == tcp::PduType::h2c_term_req) {
    const tcp::TermReq request = tcp::decode_term_req(reader_.pdu().header);
    reason_ = "the host ended the connection: " + std::string(tcp::to_string(request.status));
    finished_ = true;
    return;
  }
  if ((type == tcp::PduType::ic_req) != (stage_ == Stage::handshake))
    return fatal(tcp::FatalError::sequence_error, 0,
                 stage_ == Stage::handshake ? "the first PDU is not ICReq" : "there is a second ICReq");
  if (type == tcp::PduType::ic_req) return handle_ic_req();
  if (type == tcp::PduType::capsule_cmd) return handle_command();
  handle_data();
}

void Session::handle_ic_req() {
  const tcp::IcReq request = tcp::decode_ic_req(reader_.pdu().header);
  if (request.pfv != 0) return fatal(tcp::FatalError::unsupported_parameter, 8, "the PDU format version is not 0");
  if (request.hpda > 31) return fatal(tcp::FatalError::invalid_header_field, 10, "HPDA is out of range");
  framing_ = {request.header_digest, request.data_digest, tcp::alignment_of(request.hpda)};
  const std::size_t header = tcp::data_header_bytes + (request.header_digest ? tcp::digest_bytes : 0);
  data_offset_ = (header + framing_.alignment - 1) / framing_.alignment * framing_.alignment;
  tcp::append_ic_resp(scratch_, {.cpda = 0,
                                 .header_digest = request.header_digest,
                                 .data_digest = request.data_digest,
                                 .max_h2c_data = max_h2c_data});
  append_scratch();
  reader_.set_framing({request.header_digest, request.data_digest, tcp::alignment_of(0)});
  reader_.set_max_data(max_h2c_data);
  stage_ = Stage::running;
}

void Session::fatal(tcp::FatalError status, std::uint32_t field, std::string message) {
  fatal({status, field, std::move(message)});
}

// The connection cannot go on: say why and finish (section 3.4.2).
void Session::fatal(const tcp::PduError& error) {
  const std::span<const std::byte> header =
      reader_.pdu().header.empty() ? reader_.header_so_far() : reader_.pdu().header;
  tcp::append_term_req(scratch_, tcp::Role::controller, error, header);
  append_scratch();
  reason_ = error.message;
  finished_ = true;
}

void Session::append_scratch() {
  const std::span<std::byte> room = output_.prepare(scratch_.size());
  std::copy(scratch_.begin(), scratch_.end(), room.begin());
  output_.commit(scratch_.size());
  scratch_.clear();
}

}  // namespace nvmectl::target
