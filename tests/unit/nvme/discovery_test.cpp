#include "nvme/discovery.hpp"

#include <string>

#include "nvme/status.hpp"
#include "support/catch.hpp"
#include "unit/nvme/fake_log.hpp"

using namespace nvmectl;
using namespace nvmectl::nvme;
using namespace nvmectl::test;

namespace {

FakeTransport serving(const Bytes& page, std::size_t max_transfer = 128 * 1024) {
  return FakeTransport([&page](const Request& request) { return answer_from(page, request); }, max_transfer);
}

Bytes entry_with(std::string_view key, std::string_view text, char fill = '\0') {
  Bytes entry(1024);
  WireWriter(discovery_entry, entry).set("trtype", trtype::tcp).set_text(key, text);
  const Field& field = *discovery_entry.find(key);
  std::fill(entry.begin() + static_cast<std::ptrdiff_t>(field.offset + text.size()),
            entry.begin() + static_cast<std::ptrdiff_t>(field.offset + field.size), static_cast<std::byte>(fill));
  return entry;
}

}  // namespace

TEST_CASE("an empty discovery log takes one command", "[nvme][discovery]") {
  const Bytes page = discovery_page(7, 0);
  FakeTransport transport = serving(page);
  const auto log = read_discovery_log(transport, {});
  REQUIRE(log);
  CHECK(log->generation == 7);
  CHECK(log->records.empty());
  CHECK(transport.round_trips == 1);
}

TEST_CASE("a small discovery log takes two commands of exact size", "[nvme][discovery]") {
  const Bytes page = discovery_page(7, 3);
  std::size_t longest = 0;
  FakeTransport transport([&](const Request& request) {
    longest = std::max(longest, static_cast<std::size_t>(log_offset(request.command)) + request.in.size());
    return answer_from(page, request);
  });
  const auto log = read_discovery_log(transport, {});
  REQUIRE(log);
  REQUIRE(log->records.size() == 3);
  CHECK(log->records[2].nqn == "nqn.2024-01.org.example:2");
  CHECK(log->records[2].address == "192.0.2.1");
  CHECK(log->records[2].service_id == "4420");
  CHECK(log->records[2].transport_type == trtype::tcp);
  CHECK(log->records[2].controller_id == 0xffff);
  CHECK(log->records[2].admin_queue_size == 32);
  CHECK(transport.round_trips == 2);
  CHECK(longest == page.size());  // never behind the end
  CHECK(log_retains(transport.commands[0]));
  CHECK_FALSE(log_retains(transport.commands[1]));
  CHECK(transport.commands[0].nsid == 0);
}

TEST_CASE("10,000 records take a few round trips", "[nvme][discovery]") {
  const Bytes page = discovery_page(7, 10'000);
  FakeTransport transport = serving(page);
  const auto log = read_discovery_log(transport, {});
  REQUIRE(log);
  REQUIRE(log->records.size() == 10'000);
  CHECK(log->records[9'999].nqn == "nqn.2024-01.org.example:9999");
  CHECK(log->records[5'000].port_id == 5'000);
  CHECK(transport.round_trips == 1 + 10 + 1);  // 10 MB in batches of 1 MiB
  CHECK_FALSE(log_retains(transport.commands.back()));
  CHECK(log_retains(transport.commands[transport.commands.size() - 2]));
}

TEST_CASE("the largest transfer need not be a multiple of an entry", "[nvme][discovery]") {
  const Bytes page = discovery_page(7, 20);
  for (const std::size_t max_transfer : {std::size_t{0}, std::size_t{1000}, std::size_t{1024}, std::size_t{4100},
                                         std::size_t{20 * 1024}, std::size_t{1} << 30U}) {
    FakeTransport transport = serving(page, max_transfer);
    const auto log = read_discovery_log(transport, {});
    INFO(max_transfer);
    REQUIRE(log);
    CHECK(log->records.size() == 20);
    CHECK(log->records[19].nqn == "nqn.2024-01.org.example:19");
  }
}

TEST_CASE("a generation that moves twice and settles", "[nvme][discovery]") {
  for (const std::size_t records : {std::size_t{3}, std::size_t{300}}) {
    int headers = 0;
    FakeTransport transport([&](const Request& request) {
      // The count changes along: 1 record more each time.
      if (log_offset(request.command) == 0) ++headers;
      const int moved = std::min(headers - 1, 2);
      const Bytes page =
          discovery_page(7 + static_cast<std::uint64_t>(moved), records + static_cast<std::size_t>(moved));
      return answer_from(page, request);
    });
    const auto log = read_discovery_log(transport, {});
    REQUIRE(log);
    CHECK(log->generation == 9);
    CHECK(log->records.size() == records + 2);
    CHECK(headers == 4);
  }
}

TEST_CASE("a log that never settles", "[nvme][discovery]") {
  std::uint64_t generation = 0;
  FakeTransport transport([&](const Request& request) {
    const Bytes page = discovery_page(++generation, 2);
    return answer_from(page, request);
  });
  const auto log = read_discovery_log(transport, {});
  REQUIRE_FALSE(log);
  CHECK(log.error().kind == ErrorKind::busy);
  CHECK_FALSE(log.error().hint.empty());
  CHECK(transport.round_trips == 11);
}

TEST_CASE("2^60 records are refused without asking for one", "[nvme][discovery]") {
  Bytes page = discovery_page(7, 1);
  for (const std::uint64_t claim : {std::uint64_t{1} << 60U, ~std::uint64_t{0}, max_discovery_records + 1}) {
    store_le(std::span(page), 8, claim);
    FakeTransport transport = serving(page);
    const auto log = read_discovery_log(transport, {});
    REQUIRE_FALSE(log);
    CHECK(log.error().kind == ErrorKind::protocol);
    CHECK_FALSE(log.error().hint.empty());
    CHECK(transport.round_trips == 1);
  }
}

TEST_CASE("more records are claimed than sent", "[nvme][discovery]") {
  for (const std::uint64_t claim : {std::uint64_t{5}, std::uint64_t{65'536}}) {
    Bytes page = discovery_page(7, 2);
    store_le(std::span(page), 8, claim);
    FakeTransport transport = serving(page);
    const auto log = read_discovery_log(transport, {});
    REQUIRE_FALSE(log);
    CHECK(log.error().kind == ErrorKind::protocol);
    CHECK(transport.round_trips <= 3);  // one batch is enough to see it
  }
}

TEST_CASE("a header cut short, or of an unknown format", "[nvme][discovery]") {
  const Bytes stub(17);
  FakeTransport short_header = serving(stub);
  CHECK(read_discovery_log(short_header, {}).error().kind == ErrorKind::protocol);
  Bytes page = discovery_page(7, 1);
  store_le<std::uint16_t>(page, 16, 1);
  FakeTransport other_format = serving(page);
  CHECK(read_discovery_log(other_format, {}).error().kind == ErrorKind::protocol);
}

TEST_CASE("a count that changes without the generation", "[nvme][discovery]") {
  std::size_t records = 1;
  FakeTransport transport([&](const Request& request) {
    const Bytes page = discovery_page(7, ++records);
    return answer_from(page, request);
  });
  CHECK(read_discovery_log(transport, {}).error().kind == ErrorKind::protocol);
}

TEST_CASE("Discover Restart starts over", "[nvme][discovery]") {
  const Bytes page = discovery_page(7, 2);
  int entries = 0;
  FakeTransport transport([&](const Request& request) -> Result<Completion> {
    if (request.in.size() > 1024 && ++entries == 1) return Completion{0, status::discover_restart, 0};
    return answer_from(page, request);
  });
  const auto log = read_discovery_log(transport, {});
  REQUIRE(log);
  CHECK(log->records.size() == 2);
  FakeTransport always([&](const Request& request) -> Result<Completion> {
    if (request.in.size() > 1024) return Completion{0, status::discover_restart, 0};
    return answer_from(page, request);
  });
  CHECK(read_discovery_log(always, {}).error().kind == ErrorKind::busy);
}

TEST_CASE("errors of the device and of the transport pass through", "[nvme][discovery]") {
  FakeTransport no_log([](const Request&) { return Completion{0, status::dnr(status::invalid_log_page), 0}; });
  const auto refused = read_discovery_log(no_log, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::device);
  CHECK(refused.error().status);
  FakeTransport gone([](const Request&) -> Result<Completion> { return fail(ErrorKind::refused, "closed"); });
  CHECK(read_discovery_log(gone, {}).error().kind == ErrorKind::refused);
}

TEST_CASE("strings of an entry need no terminator and lose their padding", "[nvme][discovery]") {
  CHECK(parse_discovery_entry(entry_with("traddr", "192.0.2.7", ' '))->address == "192.0.2.7");
  CHECK(parse_discovery_entry(entry_with("trsvcid", "4420", '\0'))->service_id == "4420");
  CHECK(parse_discovery_entry(entry_with("traddr", std::string(256, 'a')))->address == std::string(256, 'a'));
  CHECK(parse_discovery_entry(entry_with("trsvcid", std::string(32, '9')))->service_id == std::string(32, '9'));
  CHECK(parse_discovery_entry(entry_with("subnqn", std::string(223, 'n')))->nqn == std::string(223, 'n'));
  CHECK(parse_discovery_entry(entry_with("subnqn", "nqn", ' '))->nqn == "nqn");
  CHECK(parse_discovery_entry(entry_with("subnqn", "a\x1b[31mb"))->nqn == "a\\x1b[31mb");
}

TEST_CASE("an NQN of more than 223 bytes is an error that names the record", "[nvme][discovery]") {
  const auto record = parse_discovery_entry(entry_with("subnqn", std::string(224, 'n')), 5);
  REQUIRE_FALSE(record);
  CHECK(record.error().kind == ErrorKind::protocol);
  CHECK(record.error().message.find("record 5") != std::string::npos);
  CHECK_FALSE(parse_discovery_entry(entry_with("subnqn", "n", 'n')));

  Bytes page = discovery_page(7, 2);
  std::fill_n(page.begin() + 2048 + 256, 256, std::byte{'n'});
  FakeTransport transport = serving(page);
  CHECK(read_discovery_log(transport, {}).error().kind == ErrorKind::protocol);
}

TEST_CASE("a bad record in a log that moved does not count", "[nvme][discovery]") {
  int reads = 0;
  FakeTransport transport([&](const Request& request) {
    ++reads;
    Bytes page = discovery_page(reads == 1 ? 7 : 8, 2);
    if (reads == 2) std::fill_n(page.begin() + 1024 + 256, 256, std::byte{'n'});
    return answer_from(page, request);
  });
  CHECK(read_discovery_log(transport, {}));
}

TEST_CASE("unknown codes of an entry are kept", "[nvme][discovery]") {
  Bytes entry = entry_with("subnqn", "nqn");
  WireWriter writer(discovery_entry, entry);
  writer.set("trtype", 77).set("adrfam", 88).set("subtype", 99).set("treq", 0xff).set("eflags", 0x1234);
  REQUIRE(writer.status());
  entry[768] = std::byte{2};
  const auto record = parse_discovery_entry(entry);
  REQUIRE(record);
  CHECK(record->transport_type == 77);
  CHECK(record->address_family == 88);
  CHECK(record->subsystem_type == 99);
  CHECK(record->entry_flags == 0x1234);
  CHECK(record->security_type == 0);  // TSAS means something else there
  CHECK(discovery_name(trtype_names, 77) == "unrecognized");
  CHECK(discovery_name(trtype_names, 3) == "tcp");
  writer.set("trtype", trtype::tcp);
  CHECK(parse_discovery_entry(entry)->security_type == 2);
}

TEST_CASE("an entry cut short reads as far as it goes", "[nvme][discovery]") {
  const Bytes entry = entry_with("subnqn", "nqn");
  for (const std::size_t length : {0, 1, 32, 300, 512, 768}) {
    CHECK(parse_discovery_entry(std::span(entry).first(length)));
  }
}
