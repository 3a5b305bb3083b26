#include "net/address.hpp"

#include "support/catch.hpp"

namespace nvmectl::net {
namespace {

Result<std::vector<SocketAddress>> find(const std::string& host, Family family = Family::any) {
  return resolve(host, 4420, family, Deadline::in(std::chrono::seconds(10)));
}

}  // namespace

TEST_CASE("numeric addresses need no resolver and print as they are written", "[net]") {
  const auto v4 = find("127.0.0.1");
  REQUIRE(v4);
  REQUIRE(v4->size() == 1);
  CHECK(v4->front().family() == Family::ipv4);
  CHECK(v4->front().text() == "127.0.0.1:4420");
  const auto v6 = find("2001:db8::1");
  REQUIRE(v6);
  CHECK(v6->front().family() == Family::ipv6);
  CHECK(v6->front().port() == 4420);
  CHECK(v6->front().text() == "[2001:db8::1]:4420");
}

TEST_CASE("a link-local address goes by its interface", "[net]") {
  const auto named = find("fe80::1%lo");
  REQUIRE(named);
  CHECK(named->front().host() == "fe80::1%lo");
  const auto numbered = find("fe80::1%1");
  REQUIRE(numbered);
  CHECK(numbered->front().host() == "fe80::1%lo");

  const auto bare = find("fe80::1");
  REQUIRE_FALSE(bare);
  CHECK(bare.error().kind == ErrorKind::usage);
  CHECK(bare.error().hint.find("fe80::1%IFACE") != std::string::npos);

  const auto unknown = find("fe80::1%nosuch0");
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().kind == ErrorKind::not_found);
  CHECK(unknown.error().message.find("'nosuch0'") != std::string::npos);
  CHECK(unknown.error().hint.find("lo") != std::string::npos);
}

TEST_CASE("an address of the wrong family is a usage error", "[net]") {
  CHECK(find("127.0.0.1", Family::ipv4));
  CHECK(find("127.0.0.1", Family::ipv6).error().kind == ErrorKind::usage);
  CHECK(find("::1", Family::ipv4).error().message == "::1 is an IPv6 address, and IPv4 was asked for");
}

TEST_CASE("names go through the resolver, unknown ones are told", "[net]") {
  const auto local = find("localhost");
  REQUIRE(local);
  CHECK_FALSE(local->empty());
  const auto unknown = find("no-such-host.invalid");
  REQUIRE_FALSE(unknown);
  INFO(unknown.error().message);
  // Without any name server the resolver cannot say that the name does not exist.
  CHECK((unknown.error().kind == ErrorKind::not_found || unknown.error().kind == ErrorKind::transport));
  CHECK(unknown.error().message.find("'no-such-host.invalid'") != std::string::npos);
  CHECK_FALSE(unknown.error().hint.empty());
  CHECK_FALSE(find("300.1.1.1.1"));
}

}  // namespace nvmectl::net
