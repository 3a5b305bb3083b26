// PduReader: the receiving half of pdu.hpp.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "core/endian.hpp"
#include "nvme/tcp/crc32c.hpp"
#include "nvme/tcp/pdu.hpp"

namespace nvmectl::tcp {
namespace {

enum class DataRule : std::uint8_t { none, optional, required, term };

struct Kind {
  PduType type;
  std::uint8_t header_bytes;
  Role reader;
  DataRule data;
  bool digests;  // subject to the negotiated digests
};

constexpr std::array kinds{
    Kind{PduType::ic_req, ic_bytes, Role::controller, DataRule::none, false},
    Kind{PduType::ic_resp, ic_bytes, Role::host, DataRule::none, false},
    Kind{PduType::h2c_term_req, term_header_bytes, Role::controller, DataRule::term, false},
    Kind{PduType::c2h_term_req, term_header_bytes, Role::host, DataRule::term, false},
    Kind{PduType::capsule_cmd, capsule_cmd_bytes, Role::controller, DataRule::optional, true},
    Kind{PduType::capsule_resp, capsule_resp_bytes, Role::host, DataRule::none, true},
    Kind{PduType::h2c_data, data_header_bytes, Role::controller, DataRule::required, true},
    Kind{PduType::c2h_data, data_header_bytes, Role::host, DataRule::required, true},
    Kind{PduType::r2t, data_header_bytes, Role::host, DataRule::none, true},
};

const Kind* find_kind(std::byte type) {
  const auto* const found =
      std::find_if(kinds.begin(), kinds.end(), [&](const Kind& kind) { return std::byte(kind.type) == type; });
  return found == kinds.end() ? nullptr : found;
}

tl::unexpected<PduError> bad_field(std::uint32_t offset, std::string message) {
  return tl::unexpected(PduError{FatalError::invalid_header_field, offset, std::move(message)});
}

constexpr std::uint32_t type_at = 0, flags_at = 1, hlen_at = 2, pdo_at = 3, plen_at = 4, datal_at = 16;

}  // namespace

PduReader::PduReader(Role role) : role_(role) {}

PduResult<PduReader::Step> PduReader::read(std::span<const std::byte>& input) {
  if (stage_ == Stage::failed)
    return tl::unexpected(PduError{FatalError::sequence_error, 0, "the stream was given up after an earlier error"});
  if (stage_ == Stage::done) begin_next();
  if (stage_ == Stage::header) {
    auto step = header_complete_from(input);
    if (!step) stage_ = Stage::failed;
    return step;
  }
  if (stage_ == Stage::padding) {
    const std::size_t skip = std::min(padding_, input.size());
    input = input.subspan(skip);
    padding_ -= skip;
    if (padding_ != 0) return Step::more;
    stage_ = Stage::data;
  }
  if (stage_ == Stage::data) {
    take_data(input);
    if (data_have_ < pdu_.data_length) return Step::more;
    stage_ = Stage::digest;
  }
  if (!digest_complete(input)) return Step::more;
  pdu_.data = destination_;
  stage_ = Stage::done;
  return Step::pdu;
}

PduResult<PduReader::Step> PduReader::header_complete_from(std::span<const std::byte>& input) {
  if (have_ < common_header_bytes) {
    take_header(input, common_header_bytes);
    // An unknown type is reported from the first byte on, so that a short line of text is not waited behind.
    if (have_ > 0 && find_kind(header_[0]) == nullptr)
      return bad_field(type_at, fmt::format("PDU of unknown type {:#04x}", load_u8(header_, type_at)));
    if (have_ < common_header_bytes) return Step::more;
    if (auto checked = check_common_header(); !checked) return tl::unexpected(std::move(checked).error());
  }
  take_header(input, header_total_);
  if (have_ < header_total_) return Step::more;
  if (auto checked = check_header_digest(); !checked) return tl::unexpected(std::move(checked).error());
  pdu_.header = std::span<const std::byte>(header_).first(header_length_);
  if (pdu_.type == PduType::h2c_data || pdu_.type == PduType::c2h_data) {
    if (const DataHeader fields = decode_data_header(pdu_.header); fields.length != pdu_.data_length)
      return bad_field(datal_at, fmt::format("{} states {} bytes of data and carries {}", to_string(pdu_.type),
                                             fields.length, pdu_.data_length));
  }
  if (pdu_.data_length == 0) {
    stage_ = Stage::done;
    return Step::pdu;
  }
  stage_ = Stage::padding;
  return Step::header;
}

void PduReader::take_header(std::span<const std::byte>& input, std::size_t until) {
  const std::size_t count = std::min(until - have_, input.size());
  std::copy_n(input.begin(), count, header_.begin() + static_cast<std::ptrdiff_t>(have_));
  have_ += count;
  input = input.subspan(count);
}

PduResult<> PduReader::check_common_header() {
  const Kind& kind = *find_kind(header_[type_at]);
  if (kind.reader != role_)
    return tl::unexpected(PduError{FatalError::invalid_header_field, type_at,
                                   fmt::format("{} is not for a {} to receive", to_string(kind.type),
                                               role_ == Role::host ? "host" : "controller")});
  pdu_.type = kind.type;
  pdu_.flags = load_u8(header_, flags_at);
  header_length_ = load_u8(header_, hlen_at);
  if (header_length_ != kind.header_bytes)
    return bad_field(hlen_at, fmt::format("{} has a header of {} bytes, not {}", to_string(kind.type), header_length_,
                                          kind.header_bytes));
  const bool header_digest = (pdu_.flags & flag_header_digest) != 0;
  if (header_digest != (kind.digests && framing_.header_digest))
    return bad_field(flags_at, fmt::format("{} {} a header digest, other than agreed", to_string(kind.type),
                                           header_digest ? "has" : "has not"));
  header_total_ = header_length_ + (header_digest ? digest_bytes : 0);
  return check_data_layout();
}

PduResult<> PduReader::check_data_layout() {
  const Kind& kind = *find_kind(header_[type_at]);
  const std::string_view name = to_string(kind.type);
  const std::uint32_t length = load_le32(header_, plen_at);
  const std::uint32_t offset = load_u8(header_, pdo_at);
  if (length < header_total_) return bad_field(plen_at, fmt::format("{} of {} bytes is too short", name, length));
  if (length == header_total_) {
    if (kind.data == DataRule::required) return bad_field(plen_at, fmt::format("{} carries no data", name));
    return {};
  }
  const auto behind = static_cast<std::uint32_t>(length - header_total_);
  if (kind.data == DataRule::none) return bad_field(plen_at, fmt::format("{} has {} bytes too many", name, behind));
  if (kind.data == DataRule::term) {
    if (behind > max_term_data) return bad_field(plen_at, fmt::format("{} of {} bytes is too long", name, length));
    pdu_.data_length = behind;
    return {};
  }
  has_data_digest_ = (pdu_.flags & flag_data_digest) != 0;
  if (has_data_digest_ != framing_.data_digest)
    return bad_field(flags_at,
                     fmt::format("{} {} a data digest, other than agreed", name, has_data_digest_ ? "has" : "has not"));
  const std::uint32_t tail = has_data_digest_ ? digest_bytes : 0;
  if (offset < header_total_ || offset % 4 != 0)
    return bad_field(pdo_at,
                     fmt::format("the data of {} begins at byte {}, inside its header or unaligned", name, offset));
  if (std::uint64_t{offset} + tail >= length)
    return bad_field(plen_at, fmt::format("{} of {} bytes has no room for its data at byte {}", name, length, offset));
  pdu_.data_length = length - offset - tail;
  if (pdu_.data_length > max_data_)
    return tl::unexpected(PduError{
        FatalError::limit_exceeded, plen_at,
        fmt::format("{} carries {} bytes of data where at most {} were expected", name, pdu_.data_length, max_data_)});
  padding_ = offset - header_total_;
  return {};
}

PduResult<> PduReader::check_header_digest() const {
  if (header_total_ == header_length_) return {};
  const std::uint32_t received = load_le32(header_, header_length_);
  const std::uint32_t computed = crc32c(std::span<const std::byte>(header_).first(header_length_));
  if (received == computed) return {};
  return tl::unexpected(PduError{
      FatalError::header_digest_error, received,
      fmt::format("the header digest of {} is {:#010x}, not {:#010x}", to_string(pdu_.type), received, computed)});
}

void PduReader::data_into(std::span<std::byte> destination) {
  destination_ = destination.first(pdu_.data_length);
}

std::span<std::byte> PduReader::data_window() {
  if (stage_ == Stage::padding && padding_ == 0) stage_ = Stage::data;
  if (stage_ != Stage::data) return {};
  if (destination_.empty()) {
    own_data_.resize(pdu_.data_length);
    destination_ = own_data_;
  }
  return destination_.subspan(data_have_);
}

void PduReader::received(std::size_t count) {
  data_have_ += count;
}

void PduReader::take_data(std::span<const std::byte>& input) {
  const std::span<std::byte> window = data_window();
  const std::size_t count = std::min(window.size(), input.size());
  std::copy_n(input.begin(), count, window.begin());
  received(count);
  input = input.subspan(count);
}

bool PduReader::digest_complete(std::span<const std::byte>& input) {
  if (!has_data_digest_) return true;
  const std::size_t count = std::min(digest_bytes - digest_have_, input.size());
  std::copy_n(input.begin(), count, digest_.begin() + static_cast<std::ptrdiff_t>(digest_have_));
  digest_have_ += count;
  input = input.subspan(count);
  if (digest_have_ < digest_bytes) return false;
  pdu_.data_digest_ok = load_le32(digest_, 0) == crc32c(destination_);
  return true;
}

void PduReader::begin_next() {
  stage_ = Stage::header;
  have_ = header_length_ = header_total_ = padding_ = data_have_ = digest_have_ = 0;
  has_data_digest_ = false;
  pdu_ = Pdu{};
  destination_ = {};
}

}  // namespace nvmectl::tcp
