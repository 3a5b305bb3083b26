// This host's NQN and identifier in two files, hostnqn and hostid, which belong together.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/context.hpp"
#include "core/host_identity.hpp"
#include "core/result.hpp"

namespace nvmectl {

/// Where the two files are: $NVMECTL_HOST_DIR, else /etc/nvme. Without a slash at the end.
[[nodiscard]] std::string host_directory(const Environment& environment);

/// Reads what core's functions look for in /etc/nvme from `directory` instead.
[[nodiscard]] FileReader host_reader(const std::string& directory);

/// What the files say. "" for a file that is missing, or that holds no NQN (no UUID).
struct StoredHost {
  HostIdentity identity;
  std::string problem;  ///< why the two are no coherent pair; "" when they are, or when one is missing
};
[[nodiscard]] StoredHost stored_host(const std::string& directory);

/// False when the NQN is made of a UUID and the identifier is another one: targets and kernels refuse such pairs.
[[nodiscard]] bool coherent(const HostIdentity& host);

/// Told before each step of save_host ("write", "remove", "rename hostnqn", "rename hostid"); an error stops there, as
/// a crash would.
using BeforeHostStep = std::function<Result<>(std::string_view step)>;

/// Writes the pair, mode 0644, each file at once in the place of the old one. A crash at any moment leaves the old
/// pair, the new one, or hostnqn alone, from which the identifier follows. Makes the directory (not its parents). One
/// writer at a time; busy when another one has not finished by the deadline. Nothing is written that is there already.
[[nodiscard]] Result<> save_host(const std::string& directory, const HostIdentity& host, const Deadline& deadline,
                                 const BeforeHostStep& before = {});

}  // namespace nvmectl
