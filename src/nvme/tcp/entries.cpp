#include "nvme/tcp/entries.hpp"

#include "core/endian.hpp"

namespace nvmectl::tcp {
namespace {

constexpr std::uint8_t psdt_mask = 0xc0;
constexpr std::uint8_t psdt_sgl = 0x40;
constexpr std::uint8_t sgl_in_capsule = 0x01;
constexpr std::uint8_t sgl_transport = 0x5a;

constexpr std::size_t sgl_at = 24;

Sgl decode_sgl(std::span<const std::byte> bytes) {
  Sgl sgl;
  sgl.offset = load_le64(bytes, sgl_at);
  sgl.length = load_le32(bytes, sgl_at + 8);
  const std::uint8_t identifier = load_u8(bytes, sgl_at + 15);
  if (identifier == sgl_in_capsule) {
    sgl.kind = Sgl::Kind::in_capsule;
  } else if (identifier == sgl_transport) {
    sgl.kind = Sgl::Kind::transport;
    sgl.offset = 0;
  } else if (identifier != 0 || sgl.length != 0) {
    sgl.kind = Sgl::Kind::other;
  }
  return sgl;
}

}  // namespace

std::array<std::byte, sqe_bytes> encode_sqe(const Command& command, std::uint16_t cid, const Sgl& sgl) {
  std::array<std::byte, sqe_bytes> bytes{};
  bytes[0] = std::byte{command.opcode};
  bytes[1] = static_cast<std::byte>((command.flags & ~psdt_mask & 0xffU) | psdt_sgl);
  store_le(bytes, 2, cid);
  store_le(bytes, 4, command.nsid);
  store_le(bytes, 8, command.cdw2);
  store_le(bytes, 12, command.cdw3);
  // The kernel and SPDK fill in a transport descriptor of length 0 when there is no data; targets know that form.
  store_le(bytes, sgl_at, sgl.kind == Sgl::Kind::in_capsule ? sgl.offset : std::uint64_t{0});
  store_le(bytes, sgl_at + 8, sgl.length);
  bytes[sgl_at + 15] = std::byte{sgl.kind == Sgl::Kind::in_capsule ? sgl_in_capsule : sgl_transport};
  store_le(bytes, 40, command.cdw10);
  store_le(bytes, 44, command.cdw11);
  store_le(bytes, 48, command.cdw12);
  store_le(bytes, 52, command.cdw13);
  store_le(bytes, 56, command.cdw14);
  store_le(bytes, 60, command.cdw15);
  return bytes;
}

Sqe decode_sqe(std::span<const std::byte> bytes) {
  Sqe sqe;
  sqe.command.opcode = load_u8(bytes, 0);
  sqe.command.flags = load_u8(bytes, 1);
  sqe.cid = load_le16(bytes, 2);
  sqe.command.nsid = load_le32(bytes, 4);
  sqe.command.cdw2 = load_le32(bytes, 8);
  sqe.command.cdw3 = load_le32(bytes, 12);
  sqe.sgl = decode_sgl(bytes);
  sqe.command.cdw10 = load_le32(bytes, 40);
  sqe.command.cdw11 = load_le32(bytes, 44);
  sqe.command.cdw12 = load_le32(bytes, 48);
  sqe.command.cdw13 = load_le32(bytes, 52);
  sqe.command.cdw14 = load_le32(bytes, 56);
  sqe.command.cdw15 = load_le32(bytes, 60);
  return sqe;
}

std::array<std::byte, cqe_bytes> encode_cqe(const Cqe& cqe) {
  std::array<std::byte, cqe_bytes> bytes{};
  store_le(bytes, 0, cqe.result);
  store_le(bytes, 8, cqe.sq_head);
  store_le(bytes, 10, cqe.sq_id);
  store_le(bytes, 12, cqe.cid);
  store_le(bytes, 14, static_cast<std::uint16_t>(cqe.status.to_wire() << 1U));
  return bytes;
}

Cqe decode_cqe(std::span<const std::byte> bytes) {
  Cqe cqe;
  cqe.result = load_le64(bytes, 0);
  cqe.sq_head = load_le16(bytes, 8);
  cqe.sq_id = load_le16(bytes, 10);
  cqe.cid = load_le16(bytes, 12);
  cqe.status = NvmeStatus::from_wire(static_cast<std::uint16_t>(load_le16(bytes, 14) >> 1U));
  return cqe;
}

}  // namespace nvmectl::tcp
