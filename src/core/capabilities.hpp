// What a backend can offer. All NVMe logic is written once against these; ioctl, TCP, SPDK and the soft controller
// only carry it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/deadline.hpp"
#include "core/device_ref.hpp"
#include "core/model.hpp"
#include "core/result.hpp"

namespace nvmectl {

/// A submission queue entry without identifiers and data pointers, which the transport fills in.
/// NVM Express Base Specification 2.0d, section 3.3.3.1 (figure 87).
struct Command {
  std::uint8_t opcode = 0;
  std::uint8_t flags = 0;  ///< CDW0 bits 15:8 (fused, PSDT); 0 but for passthrough
  std::uint32_t nsid = 0;
  std::uint32_t cdw2 = 0, cdw3 = 0;
  std::uint32_t cdw10 = 0, cdw11 = 0, cdw12 = 0, cdw13 = 0, cdw14 = 0, cdw15 = 0;
  friend constexpr bool operator==(const Command&, const Command&) = default;
};

/// A command with its buffers. At most one of `in` and `out` is used by a transport that cannot do both ways.
struct Request {
  Command command;
  std::span<std::byte> in = {};         ///< controller to host; its size is the transfer length
  std::span<const std::byte> out = {};  ///< host to controller
  std::span<std::byte> metadata = {};   ///< separate metadata, passthrough only
  std::string_view operation = {};      ///< "Identify Controller": for messages
};

struct Completion {
  std::uint64_t result = 0;  ///< CQE dwords 0 and 1
  NvmeStatus status = {};
  std::size_t received = 0;  ///< bytes of `in` that the peer really sent (TCP); in.size() where not known
  [[nodiscard]] bool ok() const { return status.ok(); }
};

/// Admin commands. An error status of the device is a Completion, not an Error; Error means that there is no
/// completion (nothing sent, connection lost, deadline).
class AdminTransport {
 public:
  virtual ~AdminTransport() = default;
  [[nodiscard]] virtual Result<Completion> submit_admin(const Request& request, const Deadline& deadline) = 0;
  /// All of `requests`, several in flight where the transport can; completions in their order. Stops at the first
  /// Error.
  [[nodiscard]] virtual Result<std::vector<Completion>> submit_admin_all(std::span<const Request> requests,
                                                                         const Deadline& deadline);
  /// Largest transfer of one command in bytes (MDTS and the transport's own limit).
  [[nodiscard]] virtual std::size_t max_transfer_bytes() const { return 4096; }
};

/// I/O commands; same contract as AdminTransport.
class IoTransport {
 public:
  virtual ~IoTransport() = default;
  [[nodiscard]] virtual Result<Completion> submit_io(const Request& request, const Deadline& deadline) = 0;
};

/// An open device. Owned by the command that opened it; closes cleanly when destroyed.
class Device {
 public:
  virtual ~Device() = default;
  [[nodiscard]] virtual AdminTransport* admin() { return nullptr; }
  /// Null when the device has no I/O queue (opened with OpenOptions::io false, or a controller node).
  [[nodiscard]] virtual IoTransport* io() { return nullptr; }
  /// The namespace that the reference named; empty for a controller.
  [[nodiscard]] virtual std::optional<std::uint32_t> nsid() const { return std::nullopt; }
};

/// How to open a device. Backends ignore what does not concern them.
struct OpenOptions {
  Deadline deadline;           ///< for opening, connect and handshake included
  bool io = false;             ///< an I/O queue is needed
  bool header_digest = false;  ///< ask for it; an error when the peer does not agree
  bool data_digest = false;
  std::string host_nqn, host_id;  ///< "" = the machine's own
};

/// What is to be read; a backend reads no more than this needs.
struct ScanRequest {
  Deadline deadline;
  bool usage = false;       ///< NUSE: makes the kernel send Identify
  bool addresses = true;    ///< transport, address, state … of controllers
  bool identifiers = true;  ///< uuid, nguid, eui64, wwid
  bool paths = true;        ///< ANA states
};

class TopologySource {
 public:
  virtual ~TopologySource() = default;
  [[nodiscard]] virtual Result<Topology> scan(const ScanRequest& request) = 0;
};

struct Probe {
  bool usable = false;
  std::string reason;  ///< why not, "" when usable
  std::string remedy;  ///< what to do about it
};

/// A way to reach storage. `main.cpp` alone names the concrete ones.
class Backend {
 public:
  virtual ~Backend() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  [[nodiscard]] virtual std::string_view summary() const = 0;
  /// Usable here? Cheap, needs no device.
  [[nodiscard]] virtual Probe probe() = 0;
  [[nodiscard]] virtual bool handles(const DeviceRef& device) const = 0;
  /// unsupported when the backend opens no devices.
  [[nodiscard]] virtual Result<std::unique_ptr<Device>> open(const DeviceRef& device, const OpenOptions& options);
  [[nodiscard]] virtual TopologySource* topology() { return nullptr; }
  /// What a person must see before destroying it: model, serial, size, mounts and holders; lines of text, indented.
  [[nodiscard]] virtual Result<std::string> describe(const DeviceRef& device, const Deadline& deadline);
};

}  // namespace nvmectl
