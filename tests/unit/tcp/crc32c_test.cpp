#include "nvme/tcp/crc32c.hpp"

#include <string_view>

#include "support/catch.hpp"
#include "unit/tcp/peer.hpp"

namespace nvmectl::tcp {

// RFC 3720, appendix B.4.
TEST_CASE("CRC32C of the published vectors", "[tcp]") {
  const Bytes zeros(32, std::byte{0});
  const Bytes ones(32, std::byte{0xff});
  Bytes up(32);
  for (std::size_t i = 0; i < up.size(); ++i) up[i] = static_cast<std::byte>(i);
  for (auto* const digest : {&crc32c, &crc32c_portable}) {
    CHECK(digest(zeros, 0) == 0x8a9136aa);
    CHECK(digest(ones, 0) == 0x62a8ab43);
    CHECK(digest(up, 0) == 0x46dd794e);
    constexpr std::string_view digits = "123456789";
    CHECK(digest(std::as_bytes(std::span(digits)), 0) == 0xe3069283);
    CHECK(digest({}, 0) == 0);
  }
}

TEST_CASE("CRC32C in parts equals CRC32C at once, both forms alike", "[tcp]") {
  const Bytes data = test::pattern(1000);
  const std::span<const std::byte> all(data);
  for (std::size_t cut = 0; cut <= 64; ++cut) {
    CHECK(crc32c(all.subspan(cut), crc32c(all.first(cut))) == crc32c(all));
    CHECK(crc32c_portable(all.first(cut)) == crc32c(all.first(cut)));
  }
}

}  // namespace nvmectl::tcp
