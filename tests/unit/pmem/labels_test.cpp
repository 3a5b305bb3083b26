#include "pmem/labels.hpp"

#include <cstring>

#include "core/endian.hpp"
#include "core/text.hpp"
#include "pmem/infoblock.hpp"
#include "support/catch.hpp"

using namespace nvmectl;
using namespace nvmectl::pmem;

namespace {

using Area = std::vector<std::byte>;
constexpr std::size_t index_bytes = 256, first_label = 512;

void put_text(std::span<std::byte> area, std::size_t at, std::string_view text) {
  std::memcpy(area.data() + at, text.data(), text.size());
}
void seal_index(Area& area, std::size_t at) {
  store_le(area, at + 64, fletcher64(std::span(area).subspan(at, index_bytes), 64));
}
void put_index(Area& area, std::size_t at, std::uint32_t sequence, std::uint32_t slots, bool large) {
  put_text(area, at, std::string_view("NAMESPACE_INDEX\0", 16));
  area[at + 19] = std::byte{large ? std::uint8_t{1} : std::uint8_t{0}};
  store_le<std::uint32_t>(area, at + 20, sequence);
  store_le<std::uint64_t>(area, at + 24, at);
  store_le<std::uint64_t>(area, at + 32, index_bytes);
  store_le<std::uint64_t>(area, at + 40, at == 0 ? index_bytes : 0);
  store_le<std::uint64_t>(area, at + 48, first_label);
  store_le<std::uint32_t>(area, at + 56, slots);
  store_le<std::uint16_t>(area, at + 60, 1);
  store_le<std::uint16_t>(area, at + 62, large ? 2 : 1);
  for (std::size_t i = 0; i < (slots + 7) / 8; ++i) area[at + 72 + i] = std::byte{0xff};
  seal_index(area, at);
}
void use_slot(Area& area, std::size_t index, std::uint32_t slot) {
  area[index + 72 + slot / 8] &= ~std::byte{static_cast<std::uint8_t>(1U << (slot % 8))};
  seal_index(area, index);
}
void put_label(Area& area, std::uint32_t slot, std::string_view name, bool large) {
  const std::size_t bytes = large ? 256 : 128, at = first_label + slot * bytes;
  for (std::size_t i = 0; i < 16; ++i) area[at + i] = static_cast<std::byte>(i + slot);
  put_text(area, at + 16, name);
  store_le<std::uint16_t>(area, at + 84, 2);
  store_le<std::uint16_t>(area, at + 86, 1);
  store_le<std::uint64_t>(area, at + 104, 0x1000000);
  store_le<std::uint64_t>(area, at + 112, 128U << 20U);
  store_le<std::uint32_t>(area, at + 120, slot);
  if (!large) return;
  // 266400ba-fb9f-4677-bcb0-968f11d0d225 as a GUID: what makes it fsdax.
  const auto guid = parse_uuid("ba006426-9ffb-7746-bcb0-968f11d0d225").value();
  std::copy(guid.begin(), guid.end(), area.begin() + static_cast<std::ptrdiff_t>(at + 144));
  store_le(area, at + 248, fletcher64(std::span(area).subspan(at, 256), 248));
}

Area two_labels(bool large) {
  Area area(16384);
  const std::uint32_t slots = large ? 60 : 120;
  put_index(area, 0, 1, slots, large);
  put_index(area, index_bytes, 2, slots, large);
  put_label(area, 0, "vol-a", large);
  put_label(area, 9, "vol-b", large);
  put_label(area, 3, "stale", large);  // no index says that it is used
  for (const std::uint32_t slot : {0U, 9U}) use_slot(area, index_bytes, slot);
  return area;
}

}  // namespace

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
    CHECK(area.indexes[0].valid);
    CHECK(area.indexes[1].valid);
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
    CHECK(!with([&](Area& a) { store_le<std::uint32_t>(a, at + 56, 0xffffffff); }).indexes[at / index_bytes].valid);
    CHECK(!with([&](Area& a) { store_le<std::uint64_t>(a, at + 48, ~std::uint64_t{0}); })
               .indexes[at / index_bytes]
               .valid);
    CHECK(!with([&](Area& a) { store_le<std::uint64_t>(a, at + 24, 99); }).indexes[at / index_bytes].valid);
    CHECK(!with([&](Area& a) { a[at + 19] = std::byte{200}; }).indexes[at / index_bytes].valid);
    CHECK(!with([&](Area& a) { store_le<std::uint32_t>(a, at + 20, 7); }).indexes[at / index_bytes].valid);
    CHECK(!with([&](Area& a) { store_le<std::uint64_t>(a, at + 32, ~std::uint64_t{0}); })
               .indexes[at / index_bytes]
               .valid);
    CHECK(!with([&](Area& a) { store_le<std::uint64_t>(a, at + 32, 8); }).indexes[at / index_bytes].valid);
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
