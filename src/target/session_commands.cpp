// Session: commands, their data and their completions. NVM Express TCP Transport Specification 1.0, section 3.3.
#include <algorithm>
#include <utility>

#include "nvme/opcodes.hpp"
#include "target/session.hpp"
#include "target/statuses.hpp"

namespace nvmectl::target {
namespace {

// Of the data of one connection's commands that is on its way; one command may always be.
constexpr std::size_t most_transfer_bytes = std::size_t{8} << 20U;

nvme::DataDirection direction(const Command& command) {
  const bool fabrics = command.opcode == nvme::admin::fabrics;
  return nvme::data_direction(fabrics ? static_cast<std::uint8_t>(command.nsid) : command.opcode);
}

bool is_fabrics(const Command& command, std::uint8_t type) {
  return command.opcode == nvme::admin::fabrics && (command.nsid & 0xffU) == type;
}

}  // namespace

void Session::handle_command() {
  const tcp::Pdu& pdu = reader_.pdu();
  const tcp::Sqe sqe = tcp::decode_sqe(tcp::capsule_entry(pdu.header));
  if (!pdu.data_digest_ok) return respond(sqe.cid, {.status = status::transient_transport_error});
  if (controller_ == nullptr && !is_fabrics(sqe.command, nvme::fabrics::connect))
    return respond(sqe.cid, {.status = status::command_sequence});
  switch (direction(sqe.command)) {
    case nvme::DataDirection::host_to_controller: break;
    case nvme::DataDirection::controller_to_host: return execute_read(sqe);
    default: return execute(sqe, {});
  }
  if (sqe.sgl.kind == tcp::Sgl::Kind::transport && sqe.sgl.length != 0) return out_of_capsule(sqe);
  if (sqe.sgl.kind == tcp::Sgl::Kind::other) return respond(sqe.cid, {.status = status::sgl_type_invalid});
  if (sqe.sgl.kind != tcp::Sgl::Kind::in_capsule) return execute(sqe, {});
  if (sqe.sgl.offset > pdu.data.size() || sqe.sgl.length > pdu.data.size() - sqe.sgl.offset)
    return respond(sqe.cid, {.status = status::sgl_offset_invalid});
  execute(sqe, pdu.data.subspan(static_cast<std::size_t>(sqe.sgl.offset), sqe.sgl.length));
}

// Data that has to be asked for. Longer than MDTS: executed without data, so that the controller finds the status.
void Session::out_of_capsule(const tcp::Sqe& sqe) {
  if (sqe.sgl.length > (controller_ == nullptr ? in_capsule_bytes : max_transfer_bytes)) return execute(sqe, {});
  if (transfers_used_ + waiting_.size() >= queue_entries_)
    return fatal(tcp::FatalError::limit_exceeded, 0, "the host has more commands under way than its queue holds");
  if (waiting_.empty() && request_data(sqe)) return;
  waiting_.push_back(sqe);
  setup_.target->want_attention();
}

// False when there is no buffer for it now.
bool Session::request_data(const tcp::Sqe& sqe) {
  const std::size_t length = sqe.sgl.length;
  if (transfers_used_ != 0 && transfer_bytes_ + length > most_transfer_bytes) return false;
  BufferPool::Buffer buffer = setup_.pool->take(length);
  if (!buffer) return false;
  auto slot = std::find_if(transfers_.begin(), transfers_.end(), [](const Transfer& t) { return !t.used; });
  if (slot == transfers_.end()) slot = transfers_.insert(slot, Transfer{});
  slot->used = true;
  slot->bad_digest = false;
  slot->sqe = sqe;
  slot->buffer = std::move(buffer);
  slot->have = 0;
  if (transfers_used_++ == 0) last_progress_ = last_input_;
  transfer_bytes_ += length;
  const auto tag = static_cast<std::uint16_t>(slot - transfers_.begin());
  tcp::append_r2t(scratch_, framing_, {sqe.cid, tag, 0, sqe.sgl.length});
  append_scratch();
  return true;
}

void Session::start_waiting() {
  while (!waiting_.empty() && request_data(waiting_.front())) waiting_.pop_front();
}

// The transfer that an H2CData continues; null after a fatal error.
Session::Transfer* Session::transfer_of(const tcp::DataHeader& header) {
  using tcp::FatalError;
  if (header.tag >= transfers_.size() || !transfers_[header.tag].used) {
    fatal(FatalError::invalid_header_field, 10, "H2CData with a transfer tag that no R2T gave");
    return nullptr;
  }
  Transfer& transfer = transfers_[header.tag];
  if (transfer.sqe.cid != header.cid) {
    fatal(FatalError::invalid_header_field, 8, "H2CData for another command than its transfer tag's");
    return nullptr;
  }
  if (header.offset != transfer.have || header.length > transfer.sqe.sgl.length - transfer.have) {
    fatal(FatalError::out_of_range, 0, "H2CData outside of the range that R2T asked for");
    return nullptr;
  }
  return &transfer;
}

void Session::handle_data_header() {
  const tcp::DataHeader header = tcp::decode_data_header(reader_.pdu().header);
  if (const Transfer* transfer = transfer_of(header); transfer != nullptr)
    reader_.data_into({transfer->buffer.data() + header.offset, header.length});
}

void Session::handle_data() {
  const tcp::Pdu& pdu = reader_.pdu();
  const tcp::DataHeader header = tcp::decode_data_header(pdu.header);
  Transfer* transfer = transfer_of(header);
  if (transfer == nullptr) return;
  transfer->bad_digest = transfer->bad_digest || !pdu.data_digest_ok;
  transfer->have += header.length;
  const bool complete = transfer->have == transfer->sqe.sgl.length;
  if (complete != ((pdu.flags & tcp::flag_last) != 0))
    return fatal(tcp::FatalError::invalid_header_field, 1, "LAST_PDU does not stand where the data ends");
  if (!complete) return;
  const tcp::Sqe sqe = transfer->sqe;
  const bool bad = transfer->bad_digest;
  const BufferPool::Buffer buffer = std::move(transfer->buffer);
  transfer->used = false;
  --transfers_used_;
  transfer_bytes_ -= sqe.sgl.length;
  if (bad) respond(sqe.cid, {.status = status::transient_transport_error});
  else execute(sqe, {buffer.data(), sqe.sgl.length});
  if (!waiting_.empty()) setup_.target->want_attention();
}

void Session::execute(const tcp::Sqe& sqe, std::span<const std::byte> out) {
  if (is_fabrics(sqe.command, nvme::fabrics::connect) && controller_ == nullptr) return connect(sqe, out);
  const auto completion = controller_->execute(qid_, sqe.cid, {.command = sqe.command, .out = out});
  if (completion) respond(sqe.cid, *completion);
  if (controller_->dead()) return;
  if (qid_ == 0) attend();
  if (completion && completion->ok() && is_fabrics(sqe.command, nvme::fabrics::disconnect)) finished_ = true;
}

// The controller writes straight into the output, behind the room for the header of C2HData.
void Session::execute_read(const tcp::Sqe& sqe) {
  const bool usable = sqe.sgl.kind == tcp::Sgl::Kind::transport && sqe.sgl.length <= max_transfer_bytes;
  if (sqe.sgl.kind == tcp::Sgl::Kind::in_capsule || sqe.sgl.kind == tcp::Sgl::Kind::other)
    return respond(sqe.cid, {.status = status::sgl_type_invalid});
  const std::size_t length = usable ? sqe.sgl.length : 0;
  const std::span<std::byte> room = output_.prepare(data_offset_ + length + tcp::digest_bytes);
  const std::span<std::byte> data = room.subspan(data_offset_, length);
  const auto completion = controller_->execute(qid_, sqe.cid, {.command = sqe.command, .in = data});
  if (!completion) return;
  if (completion->received == 0) return respond(sqe.cid, *completion);

  // SUCCESS stands for the response, which would carry SQHD: only without flow control (section 3.3.2.2).
  const bool no_response = !flow_control_ && completion->result == 0;
  const auto sent = data.first(completion->received);
  const auto flags = static_cast<std::uint8_t>(tcp::flag_last | (no_response ? tcp::flag_success : 0));
  tcp::append_data_header(scratch_, framing_, tcp::PduType::c2h_data, {.cid = sqe.cid}, flags, sent);
  std::copy(scratch_.begin(), scratch_.end(), room.begin());
  scratch_.clear();
  std::size_t total = data_offset_ + sent.size();
  if (framing_.data_digest) {
    tcp::append_data_digest(scratch_, sent);
    std::copy(scratch_.begin(), scratch_.end(), room.begin() + static_cast<std::ptrdiff_t>(total));
    total += scratch_.size();
    scratch_.clear();
  }
  output_.commit(total);
  if (!no_response) respond(sqe.cid, *completion);
}

void Session::connect(const tcp::Sqe& sqe, std::span<const std::byte> data) {
  Connection connection = target::connect(*setup_.target, sqe.command, data, setup_.reached);
  if (connection.controller != nullptr) {
    controller_ = std::move(connection.controller);
    controller_->touch(last_input_);
    qid_ = connection.qid;
    queue_entries_ = connection.queue_entries;
    flow_control_ = connection.flow_control;
  }
  respond(sqe.cid, connection.completion);
}

void Session::respond(std::uint16_t cid, const Completion& completion) {
  if (flow_control_) sq_head_ = static_cast<std::uint16_t>((sq_head_ + 1) % queue_entries_);
  const tcp::Cqe cqe{.result = completion.result,
                     .sq_head = flow_control_ ? sq_head_ : std::uint16_t{0xffff},
                     .cid = cid,
                     .status = completion.status};
  tcp::append_capsule_resp(scratch_, framing_, tcp::encode_cqe(cqe));
  append_scratch();
}

}  // namespace nvmectl::target
