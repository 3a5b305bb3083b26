// spawn RUNS COMMAND…: run it that often, its output thrown away, and print for each run
// "WALL_US CPU_US PEAK_KIB". A process of its own, since what fork and the peak of resident memory take over from
// the parent would be Python's.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

long microseconds(const timeval& time) {
  return time.tv_sec * 1000000L + time.tv_usec;
}

bool measure(char** command, const posix_spawn_file_actions_t& quiet) {
  const auto begin = std::chrono::steady_clock::now();
  pid_t child = 0;
  if (posix_spawnp(&child, command[0], &quiet, nullptr, command, environ) != 0) return false;
  int status = 0;
  rusage usage = {};
  if (wait4(child, &status, 0, &usage) != child || status != 0) return false;
  const auto wall = std::chrono::steady_clock::now() - begin;
  std::printf("%lld %ld %ld\n",
              static_cast<long long>(std::chrono::duration_cast<std::chrono::microseconds>(wall).count()),
              microseconds(usage.ru_utime) + microseconds(usage.ru_stime), usage.ru_maxrss);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  posix_spawn_file_actions_t quiet;
  posix_spawn_file_actions_init(&quiet);
  posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  for (int run = std::atoi(argv[1]); run > 0; --run) {
    if (!measure(argv + 2, quiet)) return 1;
  }
  return 0;
}
