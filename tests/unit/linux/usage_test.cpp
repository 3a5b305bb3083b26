#include "backends/linux/usage.hpp"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <string>
#include <unistd.h>

#include "backends/linux/child.hpp"
#include "support/catch.hpp"

using namespace nvmectl;
using namespace nvmectl::linux_backend;
using namespace std::chrono_literals;
using State = UsageAnswer::State;

namespace {

[[noreturn]] void hang() {
  for (;;) ::pause();
}

}  // namespace

TEST_CASE("usage is asked in a child and comes back", "[linux]") {
  const pid_t here = ::getpid();
  const auto ask = [&](std::size_t index, UsageFacts& facts) {
    if (::getpid() == here) return EDOM;
    facts.used_blocks = index * 10;
    return index == 2 ? EACCES : 0;
  };
  const std::vector<std::size_t> groups{0, 0, 1, 1};
  const auto answers = ask_usage(groups, ask, Deadline::in(5s), 2s);
  REQUIRE(answers);
  REQUIRE(answers->size() == 4);
  REQUIRE((*answers)[1].state == State::known);
  REQUIRE((*answers)[1].facts.used_blocks == 10);
  REQUIRE((*answers)[2].state == State::failed);
  REQUIRE((*answers)[2].os_errno == EACCES);
  REQUIRE((*answers)[3].facts.used_blocks == 30);
  REQUIRE(ask_usage({}, ask, Deadline::in(5s), 2s)->empty());
}

TEST_CASE("a question that hangs costs its group and nobody else", "[linux]") {
  const auto ask = [&](std::size_t index, UsageFacts& facts) {
    if (index == 1 || index == 5) hang();
    facts.used_blocks = 7;
    return 0;
  };
  const std::vector<std::size_t> groups{0, 1, 1, 0, 2, 3, 2};
  const auto start = Deadline::Clock::now();
  const auto answers = ask_usage(groups, ask, Deadline::in(20s), 200ms);
  const auto took = Deadline::Clock::now() - start;
  REQUIRE(answers);
  for (const std::size_t i : {0U, 3U, 4U, 6U}) CHECK((*answers)[i].state == State::known);
  for (const std::size_t i : {1U, 2U, 5U}) CHECK((*answers)[i].state == State::unanswered);
  CHECK(took < 5s);
  CHECK(took >= 300ms);
}

TEST_CASE("the deadline ends the wait, and slow progress does not", "[linux]") {
  const auto slow = [&](std::size_t, UsageFacts& facts) {
    ::usleep(60'000);
    facts.used_blocks = 1;
    return 0;
  };
  const std::vector<std::size_t> groups(10, 0);
  const auto all = ask_usage(groups, slow, Deadline::in(20s), 300ms);
  REQUIRE(all);
  REQUIRE(all->back().state == State::known);
  const auto some = ask_usage(groups, slow, Deadline::in(200ms), 300ms);
  REQUIRE(some);
  REQUIRE(some->front().state == State::known);
  REQUIRE(some->back().state == State::unanswered);
}

TEST_CASE("a child that dies gives no answers", "[linux]") {
  const std::vector<std::size_t> groups{0, 1};
  const auto answers = ask_usage(
      groups, [](std::size_t, UsageFacts&) -> int { ::_exit(1); }, Deadline::in(5s), 2s);
  REQUIRE(answers);
  REQUIRE((*answers)[1].state == State::unanswered);
}

TEST_CASE("a child holds nothing of ours", "[linux]") {
  const int extra = ::open("/dev/null", O_RDONLY);  // without O_CLOEXEC
  auto child = Child::start(Child::End::killed, [&](int socket) {
    std::string held;
    for (int fd = 0; fd < 64; ++fd)
      if (fd != socket && ::fcntl(fd, F_GETFD) != -1) held += std::to_string(fd) + " ";
    held += ::isatty(1) ? "tty\n" : "\n";
    if (::write(socket, held.data(), held.size()) < 0) ::_exit(1);
  });
  ::close(extra);
  REQUIRE(child);
  REQUIRE(child->read_line(Deadline::in(5s)) == "0 1 2 ");
  REQUIRE(child->wait_for_end(Deadline::in(5s)));
}

TEST_CASE("a child's lines are read within a deadline", "[linux]") {
  auto child = Child::start(Child::End::killed, [](int socket) {
    if (::write(socket, "one\ntwo", 7) < 0) ::_exit(1);
    char end = 0;
    if (::read(socket, &end, 1) != 0) ::_exit(1);
    if (::write(socket, "!", 1) < 0) ::_exit(1);
  });
  REQUIRE(child);
  REQUIRE(child->read_line(Deadline::in(5s)) == "one");
  REQUIRE(child->read_line(Deadline::in(50ms)).error().kind == ErrorKind::timeout);
  REQUIRE_FALSE(child->wait_for_end(Deadline::in(1ms)));
  child->finish();
  REQUIRE(child->read_line(Deadline::in(5s)) == "two!");
}
