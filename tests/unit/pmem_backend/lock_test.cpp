// The one lock over all changes of persistent memory.
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <unistd.h>

#include "backends/pmem/backend.hpp"
#include "support/catch.hpp"

using namespace nvmectl;
using namespace std::chrono_literals;

namespace {

struct Directory {
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("nvmectl-lock-" + std::to_string(::getpid()));
  ~Directory() { std::filesystem::remove_all(path); }
};

}  // namespace

TEST_CASE("only one at a time changes persistent memory") {
  const Directory run;
  PmemBackend one({.sysroot = {}, .run_directory = run.path.string()});
  PmemBackend other({.sysroot = {}, .run_directory = run.path.string()});
  auto held = one.pmem()->lock(Deadline::in(1s));
  REQUIRE(held.has_value());
  const auto begin = std::chrono::steady_clock::now();
  const auto refused = other.pmem()->lock(Deadline::in(80ms));
  REQUIRE_FALSE(refused.has_value());
  CHECK(std::chrono::steady_clock::now() - begin >= 70ms);
  CHECK(refused.error().kind == ErrorKind::busy);
  CHECK(refused.error().cause.find(std::to_string(::getpid())) != std::string::npos);
  held->reset();
  CHECK(other.pmem()->lock(Deadline::in(80ms)).has_value());
}

TEST_CASE("who holds the lock may take it again") {
  const Directory run;
  PmemBackend one({.sysroot = {}, .run_directory = run.path.string()});
  PmemBackend other({.sysroot = {}, .run_directory = run.path.string()});
  auto outer = one.pmem()->lock(Deadline::in(1s));
  REQUIRE(outer.has_value());
  {
    const auto inner = one.pmem()->lock(Deadline::in(1s));
    REQUIRE(inner.has_value());
  }
  CHECK_FALSE(other.pmem()->lock(Deadline::in(20ms)).has_value());  // the outer one still holds it
  outer->reset();
  CHECK(other.pmem()->lock(Deadline::in(20ms)).has_value());
}

TEST_CASE("a signal ends the wait for the lock") {
  const Directory run;
  PmemBackend one({.sysroot = {}, .run_directory = run.path.string()});
  PmemBackend other({.sysroot = {}, .run_directory = run.path.string()});
  const auto held = one.pmem()->lock(Deadline::in(1s));
  REQUIRE(held.has_value());
  const volatile int stopped = 2;
  const auto begin = std::chrono::steady_clock::now();
  CHECK_FALSE(other.pmem()->lock(Deadline::in(60s).or_when(&stopped)).has_value());
  CHECK(std::chrono::steady_clock::now() - begin < 5s);
}

TEST_CASE("a lock that cannot be made says where it should be") {
  PmemBackend backend({.sysroot = {}, .run_directory = "/proc/nowhere"});
  const auto lock = backend.pmem()->lock(Deadline::in(1s));
  REQUIRE_FALSE(lock.has_value());
  CHECK(lock.error().message.find("/proc/nowhere/pmem.lock") != std::string::npos);
}
