#include "backends/linux/usage.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <sys/mman.h>
#include <type_traits>
#include <unordered_set>

#include "backends/linux/child.hpp"

namespace nvmectl::linux_backend {
namespace {

constexpr int most_rounds = 4;

// Answers, written by the child and seen by the parent at once. A pipe would cost a system call for each of them, or
// lose those that a hanging child had not sent yet.
class SharedAnswers {
 public:
  struct Answer {
    std::atomic<std::uint32_t> state;  // UsageAnswer::State, written last
    std::int32_t os_errno;
    UsageFacts facts;
  };
  static_assert(std::atomic<std::uint32_t>::is_always_lock_free && std::is_trivially_copyable_v<UsageFacts>);

  explicit SharedAnswers(std::size_t count) : bytes_(count * sizeof(Answer)) {
    void* memory = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED) answers_ = {static_cast<Answer*>(memory), count};
  }
  SharedAnswers(const SharedAnswers&) = delete;
  SharedAnswers& operator=(const SharedAnswers&) = delete;
  ~SharedAnswers() {
    if (!answers_.empty()) ::munmap(answers_.data(), bytes_);
  }
  [[nodiscard]] std::span<Answer> all() const { return answers_; }

 private:
  std::size_t bytes_;
  std::span<Answer> answers_;
};

[[nodiscard]] bool answered(const SharedAnswers::Answer& answer) {
  return answer.state.load(std::memory_order_acquire) != static_cast<std::uint32_t>(UsageAnswer::State::unanswered);
}

void answer_all(std::span<const std::size_t> questions, const UsageFunction& function,
                std::span<SharedAnswers::Answer> answers) {
  for (const std::size_t index : questions) {
    SharedAnswers::Answer& answer = answers[index];
    answer.os_errno = function(index, answer.facts);
    const auto state = answer.os_errno == 0 ? UsageAnswer::State::known : UsageAnswer::State::failed;
    answer.state.store(static_cast<std::uint32_t>(state), std::memory_order_release);
  }
}

// Waits until the child ended or stood still for `stall_limit`. Questions are answered in order, so the first
// unanswered one is where it hangs.
void watch(Child& child, std::span<const std::size_t> questions, std::span<const SharedAnswers::Answer> answers,
           const Deadline& deadline, std::chrono::milliseconds stall_limit) {
  auto next = questions.begin();
  Deadline stalled = deadline.at_most(stall_limit);
  while (!deadline.passed() && !stalled.passed()) {
    if (child.wait_for_end(stalled.at_most(stall_limit / 4))) return;
    const auto now = std::find_if(next, questions.end(), [&](std::size_t index) { return !answered(answers[index]); });
    if (now != next) stalled = deadline.at_most(stall_limit);
    next = now;
  }
}

}  // namespace

Result<std::vector<UsageAnswer>> ask_usage(std::span<const std::size_t> groups, const UsageFunction& function,
                                           const Deadline& deadline, std::chrono::milliseconds stall_limit) {
  std::vector<UsageAnswer> result(groups.size());
  if (groups.empty()) return result;
  const SharedAnswers shared(groups.size());
  if (shared.all().empty()) return fail(os_error(ENOMEM, "no memory to share with a helper process"));

  std::unordered_set<std::size_t> hanging;
  // Who hangs behind one that hung gets less patience: with a whole network gone the scan shall end soon.
  for (int round = 0; round < most_rounds && !deadline.passed(); ++round, stall_limit /= 2) {
    std::vector<std::size_t> questions;
    for (std::size_t i = 0; i < groups.size(); ++i)
      if (!answered(shared.all()[i]) && !hanging.contains(groups[i])) questions.push_back(i);
    if (questions.empty()) break;
    NVMECTL_ASSIGN(Child child,
                   Child::start(Child::End::killed, [&](int) { answer_all(questions, function, shared.all()); }));
    watch(child, questions, shared.all(), deadline, stall_limit);
    const auto stuck = std::find_if(questions.begin(), questions.end(),
                                    [&](std::size_t index) { return !answered(shared.all()[index]); });
    if (stuck == questions.end()) break;
    hanging.insert(groups[*stuck]);
  }

  for (std::size_t i = 0; i < groups.size(); ++i) {
    const SharedAnswers::Answer& answer = shared.all()[i];
    if (!answered(answer)) continue;
    result[i] = {static_cast<UsageAnswer::State>(answer.state.load()), answer.os_errno, answer.facts};
  }
  return result;
}

}  // namespace nvmectl::linux_backend
