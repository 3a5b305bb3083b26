// Submission and completion queue entries as they travel in NVMe/TCP capsules. NVM Express Base Specification 2.0d,
// figures 87 (SQE), 90 (CQE) and 114 ff. (SGL descriptors); NVM Express TCP Transport Specification 1.0, section 3.3.2.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/capabilities.hpp"

namespace nvmectl::tcp {

inline constexpr std::size_t sqe_bytes = 64;
inline constexpr std::size_t cqe_bytes = 16;
inline constexpr std::uint8_t fabrics_opcode = 0x7f;

/// SGL1 of a command: where its data is.
struct Sgl {
  enum class Kind : std::uint8_t {
    none,        ///< no data; sent as a transport descriptor of length 0, as the Linux kernel and SPDK do
    in_capsule,  ///< data block, offset subtype (01h): `offset` from the start of the in-capsule data
    transport,   ///< transport data block, transport specific subtype (5Ah): moved by H2CData or C2HData
    other,       ///< a descriptor that NVMe/TCP has no use for; decode only
  };
  Kind kind = Kind::none;
  std::uint64_t offset = 0;  ///< in_capsule and other only
  std::uint32_t length = 0;  ///< bytes
  friend bool operator==(const Sgl&, const Sgl&) = default;
};

struct Sqe {
  Command command;  ///< with flags as sent, PSDT included
  std::uint16_t cid = 0;
  Sgl sgl;
};

struct Cqe {
  std::uint64_t result = 0;   ///< dwords 0 and 1
  std::uint16_t sq_head = 0;  ///< SQHD
  std::uint16_t sq_id = 0;    ///< reserved over fabrics
  std::uint16_t cid = 0;
  NvmeStatus status;
};

/// Sets PSDT to SGL (01b) as fabrics ask, over the flags of the command.
[[nodiscard]] std::array<std::byte, sqe_bytes> encode_sqe(const Command& command, std::uint16_t cid, const Sgl& sgl);
/// `bytes` has at least 64 bytes.
[[nodiscard]] Sqe decode_sqe(std::span<const std::byte> bytes);
[[nodiscard]] std::array<std::byte, cqe_bytes> encode_cqe(const Cqe& cqe);
/// `bytes` has at least 16 bytes. The phase bit is ignored: it is reserved over fabrics.
[[nodiscard]] Cqe decode_cqe(std::span<const std::byte> bytes);

/// Bytes of the submission queue entry in a CapsuleCmd header, of the completion queue entry in a CapsuleResp header.
[[nodiscard]] inline std::span<const std::byte> capsule_entry(std::span<const std::byte> header) {
  return header.subspan(8);
}

}  // namespace nvmectl::tcp
