#include "net/tcp.hpp"

#include <array>
#include <chrono>
#include <thread>
#include <vector>

#include "support/catch.hpp"

namespace nvmectl::net {
namespace {

using std::chrono::milliseconds;

Deadline soon() {
  return Deadline::in(std::chrono::seconds(10));
}

struct Pair {
  std::unique_ptr<TcpStream> client, server;
};

Pair connected(const std::string& host) {
  auto listener = TcpListener::bind(host, 0);
  REQUIRE(listener);
  auto client = TcpStream::connect({.host = host, .port = listener->address().port(), .deadline = soon()});
  REQUIRE(client);
  REQUIRE(listener->wait(soon()).value());
  auto server = listener->accept();
  REQUIRE(server);
  REQUIRE(*server);
  return {std::move(*client), std::move(*server)};
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

}  // namespace

TEST_CASE("bytes go both ways and the end is seen", "[net]") {
  const std::string host = GENERATE(std::string("127.0.0.1"), std::string("::1"));
  if (host == "::1" && !TcpListener::bind(host, 0)) return;  // a machine without IPv6
  Pair pair = connected(host);
  REQUIRE(pair.client->write_all(bytes_of("hello"), soon()));
  std::array<std::byte, 16> buffer{};
  CHECK(pair.server->read_some(buffer, soon()).value() == 5);
  CHECK(pair.client->peer() == pair.server->local());
  CHECK(pair.client->try_read(buffer).value() == std::nullopt);
  pair.server.reset();
  CHECK(pair.client->read_some(buffer, soon()).value() == 0);
}

TEST_CASE("parts are written in order and one write takes many", "[net]") {
  auto pair = stream_pair();
  REQUIRE(pair);
  const std::array parts{bytes_of("ab"), bytes_of(""), bytes_of("cde")};
  CHECK(pair->first->try_write(parts).value() == 5);
  std::array<std::byte, 16> buffer{};
  REQUIRE(pair->second->read_some(buffer, soon()).value() == 5);
  CHECK(std::string_view(reinterpret_cast<const char*>(buffer.data()), 5) == "abcde");
}

TEST_CASE("a write larger than all buffers waits for the reader", "[net]") {
  Pair pair = connected("127.0.0.1");
  const std::vector<std::byte> content(std::size_t{8} << 20U, std::byte{7});
  std::size_t received = 0;
  std::thread reader([&] {
    std::vector<std::byte> buffer(1U << 16U);
    while (received < content.size()) {
      const auto count = pair.server->read_some(buffer, soon());
      if (!count || *count == 0) return;
      received += *count;
    }
  });
  CHECK(pair.client->write_all(content, soon()));
  reader.join();
  CHECK(received == content.size());
}

TEST_CASE("deadlines end reads and writes", "[net]") {
  Pair pair = connected("127.0.0.1");
  std::array<std::byte, 16> buffer{};
  const auto begin = std::chrono::steady_clock::now();
  CHECK(pair.client->read_some(buffer, Deadline::in(milliseconds(50))).error().kind == ErrorKind::timeout);
  const std::vector<std::byte> content(std::size_t{64} << 20U);
  CHECK(pair.client->write_all(content, Deadline::in(milliseconds(50))).error().kind == ErrorKind::timeout);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
}

TEST_CASE("a peer that is gone is an error and no signal", "[net]") {
  auto pair = stream_pair();
  REQUIRE(pair);
  pair->second.reset();
  const auto written = pair->first->write_all(bytes_of("x"), soon());
  REQUIRE_FALSE(written);
  CHECK(written.error().kind == ErrorKind::refused);
}

TEST_CASE("a port where nobody listens refuses, with a hint", "[net]") {
  std::uint16_t port = 0;
  {
    auto listener = TcpListener::bind("127.0.0.1", 0);
    REQUIRE(listener);
    port = listener->address().port();
  }
  const auto stream = TcpStream::connect({.host = "127.0.0.1", .port = port, .deadline = soon()});
  REQUIRE_FALSE(stream);
  CHECK(stream.error().kind == ErrorKind::refused);
  CHECK(stream.error().message == "127.0.0.1:" + std::to_string(port) + " refused the connection");
  CHECK(stream.error().hint.find("8009") != std::string::npos);
}

TEST_CASE("a port that is taken cannot be bound", "[net]") {
  auto first = TcpListener::bind("127.0.0.1", 0);
  REQUIRE(first);
  const auto second = TcpListener::bind("127.0.0.1", first->address().port());
  REQUIRE_FALSE(second);
  CHECK(second.error().kind == ErrorKind::busy);
  CHECK(TcpListener::bind("192.0.2.1", 0).error().kind == ErrorKind::transport);
}

TEST_CASE("accept() does not wait", "[net]") {
  auto listener = TcpListener::bind("127.0.0.1", 0);
  REQUIRE(listener);
  const auto nobody = listener->accept();
  REQUIRE(nobody);
  CHECK(*nobody == nullptr);
  CHECK_FALSE(listener->wait(Deadline::in(milliseconds(10))).value());
}

}  // namespace nvmectl::net
