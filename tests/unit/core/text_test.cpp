#include "core/text.hpp"

#include "support/catch.hpp"

using namespace nvmectl;

TEST_CASE("printable keeps text and escapes what could harm a terminal") {
  CHECK(printable("QEMU NVMe Ctrl") == "QEMU NVMe Ctrl");
  CHECK(printable("Grüße ✓") == "Grüße ✓");
  CHECK(printable("a\x1b[31mb") == "a\\x1b[31mb");
  CHECK(printable("tab\tnl\n") == "tab\\x09nl\\x0a");
  CHECK(printable("c1 \xc2\x9b!") == "c1 \\xc2\\x9b!");
  CHECK(printable("bidi \xe2\x80\xae!") == "bidi \\xe2\\x80\\xae!");
  CHECK(printable("\xff\xfe") == "\\xff\\xfe");
  CHECK(printable("cut \xe2\x80") == "cut \\xe2\\x80");
  CHECK(printable("overlong \xc0\xaf") == "overlong \\xc0\\xaf");
  CHECK(printable(std::string_view("a\0b", 3)) == "a\\x00b");
}

TEST_CASE("wire_text ends at a NUL and loses its padding") {
  const auto text = [](std::string_view raw) { return wire_text(std::as_bytes(std::span(raw.data(), raw.size()))); };
  CHECK(text("LAB000000           ") == "LAB000000");
  CHECK(text(std::string_view("nqn.x\0\0junk", 11)) == "nqn.x");
  CHECK(text("    ").empty());
  CHECK(text("no end\x1b") == "no end\\x1b");
}

TEST_CASE("numbers, sizes and times are read strictly") {
  CHECK(parse_number("42", "n").value() == 42);
  CHECK(parse_number("0x2A", "n").value() == 42);
  CHECK(parse_number("18446744073709551615", "n").value() == ~std::uint64_t{0});
  for (const char* bad : {"", "x", "4 2", "-1", "0x", "18446744073709551616", "1e3"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_number(bad, "n"));
  }
  CHECK(parse_number("256", "n", 255).error().kind == ErrorKind::usage);
  CHECK(parse_size("64MiB", "s").value() == 64ULL << 20U);
  CHECK(parse_size("64M", "s").value() == 64ULL << 20U);
  CHECK(parse_size("1.5g", "s").value() == 3ULL << 29U);
  CHECK(parse_size("2 TB", "s").value() == 2'000'000'000'000);
  CHECK(parse_size("9007199254740993", "s").value() == 9007199254740993ULL);
  for (const char* bad : {"", "M", "64 X", "-1M", "99999999999T", "64MiBB"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_size(bad, "s"));
  }
  CHECK(parse_duration("1.5", "t").value() == 1500);
  CHECK(parse_duration("250ms", "t").value() == 250);
  CHECK(parse_duration("2m", "t").value() == 120'000);
  CHECK_FALSE(parse_duration("soon", "t"));
}

TEST_CASE("sizes for people") {
  CHECK(format_iec(0) == "0 B");
  CHECK(format_iec(4096) == "4 KiB");
  CHECK(format_iec(1536) == "1.5 KiB");
  CHECK(format_si(512'000) == "512.00 kB");
  CHECK(format_iec(~std::uint64_t{0}) == "16 EiB");
}

TEST_CASE("codings") {
  const Bytes bytes{std::byte{0xde}, std::byte{0xad}, std::byte{0x01}, std::byte{0x02}};
  CHECK(to_hex(bytes) == "dead0102");
  CHECK(to_base64(bytes) == "3q0BAg==");
  CHECK(to_base64(std::span(bytes).first(3)) == "3q0B");
  CHECK(to_base64({}).empty());
  const auto uuid = parse_uuid("768f7029-e26f-4d14-849c-bd229db1044a");
  REQUIRE(uuid);
  CHECK(format_uuid(*uuid) == "768f7029-e26f-4d14-849c-bd229db1044a");
  CHECK_FALSE(parse_uuid("768f7029-e26f-4d14-849c-bd229db1044"));
  CHECK_FALSE(parse_uuid("768f7029-e26f-4d14-849cxbd229db1044a"));
}

TEST_CASE("columns count what a terminal shows") {
  CHECK(display_width("abc") == 3);
  CHECK(display_width("Grüße") == 5);
  CHECK(display_width("磁盘") == 4);
  CHECK(pad("ü", 3) == "ü  ");
}

TEST_CASE("near names are found, far ones are not") {
  const std::vector<std::string> names{"discover", "list", "list-subsys", "smart-log", "id-ctrl"};
  CHECK(similar("discovr", names) == std::vector<std::string>{"discover"});
  CHECK(similar("smartlog", names) == std::vector<std::string>{"smart-log"});
  CHECK(similar("frobnicate", names).empty());
}
