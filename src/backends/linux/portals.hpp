// Which of many targets answer at all, found out before the kernel is asked.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "backends/linux/kernel_connect.hpp"
#include "core/fabrics.hpp"

namespace nvmectl::linux_backend {

/// 0 when `address` accepts TCP connections at `port`, or the errno that the kernel would find.
[[nodiscard]] int probe_by_tcp(const std::string& address, const std::string& port, const Deadline& deadline);

/// The caller's index of a target and the target.
using ConnectJob = std::pair<std::size_t, ConnectParameters>;

/// The kernel makes one connection at a time, and waits seconds for each target that does not answer, so that one dead
/// address keeps all the others waiting. Where the TCP targets of `jobs` are at two addresses or more, each address is
/// tried from here first, all at the same time; the targets at those that refuse or stay silent get their error by
/// `done` and are taken out of `jobs`. What needs a local address or interface is left to the kernel.
void fail_unreachable(std::vector<ConnectJob>& jobs, const ProbeFunction& probe, const Deadline& deadline,
                      const std::function<void(std::size_t index, Result<Connection> outcome)>& done);

}  // namespace nvmectl::linux_backend
