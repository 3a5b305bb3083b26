// What of the listing needs no persistent memory.
#include <array>
#include <chrono>
#include <vector>

#include "backends/pmem/backend.hpp"
#include "backends/pmem/scanner.hpp"
#include "support/catch.hpp"

using namespace nvmectl;
using namespace nvmectl::pmem_backend;

namespace {

struct Case {
  std::uint64_t begin, size;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> expected;
};

}  // namespace

TEST_CASE("a region's bad blocks are those of the namespaces that they lie in") {
  // two runs: sectors 8 to 15 and 100 to 103 of a region at 1 MiB
  const std::vector<BadBlocks> region{{8, 8}, {100, 4}};
  constexpr std::uint64_t base = 1 << 20;
  const std::vector<Case> cases{
      {base, 1 << 20, {{8, 8}, {100, 4}}},            // all of it
      {base + 12 * 512, 1 << 16, {{0, 4}, {88, 4}}},  // begins within the first
      {base, 10 * 512, {{8, 2}}},                     // ends within the first
      {base + 16 * 512, 84 * 512, {}},                // between them
      {base + 102 * 512, 512, {{0, 1}}},              // inside the second
  };
  for (const Case& c : cases) {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> got;
    for (const BadBlocks& bad : bad_blocks_within(region, base, c.begin, c.size))
      got.emplace_back(bad.offset, bad.length);
    CHECK(got == c.expected);
  }
}

TEST_CASE("a UUID of zeroes is none") {
  std::array<unsigned char, 16> uuid{};
  CHECK(uuid_text(uuid).empty());
  for (std::size_t i = 0; i < uuid.size(); ++i) uuid[i] = static_cast<unsigned char>(i * 17);
  CHECK(uuid_text(uuid) == "00112233-4455-6677-8899-aabbccddeeff");
}

TEST_CASE("the library's way to say unknown") {
  CHECK_FALSE(known(~0ULL).has_value());
  CHECK_FALSE(known(~0U).has_value());
  CHECK_FALSE(known(static_cast<unsigned short>(0xffff)).has_value());
  CHECK(known(0U) == std::optional<std::uint64_t>(0));
  CHECK_FALSE(node(-1).has_value());
  CHECK(node(0) == std::optional<std::int64_t>(0));
}

TEST_CASE("a captured tree has no persistent memory to manage") {
  PmemBackend backend({.sysroot = "/somewhere", .run_directory = {}});
  CHECK(backend.pmem() == nullptr);
  CHECK_FALSE(backend.probe().usable);
}

TEST_CASE("a deadline that has passed ends the listing") {
  PmemBackend backend({.sysroot = {}, .run_directory = {}});
  PmemScan request;
  request.deadline = Deadline::in(std::chrono::milliseconds(0));
  const auto topology = backend.pmem()->scan(request);
  REQUIRE_FALSE(topology.has_value());
  CHECK(topology.error().kind == ErrorKind::timeout);
}
