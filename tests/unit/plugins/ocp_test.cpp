// The shipped plugins, and the OCP page decoded from bytes made by hand.
#include <algorithm>

#include "nvme/decode.hpp"
#include "nvme/endian.hpp"
#include "nvme/layout.hpp"
#include "plugins/run.hpp"
#include "support.hpp"

using namespace plugin_test;

namespace {

std::unique_ptr<plugins::Plugin> ocp() {
  auto parsed = plugins::parse_plugin(read_file(NVMECTL_SOURCE "/plugins/vendors/ocp.json"));
  for (const auto& problem : parsed.problems) UNSCOPED_INFO(to_string(problem));
  REQUIRE(parsed.plugin);
  return std::move(parsed.plugin);
}

Bytes page_c0() {
  Bytes page(512);
  const auto put = [&](std::size_t offset, std::size_t size, std::uint64_t value) {
    nvme::store_le_bytes(std::span(page).subspan(offset, size), value);
  };
  put(0, 8, 0x1000);
  put(8, 8, 1);
  put(16, 16, 4096);
  put(32, 6, 0xffff'ffff'fffe);
  put(38, 2, 97);
  put(72, 4, 5);
  put(76, 4, 4);
  put(80, 1, 3);
  put(81, 7, 0x11223344556677);
  put(88, 4, 900);
  put(92, 4, 800);
  put(96, 1, 7);
  put(97, 1, 2);
  put(99, 2, 1);
  put(101, 2, 5);
  put(103, 1, 2);
  put(112, 4, 6);
  put(120, 1, 88);
  put(128, 2, 120);
  put(130, 1, 'b');
  put(176, 16, 7'000'000'000'000'000);
  put(208, 8, 0x3032314350434Fu);  // "OCPC120"
  put(222, 1, 71);
  put(278, 1, 0xab);
  put(494, 2, 5);
  constexpr std::uint8_t guid[] = {0xC5, 0xAF, 0x10, 0x28, 0xEA, 0xBF, 0xF2, 0xA4,
                                   0x9C, 0x4F, 0x6F, 0x7C, 0xC9, 0x14, 0xD5, 0xAF};
  for (std::size_t i = 0; i < 16; ++i) page[496 + i] = std::byte{guid[i]};
  return page;
}

}  // namespace

TEST_CASE("the shipped ocp.json covers its page", "[plugins][ocp]") {
  const auto plugin = ocp();
  REQUIRE(plugin->commands.size() == 1);
  const auto& command = plugin->commands[0];
  CHECK(command.spec.full_name() == "ocp smart-add-log");
  CHECK(command.log_id == 0xc0);
  CHECK(nvme::covers(command.fields, 512));
  // Places that the specification gives, apart from the sums that covers() checks.
  const auto offset = [&](std::string_view key) {
    const Field* field = command.schema.find(key);
    REQUIRE(field != nullptr);
    return field->offset;
  };
  CHECK(offset("bad_user_nand_blocks") == 32);
  CHECK(offset("soft_ecc_errors") == 64);
  CHECK(offset("pcie_correctable_errors") == 104);
  CHECK(offset("unaligned_ios") == 136);
  CHECK(offset("power_state_changes") == 200);
  CHECK(offset("nand_average_erases") == 224);
  CHECK(offset("lifetime_energy_kwh") == 264);
  CHECK(offset("dssd_firmware_build_label") == 294);
  CHECK(offset("log_page_version") == 494);
}

TEST_CASE("an OCP page made by hand is decoded", "[plugins][ocp]") {
  const auto plugin = ocp();
  const auto& command = plugin->commands[0];
  const Bytes page = page_c0();
  REQUIRE(plugins::check_guid(command, page));
  const auto record = nvme::decode(command.schema, page);
  REQUIRE(record);
  CHECK(record->at("physical_media_written_bytes") == Value(U128{1, 0x1000}));
  CHECK(record->at("physical_media_read_bytes") == Value(U128{0, 4096}));
  CHECK(record->at("bad_user_nand_blocks").number() == 0xffff'ffff'fffe);
  CHECK(record->at("bad_user_nand_blocks_normalized_percent").number() == 97);
  CHECK(record->at("end_to_end_detected_errors").number() == 5);
  CHECK(record->at("end_to_end_corrected_errors").number() == 4);
  CHECK(record->at("system_data_used_percent").number() == 3);
  CHECK(record->at("refreshes").number() == 0x11223344556677);
  CHECK(record->at("user_data_erases_max").number() == 900);
  CHECK(record->at("user_data_erases_min").number() == 800);
  CHECK(record->at("thermal_throttling_events").number() == 7);
  CHECK(record->at("thermal_throttling_status") == Value(Symbol{2, "second level"}));
  CHECK(record->at("dssd_major_version").number() == 2);
  CHECK(record->at("dssd_minor_version").number() == 5);
  CHECK(record->at("dssd_point_version").number() == 1);
  CHECK(record->at("incomplete_shutdowns").number() == 6);
  CHECK(record->at("free_blocks_percent").number() == 88);
  CHECK(record->at("capacitor_health_percent").number() == 120);
  CHECK(record->at("nvme_base_errata_version") == Value("b"));
  CHECK(record->at("nvme_command_set_errata_version") == Value(""));
  CHECK(record->at("endurance_estimate_bytes") == Value(U128{0, 7'000'000'000'000'000}));
  CHECK(record->at("lowest_permitted_firmware") == Value("OCPC120"));
  CHECK(record->at("max_temperature_celsius").number() == 71);
  CHECK(record->at("dssd_firmware_build_uuid") == Value("ab000000-0000-0000-0000-000000000000"));
  CHECK(record->at("log_page_version").number() == 5);
}

TEST_CASE("a page with another GUID is not decoded", "[plugins][ocp]") {
  const auto plugin = ocp();
  Bytes page = page_c0();
  page[500] ^= std::byte{1};
  const auto checked = plugins::check_guid(plugin->commands[0], page);
  REQUIRE_FALSE(checked);
  CHECK(checked.error().kind == ErrorKind::unsupported);
  CHECK(checked.error().message == "this drive's log page C0h is not the one that ocp describes");
  CHECK_THAT(checked.error().cause, nvmectl_test::ContainsSubstring("AFD514C97C6F4F9CA4F2BFEA2810AFC5"));
  CHECK_THAT(checked.error().hint, nvmectl_test::ContainsSubstring("get-log"));
  page.resize(400);
  CHECK_FALSE(plugins::check_guid(plugin->commands[0], page));
}

TEST_CASE("the example in the README is a valid plugin", "[plugins][readme]") {
  const std::string readme = read_file(NVMECTL_SOURCE "/plugins/README.md");
  const auto begin = readme.find("```jsonc\n");
  REQUIRE(begin != std::string::npos);
  const auto end = readme.find("```", begin + 9);
  REQUIRE(end != std::string::npos);
  CHECK(problems_of(readme.substr(begin + 9, end - begin - 9)) == std::vector<std::string>{});
}
