#include "backends/linux/counters.hpp"

#include <string>

#include "backends/linux/backend.hpp"
#include "support/catch.hpp"
#include "unit/linux/tree.hpp"

using namespace nvmectl;
using namespace nvmectl::linux_backend;
using nvmectl::test::Tree;

TEST_CASE("counters: every field of the kernel's line") {
  const auto io = parse_block_stat(
      "     10      1      20     30       40      2     50    60        3     70    80"
      "      4        0     90      5        6      7\n");
  REQUIRE(io);
  CHECK(io->read_operations == 10);
  CHECK(io->read_bytes == 20 * 512);
  CHECK(io->write_operations == 40);
  CHECK(io->write_bytes == 50 * 512);
  CHECK(io->in_flight == 3);
  CHECK(io->busy_milliseconds == 70);
  CHECK(io->queue_milliseconds == 80);
  CHECK(io->discard_operations == 4);
  CHECK(io->discard_bytes == 90 * 512);
  CHECK(io->flush_operations == 6);
}

TEST_CASE("counters: older and newer kernels") {
  const auto old = parse_block_stat("1 2 3 4 5 6 7 8 9 10 11");
  REQUIRE(old);
  CHECK(old->queue_milliseconds == 11);
  CHECK(old->discard_operations == 0);
  const auto later = parse_block_stat("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19");
  REQUIRE(later);
  CHECK(later->flush_operations == 16);
}

TEST_CASE("counters: nonsense is none") {
  for (const char* const text :
       {"", "1 2 3", "1 2 3 4 5 6 7 8 9 10 x", "1 2 3 4 5 6 7 8 9 10 -11", "1 2 3 4 5 6 7 8 9 10 11x",
        "1 2 18446744073709551615 4 5 6 7 8 9 10 11", "18446744073709551616 2 3 4 5 6 7 8 9 10 11"})
    CHECK_FALSE(parse_block_stat(text));
}

TEST_CASE("counters: those that are gone are empty, and no name leads elsewhere") {
  const Tree tree;
  tree.file("class/block/nvme0n1/stat", "1 0 2 0 0 0 0 0 0 0 0\n");
  tree.file("block/nvme0c1n1/stat", "7 0 2 0 0 0 0 0 0 0 0\n");
  tree.file("class/nvme/stat", "1 2 3 4 5 6 7 8 9 10 11\n");
  LinuxBackend backend({.sysroot = tree.root()});
  const std::vector<std::string> names{"nvme0n1", "nvme9n1", "nvme0c1n1", "../nvme", "nvme0"};
  const auto found = backend.counters(names);
  REQUIRE(found);
  REQUIRE(found->size() == 5);
  REQUIRE((*found)[0]);
  CHECK((*found)[0]->read_operations == 1);
  CHECK_FALSE((*found)[1]);
  REQUIRE((*found)[2]);
  CHECK((*found)[2]->read_operations == 7);
  CHECK_FALSE((*found)[3]);
  CHECK_FALSE((*found)[4]);
}
