// The model: what the topology is made of, whatever backend saw it. Plain structs; relations by index into Topology.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"

namespace nvmectl {

struct Namespace {
  std::string name;          ///< "nvme0n1"; for tcp:// the URI with ?nsid=N
  std::string device_path;   ///< "/dev/nvme0n1"; the URI for tcp://; "" when there is no node
  std::string generic_path;  ///< "/dev/ng0n1", "" when the kernel has none
  std::uint32_t nsid = 0;
  std::optional<std::uint64_t> size_bytes;      ///< capacity as addressable (NSZE × LBA size)
  std::optional<std::uint64_t> capacity_bytes;  ///< NCAP × LBA size
  std::optional<std::uint64_t> used_bytes;      ///< NUSE × LBA size; needs Identify
  std::optional<std::uint32_t> lba_bytes;
  std::optional<std::uint32_t> metadata_bytes;
  std::optional<std::uint8_t> command_set;  ///< CSI: 0 NVM, 1 key value, 2 zoned
  std::string uuid, nguid, eui64, wwid;     ///< "" when not reported
  std::size_t subsystem = 0;
  std::vector<std::size_t> controllers;  ///< that reach it
  std::vector<std::size_t> paths;        ///< multipath only
};

/// One controller's way to a namespace under native multipath ("nvme0c1n1").
struct Path {
  std::string name;
  std::size_t controller = 0;
  std::size_t ns = 0;     ///< index into Topology::namespaces
  std::string ana_state;  ///< "optimized" …; "" when not reported
  std::optional<std::uint32_t> ana_group;
};

/// How a fabrics controller is connected. Empty: the kernel does not tell.
struct ConnectionState {
  std::optional<std::uint32_t> keep_alive_seconds;
  std::optional<std::int32_t> ctrl_loss_seconds, fast_io_fail_seconds;  ///< -1: off
  std::optional<std::uint32_t> reconnect_delay_seconds;
  std::optional<std::uint32_t> reconnects;  ///< attempts since the connection was lost
  std::optional<std::uint32_t> queue_size;
  std::optional<bool> authentication;  ///< a DH-HMAC-CHAP secret is set
  std::optional<bool> tls;
  std::string tls_key;  ///< serial number of the key in use, "" when none
};

struct Controller {
  std::string name;  ///< "nvme0"; for tcp:// the URI
  std::optional<std::uint16_t> cntlid;
  std::string serial, model, firmware;
  std::string transport;  ///< "pcie", "tcp", "rdma", "fc", "loop", "apple-nvme"
  std::string address;    ///< as the kernel prints it: "0000:00:04.0", "traddr=…,trsvcid=…"; "" when there is none
  std::string state;      ///< "live", "connecting", "resetting", "dead", "deleting" …
  std::string type;       ///< "io", "discovery", "admin", "" when not reported
  std::string slot;       ///< PCIe slot, "" when unknown
  std::string host_nqn, host_id;
  std::optional<std::int32_t> numa_node;
  std::optional<std::uint32_t> queue_count;
  ConnectionState connection;  ///< fabrics only, with ScanRequest::connections
  std::size_t subsystem = 0;
  std::vector<std::size_t> namespaces;  ///< reached by this controller
};

struct Subsystem {
  std::string name;  ///< "nvme-subsys0"; for tcp:// the NQN
  std::string nqn;
  std::string serial, model, firmware;
  std::string io_policy;  ///< "numa", "round-robin" …; "" when not reported
  std::vector<std::size_t> controllers;
  std::vector<std::size_t> namespaces;
};

/// Owns everything by index. Each vector is sorted in natural order of names (nvme2 before nvme10).
struct Topology {
  std::vector<Subsystem> subsystems;
  std::vector<Controller> controllers;
  std::vector<Namespace> namespaces;
  std::vector<Path> paths;
  std::vector<Error> not_seen;  ///< what could not be read, and why; the rest is complete
};

/// "nvme2" before "nvme10": digits compare as numbers.
[[nodiscard]] bool natural_less(std::string_view a, std::string_view b);

/// One record of a discovery log. NVM Express Base Specification 2.0d, section 5.16.1.23 (figure 265).
struct DiscoveryRecord {
  std::uint8_t transport_type = 0;          ///< TRTYPE: 1 RDMA, 2 FC, 3 TCP, 254 loop
  std::uint8_t address_family = 0;          ///< ADRFAM: 1 IPv4, 2 IPv6, 3 IB, 4 FC, 254 loop
  std::uint8_t subsystem_type = 0;          ///< SUBTYPE: 1 referral, 2 NVM subsystem, 3 current discovery subsystem
  std::uint8_t transport_requirements = 0;  ///< TREQ
  std::uint16_t port_id = 0;
  std::uint16_t controller_id = 0;     ///< CNTLID; FFFFh dynamic
  std::uint16_t admin_queue_size = 0;  ///< ASQSZ
  std::uint16_t entry_flags = 0;       ///< EFLAGS
  std::uint8_t security_type = 0;      ///< TSAS byte 0 for TCP: 0 none, 1 TLS 1.2, 2 TLS 1.3
  std::string service_id;              ///< TRSVCID, printable
  std::string nqn;                     ///< SUBNQN, printable
  std::string address;                 ///< TRADDR, printable
  bool operator==(const DiscoveryRecord&) const = default;
};

struct DiscoveryLog {
  std::uint64_t generation = 0;
  std::vector<DiscoveryRecord> records;
};

}  // namespace nvmectl
