#include "backends/linux/uevents.hpp"

#include <climits>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backends/linux/node.hpp"
#include "core/text.hpp"

namespace nvmectl::linux_backend {
namespace {

// The kernel's buffer holds 2048 bytes and 64 words; ours some more.
constexpr std::size_t most_bytes = 8192;
constexpr std::size_t most_properties = 96;
constexpr unsigned kernel_group = 1;
constexpr int buffer_bytes = 1 << 20;

std::string_view last_part(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

std::uint64_t now_ms() {
  using std::chrono::milliseconds;
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<milliseconds>(since).count());
}

}  // namespace

std::optional<Event> parse_uevent(std::string_view message) {
  if (message.size() > most_bytes || message.empty()) return std::nullopt;
  const std::string_view head = message.substr(0, message.find('\0'));
  const std::size_t at = head.find('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == head.size() || head.size() == message.size())
    return std::nullopt;
  Event event;
  event.action = printable(head.substr(0, at));
  std::string_view path = head.substr(at + 1), node;
  message.remove_prefix(head.size() + 1);
  while (!message.empty()) {
    const std::string_view word = message.substr(0, message.find('\0'));
    message.remove_prefix(std::min(message.size(), word.size() + 1));
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos || equals == 0 || event.properties.size() == most_properties)
      return std::nullopt;
    const std::string_view key = word.substr(0, equals), value = word.substr(equals + 1);
    if (key == "ACTION") continue;
    if (key == "SUBSYSTEM") event.subsystem = printable(value);
    else if (key == "DEVNAME") node = value;
    event.properties.emplace_back(printable(key), printable(value));
  }
  event.device = printable(last_part(node.empty() ? path : node));
  if (event.device.empty()) return std::nullopt;
  return event;
}

bool concerns_nvme(const Event& event) {
  if (event.subsystem == "nvme" || event.subsystem == "nvme-subsystem" || event.subsystem == "nvme-generic")
    return true;
  if (event.subsystem != "block") return false;
  const auto node = NodeName::parse(event.device);
  return node && (node->kind == NodeName::Kind::block || node->kind == NodeName::Kind::path);
}

Uevents::~Uevents() {
  if (fd_ >= 0) ::close(fd_);
}

Result<> Uevents::open() {
  if (fd_ >= 0) return {};
  const int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
  if (fd < 0) return fail(os_error(errno, "the kernel's events cannot be listened to"));
  if (::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer_bytes, sizeof(buffer_bytes)) != 0)
    static_cast<void>(::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof(buffer_bytes)));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = kernel_group;
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    const int why = errno;
    ::close(fd);
    return fail(os_error(why, "the kernel's events cannot be listened to",
                         "a container may not get them: run nvmectl on the host"));
  }
  fd_ = fd;
  return {};
}

Result<std::optional<Event>> Uevents::receive() {
  std::array<char, most_bytes> buffer;
  for (;;) {
    sockaddr_nl sender{};
    socklen_t sender_size = sizeof(sender);
    const ssize_t size =
        ::recvfrom(fd_, buffer.data(), buffer.size(), MSG_TRUNC, reinterpret_cast<sockaddr*>(&sender), &sender_size);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return std::optional<Event>();
    if (size < 0 && errno == ENOBUFS) {
      Event lost;
      lost.time_ms = now_ms();
      lost.action = "lost";
      return std::optional(std::move(lost));
    }
    if (size < 0) return fail(os_error(errno, "the kernel's events could not be read"));
    // Any process may send to this socket; the kernel alone has the address 0.
    if (sender_size != sizeof(sender) || sender.nl_pid != 0 || static_cast<std::size_t>(size) > buffer.size()) continue;
    auto event = parse_uevent({buffer.data(), static_cast<std::size_t>(size)});
    if (!event || !concerns_nvme(*event)) continue;
    event->time_ms = now_ms();
    return event;
  }
}

Result<> Uevents::listen(const Deadline& deadline, const std::function<Result<bool>(const Event&)>& on_event) {
  NVMECTL_TRY(open());
  for (;;) {
    NVMECTL_ASSIGN(const auto event, receive());
    if (event) {
      NVMECTL_ASSIGN(const bool more, on_event(*event));
      if (!more) return {};
      if (deadline.passed()) return {};
      continue;
    }
    if (deadline.passed()) return {};
    // A signal that comes just before poll() must not have to wait for the next event.
    constexpr std::chrono::milliseconds most{200};
    pollfd waiting{fd_, POLLIN, 0};
    const auto span = std::min(deadline.left(), most);
    if (::poll(&waiting, 1, static_cast<int>(span.count())) < 0 && errno != EINTR)
      return fail(os_error(errno, "the kernel's events could not be waited for"));
  }
}

}  // namespace nvmectl::linux_backend
