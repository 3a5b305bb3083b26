// Child: a process of our own for work in the kernel that may never come back.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <sys/types.h>

#include "core/deadline.hpp"
#include "core/result.hpp"

namespace nvmectl::linux_backend {

/// A forked process that holds nothing of ours but one end of a socket: its standard streams are /dev/null, so that one
/// stuck in an uninterruptible wait keeps neither a terminal nor a pipeline of the user open.
class Child {
 public:
  enum class End : std::uint8_t {
    killed,       ///< killed with the Child object, or when this process dies
    left_running  ///< must finish what it began: it reads the end of its socket when the Child object or we are gone
  };
  /// `work` gets the socket to read from and write to; the process ends when it returns. It must not throw.
  [[nodiscard]] static Result<Child> start(End end, const std::function<void(int socket)>& work);

  Child(Child&& other) noexcept;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  Child& operator=(Child&&) = delete;
  /// Never waits for the process.
  ~Child();

  /// Its socket, for poll(2) and send(2); owned by this object.
  [[nodiscard]] int fd() const { return fd_; }
  /// Lets it read the end of its socket.
  void finish();
  /// Waits until it has closed its socket or died. False when the deadline passed before.
  [[nodiscard]] bool wait_for_end(const Deadline& deadline);
  /// The next line that it writes, without the line end, at most 4 KiB; what there is when it ended in the middle of
  /// one. timeout when the deadline passed before.
  [[nodiscard]] Result<std::string> read_line(const Deadline& deadline);

 private:
  Child(pid_t pid, int fd, End end) : pid_(pid), fd_(fd), end_(end) {}
  [[nodiscard]] bool receive(const Deadline& deadline);
  pid_t pid_;
  int fd_;
  End end_;
  bool ended_ = false;
  std::string received_;
};

}  // namespace nvmectl::linux_backend
