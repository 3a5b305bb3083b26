#include "backends/linux/kernel_connect.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <memory>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backends/linux/connect_string.hpp"
#include "backends/linux/portals.hpp"
#include "core/kernel_log.hpp"
#include "core/text.hpp"

namespace nvmectl::linux_backend {
namespace {

constexpr char separator = '\x1f';
constexpr std::size_t most_encoded = 3800;

bool is_numeric(const std::string& address) {
  std::array<unsigned char, 16> bytes{};
  return ::inet_pton(AF_INET, address.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, address.substr(0, address.find('%')).c_str(), bytes.data()) == 1;
}

// The kernel takes numbers only. Blocks for as long as the resolver does. "" when it worked.
std::string resolve_name(ConnectParameters& target) {
  if ((target.transport != "tcp" && target.transport != "rdma") || is_numeric(target.address)) return {};
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int why = ::getaddrinfo(target.address.c_str(), nullptr, &hints, &found); why != 0)
    return ::gai_strerror(why);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, ::freeaddrinfo);
  std::array<char, 128> host{};
  if (const int why =
          ::getnameinfo(list->ai_addr, list->ai_addrlen, host.data(), host.size(), nullptr, 0, NI_NUMERICHOST);
      why != 0)
    return ::gai_strerror(why);
  target.address = host.data();
  return {};
}

// Lines about this connection alone: all of NVMe's while nothing else connects, else those that name the controller,
// the NQN or (refused connections have no number to go by) the address.
auto lines_about(const ConnectParameters& target, const std::string& controller, bool alone) {
  return [&target, &controller, alone](std::string_view line) {
    const auto has = [&](std::string_view part) { return !part.empty() && line.find(part) != std::string_view::npos; };
    if (!controller.empty()) return has(controller + ":");
    if (alone) return has("nvme") && !has("nvmet");
    return has("nvme") && !has("nvmet") && (has(target.nqn) || has(target.address));
  };
}

std::optional<bool> read_tls(const std::string& controller) {
  const int fd = ::open(("/sys/class/nvme/" + controller + "/tls_key").c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno == ENOENT ? std::optional(false) : std::nullopt;
  std::array<char, 32> text{};
  const ssize_t size = ::read(fd, text.data(), text.size());
  ::close(fd);
  return size > 1;
}

int remove_controller(const std::string& controller) {
  const int fd = ::open(("/sys/class/nvme/" + controller + "/delete_controller").c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  const int why = ::write(fd, "1", 1) < 0 ? errno : 0;
  ::close(fd);
  return why;
}

// Linux 6.1 takes the option although it was built without authentication, and connects without: fail closed.
bool lacks_authentication(const ConnectOutcome& outcome, const ConnectParameters& target) {
  if (target.dhchap_secret.empty()) return false;
  const std::string directory = "/sys/class/nvme/" + outcome.controller;
  return ::access(directory.c_str(), F_OK) == 0 && ::access((directory + "/dhchap_secret").c_str(), F_OK) != 0;
}

void read_back(ConnectOutcome& outcome, const ConnectParameters& target, KernelLog& log) {
  if (!target.wants_security()) return;
  outcome.log = log.take(lines_about(target, outcome.controller, false));
  outcome.tls = read_tls(outcome.controller);
  if (target.dhchap_secret.empty() || !log.readable()) return;
  outcome.authenticated = std::any_of(outcome.log.begin(), outcome.log.end(), [](const std::string& line) {
    return line.find("qid 0: authenticated") != std::string::npos;
  });
}

ConnectOutcome connect_by_kernel(const std::string& node, const ConnectParameters& wanted, bool alone) {
  ConnectOutcome outcome;
  ConnectParameters target = wanted;
  outcome.phase = ConnectOutcome::Phase::resolve;
  outcome.code = EHOSTUNREACH;
  if (outcome.words = resolve_name(target); !outcome.words.empty()) return outcome;
  KernelLog log;
  outcome.phase = ConnectOutcome::Phase::open;
  const int fd = ::open(node.c_str(), O_RDWR | O_CLOEXEC);
  outcome.code = fd < 0 ? errno : 0;
  if (fd < 0) return outcome;
  const std::string text = make_connect_string(target, true);
  outcome.phase = ConnectOutcome::Phase::write;
  if (::write(fd, text.data(), text.size()) < 0) {
    outcome.code = errno;
    outcome.log = log.take(lines_about(target, {}, alone));
    ::close(fd);
    return outcome;
  }
  outcome.phase = ConnectOutcome::Phase::answer;
  std::array<char, 256> answer{};
  const ssize_t size = ::read(fd, answer.data(), answer.size());
  ::close(fd);
  const auto instance = parse_instance({answer.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))});
  outcome.code = instance ? 0 : EIO;
  if (!instance) return outcome;
  outcome.phase = ConnectOutcome::Phase::done;
  outcome.controller = fmt::format("nvme{}", *instance);
  if (lacks_authentication(outcome, target)) {
    static_cast<void>(remove_controller(outcome.controller));
    return {ConnectOutcome::Phase::write, EOPNOTSUPP, "", "", {std::string(no_authentication)}, {}, {}};
  }
  read_back(outcome, target, log);
  return outcome;
}

std::string tristate(const std::optional<bool>& value) {
  return !value ? "-" : *value ? "1" : "0";
}
std::optional<bool> parse_tristate(std::string_view text) {
  return text == "1" ? std::optional(true) : text == "0" ? std::optional(false) : std::nullopt;
}

}  // namespace

std::string encode(const ConnectOutcome& outcome) {
  std::string line =
      fmt::format("{1}{0}{2}{0}{3}{0}{4}{0}{5}{0}{6}", separator, static_cast<int>(outcome.phase), outcome.code,
                  outcome.controller, tristate(outcome.authenticated), tristate(outcome.tls), printable(outcome.words));
  for (const std::string& text : outcome.log)
    if (line.size() + text.size() < most_encoded) line += separator + text;
  return line;
}

ConnectOutcome decode_outcome(std::string_view line) {
  ConnectOutcome outcome;
  const auto parts = split(line, separator);
  if (parts.size() < 6) {
    outcome.phase = ConnectOutcome::Phase::answer;
    outcome.code = EIO;
    return outcome;
  }
  int phase = 0;
  std::from_chars(parts[0].data(), parts[0].data() + parts[0].size(), phase);
  outcome.phase = static_cast<ConnectOutcome::Phase>(std::clamp(phase, 0, 4));
  std::from_chars(parts[1].data(), parts[1].data() + parts[1].size(), outcome.code);
  outcome.controller = parts[2];
  outcome.authenticated = parse_tristate(parts[3]);
  outcome.tls = parse_tristate(parts[4]);
  outcome.words = parts[5];
  for (std::size_t i = 6; i < parts.size(); ++i) outcome.log.emplace_back(parts[i]);
  return outcome;
}

FabricsCalls FabricsCalls::real() {
  const std::string node = "/dev/nvme-fabrics";
  return {node, [node](const ConnectParameters& target, bool alone) { return connect_by_kernel(node, target, alone); },
          remove_controller, probe_by_tcp};
}

}  // namespace nvmectl::linux_backend
