// The soft controller: takes one command, gives its completion. It knows no transport; the NVMe/TCP session and
// LocalDevice bring it commands. NVM Express Base Specification 2.0d, NVM Command Set Specification 1.0d.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/capabilities.hpp"
#include "core/value.hpp"
#include "target/target.hpp"

namespace nvmectl::target {

inline constexpr std::size_t max_transfer_bytes = std::size_t{1} << 20U;  ///< MDTS
inline constexpr std::size_t in_capsule_bytes = 8192;                     ///< of every queue; IOCCSZ
inline constexpr std::uint16_t max_queue_entries = 128;                   ///< CAP.MQES and MAXCMD
inline constexpr std::uint16_t max_io_queues = 64;
inline constexpr std::size_t max_event_requests = 4;  ///< AERL
inline constexpr std::size_t error_log_entries = 64;  ///< ELPE
inline constexpr std::uint16_t temperature_kelvin = 313;

/// Who the host says it is, in Connect.
struct HostIdentity {
  std::string nqn;
  Guid id{};
  friend bool operator==(const HostIdentity&, const HostIdentity&) = default;
};

/// An entry of the Error Information log before it is written out; figure 204.
struct ErrorEntry {
  std::uint64_t count = 0;
  std::uint16_t qid = 0, cid = 0;
  NvmeStatus status;
  std::uint16_t location = 0xffff;  ///< byte of the command in error, FFFFh when it is none
  std::uint64_t lba = 0;
  std::uint32_t nsid = 0;
};

/// What the host may set. NVM Express Base Specification 2.0d, section 5.27.1.
struct FeatureValues {
  std::uint32_t arbitration = 7;  // no limit on the burst
  std::uint32_t error_recovery = 0;
  std::uint32_t write_atomicity = 0;
  std::uint32_t async_events = 0;
  std::uint16_t over_temperature = 343, under_temperature = 0;  // kelvin
  bool write_cache = true;
  bool timestamp_by_host = false;
  std::uint64_t timestamp_ms = 0;  // at timestamp_set
  std::chrono::steady_clock::time_point timestamp_set = std::chrono::steady_clock::now();
  std::array<std::byte, 3> host_behavior{};  // ACRE, ETDAS, LBAFEE
};

/// An Asynchronous Event Request that can be answered now.
struct AsyncCompletion {
  std::uint16_t cid = 0;
  Completion completion;
};

/// One controller of the dynamic model: made by a Connect on an admin queue, gone with that queue. Not thread-safe.
class Controller : public std::enable_shared_from_this<Controller> {
 public:
  using Clock = std::chrono::steady_clock;
  struct Setup {
    Target* target = nullptr;              ///< outlives the controller
    std::shared_ptr<Subsystem> subsystem;  ///< null: a discovery controller
    HostIdentity host;
    Portal reached;  ///< the portal by which the host came
    std::uint32_t keep_alive_ms = 0;
  };
  /// Null when the subsystem has no controller identifier left.
  [[nodiscard]] static std::shared_ptr<Controller> make(Setup setup);
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;
  ~Controller();

  [[nodiscard]] std::uint16_t cntlid() const { return cntlid_; }
  [[nodiscard]] bool is_discovery() const { return setup_.subsystem == nullptr; }
  [[nodiscard]] const HostIdentity& host() const { return setup_.host; }
  /// Enabled, not shut down: takes more than Fabrics commands.
  [[nodiscard]] bool ready() const { return enabled_ && !shut_down_ && !dead_; }

  /// Executes any command but Connect; `qid` 0 is the admin queue. Empty only for an Asynchronous Event Request that
  /// waits for its event: next_event() answers it. Data for the host goes to request.in (Completion::received bytes of
  /// it); request.in and request.out are as long as the host's data pointer says.
  [[nodiscard]] std::optional<Completion> execute(std::uint16_t qid, std::uint16_t cid, const Request& request);
  [[nodiscard]] std::optional<AsyncCompletion> next_event();

  /// Queues by Connect; false when the queue is there already or out of range.
  [[nodiscard]] bool open_queue(std::uint16_t qid);
  /// The queue's connection is gone. Without the admin queue the controller dies.
  void close_queue(std::uint16_t qid);

  /// The association is over: every connection of it is to be closed.
  void kill();
  [[nodiscard]] bool dead() const { return dead_; }
  /// The host gave a sign of life.
  void touch(Clock::time_point now) { last_sign_ = now; }
  /// The host has been silent for longer than its Keep Alive Timeout.
  [[nodiscard]] bool expired(Clock::time_point now) const;

  // Told by the subsystem and the target.
  void namespace_changed(std::uint32_t nsid);
  void discovery_changed();

 private:
  explicit Controller(Setup setup) : setup_(std::move(setup)) {}

  // controller.cpp
  [[nodiscard]] Completion failed(NvmeStatus status, std::uint16_t location = 0xffff);
  [[nodiscard]] Completion invalid_field(std::uint16_t location);
  [[nodiscard]] Completion give(const Request& request, std::span<const std::byte> page);
  void record_error(std::uint16_t qid, std::uint16_t cid, const Request& request, Completion& completion);
  // admin.cpp
  [[nodiscard]] std::optional<Completion> admin(std::uint16_t cid, const Request& request);
  [[nodiscard]] Completion abort(const Request& request);
  // events.cpp
  [[nodiscard]] std::optional<Completion> event_request(std::uint16_t cid);
  void raise(std::uint32_t event);
  void events_read(std::uint8_t log_page);
  void drop_event_requests();
  [[nodiscard]] bool abort_event_request(std::uint16_t cid);
  // fabrics.cpp
  [[nodiscard]] Completion fabrics(std::uint16_t qid, const Request& request);
  [[nodiscard]] Completion property_get(const Request& request);
  [[nodiscard]] Completion property_set(const Request& request);
  [[nodiscard]] Completion write_configuration(std::uint32_t value);
  void reset();
  // identify.cpp
  [[nodiscard]] Completion identify(const Request& request);
  [[nodiscard]] Completion identify_controller(const Request& request);
  [[nodiscard]] Completion identify_namespace(const Request& request);
  [[nodiscard]] Completion identify_namespace_of_set(const Request& request, std::uint8_t cns);
  [[nodiscard]] Completion identify_descriptors(const Request& request);
  [[nodiscard]] Completion identify_namespace_list(const Request& request);
  [[nodiscard]] Completion identify_controller_list(const Request& request, bool of_namespace);
  // logs.cpp
  [[nodiscard]] Completion get_log_page(const Request& request);
  [[nodiscard]] Completion copy_log(const Request& request, std::uint8_t log_page, std::uint64_t offset,
                                    std::span<std::byte> data);
  [[nodiscard]] Bytes log_page(std::uint8_t log_page, std::uint32_t nsid) const;
  [[nodiscard]] Bytes smart_log(const IoCounters& counters) const;
  [[nodiscard]] Bytes error_log() const;
  [[nodiscard]] Bytes changed_namespaces_log() const;
  [[nodiscard]] std::uint8_t critical_warning() const;
  // discovery_log.cpp
  void look_for_subsystems();
  [[nodiscard]] std::uint64_t discovery_records() const;
  void discovery_log(std::uint64_t offset, std::span<std::byte> data);
  void discovery_record(std::uint64_t index, std::span<std::byte> record) const;
  // features.cpp
  [[nodiscard]] Completion get_features(const Request& request);
  [[nodiscard]] Completion set_features(const Request& request);
  [[nodiscard]] Completion set_feature_value(const Request& request, std::uint8_t feature);
  [[nodiscard]] Completion set_temperature_threshold(std::uint32_t value);
  [[nodiscard]] Completion feature_data(const Request& request, std::uint8_t feature, bool defaults);
  [[nodiscard]] std::optional<std::uint32_t> feature_value(const Request& request, std::uint8_t feature,
                                                           bool defaults) const;
  [[nodiscard]] std::uint64_t timestamp(const FeatureValues& values) const;
  // io.cpp
  [[nodiscard]] Completion io(const Request& request);
  [[nodiscard]] Completion read(Namespace& ns, const Request& request);
  [[nodiscard]] Completion write(Namespace& ns, const Request& request);
  [[nodiscard]] Completion write_zeroes(Namespace& ns, const Request& request);
  [[nodiscard]] Completion compare(Namespace& ns, const Request& request);
  [[nodiscard]] Completion verify(Namespace& ns, const Request& request);
  [[nodiscard]] Completion deallocate(Namespace& ns, const Request& request);
  [[nodiscard]] Completion flush(const Request& request);
  [[nodiscard]] Completion stored(StoreStatus status);
  struct Blocks;
  [[nodiscard]] std::optional<Completion> check_blocks(const Namespace& ns, const Request& request, Blocks& blocks,
                                                       std::uint64_t most_bytes);
  [[nodiscard]] Completion after_write(Namespace& ns, const Request& request, StoreStatus status);

  Setup setup_;
  std::uint16_t cntlid_ = 0;
  bool enabled_ = false;  // CSTS.RDY
  bool dead_ = false;
  std::uint32_t configuration_ = 0;  // CC
  bool shut_down_ = false;           // CSTS.SHST
  std::vector<bool> queues_ = std::vector<bool>(max_io_queues + 1U);
  Clock::time_point last_sign_ = Clock::now();

  FeatureValues features_;
  std::vector<std::uint16_t> event_requests_;   // CIDs
  std::vector<std::uint16_t> aborted_events_;   // CIDs
  std::vector<std::uint32_t> pending_events_;   // dword 0
  std::vector<std::uint32_t> reported_events_;  // not again before their log page was read
  std::vector<std::uint32_t> changed_namespaces_;

  std::deque<ErrorEntry> errors_;  // newest first
  std::uint64_t error_count_ = 0;
  std::uint16_t error_location_ = 0xffff;  // of the command in hand
  std::uint64_t error_lba_ = 0;

  std::uint64_t visible_generation_ = 0;
  std::vector<std::shared_ptr<Subsystem>> visible_;  // to this host, for the discovery log
};

/// A Connect command's outcome. NVM Express Base Specification 2.0d, section 6.3.
struct Connection {
  Completion completion;
  std::shared_ptr<Controller> controller;  ///< null when the completion is an error
  std::uint16_t qid = 0;
  std::uint16_t queue_entries = 0;
  bool flow_control = true;  ///< false: SQHD is not kept, and C2HData may carry SUCCESS
};
/// `reached` is the portal by which the host came.
[[nodiscard]] Connection connect(Target& target, const Command& command, std::span<const std::byte> data,
                                 const Portal& reached);

}  // namespace nvmectl::target
