// Files of the store: read whole, replaced whole, and changed by one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/deadline.hpp"
#include "core/result.hpp"

namespace nvmectl::connections {

/// The content of a regular file of at most `most` bytes; empty optional when there is none. io or permission errors.
/// `pipes`: of a pipe or terminal as well, waiting for its end.
[[nodiscard]] Result<std::optional<std::string>> read_file(const std::string& path, std::size_t most,
                                                           bool pipes = false);

/// The steps of replacing a file, for tests that stop before one of them.
enum class Step : std::uint8_t { create, write, sync_file, rename, sync_directory };
/// Called before each step; an error stops there as if the system had said so.
using BeforeStep = std::function<Result<>(Step step, const std::string& path)>;

/// Writes a temporary file beside `path`, syncs it, puts it in the place of `path` and syncs the directory: at any
/// moment the old or the new content is there. Mode 0600. Makes the directory (not its parents) when it is missing.
[[nodiscard]] Result<> replace_file(const std::string& path, std::string_view content, const BeforeStep& before = {});
/// The same for taking the file away; none there is fine.
[[nodiscard]] Result<> remove_file(const std::string& path, const BeforeStep& before = {});

/// Holds a lock until destroyed. The file stays; it says who holds it.
class FileLock {
 public:
  /// Waits until the deadline; then busy, naming the process. `what` is for the sentence: "the store of connections".
  [[nodiscard]] static Result<FileLock> take(const std::string& path, const Deadline& deadline, std::string_view what);
  FileLock(FileLock&& other) noexcept;
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace nvmectl::connections
