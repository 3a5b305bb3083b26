// The bare round trips of a protocol: as many bytes there and back as it sends, and nothing else.
//
//   echo serve SENT:RECEIVED…         print the port of 127.0.0.1, serve one connection after the other
//   echo PORT SENT:RECEIVED…          connect, make the exchanges, close
#include <algorithm>
#include <arpa/inet.h>
#include <cstdio>
#include <cstdlib>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace {

struct Exchange {
  std::size_t sent = 0;
  std::size_t received = 0;
};

bool send_all(int fd, std::vector<char>& buffer, std::size_t count) {
  while (count > 0) {
    const ssize_t done = send(fd, buffer.data(), count, MSG_NOSIGNAL);
    if (done <= 0) return false;
    count -= static_cast<std::size_t>(done);
  }
  return true;
}

bool receive_all(int fd, std::vector<char>& buffer, std::size_t count) {
  while (count > 0) {
    const ssize_t done = recv(fd, buffer.data(), count, 0);
    if (done <= 0) return false;
    count -= static_cast<std::size_t>(done);
  }
  return true;
}

void no_delay(int fd) {
  const int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

sockaddr_in loopback(int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<in_port_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int serve(const std::vector<Exchange>& exchanges, std::vector<char>& buffer) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener, generic, length) != 0 || listen(listener, 8) != 0 || getsockname(listener, generic, &length) != 0)
    return 1;
  std::printf("%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  for (;;) {
    const int fd = accept(listener, nullptr, nullptr);
    if (fd < 0) return 1;
    no_delay(fd);
    for (const Exchange& exchange : exchanges) {
      if (!receive_all(fd, buffer, exchange.sent) || !send_all(fd, buffer, exchange.received)) break;
    }
    close(fd);
  }
}

int connect_and_ask(int port, const std::vector<Exchange>& exchanges, std::vector<char>& buffer) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in address = loopback(port);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return 1;
  no_delay(fd);
  for (const Exchange& exchange : exchanges) {
    if (!send_all(fd, buffer, exchange.sent) || !receive_all(fd, buffer, exchange.received)) return 1;
  }
  close(fd);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  std::vector<Exchange> exchanges;
  std::size_t most = 0;
  for (int i = 2; i < argc; ++i) {
    char* end = nullptr;
    const std::size_t sent = std::strtoul(argv[i], &end, 10);
    const std::size_t received = *end == ':' ? std::strtoul(end + 1, nullptr, 10) : 0;
    exchanges.push_back({sent, received});
    most = std::max({most, sent, received});
  }
  std::vector<char> buffer(most);
  if (argv[1] == std::string_view("serve")) return serve(exchanges, buffer);
  return connect_and_ask(std::atoi(argv[1]), exchanges, buffer);
}
