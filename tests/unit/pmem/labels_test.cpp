#include "pmem/labels.hpp"

#include "core/endian.hpp"
#include "core/text.hpp"
#include "label_area.hpp"
#include "pmem/infoblock.hpp"
#include "support/catch.hpp"

using namespace nvmectl;
using namespace nvmectl::pmem;
using namespace nvmectl_test;

TEST_CASE("Fletcher's sum over little-endian words") {
  const auto bytes = parse_uuid("01000000-0200-0000-0300-000004000000").value();
  // low = 1+2+3+4, high = 1+3+6+10
  CHECK(fletcher64(bytes, 16) == ((std::uint64_t{20} << 32U) | 10));
  CHECK(fletcher64(bytes, 8) == ((std::uint64_t{1 + 3 + 3 + 3} << 32U) | 3));
}

TEST_CASE("Labels of versions 1.1 and 1.2") {
  for (const bool large : {false, true}) {
    const LabelArea area = decode_labels(two_labels(large)).value();
    REQUIRE(area.indexes.size() == 2);
    CHECK(area.indexes[0].fault.empty());
    CHECK(area.indexes[1].fault.empty());
    CHECK(area.current == 1);
    CHECK(area.indexes[1].label_bytes == (large ? 256U : 128U));
    REQUIRE(area.labels.size() == 2);
    CHECK(area.labels[0].name == "vol-a");
    CHECK(area.labels[1].name == "vol-b");
    CHECK(area.labels[1].slot == 9);
    CHECK(area.labels[1].slot_told == 9);
    CHECK(area.labels[0].uuid == "00010203-0405-0607-0809-0a0b0c0d0e0f");
    CHECK(area.labels[0].raw_bytes == 128U << 20U);
    CHECK(area.labels[0].position == 1);
    CHECK(area.labels[0].abstraction == (large ? "fsdax" : ""));
    CHECK(area.labels[0].checksum_ok == (large ? std::optional(true) : std::nullopt));
    CHECK(area.free_slots == area.indexes[1].slot_count - 2);
  }
}

TEST_CASE("The sequence goes round") {
  Area area(16384);
  put_index(area, 0, 1, 8, true);
  put_index(area, index_bytes, 3, 8, true);
  CHECK(decode_labels(area)->current == 0);  // 1 comes behind 3
  put_index(area, 0, 3, 8, true);
  put_index(area, index_bytes, 2, 8, true);
  CHECK(decode_labels(area)->current == 0);
}

TEST_CASE("A damaged index does not count, the other one does") {
  Area area = two_labels(true);
  area[index_bytes + 57] ^= std::byte{1};
  LabelArea found = decode_labels(area).value();
  CHECK(!found.indexes[1].checksum_ok);
  CHECK(found.current == 0);
  CHECK(found.labels.empty());
  area[57] ^= std::byte{1};
  found = decode_labels(area).value();
  CHECK(!found.current);
  CHECK(found.labels.empty());
}

TEST_CASE("Indexes that lie about their bounds are not followed") {
  const auto with = [](auto change) {
    Area area = two_labels(true);
    change(area);
    seal_index(area, 0);
    seal_index(area, index_bytes);
    return decode_labels(area).value();
  };
  for (const std::size_t at : {std::size_t{0}, index_bytes}) {
    CHECK_FALSE(with([&](Area& a) { store_le<std::uint32_t>(a, at + 56, 0xffffffff); })
                    .indexes[at / index_bytes]
                    .fault.empty());
    CHECK_FALSE(with([&](Area& a) { store_le<std::uint64_t>(a, at + 48, ~std::uint64_t{0}); })
                    .indexes[at / index_bytes]
                    .fault.empty());
    CHECK_FALSE(
        with([&](Area& a) { store_le<std::uint64_t>(a, at + 24, 99); }).indexes[at / index_bytes].fault.empty());
    CHECK_FALSE(with([&](Area& a) { a[at + 19] = std::byte{200}; }).indexes[at / index_bytes].fault.empty());
    CHECK_FALSE(with([&](Area& a) { store_le<std::uint32_t>(a, at + 20, 7); }).indexes[at / index_bytes].fault.empty());
    CHECK_FALSE(with([&](Area& a) { store_le<std::uint64_t>(a, at + 32, ~std::uint64_t{0}); })
                    .indexes[at / index_bytes]
                    .fault.empty());
    CHECK_FALSE(with([&](Area& a) { store_le<std::uint64_t>(a, at + 32, 8); }).indexes[at / index_bytes].fault.empty());
  }
}

TEST_CASE("Empty and short areas have no labels") {
  for (const std::size_t size : {0U, 1U, 71U, 72U, 300U, 131072U}) {
    const LabelArea found = decode_labels(Area(size)).value();
    CHECK(found.indexes.empty());
    CHECK(!found.current);
  }
  CHECK(!decode_labels(Area(most_label_area + 1)));
  Area cut = two_labels(true);
  cut.resize(100);
  CHECK(!decode_labels(cut)->current);
}

TEST_CASE("Names in labels are made printable") {
  Area area = two_labels(true);
  put_text(area, first_label + 16, "\x1b[31mred");
  CHECK(decode_labels(area)->labels[0].name == "\\x1b[31mred");
  CHECK(decode_labels(area)->labels[0].checksum_ok == false);
}

TEST_CASE("An info block of fsdax") {
  Area start(8192);
  put_text(start, 4096, std::string_view("NVDIMM_PFN_INFO\0", 16));
  store_le<std::uint16_t>(start, 4096 + 52, 1);
  store_le<std::uint16_t>(start, 4096 + 54, 4);
  store_le<std::uint64_t>(start, 4096 + 56, 4U << 20U);
  store_le<std::uint64_t>(start, 4096 + 64, 31744);
  store_le<std::uint32_t>(start, 4096 + 72, 2);
  store_le<std::uint32_t>(start, 4096 + 84, 2U << 20U);
  store_le<std::uint32_t>(start, 4096 + 88, 4096);
  store_le<std::uint16_t>(start, 4096 + 92, 64);
  store_le(start, 8184, fletcher64(std::span(start).subspan(4096), 4088));
  const auto info = decode_infoblock(start);
  REQUIRE(info);
  CHECK(info->kind == "fsdax");
  CHECK(info->offset == 4096);
  CHECK(info->checksum_ok);
  CHECK(info->data_offset == 4U << 20U);
  CHECK(info->page_count == 31744U);
  CHECK(info->align_bytes == 2U << 20U);
  CHECK(info->page_struct_bytes == 64);
  CHECK(!info->free_blocks);
  start[5000] = std::byte{1};
  CHECK(!decode_infoblock(start)->checksum_ok);
}

TEST_CASE("An info block of a BTT, at 0 for version 2") {
  Area start(8192);
  put_text(start, 0, std::string_view("BTT_ARENA_INFO\0\0", 16));
  store_le<std::uint16_t>(start, 52, 2);
  store_le<std::uint32_t>(start, 56, 4096);
  store_le<std::uint32_t>(start, 60, 32473);
  store_le<std::uint32_t>(start, 72, 256);
  const auto info = decode_infoblock(start);
  REQUIRE(info);
  CHECK(info->kind == "sector");
  CHECK(info->offset == 0);
  CHECK(info->external_sectors == 32473U);
  CHECK(info->free_blocks == 256U);
  CHECK(!info->page_count);
  CHECK(!info->checksum_ok);
}

TEST_CASE("No info block where there is none") {
  CHECK(!decode_infoblock(Area(8192)));
  CHECK(!decode_infoblock(Area(100)));
  CHECK(!decode_infoblock({}));
}
