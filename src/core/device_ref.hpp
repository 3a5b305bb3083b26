// DeviceRef: how a user names a device; the scheme picks the backend.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace nvmectl {

/// nvme0, nvme0n1, /dev/ng0n1, tcp://HOST[:PORT][/NQN][?nsid=N], rdma://…, fc://TRADDR[/NQN][?host=TRADDR],
/// loop:///[NQN], spdk:NAME, pmem:NAME, conn:NAME-or-UUID.
struct DeviceRef {
  enum class Scheme : std::uint8_t { kernel, tcp, spdk, pmem, connection, rdma, fc, loop };
  Scheme scheme = Scheme::kernel;
  std::string text;  ///< as written, made printable; for messages

  // kernel: the node's name without /dev/ ("nvme0n1", "ng0n1"), or an absolute path outside /dev/nvme… kept as is.
  // spdk, pmem, connection: the name behind the colon.
  std::string name;

  // tcp, rdma, fc, loop
  std::string host;                   ///< without brackets; IPv6 may carry %iface
  std::optional<std::uint16_t> port;  ///< empty: 4420, or 8009 for discovery
  std::string nqn;                    ///< empty: the discovery controller
  std::optional<std::uint32_t> nsid;
  std::string host_address;  ///< fc: the local port

  /// It names a controller of a fabric and not a device of this machine.
  [[nodiscard]] bool is_fabrics() const;
  /// "tcp", "rdma", "fc" or "loop"; "" when it is none of them.
  [[nodiscard]] std::string_view transport() const;

  /// Usage error with the accepted forms for anything else.
  [[nodiscard]] static Result<DeviceRef> parse(std::string_view text);
};

/// An NQN's form: "nqn." + date + reverse domain, or the uuid form; at most 223 bytes, no control bytes.
/// NVM Express Base Specification 2.0d, section 4.7.
[[nodiscard]] Result<> check_nqn(std::string_view nqn);

inline constexpr std::string_view discovery_nqn = "nqn.2014-08.org.nvmexpress.discovery";
inline constexpr std::uint16_t nvme_tcp_port = 4420;
inline constexpr std::uint16_t discovery_port = 8009;
inline constexpr std::size_t max_nqn_length = 223;

}  // namespace nvmectl
