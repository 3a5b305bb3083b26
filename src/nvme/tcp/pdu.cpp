#include "nvme/tcp/pdu.hpp"

#include <algorithm>

#include "core/endian.hpp"
#include "nvme/tcp/crc32c.hpp"

namespace nvmectl::tcp {
namespace {

std::span<std::byte> extend(Bytes& out, std::size_t count) {
  out.resize(out.size() + count);
  return std::span(out).last(count);
}

void append(Bytes& out, std::span<const std::byte> bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

struct Layout {
  std::uint32_t data_offset = 0;  // PDO, 0 without data
  std::uint32_t length = 0;       // PLEN
  std::uint8_t flags = 0;
};

Layout lay_out(const Framing& framing, std::size_t header_bytes, std::size_t data_bytes, std::uint8_t flags) {
  Layout layout;
  layout.flags = flags;
  auto at = static_cast<std::uint32_t>(header_bytes);
  if (framing.header_digest) {
    layout.flags |= flag_header_digest;
    at += digest_bytes;
  }
  if (data_bytes != 0) {
    at = (at + framing.alignment - 1) / framing.alignment * framing.alignment;
    layout.data_offset = at;
    at += static_cast<std::uint32_t>(data_bytes);
    if (framing.data_digest) {
      layout.flags |= flag_data_digest;
      at += digest_bytes;
    }
  }
  layout.length = at;
  return layout;
}

void store_common(std::span<std::byte> header, PduType type, const Layout& layout) {
  header[0] = static_cast<std::byte>(type);
  header[1] = std::byte{layout.flags};
  header[2] = static_cast<std::byte>(header.size());
  header[3] = static_cast<std::byte>(layout.data_offset);
  store_le(header, 4, layout.length);
}

// Header digest and padding behind a header that is complete at the end of `out`.
void finish_header(Bytes& out, const Layout& layout, std::size_t header_bytes) {
  const std::size_t begin = out.size() - header_bytes;
  if ((layout.flags & flag_header_digest) != 0) {
    const std::uint32_t digest = crc32c(std::span<const std::byte>(out).last(header_bytes));
    store_le(extend(out, digest_bytes), 0, digest);
  }
  if (layout.data_offset != 0) out.resize(begin + layout.data_offset);
}

void append_data(Bytes& out, const Layout& layout, std::span<const std::byte> data) {
  append(out, data);
  if ((layout.flags & flag_data_digest) != 0) append_data_digest(out, data);
}

Layout append_transfer_header(Bytes& out, const Framing& framing, PduType type, const DataHeader& fields,
                              std::uint8_t flags, std::size_t data_bytes) {
  const Layout layout = lay_out(framing, data_header_bytes, data_bytes, flags);
  const auto header = extend(out, data_header_bytes);
  store_common(header, type, layout);
  store_le(header, 8, fields.cid);
  store_le(header, 10, fields.tag);
  store_le(header, 12, fields.offset);
  store_le(header, 16, fields.length);
  finish_header(out, layout, data_header_bytes);
  return layout;
}

std::uint8_t digest_bits(bool header_digest, bool data_digest) {
  return static_cast<std::uint8_t>((header_digest ? 1U : 0U) | (data_digest ? 2U : 0U));
}

}  // namespace

std::string_view to_string(PduType type) {
  switch (type) {
    case PduType::ic_req: return "ICReq";
    case PduType::ic_resp: return "ICResp";
    case PduType::h2c_term_req: return "H2CTermReq";
    case PduType::c2h_term_req: return "C2HTermReq";
    case PduType::capsule_cmd: return "CapsuleCmd";
    case PduType::capsule_resp: return "CapsuleResp";
    case PduType::h2c_data: return "H2CData";
    case PduType::c2h_data: return "C2HData";
    case PduType::r2t: return "R2T";
  }
  return "unknown";
}

std::string_view to_string(FatalError status) {
  switch (status) {
    case FatalError::invalid_header_field: return "invalid PDU header field";
    case FatalError::sequence_error: return "PDU sequence error";
    case FatalError::header_digest_error: return "header digest error";
    case FatalError::out_of_range: return "data transfer out of range";
    case FatalError::limit_exceeded: return "transfer limit exceeded";
    case FatalError::unsupported_parameter: return "unsupported parameter";
  }
  return "unknown error";
}

void append_ic_req(Bytes& out, const IcReq& request) {
  const auto header = extend(out, ic_bytes);
  store_common(header, PduType::ic_req, {0, ic_bytes, 0});
  store_le(header, 8, request.pfv);
  header[10] = std::byte{request.hpda};
  header[11] = std::byte{digest_bits(request.header_digest, request.data_digest)};
  store_le(header, 12, request.max_r2t);
}

void append_ic_resp(Bytes& out, const IcResp& response) {
  const auto header = extend(out, ic_bytes);
  store_common(header, PduType::ic_resp, {0, ic_bytes, 0});
  store_le(header, 8, response.pfv);
  header[10] = std::byte{response.cpda};
  header[11] = std::byte{digest_bits(response.header_digest, response.data_digest)};
  store_le(header, 12, response.max_h2c_data);
}

void append_capsule_cmd(Bytes& out, const Framing& framing, std::span<const std::byte> sqe,
                        std::span<const std::byte> data) {
  const Layout layout = lay_out(framing, capsule_cmd_bytes, data.size(), 0);
  const auto header = extend(out, capsule_cmd_bytes);
  store_common(header, PduType::capsule_cmd, layout);
  std::copy_n(sqe.begin(), 64, header.begin() + common_header_bytes);
  finish_header(out, layout, capsule_cmd_bytes);
  append_data(out, layout, data);
}

void append_capsule_resp(Bytes& out, const Framing& framing, std::span<const std::byte> cqe) {
  const Layout layout = lay_out(framing, capsule_resp_bytes, 0, 0);
  const auto header = extend(out, capsule_resp_bytes);
  store_common(header, PduType::capsule_resp, layout);
  std::copy_n(cqe.begin(), 16, header.begin() + common_header_bytes);
  finish_header(out, layout, capsule_resp_bytes);
}

void append_h2c_data(Bytes& out, const Framing& framing, DataHeader header, std::uint8_t flags,
                     std::span<const std::byte> data) {
  header.length = static_cast<std::uint32_t>(data.size());
  append_data(out, append_transfer_header(out, framing, PduType::h2c_data, header, flags, data.size()), data);
}

void append_c2h_data(Bytes& out, const Framing& framing, DataHeader header, std::uint8_t flags,
                     std::span<const std::byte> data) {
  header.length = static_cast<std::uint32_t>(data.size());
  header.tag = 0;
  append_data(out, append_transfer_header(out, framing, PduType::c2h_data, header, flags, data.size()), data);
}

void append_data_header(Bytes& out, const Framing& framing, PduType type, DataHeader header, std::uint8_t flags,
                        std::span<const std::byte> data) {
  header.length = static_cast<std::uint32_t>(data.size());
  append_transfer_header(out, framing, type, header, flags, data.size());
}

void append_data_digest(Bytes& out, std::span<const std::byte> data) {
  store_le(extend(out, digest_bytes), 0, crc32c(data));
}

void append_r2t(Bytes& out, const Framing& framing, const DataHeader& header) {
  append_transfer_header(out, framing, PduType::r2t, header, 0, 0);
}

void append_term_req(Bytes& out, Role sender, const PduError& error, std::span<const std::byte> offending) {
  // Never digests: the other side may not know yet whether there are any.
  offending = offending.first(std::min<std::size_t>(offending.size(), max_term_data));
  const auto header = extend(out, term_header_bytes);
  store_common(header, sender == Role::host ? PduType::h2c_term_req : PduType::c2h_term_req,
               {0, static_cast<std::uint32_t>(term_header_bytes + offending.size()), 0});
  store_le(header, 8, static_cast<std::uint16_t>(error.status));
  store_le(header, 10, error.field);
  append(out, offending);
}

IcReq decode_ic_req(std::span<const std::byte> header) {
  const std::uint8_t digests = load_u8(header, 11);
  return {load_le16(header, 8), load_u8(header, 10), (digests & 1U) != 0, (digests & 2U) != 0, load_le32(header, 12)};
}

IcResp decode_ic_resp(std::span<const std::byte> header) {
  const std::uint8_t digests = load_u8(header, 11);
  return {load_le16(header, 8), load_u8(header, 10), (digests & 1U) != 0, (digests & 2U) != 0, load_le32(header, 12)};
}

TermReq decode_term_req(std::span<const std::byte> header) {
  return {static_cast<FatalError>(load_le16(header, 8)), load_le32(header, 10)};
}

DataHeader decode_data_header(std::span<const std::byte> header) {
  return {load_le16(header, 8), load_le16(header, 10), load_le32(header, 12), load_le32(header, 16)};
}

}  // namespace nvmectl::tcp
