// LVM's labels, made here as `pvcreate` and `vgcreate` write them.
#include "block/lvm.hpp"

#include <cstring>
#include <string_view>

#include "core/endian.hpp"
#include "support/catch.hpp"

using namespace nvmectl;

namespace {

constexpr std::size_t label_at = 512, area_at = 4096, text_at = 512;

struct Volume {
  Bytes bytes = Bytes(16384);

  void text(std::size_t offset, std::string_view words) {
    std::memcpy(bytes.data() + offset, words.data(), words.size());
  }
  void physical_volume() {
    text(label_at, "LABELONE");
    store_le<std::uint32_t>(bytes, label_at + 20, 32);
    text(label_at + 24, "LVM2 001");
    store_le<std::uint64_t>(bytes, label_at + 32 + 40, 1 << 20);       // the data area, without a size
    store_le<std::uint64_t>(bytes, label_at + 32 + 40 + 32, area_at);  // behind zeros, the metadata area
    store_le<std::uint64_t>(bytes, label_at + 32 + 40 + 40, 1 << 20);
    text(area_at + 4, " LVM2 x[5A%r0N*>");
  }
  void group(std::string_view name) {
    store_le<std::uint64_t>(bytes, area_at + 40, text_at);
    store_le<std::uint64_t>(bytes, area_at + 48, 1000);
    text(area_at + text_at, name);
  }
  Result<std::string> read() const {
    return block::lvm_group([&](std::uint64_t offset, std::size_t size) -> Result<Bytes> {
      if (offset > bytes.size() || size > bytes.size() - offset) return fail(ErrorKind::io, "beyond the end");
      const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(offset);
      return Bytes(begin, begin + static_cast<std::ptrdiff_t>(size));
    });
  }
};

}  // namespace

TEST_CASE("a physical volume's group is found, and where there is none") {
  Volume volume;
  CHECK(volume.read().value() == "");
  volume.physical_volume();
  CHECK(volume.read().value() == "");
  volume.group("vg-pmem_0.1+x {\nid = \"");
  CHECK(volume.read().value() == "vg-pmem_0.1+x");
}

TEST_CASE("a physical volume that cannot be understood counts as somebody's") {
  Volume volume;
  volume.physical_volume();
  volume.group("vg {");
  SECTION("no header where it should be") {
    volume.text(area_at + 4, "nothing");
  }
  SECTION("a name of odd letters") {
    volume.text(area_at + text_at, "\x1b[31m");
  }
  SECTION("text beyond all devices") {
    store_le<std::uint64_t>(volume.bytes, area_at + 40, ~0ULL);
  }
  SECTION("a header beyond its sector") {
    store_le<std::uint32_t>(volume.bytes, label_at + 20, 0xffffffff);
  }
  SECTION("no metadata area") {
    store_le<std::uint64_t>(volume.bytes, label_at + 32 + 40 + 32, 0);
  }
  CHECK(volume.read().value() == "?");
}

TEST_CASE("what cannot be read is an error") {
  Volume volume;
  volume.physical_volume();
  store_le<std::uint64_t>(volume.bytes, label_at + 32 + 40 + 32, 1ULL << 60U);
  CHECK_FALSE(volume.read().has_value());
}
