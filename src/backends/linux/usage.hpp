// How much of each namespace is used: the one question of a listing that the kernel passes on to the device, and so the
// one that can take for ever.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/deadline.hpp"
#include "core/result.hpp"

namespace nvmectl::linux_backend {

struct UsageAnswer {
  enum class State : std::uint8_t {
    unanswered,  ///< the kernel did not come back in time
    known,       ///< `blocks` is valid
    failed       ///< with `os_errno`
  };
  State state = State::unanswered;
  int os_errno = 0;
  std::uint64_t blocks = 0;  ///< NUSE, in logical blocks
};

/// Answers question number `index`: 0 and `blocks`, or an errno. Runs in a child process.
using UsageFunction = std::function<int(std::size_t index, std::uint64_t& blocks)>;

/// Asks one question for each of `groups` in a child process, which is given up when it makes no progress for
/// `stall_limit` or the deadline passes. The question that hung takes all of its group (a controller or subsystem) with
/// it; the others are asked by another child. Never waits for a child that hangs in the kernel. An Error only when no
/// child could be started.
[[nodiscard]] Result<std::vector<UsageAnswer>> ask_usage(std::span<const std::size_t> groups,
                                                         const UsageFunction& function, const Deadline& deadline,
                                                         std::chrono::milliseconds stall_limit);

}  // namespace nvmectl::linux_backend
