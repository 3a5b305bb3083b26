// One deadline for a whole operation, passed down through everything that waits.
#pragma once

#include <chrono>

namespace nvmectl {

class Deadline {
 public:
  using Clock = std::chrono::steady_clock;
  Deadline() = default;  ///< never
  [[nodiscard]] static Deadline in(std::chrono::milliseconds span) {
    Deadline deadline;
    deadline.at_ = Clock::now() + span;
    return deadline;
  }
  [[nodiscard]] bool never() const { return at_ == Clock::time_point::max(); }
  /// The same deadline, which also passes as soon as `*flag` is not 0 (SIGINT, SIGTERM). The flag must outlive it.
  [[nodiscard]] Deadline or_when(const volatile int* flag) const {
    Deadline deadline = *this;
    deadline.stop_ = flag;
    return deadline;
  }
  [[nodiscard]] bool passed() const { return stopped() || (!never() && Clock::now() >= at_); }
  /// Time left, never negative; a day when there is no deadline. Rounded up, so that a poll() does not spin.
  [[nodiscard]] std::chrono::milliseconds left() const {
    using std::chrono::milliseconds;
    if (stopped()) return milliseconds(0);
    if (never()) return std::chrono::hours(24);
    const auto span = std::chrono::ceil<milliseconds>(at_ - Clock::now());
    return span > milliseconds(0) ? span : milliseconds(0);
  }
  /// The earlier of this and `span` from now.
  [[nodiscard]] Deadline at_most(std::chrono::milliseconds span) const {
    Deadline other = in(span);
    other.stop_ = stop_;
    return other.at_ < at_ ? other : *this;
  }

 private:
  [[nodiscard]] bool stopped() const { return stop_ != nullptr && *stop_ != 0; }
  const volatile int* stop_ = nullptr;
  Clock::time_point at_ = Clock::time_point::max();
};

}  // namespace nvmectl
