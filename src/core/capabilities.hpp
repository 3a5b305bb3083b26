// What a backend can offer. All NVMe logic is written once against these; ioctl, TCP, SPDK and the soft controller
// only carry it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/deadline.hpp"
#include "core/device_ref.hpp"
#include "core/fabrics.hpp"
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
  bool usage = false;        ///< NUSE: makes the kernel send Identify
  bool addresses = true;     ///< transport, address, state … of controllers
  bool identifiers = true;   ///< uuid, nguid, eui64, wwid
  bool paths = true;         ///< ANA states
  bool connections = false;  ///< Controller::connection
};

/// What a block device has done since it appeared.
struct IoCounters {
  std::uint64_t read_operations = 0, read_bytes = 0, write_operations = 0, write_bytes = 0;
  std::uint64_t discard_operations = 0, discard_bytes = 0, flush_operations = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t busy_milliseconds = 0;   ///< time with at least one request
  std::uint64_t queue_milliseconds = 0;  ///< sum over all requests of their time
};

class TopologySource {
 public:
  virtual ~TopologySource() = default;
  [[nodiscard]] virtual Result<Topology> scan(const ScanRequest& request) = 0;
  /// The counters of block devices by name ("nvme0n1", "nvme0c1n1"); empty for one that is gone or keeps none.
  [[nodiscard]] virtual Result<std::vector<std::optional<IoCounters>>> counters(std::span<const std::string> devices);
};

/// What a person does to a controller as a whole. Each waits for the kernel, at most until the deadline.
class ControllerControl {
 public:
  virtual ~ControllerControl() = default;
  /// NVM Express Base Specification 2.0d, section 3.7.2 (Controller Level Reset).
  [[nodiscard]] virtual Result<> reset(const DeviceRef& controller, const Deadline& deadline) = 0;
  /// NVM Subsystem Reset, section 3.7.1: every controller of the subsystem.
  [[nodiscard]] virtual Result<> reset_subsystem(const DeviceRef& controller, const Deadline& deadline) = 0;
  /// Looks for new, changed and removed namespaces.
  [[nodiscard]] virtual Result<> rescan(const DeviceRef& controller, const Deadline& deadline) = 0;
};

/// Something that happened to a device: the kernel's uevent. Texts are printable.
struct Event {
  std::uint64_t time_ms = 0;                                    ///< since 1970
  std::string action;                                           ///< "add", "remove", "change" …
  std::string subsystem;                                        ///< "nvme", "nvme-subsystem", "block" …
  std::string device;                                           ///< "nvme0"
  std::vector<std::pair<std::string, std::string>> properties;  ///< NVME_AEN=0x70f002 …
};

class EventSource {
 public:
  virtual ~EventSource() = default;
  /// Calls `on_event` for each event until it says false or the deadline passes (which is no error).
  [[nodiscard]] virtual Result<> listen(const Deadline& deadline,
                                        const std::function<Result<bool>(const Event&)>& on_event) = 0;
};

/// A key of the operating system's keyring.
struct StoredKey {
  std::int32_t serial = 0;
  std::string type, description;
};

/// The operating system's keyring, for TLS and authentication. `keyring` is a name (".nvme", "@u") or a serial number.
class KeyStore {
 public:
  virtual ~KeyStore() = default;
  /// The new key's serial number; a key of the same description is replaced.
  [[nodiscard]] virtual Result<std::int32_t> insert(const std::string& keyring, const StoredKey& key,
                                                    std::span<const std::byte> payload) = 0;
  [[nodiscard]] virtual Result<std::vector<StoredKey>> list(const std::string& keyring, const std::string& type) = 0;
  [[nodiscard]] virtual Result<Bytes> read(std::int32_t serial) = 0;
  [[nodiscard]] virtual Result<> revoke(const std::string& keyring, std::int32_t serial) = 0;
};

/// One line of what `doctor` finds.
struct Check {
  enum class State : std::uint8_t { ok, warning, failure };
  std::string name;  ///< "NVMe/TCP driver"
  State state = State::ok;
  std::string text;                         ///< what was found
  std::string remedy;                       ///< one thing to do; "" when ok
  ErrorKind kind = ErrorKind::unsupported;  ///< what a failure is: picks the exit code
  std::string fix;                          ///< what Backend::fix() can do about it; "" = nothing
};

struct Probe {
  bool usable = false;
  std::string reason;  ///< why not, "" when usable
  std::string remedy;  ///< what to do about it
};

class PmemManager;  // core/pmem.hpp

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
  [[nodiscard]] virtual FabricsInitiator* fabrics() { return nullptr; }
  [[nodiscard]] virtual ControllerControl* control() { return nullptr; }
  [[nodiscard]] virtual EventSource* events() { return nullptr; }
  [[nodiscard]] virtual KeyStore* keys() { return nullptr; }
  [[nodiscard]] virtual PmemManager* pmem() { return nullptr; }
  /// What this backend needs to work, for `device` or at all; nothing when it has nothing to say about that device.
  [[nodiscard]] virtual std::vector<Check> diagnose(const std::optional<DeviceRef>& device, const OpenOptions& options);
  /// Does what Check::fix says; unsupported when that is nothing.
  [[nodiscard]] virtual Result<> fix(const Check& check);
  /// What a person must see before destroying it: model, serial, size, mounts and holders; lines of text, indented.
  [[nodiscard]] virtual Result<std::string> describe(const DeviceRef& device, const Deadline& deadline);
};

}  // namespace nvmectl
