#include "commands/pmem/runner.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/text.hpp"

extern char** environ;  // NOLINT: POSIX's name

namespace nvmectl {
namespace {

constexpr std::size_t most_output = std::size_t{1} << 20U;

class Pipe {
 public:
  Pipe() {
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) == 0) read_ = ends[0], write_ = ends[1];
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_read();
    close_write();
  }
  void close_read() { close_one(read_); }
  void close_write() { close_one(write_); }
  [[nodiscard]] int read_end() const { return read_; }
  [[nodiscard]] int write_end() const { return write_; }

 private:
  static void close_one(int& fd) {
    if (fd >= 0) ::close(fd);
    fd = -1;
  }
  int read_ = -1, write_ = -1;
};

std::string find_program(const Environment& environment, const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const std::string path = environment.variable("PATH").value_or("") + ":/usr/sbin:/usr/bin:/sbin:/bin";
  for (const std::string_view folder : split(path, ':')) {
    if (folder.empty()) continue;
    const std::string candidate = std::string(folder) + "/" + name;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return "";
}

// Takes what is there; closes the end of a pipe that has ended.
void drain(Pipe& pipe, std::string& to) {
  std::array<char, 4096> buffer{};
  const ssize_t got = ::read(pipe.read_end(), buffer.data(), buffer.size());
  if (got > 0) {
    if (to.size() < most_output) to.append(buffer.data(), static_cast<std::size_t>(got));
  } else if (got == 0 || errno != EINTR) {
    pipe.close_read();
  }
}

void collect(Pipe& out, Pipe& errors, ProgramResult& result, const Deadline& deadline) {
  while ((out.read_end() >= 0 || errors.read_end() >= 0) && !deadline.passed()) {
    std::array<pollfd, 2> wait{pollfd{out.read_end(), POLLIN, 0}, pollfd{errors.read_end(), POLLIN, 0}};
    const auto left = deadline.left().count();
    if (::poll(wait.data(), wait.size(), left > 200 ? 200 : static_cast<int>(left)) <= 0) continue;
    if (wait[0].revents != 0) drain(out, result.out);
    if (wait[1].revents != 0) drain(errors, result.errors);
  }
}

Result<int> wait_for(pid_t child, const std::string& name, const Deadline& deadline) {
  int status = 0;
  bool killed = false;
  for (;;) {
    const pid_t ended = ::waitpid(child, &status, killed ? 0 : WNOHANG);
    if (ended == child) break;
    if (ended < 0 && errno != EINTR) return fail(os_error(errno, fmt::format("{} could not be waited for", name)));
    if (killed) continue;
    if (deadline.passed()) {
      ::kill(child, SIGKILL);
      killed = true;
    } else {
      ::poll(nullptr, 0, 5);
    }
  }
  if (killed) return fail(ErrorKind::timeout, fmt::format("{} took too long and was ended", name), "give a --timeout");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Result<ProgramResult> PosixRunner::run(const std::vector<std::string>& words, const Deadline& deadline) {
  const std::string path = find_program(environment_, words.front());
  if (path.empty())
    return fail(ErrorKind::unsupported, fmt::format("the program {} is not installed", words.front()),
                "install the package that has it");
  Pipe out, errors;
  if (out.write_end() < 0 || errors.write_end() < 0) return fail(os_error(errno, "a pipe could not be made"));
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, out.write_end(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, errors.write_end(), STDERR_FILENO);
  pid_t child = -1;
  const int failed = ::posix_spawn(&child, path.c_str(), &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return fail(os_error(failed, fmt::format("{} could not be started", path)));
  out.close_write();
  errors.close_write();
  ProgramResult result;
  collect(out, errors, result, deadline);
  NVMECTL_ASSIGN(result.code, wait_for(child, words.front(), deadline));
  return result;
}

Result<std::string> run_program(ProgramRunner& runner, const std::vector<std::string>& words,
                                const Deadline& deadline) {
  NVMECTL_ASSIGN(const ProgramResult result, runner.run(words, deadline));
  if (result.code == 0) return result.out;
  std::string_view first;  // what comes behind it is a program's usage, or what it then could not do either
  for (const std::string_view line : split(result.errors, '\n'))
    if (first.empty()) first = trim(line);
  std::string all;
  for (const std::string& word : words) all += (all.empty() ? "" : " ") + word;
  Error error = make_error(ErrorKind::io, fmt::format("{} failed with exit status {}", words.front(), result.code));
  error.cause = first.empty() ? std::string() : printable(first);
  error.operation = printable(all);
  return fail(std::move(error));
}

}  // namespace nvmectl
