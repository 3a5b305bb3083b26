#include "backends/linux/child.hpp"

#include <climits>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string_view>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace nvmectl::linux_backend {
namespace {

constexpr std::size_t most_received = 4096;

void close_from_to(unsigned first, unsigned last) {
  if (first > last) return;
#ifdef SYS_close_range
  if (::syscall(SYS_close_range, first, last, 0U) == 0) return;
#endif
  const long most = ::sysconf(_SC_OPEN_MAX);
  for (unsigned fd = first; fd <= last && static_cast<long>(fd) < most; ++fd) ::close(static_cast<int>(fd));
}

// Leaves the new process with /dev/null as standard streams and `keep`, which becomes descriptor 3.
int detach(int keep) {
  const int fd = keep == 3 ? keep : ::dup2(keep, 3);
  const int null = ::open("/dev/null", O_RDWR);
  for (int standard = 0; standard < 3; ++standard) {
    if (null < 0) ::close(standard);
    else ::dup2(null, standard);
  }
  close_from_to(4, UINT_MAX);
  return fd;
}

void reset_signals(Child::End end, pid_t parent) {
  if (end == Child::End::left_running) {
    ::setsid();  // Ctrl-C is for the parent
    return;
  }
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::signal(number, SIG_DFL);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
}

}  // namespace

Result<Child> Child::start(End end, const std::function<void(int)>& work) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return fail(os_error(errno, "no socket for a helper process could be made"));
  const pid_t parent = end == End::killed ? ::getpid() : 0;
  const pid_t pid = ::fork();
  if (pid < 0) {
    const int why = errno;
    ::close(ends[0]);
    ::close(ends[1]);
    return fail(os_error(why, "no helper process could be started"));
  }
  if (pid == 0) {
    reset_signals(end, parent);
    work(detach(ends[0]));
    ::_exit(0);
  }
  ::close(ends[0]);
  return Child(pid, ends[1], end);
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      fd_(std::exchange(other.fd_, -1)),
      end_(other.end_),
      ended_(other.ended_),
      received_(std::move(other.received_)) {}

Child::~Child() {
  if (pid_ < 0) return;
  ::close(fd_);
  if (!ended_ && end_ == End::killed) ::kill(pid_, SIGKILL);
  // One that has closed its socket is about to end: reap it if that is quick. One in an uninterruptible wait, or left
  // to its work, passes to init when this process ends.
  for (int tries = ended_ ? 50 : 1; tries > 0 && ::waitpid(pid_, nullptr, WNOHANG) == 0; --tries) ::usleep(200);
}

void Child::finish() {
  ::shutdown(fd_, SHUT_WR);
}

// Waits for more, or the end.
bool Child::receive(const Deadline& deadline) {
  for (;;) {
    pollfd poll_fd{fd_, POLLIN, 0};
    const int ready = ::poll(&poll_fd, 1, static_cast<int>(std::min<long long>(deadline.left().count(), INT_MAX)));
    if (ready > 0) break;
    if ((ready < 0 && errno != EINTR) || deadline.passed()) return false;
  }
  std::array<char, 1024> text;
  const ssize_t size = ::read(fd_, text.data(), text.size());
  if (size > 0) {
    const std::size_t room = most_received - std::min(most_received, received_.size());
    received_.append(text.data(), std::min(static_cast<std::size_t>(size), room));
  } else if (size == 0 || (errno != EINTR && errno != EAGAIN)) {
    ended_ = true;
  }
  return true;
}

bool Child::wait_for_end(const Deadline& deadline) {
  while (!ended_)
    if (!receive(deadline)) return false;
  return true;
}

Result<std::string> Child::read_line(const Deadline& deadline) {
  for (;;) {
    const std::size_t end = received_.find('\n');
    if (end != std::string::npos || ended_) {
      std::string line = received_.substr(0, end);
      received_.erase(0, end == std::string::npos ? end : end + 1);
      return line;
    }
    if (!receive(deadline)) return fail(ErrorKind::timeout, "the kernel did not answer in time");
  }
}

}  // namespace nvmectl::linux_backend
