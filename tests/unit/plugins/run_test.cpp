#include "plugins/run.hpp"

#include "support.hpp"

using namespace plugin_test;

namespace {

constexpr std::string_view guid_log =
    R"({"id": "0xca", "bytes": 16, "guid": {"offset": 0, "value": "0F0E0D0C0B0A09080706050403020100"},
        "uuid": "c194d55b-e094-4794-a21d-29998f56be6f"})";
constexpr std::string_view guid_fields = R"({"offset": 0, "type": "bytes", "size": 12, "key": "id", "title": "Id"},
                                            {"offset": 12, "type": "u32", "key": "count", "title": "Count"})";

std::unique_ptr<plugins::Plugin> acme(std::string text) {
  auto parsed = plugins::parse_plugin(text);
  for (const auto& problem : parsed.problems) UNSCOPED_INFO(to_string(problem));
  REQUIRE(parsed.plugin);
  return std::move(parsed.plugin);
}

Bytes counting_page() {
  Bytes page;
  for (int i = 0; i < 16; ++i) page.push_back(static_cast<std::byte>(i));
  return page;
}

Bytes identify_controller(std::uint16_t vid, std::string_view model, bool uuid_list) {
  Bytes page(4096);
  page[0] = static_cast<std::byte>(vid & 0xff);
  page[1] = static_cast<std::byte>(vid >> 8U);
  for (std::size_t i = 0; i < 40; ++i) page[24 + i] = static_cast<std::byte>(i < model.size() ? model[i] : ' ');
  if (uuid_list) page[97] = std::byte{2};  // CTRATT bit 9
  return page;
}

}  // namespace

TEST_CASE("a plugin's command reads, decodes and gives a record", "[plugins][run]") {
  const auto plugin = acme(plugin_text(good_fields));
  World world;
  world.controller.logs[0xca] = counting_page();
  REQUIRE(world.run(*plugin->specs[0], {{0, "nvme0"}}));
  const auto* record = world.out.data.as<Record>();
  REQUIRE(record != nullptr);
  CHECK(record->at("erases").number() == 0x03020100);
  REQUIRE(world.controller.seen.size() == 1);
  CHECK(world.controller.seen[0].opcode == 0x02);
  CHECK(world.controller.seen[0].nsid == 0xffffffff);
  CHECK(world.controller.seen[0].cdw10 == ((16 / 4 - 1) << 16U | 0xcaU));
}

TEST_CASE("raw output is the page as it is", "[plugins][run]") {
  const auto plugin = acme(plugin_text(good_fields));
  World world;
  world.out.raw_wanted = true;
  world.controller.logs[0xca] = counting_page();
  REQUIRE(world.run(*plugin->specs[0], {{0, "nvme0"}}));
  CHECK(world.out.bytes == counting_page());
  CHECK(world.out.data.is_null());
}

TEST_CASE("a drive without the page is told apart from a failure", "[plugins][run]") {
  const auto plugin = acme(plugin_text(good_fields));
  World world;
  for (const NvmeStatus status : {nvme::status::invalid_log_page, nvme::status::dnr(nvme::status::invalid_field)}) {
    world.controller.missing = status;
    const auto result = world.run(*plugin->specs[0], {{0, "nvme0"}});
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == ErrorKind::unsupported);
    CHECK(result.error().message == "this drive has no log page CAh (Wear)");
    CHECK(result.error().device == "nvme0");
    CHECK_FALSE(result.error().cause.empty());
  }
  world.controller.missing = nvme::status::internal_error;
  const auto result = world.run(*plugin->specs[0], {{0, "nvme0"}});
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::device);
}

TEST_CASE("a bad device name is a usage error", "[plugins][run]") {
  const auto plugin = acme(plugin_text(good_fields));
  World world;
  const auto result = world.run(*plugin->specs[0], {{0, "tcp://"}});
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::usage);
}

TEST_CASE("a GUID that differs is unsupported, raw or not", "[plugins][run]") {
  const auto plugin = acme(plugin_text(guid_fields, guid_log));
  World world;
  world.controller.identify_pages[0x01] = identify_controller(0x1af4, "ACME", false);
  world.controller.logs[0xca] = counting_page();
  REQUIRE(world.run(*plugin->specs[0], {{0, "nvme0"}}));
  world.controller.logs[0xca][3] = std::byte{0xff};
  for (const bool raw : {false, true}) {
    world.out.raw_wanted = raw;
    const auto result = world.run(*plugin->specs[0], {{0, "nvme0"}});
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == ErrorKind::unsupported);
  }
}

TEST_CASE("the UUID list selects the vendor's page", "[plugins][run]") {
  const auto plugin = acme(plugin_text(guid_fields, guid_log));
  World world;
  world.controller.identify_pages[0x01] = identify_controller(0x1af4, "ACME", true);
  world.controller.logs[0xca] = counting_page();
  Bytes list(4096);
  list[32 + 16] = std::byte{1};  // some other vendor's
  constexpr std::uint8_t uuid[] = {0xc1, 0x94, 0xd5, 0x5b, 0xe0, 0x94, 0x47, 0x94,
                                   0xa2, 0x1d, 0x29, 0x99, 0x8f, 0x56, 0xbe, 0x6f};
  for (std::size_t i = 0; i < 16; ++i) list[64 + 16 + i] = std::byte{uuid[i]};
  world.controller.identify_pages[0x17] = list;
  REQUIRE(world.run(*plugin->specs[0], {{0, "nvme0"}}));
  REQUIRE(world.controller.seen.size() == 3);
  CHECK(world.controller.seen[2].cdw14 == 2);

  world.controller.identify_pages[0x17] = Bytes(4096);  // a list without it: the drive's default pages
  world.controller.seen.clear();
  REQUIRE(world.run(*plugin->specs[0], {{0, "nvme0"}}));
  CHECK(world.controller.seen[2].cdw14 == 0);
}

TEST_CASE("match keeps other vendors' drives away", "[plugins][run]") {
  std::string text = plugin_text(good_fields);
  text.insert(text.find("\"commands\""), R"("match": {"vids": ["0x1af4"], "model_prefix": "ACME X"}, )");
  const auto plugin = acme(text);
  World world;
  world.controller.logs[0xca] = counting_page();
  world.controller.identify_pages[0x01] = identify_controller(0x1af4, "ACME X9", false);
  CHECK(world.run(*plugin->specs[0], {{0, "nvme0"}}));
  for (const auto& other :
       {identify_controller(0x1234, "ACME X9", false), identify_controller(0x1af4, "OTHER", false)}) {
    world.controller.identify_pages[0x01] = other;
    const auto result = world.run(*plugin->specs[0], {{0, "nvme0"}});
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == ErrorKind::unsupported);
  }
}
