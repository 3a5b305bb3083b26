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

/// What a namespace says of itself, in logical blocks.
struct UsageFacts {
  std::uint64_t used_blocks = 0;  ///< NUSE
  // Only from Identify, which is asked where sysfs does not tell NUSE:
  bool identified = false;
  std::uint64_t size_blocks = 0;      ///< NSZE
  std::uint64_t capacity_blocks = 0;  ///< NCAP
  std::uint32_t metadata_bytes = 0;   ///< of a block
};

struct UsageAnswer {
  enum class State : std::uint8_t {
    unanswered,  ///< the kernel did not come back in time
    known,       ///< `facts` are valid
    failed       ///< with `os_errno`
  };
  State state = State::unanswered;
  int os_errno = 0;
  UsageFacts facts;
};

/// Answers question number `index`: 0 and `facts`, or an errno. Runs in a child process.
using UsageFunction = std::function<int(std::size_t index, UsageFacts& facts)>;

/// Asks one question for each of `groups` in a child process, which is given up when it makes no progress for
/// `stall_limit` or the deadline passes. The question that hung takes all of its group (a controller or subsystem) with
/// it; the others are asked by another child, four at most and each with half the patience. Never waits for a child
/// that hangs in the kernel. An Error only when no child could be started.
[[nodiscard]] Result<std::vector<UsageAnswer>> ask_usage(std::span<const std::size_t> groups,
                                                         const UsageFunction& function, const Deadline& deadline,
                                                         std::chrono::milliseconds stall_limit);

}  // namespace nvmectl::linux_backend
