// Where `list` and `list-subsys` get their topology: this machine's, or what is behind a tcp:// reference.
#pragma once

#include <optional>

#include "core/context.hpp"

namespace nvmectl {

/// This machine (by the first backend with a topology, or --backend) without a device or with a kernel device; the
/// target's for tcp://. Parts that could not be read are in Topology::not_seen.
[[nodiscard]] Result<Topology> read_topology(const Context& context, const std::optional<DeviceRef>& device,
                                             const ScanRequest& request, bool referrals);

/// Puts the document out, with what was not seen as its errors and as warnings. `remote`: a part of a target that
/// failed makes the command fail as partial (exit 6).
[[nodiscard]] Result<> show_topology(Context& context, Value data, const Topology& topology, bool remote);

}  // namespace nvmectl
