#include "commands/secret.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>
#include <utility>

#include "core/text.hpp"

namespace nvmectl {
namespace {

constexpr std::size_t max_file_size = 64U * 1024;
constexpr std::string_view better = "give file:PATH, env:NAME, keyring:DESCRIPTION or - (standard input)";

Result<std::string> checked(std::string secret, std::string_view what, std::string_view source) {
  if (secret.empty()) return fail(ErrorKind::usage, fmt::format("{}: there is no secret in {}", what, source));
  if (secret.size() > max_secret_length)
    return fail(ErrorKind::usage,
                fmt::format("{}: what {} holds is longer than {} bytes", what, source, max_secret_length));
  const auto is_text = [](char c) { return c > ' ' && c <= '~'; };
  if (!std::ranges::all_of(secret, is_text))
    return fail(ErrorKind::usage, fmt::format("{}: what {} holds is not a line of text", what, source),
                "a secret is one word of printable ASCII characters");
  return secret;
}

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

// All of a descriptor. `wait_first`: it blocks, so that reading must wait until there is something. One that does not
// block is read at once, since poll() would wait for ever for the first writer of a FIFO.
Result<std::string> read_all(int fd, bool wait_first, const std::string& shown, std::string_view what,
                             const SecretAccess& access, std::size_t limit) {
  std::string content;
  std::array<char, 4096> part{};
  bool wait = wait_first;
  for (;;) {
    if (wait) {
      pollfd ready{fd, POLLIN, 0};
      if (::poll(&ready, 1, static_cast<int>(std::min<std::int64_t>(access.deadline.left().count(), 200))) == 0) {
        if (access.deadline.passed()) return fail(ErrorKind::timeout, fmt::format("{}: {} gave nothing", what, shown));
        continue;
      }
    }
    const ssize_t size = ::read(fd, part.data(), part.size());
    if (size == 0) return content;
    if (size < 0 && errno == EAGAIN) {  // a pipe whose writer is not done yet: bash's <(pass show key)
      wait = true;
      continue;
    }
    if (size < 0 && errno == EINTR && !access.deadline.passed()) continue;
    if (size < 0) return fail(os_error(errno, fmt::format("{}: {} cannot be read", what, shown)).on(shown));
    content.append(part.data(), static_cast<std::size_t>(size));
    if (content.size() > limit)
      return fail(ErrorKind::usage, fmt::format("{}: {} is larger than {} KiB", what, shown, limit / 1024),
                  "a file with keys is small; check the path");
  }
}

Result<std::string> read_file(const std::string& path, std::string_view what, const SecretAccess& access,
                              std::size_t limit) {
  const std::string shown = printable(path);
  // Without O_NONBLOCK a FIFO that nobody writes to would hold us for ever, inside open().
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  const auto failed = [&](int code) {
    return fail(os_error(code, fmt::format("{}: {} cannot be read", what, shown)).on(shown));
  };
  if (file.get() < 0) return failed(errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return failed(errno);
  if (S_ISDIR(status.st_mode)) return failed(EISDIR);
  if (S_ISREG(status.st_mode) && (status.st_mode & (S_IROTH | S_IWOTH)) != 0 && access.warn)
    access.warn(fmt::format("{} holds a secret and other users may {} it: chmod 600 {}", shown,
                            (status.st_mode & S_IWOTH) != 0 ? "change" : "read", shown));
  return read_all(file.get(), false, shown, what, access, limit);
}

std::string first_line(std::string_view content) {
  for (const std::string_view line : split(content, '\n')) {
    const std::string_view text = trim(line);
    if (!text.empty() && !text.starts_with('#')) return std::string(text);
  }
  return {};
}

bool is_variable_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; };
  const auto fits = [&](char c) { return letter(c) || (c >= '0' && c <= '9'); };
  return !name.empty() && letter(name.front()) && std::ranges::all_of(name, fits);
}

// A line's value as systemd's EnvironmentFile= and a shell would both see it; a secret holds no escapes.
std::string_view unquoted(std::string_view value) {
  value = trim(value);
  for (const char quote : {'"', '\''})
    if (value.size() >= 2 && value.front() == quote && value.back() == quote) return value.substr(1, value.size() - 2);
  return value;
}

// The last line wins, as in a shell. Empty when no line sets `name`.
std::optional<std::string> variable_in(std::string_view content, std::string_view name) {
  std::optional<std::string> value;
  for (std::string_view line : split(content, '\n')) {
    line = trim(line);
    if (line.starts_with("export ")) line = trim(line.substr(7));
    const std::size_t sign = line.find('=');
    if (sign == std::string_view::npos || line.substr(0, sign) != name) continue;
    value = std::string(unquoted(line.substr(sign + 1)));
  }
  return value;
}

Result<std::string> from_file(std::string_view text, std::string_view what, const SecretAccess& access) {
  std::string path(text);
  const std::size_t mark = path.rfind('#');
  if (mark == std::string::npos || !is_variable_name(std::string_view(path).substr(mark + 1))) {
    NVMECTL_ASSIGN(const std::string content, read_file(path, what, access, max_file_size));
    return checked(first_line(content), what, printable(path));
  }
  const std::string name = path.substr(mark + 1);
  path.resize(mark);
  NVMECTL_ASSIGN(const std::string content, read_file(path, what, access, max_file_size));
  auto value = variable_in(content, name);
  if (!value)
    return fail(ErrorKind::not_found, fmt::format("{}: no line of {} sets {}", what, printable(path), name),
                fmt::format("the file has lines like: {}=DHHC-1:01:…:", name));
  return checked(std::move(*value), what, fmt::format("{} of {}", name, printable(path)));
}

Result<std::string> from_variable(std::string_view name, std::string_view what, const SecretAccess& access) {
  const auto value = access.environment.variable ? access.environment.variable(name) : std::nullopt;
  if (!value)
    return fail(ErrorKind::not_found, fmt::format("{}: the environment has no {}", what, printable(name)),
                "sudo passes on what --preserve-env names");
  return checked(std::string(trim(*value)), what, printable(name));
}

Result<std::string> from_keyring(std::string_view description, std::string_view what, const SecretAccess& access) {
  if (access.keys == nullptr)
    return fail(ErrorKind::unsupported, fmt::format("{}: there is no kernel keyring here", what), std::string(better));
  std::optional<Error> denied;
  for (const char* const keyring : {"@s", "@u", ".nvme"}) {
    const auto keys = access.keys->list(keyring, "user");
    if (!keys) {
      if (keys.error().kind == ErrorKind::permission) denied = keys.error();
      continue;
    }
    const auto found = std::ranges::find(*keys, description, &StoredKey::description);
    if (found == keys->end()) continue;
    NVMECTL_ASSIGN(const Bytes bytes, access.keys->read(found->serial));
    std::string secret;
    for (const std::byte byte : bytes) secret += static_cast<char>(byte);
    return checked(std::string(trim(secret)), what, fmt::format("the key {}", printable(description)));
  }
  if (denied) return fail(std::move(*denied));
  return fail(ErrorKind::not_found,
              fmt::format("{}: no keyring has a key '{}' of type user", what, printable(description)),
              fmt::format("put it there with: keyctl padd user {} @u", printable(description)));
}

// A terminal that does not show what is typed, as long as it lives.
class Unseen {
 public:
  explicit Unseen(int fd) : fd_(fd) {
    on_ = ::isatty(fd) == 1 && ::tcgetattr(fd, &before_) == 0;
    if (!on_) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    quiet.c_lflag |= ECHONL;
    ::tcsetattr(fd, TCSAFLUSH, &quiet);
  }
  Unseen(const Unseen&) = delete;
  Unseen& operator=(const Unseen&) = delete;
  ~Unseen() {
    if (on_) ::tcsetattr(fd_, TCSAFLUSH, &before_);
  }
  [[nodiscard]] bool terminal() const { return on_; }

 private:
  int fd_;
  bool on_ = false;
  termios before_{};
};

Result<std::string> from_input(std::string_view what, const SecretAccess& access) {
  const Unseen unseen(access.input);
  if (unseen.terminal() && access.prompt) access.prompt(fmt::format("{}: type the secret, it is not shown", what));
  std::string line;
  // Byte by byte: what follows the line belongs to the next reader of standard input.
  while (line.size() <= max_secret_length) {
    if (access.deadline.passed())
      return fail(ErrorKind::timeout, fmt::format("{}: no secret came from standard input", what));
    pollfd wait{access.input, POLLIN, 0};
    const int ready = ::poll(&wait, 1, static_cast<int>(std::min<std::int64_t>(access.deadline.left().count(), 200)));
    if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
    char c = 0;
    const ssize_t size = ::read(access.input, &c, 1);
    if (size < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (size < 0) return fail(os_error(errno, fmt::format("{}: standard input cannot be read", what)));
    if (size == 0 || c == '\n') break;
    line += c;
  }
  return checked(std::string(trim(line)), what, "standard input");
}

}  // namespace

SecretAccess secret_access(Context& context) {
  SecretAccess access{context.environment};
  for (const auto& backend : context.backends)
    if (access.keys == nullptr) access.keys = backend->keys();
  access.warn = [&messages = context.messages](std::string_view text) { messages.warning(text); };
  access.prompt = [&messages = context.messages](std::string_view text) { messages.note(text); };
  access.deadline = Deadline().or_when(context.stop_signal);
  return access;
}

Result<std::string> read_key_file(const std::string& path, std::string_view what, const SecretAccess& access,
                                  std::size_t limit) {
  if (path == "-") return read_all(access.input, true, "standard input", what, access, limit);
  return read_file(path, what, access, limit);
}

bool is_secret_source(std::string_view text) {
  return text == "-" || text.starts_with("file:") || text.starts_with("env:") || text.starts_with("keyring:");
}

Result<std::string> resolve_secret(std::string_view text, std::string_view what, const SecretAccess& access) {
  if (text == "-") return from_input(what, access);
  if (text.starts_with("file:")) return from_file(text.substr(5), what, access);
  if (text.starts_with("env:")) return from_variable(text.substr(4), what, access);
  if (text.starts_with("keyring:")) return from_keyring(text.substr(8), what, access);
  NVMECTL_ASSIGN(std::string secret, checked(std::string(trim(text)), what, "the command line"));
  if (access.warn) access.warn(fmt::format("{}: other users see a secret on the command line; {}", what, better));
  return secret;
}

}  // namespace nvmectl
