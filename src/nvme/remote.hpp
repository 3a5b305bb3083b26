// What lies behind discovery controllers: their logs with referrals followed, and every namespace of every subsystem.
// Written against Device alone; the caller's opener knows the backend.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/capabilities.hpp"
#include "core/deadline.hpp"
#include "core/device_ref.hpp"
#include "core/model.hpp"
#include "core/result.hpp"

namespace nvmectl::nvme {

/// Opens a device within a deadline (at most the one that discover_all() was given).
using Opener = std::function<Result<std::unique_ptr<Device>>(const DeviceRef& device, const Deadline& deadline)>;

struct DiscoverOptions {
  Deadline deadline;                 ///< over everything
  bool referrals = true;             ///< follow them
  std::size_t max_depth = 8;         ///< referrals of referrals …; 0 reads the first log only
  std::size_t max_controllers = 64;  ///< discovery controllers read in all
};

/// One discovery controller's log.
struct DiscoveredLog {
  DeviceRef source;       ///< where it was read
  std::size_t depth = 0;  ///< 0: the controller that was asked
  DiscoveryLog log;
};

/// The first log is always that of the controller asked for; the others in breadth-first order.
struct Discovered {
  std::vector<DiscoveredLog> logs;
  std::vector<Error> errors;       ///< referrals that could not be read; the rest is complete
  std::vector<std::string> notes;  ///< referrals that were not followed on purpose, and why: one sentence each
};

/// Reads the discovery log of `start` and of every referral of the same transport, each address, port and family once. An error of the
/// first log is returned; a referral gets its share of the time that is left, so that a dead one cannot spoil the
/// others. NVM Express Base Specification 2.0d, section 5.16.1.23 (referrals: section 3.1.3.3.1).
[[nodiscard]] Result<Discovered> discover_all(const DeviceRef& start, const Opener& open,
                                              const DiscoverOptions& options);

/// The reference of a record's subsystem or discovery controller. Usage error for another transport than `origin`'s, for
/// a service that is no port and for an NQN that is malformed; protocol for an address of another family than ADRFAM. A link-local IPv6 address gets the interface of `origin`,
/// by which the record was read.
[[nodiscard]] Result<DeviceRef> reference_of(const DiscoveryRecord& record, const DeviceRef& origin);

/// "tcp://HOST:PORT/NQN", IPv6 in brackets; without the NQN's part when it is empty.
[[nodiscard]] std::string tcp_uri(std::string_view host, std::uint16_t port, std::string_view nqn);

/// "tcp://HOST:PORT" of a discovery controller, as logs and records name it.
[[nodiscard]] std::string source_uri(const DeviceRef& source);

struct RemoteOptions {
  DiscoverOptions discover;
  std::string host_nqn, host_id;           ///< what the opener connects with, for Controller; may be empty
  std::size_t max_subsystem_ports = 1024;  ///< subsystems times their addresses; more is an error in not_seen
};

/// Every controller and namespace behind `start`: a discovery controller (empty NQN), whose TCP subsystems are all
/// connected and identified, or one subsystem. A subsystem that several addresses lead to appears once, with its
/// namespaces once, and Topology::paths filled. What could not be reached is in not_seen; an error of `start` itself is
/// returned.
[[nodiscard]] Result<Topology> remote_topology(const DeviceRef& start, const Opener& open,
                                               const RemoteOptions& options);

}  // namespace nvmectl::nvme
