#include "backends/tcp/queue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/text.hpp"

namespace nvmectl::tcp {
namespace {

constexpr std::uint32_t fabrics_in_capsule_bytes = 8192;  // TCP Transport Specification 1.0, section 3.3.2.1
constexpr std::uint32_t cid_at = 8, ttag_at = 10, offset_at = 12, length_at = 16, flags_at = 1;

tl::unexpected<PduError> bad_field(std::uint32_t offset, std::string message) {
  return tl::unexpected(PduError{FatalError::invalid_header_field, offset, std::move(message)});
}

tl::unexpected<PduError> out_of_range(std::uint32_t offset, std::string message) {
  return tl::unexpected(PduError{FatalError::out_of_range, offset, std::move(message)});
}

Error term_error(const TermReq& term) {
  std::string cause = fmt::format("it reports: {}", to_string(term.status));
  if (term.status == FatalError::invalid_header_field || term.status == FatalError::unsupported_parameter)
    cause += fmt::format(" at byte {} of the PDU header", term.field);
  return make_error(ErrorKind::protocol, "the controller ended the connection with an error",
                    "the controller's log may say more")
      .with_cause(std::move(cause));
}

}  // namespace

HostQueue::HostQueue(const QueueOptions& options) : options_(options), slots_(options.slots) {
  // The reader never buffers data on our behalf: data goes to buffers of known size, checked in on_header().
  reader_.set_max_data(std::numeric_limits<std::uint32_t>::max());
  for (std::uint16_t cid = options.slots; cid > 0; --cid) free_.push_back(static_cast<std::uint16_t>(cid - 1));
}

void HostQueue::start() {
  append_ic_req(output_, {.header_digest = options_.header_digest, .data_digest = options_.data_digest});
  state_ = State::initializing;
}

Result<> HostQueue::submit(const Request& request, std::size_t token) {
  if (!ready() || free_.empty()) return fail(ErrorKind::internal, "the queue cannot take a command now");
  if (!request.metadata.empty())
    return fail(ErrorKind::unsupported, "NVMe/TCP has no separate metadata buffer",
                "use a format whose metadata is interleaved with the data");
  if (!request.in.empty() && !request.out.empty())
    return fail(ErrorKind::unsupported, "NVMe/TCP transfers data one way per command");
  const std::size_t length = request.in.size() + request.out.size();
  if (length > std::numeric_limits<std::uint32_t>::max())
    return fail(ErrorKind::unsupported, "the transfer is too large for one command");

  const std::uint16_t cid = free_.back();
  free_.pop_back();
  Slot& slot = slots_[cid];
  slot = Slot{
      .busy = true, .token = token, .in = request.in, .out = request.out, .operation = std::string(request.operation)};
  // Connect and its like travel in the capsule whatever the controller states for other commands.
  const std::size_t room = request.command.opcode == fabrics_opcode
                               ? std::max(options_.in_capsule_bytes, fabrics_in_capsule_bytes)
                               : options_.in_capsule_bytes;
  const bool in_capsule = !request.out.empty() && request.out.size() <= room;
  Sgl sgl;
  sgl.kind = in_capsule ? Sgl::Kind::in_capsule : length == 0 ? Sgl::Kind::none : Sgl::Kind::transport;
  sgl.length = static_cast<std::uint32_t>(length);
  if (in_capsule) slot.requested = slot.out.size();  // nothing left for an R2T to ask for
  append_capsule_cmd(output_, framing_, encode_sqe(request.command, cid, sgl),
                     in_capsule ? request.out : std::span<const std::byte>());
  return {};
}

Result<> HostQueue::receive(std::span<const std::byte> bytes) {
  if (state_ == State::failed || state_ == State::fresh)
    return fail(ErrorKind::internal, "the queue cannot take data now");
  for (;;) {
    auto step = reader_.read(bytes);
    if (!step) return broken(step.error(), bytes);
    if (*step == PduReader::Step::more) return {};
    if (*step == PduReader::Step::header) {
      if (auto checked = on_header(); !checked) return broken(checked.error(), bytes);
    } else if (auto handled = on_pdu(); !handled) {
      state_ = State::failed;
      return handled;
    }
  }
}

// A PDU with data begins: gives it a place.
PduResult<> HostQueue::on_header() {
  const Pdu& pdu = reader_.pdu();
  if (pdu.type != PduType::c2h_data) return {};  // C2HTermReq: the reader keeps its few bytes
  if (state_ != State::ready)
    return tl::unexpected(PduError{FatalError::sequence_error, 0, "C2HData came before ICResp"});
  const DataHeader fields = decode_data_header(pdu.header);
  auto found = slot_of(fields.cid);
  if (!found) return tl::unexpected(std::move(found).error());
  Slot& slot = **found;
  if (slot.last_seen) return bad_field(flags_at, "C2HData came after the last one of its command");
  if (fields.offset != slot.received)
    return bad_field(offset_at,
                     fmt::format("C2HData continues at byte {} where {} was next", fields.offset, slot.received));
  if (fields.length > slot.in.size() - slot.received)
    return out_of_range(
        length_at, fmt::format("C2HData of {} bytes at {} exceeds the {} bytes that {} asked for", fields.length,
                               fields.offset, slot.in.size(), slot.operation.empty() ? "the command" : slot.operation));
  const bool last = (pdu.flags & flag_last) != 0;
  if (!last && (pdu.flags & flag_success) != 0)
    return bad_field(flags_at, "C2HData has the SUCCESS flag and is not the last");
  reader_.data_into(slot.in.subspan(slot.received, fields.length));
  return {};
}

Result<> HostQueue::on_pdu() {
  const PduType type = reader_.pdu().type;
  if (type == PduType::c2h_term_req) return fail(term_error(decode_term_req(reader_.pdu().header)));
  if (type == PduType::ic_resp) return on_ic_resp();
  if (state_ != State::ready)
    return broken({FatalError::sequence_error, 0, fmt::format("{} came before ICResp", to_string(type))}, {});
  if (type == PduType::c2h_data) return on_c2h_data();
  auto handled = type == PduType::r2t ? on_r2t() : on_capsule_resp();
  if (!handled) return broken(handled.error(), {});
  return {};
}

Result<> HostQueue::on_ic_resp() {
  if (state_ != State::initializing) return broken({FatalError::sequence_error, 0, "a second ICResp came"}, {});
  agreed_ = decode_ic_resp(reader_.pdu().header);
  if (agreed_.pfv != 0)
    return broken({FatalError::unsupported_parameter, 8, fmt::format("ICResp has PDU format version {}", agreed_.pfv)},
                  {});
  if (agreed_.cpda > 31)
    return broken({FatalError::invalid_header_field, 10, fmt::format("ICResp has a CPDA of {}", agreed_.cpda)}, {});
  if (agreed_.max_h2c_data < min_max_h2c_data || agreed_.max_h2c_data % 4 != 0)
    return broken({FatalError::invalid_header_field, 12,
                   fmt::format("ICResp has a MAXH2CDATA of {} bytes", agreed_.max_h2c_data)},
                  {});
  if (agreed_.header_digest != options_.header_digest || agreed_.data_digest != options_.data_digest) {
    const bool refused =
        (options_.header_digest && !agreed_.header_digest) || (options_.data_digest && !agreed_.data_digest);
    if (!refused) return broken({FatalError::invalid_header_field, 11, "ICResp enables a digest nobody asked for"}, {});
    return fail(ErrorKind::unsupported, "the controller does not agree to digests",
                "leave out --hdr-digest and --data-digest, or enable digests on the target");
  }
  framing_ = {agreed_.header_digest, agreed_.data_digest, alignment_of(agreed_.cpda)};
  // Our HPDA is 0: data for us is aligned to 4 bytes.
  reader_.set_framing({agreed_.header_digest, agreed_.data_digest, 4});
  state_ = State::ready;
  return {};
}

PduResult<HostQueue::Slot*> HostQueue::slot_of(std::uint16_t cid) {
  if (cid < slots_.size() && slots_[cid].busy) return &slots_[cid];
  return bad_field(cid_at,
                   fmt::format("{} is for command {}, which is not in flight", to_string(reader_.pdu().type), cid));
}

PduResult<> HostQueue::on_capsule_resp() {
  const Cqe cqe = decode_cqe(capsule_entry(reader_.pdu().header));
  // The identifier stands in the entry's bytes 12 and 13.
  if (cqe.cid >= slots_.size() || !slots_[cqe.cid].busy)
    return bad_field(20, fmt::format("CapsuleResp is for command {}, which is not in flight", cqe.cid));
  const Slot& slot = slots_[cqe.cid];
  if (cqe.status.ok() && slot.received != 0 && !slot.last_seen)
    return bad_field(20, "CapsuleResp came before the last C2HData of its command");
  finish(cqe.cid, {cqe.result, cqe.status, slot.received});
  return {};
}

PduResult<> HostQueue::on_r2t() {
  const DataHeader fields = decode_data_header(reader_.pdu().header);
  auto found = slot_of(fields.cid);
  if (!found) return tl::unexpected(std::move(found).error());
  Slot& slot = **found;
  const std::size_t size = slot.out.size();
  if (fields.length == 0) return bad_field(length_at, "R2T asks for no data");
  if (fields.offset > size || fields.length > size - fields.offset)
    return out_of_range(offset_at, fmt::format("R2T asks for {} bytes at {} of a command with {} bytes", fields.length,
                                               fields.offset, size));
  // Bounds what a controller can make us send, and so our output.
  if (fields.length > size - slot.requested)
    return out_of_range(ttag_at, "R2T asks again for data that was already sent");
  slot.requested += fields.length;
  for (std::uint32_t done = 0; done < fields.length;) {
    const std::uint32_t piece = std::min(fields.length - done, agreed_.max_h2c_data);
    const DataHeader header{fields.cid, fields.tag, fields.offset + done, piece};
    done += piece;
    append_h2c_data(output_, framing_, header, done == fields.length ? flag_last : std::uint8_t{0},
                    slot.out.subspan(header.offset, piece));
  }
  return {};
}

Result<> HostQueue::on_c2h_data() {
  const Pdu& pdu = reader_.pdu();
  const DataHeader fields = decode_data_header(pdu.header);
  Slot& slot = slots_[fields.cid];  // checked in on_header()
  if (!pdu.data_digest_ok)
    return fail(make_error(ErrorKind::transport, "the data digest of a PDU does not match its data",
                           "something between the two ends damages data: check network cards and their offloads")
                    .during(slot.operation));
  slot.received += fields.length;
  slot.last_seen = (pdu.flags & flag_last) != 0;
  if ((pdu.flags & flag_success) != 0) finish(fields.cid, {0, NvmeStatus{}, slot.received});
  return {};
}

void HostQueue::finish(std::uint16_t cid, const Completion& completion) {
  finished_.push_back({slots_[cid].token, completion});
  slots_[cid] = Slot{};
  free_.push_back(cid);
}

std::span<std::byte> HostQueue::receive_window() {
  return state_ == State::ready ? reader_.data_window() : std::span<std::byte>();
}

std::span<const std::byte> HostQueue::output() const {
  return std::span<const std::byte>(output_).subspan(output_at_);
}

void HostQueue::output_taken(std::size_t count) {
  output_at_ += count;
  if (output_at_ < output_.size()) return;
  output_.clear();
  output_at_ = 0;
}

std::vector<Finished> HostQueue::take_finished() {
  return std::exchange(finished_, {});
}

void HostQueue::abandon() {
  state_ = State::failed;
  finished_.clear();
  reader_ = PduReader(Role::host);
  std::fill(slots_.begin(), slots_.end(), Slot{});
}

tl::unexpected<Error> HostQueue::broken(const PduError& error, std::span<const std::byte> rest) {
  const bool first = state_ == State::initializing;
  state_ = State::failed;
  const std::span<const std::byte> header = reader_.header_so_far();
  if (first) {
    Bytes seen(header.begin(), header.end());
    seen.insert(seen.end(), rest.begin(),
                rest.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(rest.size(), 64)));
    if (const std::string protocol = recognise_protocol(seen); !protocol.empty())
      return fail(make_error(ErrorKind::protocol, fmt::format("the peer speaks {}, not NVMe/TCP", protocol),
                             protocol == "TLS"
                                 ? "the port may want TLS, which was not asked for"
                                 : "check the port: discovery controllers use 8009, NVM subsystems 4420"));
  }
  append_term_req(output_, Role::host, error, header);
  return fail(make_error(ErrorKind::protocol, "the peer broke the NVMe/TCP protocol",
                         first ? "check the port: discovery controllers use 8009, NVM subsystems 4420"
                               : "this is a defect of the target, or something on the way damages data")
                  .with_cause(error.message));
}

Error HostQueue::closed_by_peer() const {
  if (state_ == State::initializing)
    return make_error(ErrorKind::refused, "the peer closed the connection instead of answering",
                      "does the port speak NVMe/TCP, without TLS? Discovery controllers use 8009, NVM subsystems 4420");
  return make_error(ErrorKind::refused, "the controller closed the connection", "the target's log may say why");
}

std::string recognise_protocol(std::span<const std::byte> first_bytes) {
  const std::string_view text(reinterpret_cast<const char*>(first_bytes.data()), first_bytes.size());
  if (text.starts_with("HTTP/") || text.starts_with("<html") || text.starts_with("<!DOCTYPE")) return "HTTP";
  if (text.starts_with("SSH-")) return "SSH";
  if (text.size() >= 2 && text[0] == 0x15 && text[1] == 3) return "TLS";
  const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
  const bool readable =
      line.size() >= 4 && std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c < 0x7f; });
  return readable ? fmt::format("another protocol ('{}')", printable(line)) : std::string();
}

}  // namespace nvmectl::tcp
