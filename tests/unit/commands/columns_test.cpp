#include "commands/columns.hpp"

#include <array>

#include "support/catch.hpp"

using namespace nvmectl;

namespace {

const std::vector<std::vector<std::string>> rows{
    {"pmem0", "1 GiB", "enabled, mounted at /srv/a"},
    {"pmem1", "2 GiB", "enabled, mounted at /a/directory/of/a/very/long/name, held by dm-0"},
    {"pmem2", "3 GiB", "disabled"},
};

std::string drawn(std::size_t width, std::size_t last = 0) {
  const std::array columns{Column{"Node", 8}, Column{"Size", 8}, Column{"State", last}};
  return fixed_columns(columns, rows, {.width = width});
}

}  // namespace

TEST_CASE("What is not for a terminal, or fits it, stays on its line") {
  const std::string whole =
      "Node     Size     State\n"
      "-------- -------- ------------------------------------------------------------------\n"
      "pmem0    1 GiB    enabled, mounted at /srv/a\n"
      "pmem1    2 GiB    enabled, mounted at /a/directory/of/a/very/long/name, held by dm-0\n"
      "pmem2    3 GiB    disabled\n";
  CHECK(drawn(0) == whole);
  CHECK(drawn(84) == whole);
  const std::string shrunk = drawn(78);
  CHECK(shrunk.find("pmem1 2 GiB enabled, mounted at /a/directory/of/a/very/long/name, held by dm-0\n") !=
        std::string::npos);
}

TEST_CASE("On a narrow terminal the last column goes on below itself") {
  CHECK(drawn(40) ==
        "Node  Size  State\n"
        "----- ----- ----------------------------\n"
        "pmem0 1 GiB enabled, mounted at /srv/a\n"
        "pmem1 2 GiB enabled, mounted at\n"
        "            /a/directory/of/a/very/long…\n"
        "            held by dm-0\n"
        "pmem2 3 GiB disabled\n");
  CHECK(drawn(40, 5).find("/a/directory/of/a/very/long/name, held") != std::string::npos);  // a column of fixed width
}

TEST_CASE("Where the last column has no room, what is long goes below its row") {
  CHECK(drawn(34) ==
        "Node  Size  State\n"
        "----- ----- ----------------------\n"
        "pmem0 1 GiB\n"
        "      enabled, mounted at /srv/a\n"
        "pmem1 2 GiB\n"
        "      enabled, mounted at\n"
        "      /a/directory/of/a/very/long…\n"
        "      held by dm-0\n"
        "pmem2 3 GiB disabled\n");
  CHECK(drawn(5).find("\n      enabled, mounted at") != std::string::npos);
}

TEST_CASE("Characters are cut whole") {
  const std::array columns{Column{"A", 1}, Column{"B", 0}};
  const std::vector<std::vector<std::string>> wide{{"x", "日本語日本語日本語日本語日本語"}};
  CHECK(fixed_columns(columns, wide, {.headers = false, .width = 28}) == "x 日本語日本語日本語日本語…\n");
}
