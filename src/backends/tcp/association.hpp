// An association with one controller over NVMe/TCP: admin queue, optional I/O queue, enabled controller, Keep Alive,
// clean shutdown. NVM Express Base Specification 2.0d, sections 3.5.2 (initialization) and 3.6.2 (shutdown).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backends/tcp/connection.hpp"
#include "backends/tcp/fabrics.hpp"
#include "core/capabilities.hpp"
#include "core/host_identity.hpp"
#include "net/byte_stream.hpp"

namespace nvmectl::tcp {

struct AssociationOptions {
  /// Opens one more stream to the controller's address.
  std::function<Result<std::unique_ptr<net::ByteStream>>(const Deadline& deadline)> connect;
  std::string where;          ///< the address for messages, "HOST:PORT"
  std::string subsystem_nqn;  ///< checked by check_nqn()
  bool discovery = false;     ///< a discovery controller: no Keep Alive, no I/O queue, cheap shutdown
  HostIdentity host;
  bool header_digest = false;
  bool data_digest = false;
  bool io = false;                                ///< an I/O queue is wanted
  std::uint16_t admin_entries = 128;              ///< entries of the admin queue asked for; 32 when that is refused
  std::chrono::milliseconds keep_alive{120'000};  ///< KATO; 0 none
};

/// What is known of the controller after opening.
struct ControllerFacts {
  std::uint16_t controller_id = 0;
  std::uint64_t capabilities = 0;      ///< CAP
  std::uint32_t version = 0;           ///< VS
  std::size_t max_transfer_bytes = 0;  ///< from MDTS, at most 1 MiB
  std::uint16_t max_commands = 0;      ///< MAXCMD, 0 not stated
  std::uint32_t in_capsule_bytes = 0;  ///< data in a command capsule of an I/O queue, from IOCCSZ
  std::uint16_t keep_alive_100ms = 0;  ///< KAS; 0: no Keep Alive
};

/// Not thread-safe. Shut down and closed when destroyed, within a second.
class Association {
 public:
  /// Everything up to a ready controller, within `deadline`. Errors: those of connecting and of HostQueue;
  /// connect_error(); `device` when the controller reports a fatal status; `timeout` when it does not get ready.
  [[nodiscard]] static Result<std::unique_ptr<Association>> open(AssociationOptions options, const Deadline& deadline);
  ~Association();
  Association(const Association&) = delete;
  Association& operator=(const Association&) = delete;

  [[nodiscard]] Result<std::vector<Completion>> submit_admin_all(std::span<const Request> requests,
                                                                 const Deadline& deadline);
  /// Needs AssociationOptions::io.
  [[nodiscard]] Result<std::vector<Completion>> submit_io_all(std::span<const Request> requests,
                                                              const Deadline& deadline);
  [[nodiscard]] bool has_io() const { return io_ != nullptr; }
  [[nodiscard]] const ControllerFacts& facts() const { return facts_; }
  /// Waits for the peer so far, on all queues; for benchmarks.
  [[nodiscard]] std::size_t round_trips() const;

  /// Shutdown notification, then the end of the connections; also done by the destructor.
  void shut_down();

 private:
  explicit Association(AssociationOptions options) : options_(std::move(options)) {}
  [[nodiscard]] Result<> open_admin(const Deadline& deadline);
  [[nodiscard]] Result<Completion> connect_queue(Connection& connection, const ConnectCall& call,
                                                 const Deadline& deadline);
  [[nodiscard]] Result<> connect_admin(const Deadline& deadline);
  [[nodiscard]] Result<> enable(const Deadline& deadline);
  [[nodiscard]] Result<> enable_known(const Deadline& deadline);
  [[nodiscard]] Result<> wait_ready(std::uint32_t status, const Deadline& deadline);
  [[nodiscard]] Result<> identify(const Deadline& deadline);
  [[nodiscard]] Result<> open_io(const Deadline& deadline);
  [[nodiscard]] Result<std::vector<Completion>> must_succeed(std::span<const Request> requests,
                                                             const Deadline& deadline);
  void start_keep_alive();
  [[nodiscard]] ConnectCall call_for(std::uint16_t queue, std::uint16_t entries) const;

  AssociationOptions options_;
  ControllerFacts facts_;
  std::uint32_t configuration_ = 0;  // CC as written
  bool ready_ = false;
  std::unique_ptr<Connection> admin_, io_;
};

}  // namespace nvmectl::tcp
