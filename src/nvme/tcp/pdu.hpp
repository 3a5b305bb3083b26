// The PDUs of NVMe/TCP, without I/O: encoding by appending to a byte buffer, decoding with an incremental reader that
// both ends use. NVM Express TCP Transport Specification 1.0, section 3.6.2 (figures 19 to 28).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/value.hpp"

namespace nvmectl::tcp {

/// PDU-Type, byte 0 of the common header (figure 19).
enum class PduType : std::uint8_t {
  ic_req = 0x00,
  ic_resp = 0x01,
  h2c_term_req = 0x02,
  c2h_term_req = 0x03,
  capsule_cmd = 0x04,
  capsule_resp = 0x05,
  h2c_data = 0x06,
  c2h_data = 0x07,
  r2t = 0x09,
};
[[nodiscard]] std::string_view to_string(PduType type);

/// Which end of the connection we are.
enum class Role : std::uint8_t { host, controller };

inline constexpr std::uint8_t flag_header_digest = 0x01;  ///< HDGSTF: a header digest follows the header
inline constexpr std::uint8_t flag_data_digest = 0x02;    ///< DDGSTF: a data digest follows the data
inline constexpr std::uint8_t flag_last = 0x04;           ///< LAST_PDU, in H2CData and C2HData
inline constexpr std::uint8_t flag_success = 0x08;        ///< SUCCESS, in C2HData: no CapsuleResp will follow

inline constexpr std::size_t common_header_bytes = 8;
inline constexpr std::size_t ic_bytes = 128;           ///< ICReq and ICResp
inline constexpr std::size_t capsule_cmd_bytes = 72;   ///< header with the submission queue entry
inline constexpr std::size_t capsule_resp_bytes = 24;  ///< header with the completion queue entry
inline constexpr std::size_t data_header_bytes = 24;   ///< H2CData, C2HData and R2T
inline constexpr std::size_t term_header_bytes = 24;   ///< H2CTermReq and C2HTermReq
inline constexpr std::size_t max_header_bytes = 128;
inline constexpr std::size_t digest_bytes = 4;
inline constexpr std::uint32_t min_max_h2c_data = 4096;  ///< the least MAXH2CDATA that a controller may state
inline constexpr std::uint32_t max_term_data = 128;

/// FES, Fatal Error Status of H2CTermReq and C2HTermReq (figures 22 and 23).
enum class FatalError : std::uint16_t {
  invalid_header_field = 1,  ///< FEI is the byte offset of the field in the PDU header
  sequence_error = 2,
  header_digest_error = 3,  ///< FEI is the digest received
  out_of_range = 4,
  limit_exceeded = 5,         ///< R2T limit (H2C) or data transfer limit (C2H)
  unsupported_parameter = 6,  ///< FEI is the byte offset of the parameter in the PDU header
};
/// "invalid PDU header field" …; "unknown error" for a number that is none of them.
[[nodiscard]] std::string_view to_string(FatalError status);

/// What is wrong with a PDU; enough to answer with a TermReq.
struct PduError {
  FatalError status = FatalError::sequence_error;  ///< FES
  std::uint32_t field = 0;                         ///< FEI
  std::string message;                             ///< one sentence without a full stop
};
template <class T = void>
using PduResult = tl::expected<T, PduError>;

/// How PDUs of one direction are framed once the connection is initialized.
struct Framing {
  bool header_digest = false;
  bool data_digest = false;
  std::uint32_t alignment = 4;  ///< PDU data starts at a multiple of this many bytes: 4 × (HPDA or CPDA + 1), 4 … 128
};
/// The alignment in bytes from an HPDA or CPDA field (0 … 31, 0's based dwords).
[[nodiscard]] constexpr std::uint32_t alignment_of(std::uint8_t pda) {
  return 4U * (pda + 1U);
}

/// Figure 20.
struct IcReq {
  std::uint16_t pfv = 0;       ///< PDU format version; 0 is the only one
  std::uint8_t hpda = 0;       ///< alignment of data sent to the host: 0's based dwords, at most 31
  bool header_digest = false;  ///< requested
  bool data_digest = false;    ///< requested
  std::uint32_t max_r2t = 0;   ///< outstanding R2Ts per command, 0's based
  friend bool operator==(const IcReq&, const IcReq&) = default;
};

/// Figure 21.
struct IcResp {
  std::uint16_t pfv = 0;
  std::uint8_t cpda = 0;                          ///< alignment of data sent to the controller
  bool header_digest = false;                     ///< enabled
  bool data_digest = false;                       ///< enabled
  std::uint32_t max_h2c_data = min_max_h2c_data;  ///< bytes of data in one H2CData PDU, at least 4096
  friend bool operator==(const IcResp&, const IcResp&) = default;
};

/// Figures 22 and 23, without the copy of the offending header.
struct TermReq {
  FatalError status = FatalError::sequence_error;
  std::uint32_t field = 0;
};

/// The fields of H2CData, C2HData and R2T (figures 26 to 28), which share one layout.
struct DataHeader {
  std::uint16_t cid = 0;     ///< CCCID, the command's identifier
  std::uint16_t tag = 0;     ///< TTAG, the controller's transfer tag; 0 in C2HData
  std::uint32_t offset = 0;  ///< DATAO or R2TO, bytes into the command's data
  std::uint32_t length = 0;  ///< DATAL or R2TL, bytes
  friend bool operator==(const DataHeader&, const DataHeader&) = default;
};

// Encoding: each appends one whole PDU to `out`. `flags` takes only flag_last and flag_success; digest flags, PDO,
// PLEN, padding and digests follow from the framing and the data.

void append_ic_req(Bytes& out, const IcReq& request);
void append_ic_resp(Bytes& out, const IcResp& response);
/// `sqe` has 64 bytes; `data` is in-capsule data, usually empty.
void append_capsule_cmd(Bytes& out, const Framing& framing, std::span<const std::byte> sqe,
                        std::span<const std::byte> data = {});
/// `cqe` has 16 bytes.
void append_capsule_resp(Bytes& out, const Framing& framing, std::span<const std::byte> cqe);
/// header.length is ignored: it is data.size().
void append_h2c_data(Bytes& out, const Framing& framing, DataHeader header, std::uint8_t flags,
                     std::span<const std::byte> data);
void append_c2h_data(Bytes& out, const Framing& framing, DataHeader header, std::uint8_t flags,
                     std::span<const std::byte> data);
/// For gathering writes: everything of the data PDU (`type` is h2c_data or c2h_data) that stands before its data. The
/// data follows, then, with a data digest and some data, append_data_digest().
void append_data_header(Bytes& out, const Framing& framing, PduType type, DataHeader header, std::uint8_t flags,
                        std::span<const std::byte> data);
/// The four digest bytes that follow `data`.
void append_data_digest(Bytes& out, std::span<const std::byte> data);
void append_r2t(Bytes& out, const Framing& framing, const DataHeader& header);
/// H2CTermReq from a host, C2HTermReq from a controller. `offending` is the header of the PDU in error, cut at 128
/// bytes.
void append_term_req(Bytes& out, Role sender, const PduError& error, std::span<const std::byte> offending);

// Decoding of a header that PduReader delivered (it has the size of its type).

[[nodiscard]] IcReq decode_ic_req(std::span<const std::byte> header);
[[nodiscard]] IcResp decode_ic_resp(std::span<const std::byte> header);
[[nodiscard]] TermReq decode_term_req(std::span<const std::byte> header);
[[nodiscard]] DataHeader decode_data_header(std::span<const std::byte> header);

/// A PDU in the reader: valid until the next call of a reading function.
struct Pdu {
  PduType type = PduType::ic_req;
  std::uint8_t flags = 0;
  std::span<const std::byte> header;  ///< HLEN bytes, common header included; digest and padding excluded
  std::uint32_t data_length = 0;      ///< bytes of PDU data
  std::span<const std::byte> data;    ///< empty until the PDU is complete; where data_into() said, else in the reader
  bool data_digest_ok = true;         ///< false when a data digest does not match: not fatal to the connection
};

/// Takes the stream apart into PDUs. Nothing is allocated before the header is checked, and never more than the limit.
///
///   reader.read(input) in a loop: `more` when input is used up; `header` when a header with data behind it is complete
///   (its fields are checked; data_into() may name a destination now); `pdu` when the PDU is complete.
///
/// After an error the reader is dead: the stream cannot be resynchronised.
class PduReader {
 public:
  enum class Step : std::uint8_t { more, header, pdu };

  /// A host reader takes ICResp, C2HTermReq, CapsuleResp, C2HData and R2T, a controller reader the others.
  explicit PduReader(Role role);

  /// From here on; what the *peer's* PDUs look like. Called after ICReq/ICResp.
  void set_framing(const Framing& framing) { framing_ = framing; }
  /// The most bytes of data in one PDU that are accepted (MAXH2CDATA, in-capsule size, largest read); 128 KiB at first.
  void set_max_data(std::uint32_t bytes) { max_data_ = bytes; }

  /// Takes bytes off the front of `input` up to the next event.
  [[nodiscard]] PduResult<Step> read(std::span<const std::byte>& input);
  /// After `header`: the data goes to `destination` (exactly pdu().data_length bytes, alive until `pdu`) instead of the
  /// reader's own buffer.
  void data_into(std::span<std::byte> destination);

  [[nodiscard]] const Pdu& pdu() const { return pdu_; }

  /// Where the next bytes of data will go, so that a socket can read straight into it; empty when the reader is not
  /// in the middle of data. Call received() with what was put there.
  [[nodiscard]] std::span<std::byte> data_window();
  /// `count` bytes of data_window() were filled. The PDU's completion is then reported by read().
  void received(std::size_t count);

  /// The bytes of the header read so far, for append_term_req and for recognising what the peer speaks.
  [[nodiscard]] std::span<const std::byte> header_so_far() const { return {header_.data(), have_}; }
  /// True at a PDU boundary.
  [[nodiscard]] bool idle() const { return stage_ == Stage::header && have_ == 0; }

 private:
  enum class Stage : std::uint8_t { header, padding, data, digest, done, failed };
  [[nodiscard]] PduResult<Step> header_complete_from(std::span<const std::byte>& input);
  [[nodiscard]] PduResult<> check_common_header();
  [[nodiscard]] PduResult<> check_data_layout();
  [[nodiscard]] PduResult<> check_header_digest() const;
  void take_header(std::span<const std::byte>& input, std::size_t until);
  void take_data(std::span<const std::byte>& input);
  bool digest_complete(std::span<const std::byte>& input);
  void begin_next();

  Role role_;
  Framing framing_;
  std::uint32_t max_data_ = 128U * 1024U;
  Stage stage_ = Stage::header;
  std::array<std::byte, max_header_bytes + digest_bytes> header_{};
  std::size_t have_ = 0;           // bytes of header_ (and its digest) read
  std::size_t header_length_ = 0;  // HLEN
  std::size_t header_total_ = 0;   // HLEN and header digest
  std::size_t padding_ = 0;        // bytes between header and data left to skip
  bool has_data_digest_ = false;
  Pdu pdu_;
  std::span<std::byte> destination_;
  std::size_t data_have_ = 0;
  Bytes own_data_;
  std::array<std::byte, digest_bytes> digest_{};
  std::size_t digest_have_ = 0;
};

}  // namespace nvmectl::tcp
