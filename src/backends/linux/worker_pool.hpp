// Work in the kernel that blocks, spread over a bounded number of child processes, with one deadline over all of it.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "core/deadline.hpp"
#include "core/result.hpp"

namespace nvmectl::linux_backend {

struct PoolWork {
  /// In a child: does the work of `index` and says what came of it: one line of at most 4,000 bytes.
  std::function<std::string(std::size_t index)> run;
  /// In the child: takes back what run() did, since nobody waits for it any more. May be empty.
  std::function<void(std::size_t index, const std::string& line)> undo;
};

/// Runs `work` for every index below `count` in at most `workers` children, in order of the indices. `done` is called
/// here for each as it ends: with its line, or without when the deadline passed or the child died. Children that are
/// stuck in the kernel stay behind and take back what they did. An Error when not one child could be started; `done`
/// is then never called.
[[nodiscard]] Result<> run_in_children(std::size_t count, std::size_t workers, const Deadline& deadline,
                                       const PoolWork& work,
                                       const std::function<void(std::size_t, std::optional<std::string>)>& done);

}  // namespace nvmectl::linux_backend
