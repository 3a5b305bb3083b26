// What a target is to be made of, from options or from a JSON file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "target/target.hpp"

namespace nvmectl::target {

struct ListenAddress {
  std::string host = {};  ///< name or numeric, IPv6 without brackets
  std::uint16_t port = nvme_tcp_port;
};
/// "127.0.0.1:4420", "[::1]:0", "host" (port 4420). Usage error otherwise.
[[nodiscard]] Result<ListenAddress> parse_listen_address(std::string_view text);

/// Either `ram_bytes` or `file`.
struct NamespaceConfig {
  std::uint32_t nsid = 0;  ///< 0: the lowest free one
  std::optional<std::uint64_t> ram_bytes = {};
  std::optional<FileStoreOptions> file = {};
  std::uint32_t block_bytes = 512;
  std::optional<Guid> uuid = {};
};

struct SubsystemConfig {
  SubsystemSpec spec = {};
  std::vector<NamespaceConfig> namespaces = {};
};

struct TargetConfig {
  std::vector<ListenAddress> listen = {};
  std::vector<SubsystemConfig> subsystems = {};
  std::vector<Referral> referrals = {};
};

/// {"listen":["127.0.0.1:4420"],
///  "subsystems":[{"nqn":…,"serial":…,"model":…,"allow_hosts":[…],
///                 "namespaces":[{"nsid":1,"ram":"64MiB","block_size":4096,"uuid":…},{"file":"PATH","read_only":true}]}],
///  "referrals":[{"address":"192.0.2.1","port":8009,"nqn":…}]}
/// "file" may be "PATH:SIZE" as in parse_file_store(). Only nqn, one of ram and file, and address are necessary; keys
/// that are not known are errors. A usage error names the place: "subsystems[0].namespaces[1].ram: …".
[[nodiscard]] Result<TargetConfig> parse_config(std::string_view json);
/// The same from a file of at most 64 MiB.
[[nodiscard]] Result<TargetConfig> load_config(const std::string& path);

/// Opens the stores and builds the subsystems. Errors of Target, Subsystem and the stores.
[[nodiscard]] Result<std::unique_ptr<Target>> make_target(const TargetConfig& config);

}  // namespace nvmectl::target
