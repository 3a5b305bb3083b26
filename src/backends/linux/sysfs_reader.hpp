// SysfsReader: attributes, directories and links below a root's sys/, with as few system calls as that takes.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nvmectl::linux_backend {

/// Descriptors waiting to be closed together. Closing each one alone would make a third system call of every attribute
/// that is read; up to `capacity` of them, which open() numbered in a row, go with one close_range() instead. Small
/// enough to stay far from a limit of 1,024 descriptors.
class ClosingQueue {
 public:
  ClosingQueue() = default;
  ClosingQueue(const ClosingQueue&) = delete;
  ClosingQueue& operator=(const ClosingQueue&) = delete;
  ~ClosingQueue() { flush(); }
  /// Takes ownership of `fd`, which is closed at some time from now on.
  void add(int fd);
  /// Closes all of them now.
  void flush();

 private:
  static constexpr std::size_t capacity = 96;
  std::array<int, capacity> fds_{};
  std::size_t count_ = 0;
};

/// Reads below `root`/sys. Not for two threads at once. Symbolic links of a captured tree cannot lead out of it.
class SysfsReader {
 public:
  /// `root` is the directory that holds sys/: "" or "/" for this machine.
  explicit SysfsReader(std::string root);
  SysfsReader(const SysfsReader&) = delete;
  SysfsReader& operator=(const SysfsReader&) = delete;
  ~SysfsReader();

  /// An attribute's text without the blanks and line ends around it, at most 4 KiB of it, as raw bytes: it may have
  /// come from a device. Empty optional when it cannot be read; `*os_errno` (when given) then says why. `path` is
  /// relative to sys/.
  [[nodiscard]] std::optional<std::string> read(std::string_view path, int* os_errno = nullptr);
  /// The names in a directory but "." and "..", unsorted. Empty optional when it cannot be read.
  [[nodiscard]] std::optional<std::vector<std::string>> list(std::string_view path);
  /// The same for a directory relative to the root, "dev" for instance.
  [[nodiscard]] std::optional<std::vector<std::string>> list_in_root(std::string_view path);
  [[nodiscard]] bool exists(std::string_view path);
  /// True when sys/ is a mounted sysfs and not a copy: reading some attributes then makes the kernel send commands.
  [[nodiscard]] bool live() const;
  [[nodiscard]] const std::string& root() const { return root_; }

 private:
  [[nodiscard]] int open(int flags);  // path_
  [[nodiscard]] int open_live(int flags);
  [[nodiscard]] std::optional<std::vector<std::string>> list_path();  // path_
  void set_path(std::string_view path);

  std::string root_;  // without a slash at the end, "" for this machine
  int root_fd_ = -1;  // captured trees only
  bool confined_ = true;
  std::string member_;  // "/sys/class/nvme-subsystem/nvme-subsys0", of which the last file was
  int member_fd_ = -1;
  int member_uses_ = 0;
  std::string path_;
  std::unique_ptr<std::array<char, 32768>> names_;
  ClosingQueue closing_;
};

}  // namespace nvmectl::linux_backend
