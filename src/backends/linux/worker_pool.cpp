#include "backends/linux/worker_pool.hpp"

#include <climits>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <poll.h>
#include <sys/socket.h>
#include <utility>
#include <vector>

#include "backends/linux/child.hpp"

namespace nvmectl::linux_backend {
namespace {

constexpr std::uint32_t no_more = ~std::uint32_t{0};

// The next index, or the end. Asking for it also says that the last result was received.
bool receive_index(int socket, std::uint32_t& index) {
  ssize_t size = 0;
  do size = ::recv(socket, &index, sizeof(index), MSG_WAITALL);
  while (size < 0 && errno == EINTR);
  return size == sizeof(index);
}

void serve(int socket, const PoolWork& work, std::uint32_t index) {
  for (bool open = true; open && index != no_more;) {
    const std::uint32_t current = index;
    const std::string line = work.run(current);
    const std::string text = line + "\n";
    open = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()) &&
           receive_index(socket, index);
    if (!open && work.undo) work.undo(current, line);
  }
}

struct Worker {
  Child child;
  std::optional<std::size_t> index;  // in work
};

class Pool {
 public:
  Pool(std::size_t count, const std::function<void(std::size_t, std::optional<std::string>)>& done)
      : count_(count), done_(done) {}

  Result<> start(std::size_t workers, const PoolWork& work) {
    for (std::size_t i = 0; i < std::min(workers, count_); ++i) {
      const auto first = static_cast<std::uint32_t>(next_);
      auto child = Child::start(Child::End::left_running, [&](int socket) { serve(socket, work, first); });
      if (!child && i == 0) return fail(std::move(child).error());
      if (!child) break;  // fewer will do
      workers_.push_back({std::move(*child), next_++});
    }
    return {};
  }

  void run(const Deadline& deadline) {
    const auto works = [](const Worker& worker) { return worker.index.has_value(); };
    while (std::any_of(workers_.begin(), workers_.end(), works) && wait(deadline))
      for (std::size_t i = 0; i < workers_.size(); ++i) take_result(i);
    for (const Worker& worker : workers_)
      if (worker.index) done_(*worker.index, std::nullopt);
    while (next_ < count_) done_(next_++, std::nullopt);
  }

 private:
  void give_next(Worker& worker) {
    const bool more = next_ < count_;
    const std::uint32_t index = more ? static_cast<std::uint32_t>(next_) : no_more;
    // A dead child shows when its result is read.
    static_cast<void>(::send(worker.child.fd(), &index, sizeof(index), MSG_NOSIGNAL));
    worker.index = more ? std::optional(next_++) : std::nullopt;
  }

  bool wait(const Deadline& deadline) {
    polls_.clear();
    for (const Worker& worker : workers_) polls_.push_back({worker.index ? worker.child.fd() : -1, POLLIN, 0});
    for (;;) {
      const auto left = static_cast<int>(std::min<long long>(deadline.left().count(), INT_MAX));
      const int ready = ::poll(polls_.data(), polls_.size(), left);
      if (ready > 0) return true;
      if ((ready < 0 && errno != EINTR) || deadline.passed()) return false;
    }
  }

  void take_result(std::size_t i) {
    Worker& worker = workers_[i];
    if (polls_[i].revents == 0 || !worker.index) return;
    auto line = worker.child.read_line(Deadline::in(std::chrono::milliseconds(1000)));
    const std::size_t index = *worker.index;
    if (line && !line->empty()) {
      give_next(worker);
      return done_(index, std::move(*line));
    }
    worker.index.reset();  // it died; the others go on
    done_(index, std::nullopt);
  }

  std::size_t count_, next_ = 0;
  const std::function<void(std::size_t, std::optional<std::string>)>& done_;
  std::vector<Worker> workers_;
  std::vector<pollfd> polls_;
};

}  // namespace

Result<> run_in_children(std::size_t count, std::size_t workers, const Deadline& deadline, const PoolWork& work,
                         const std::function<void(std::size_t, std::optional<std::string>)>& done) {
  if (count == 0) return {};
  Pool pool(count, done);
  NVMECTL_TRY(pool.start(std::max<std::size_t>(workers, 1), work));
  pool.run(deadline);
  return {};
}

}  // namespace nvmectl::linux_backend
