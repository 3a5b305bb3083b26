#include "bench.hpp"
#include "nvme/discovery.hpp"
#include "nvme/parsers.hpp"

using namespace nvmectl;
using namespace nvmectl::target;
using namespace nvmectl::target::test;
namespace lid = nvme::lid;

TEST_CASE("the supported log pages are those that can be read", "[target][logs]") {
  Bench bench;
  const auto discovery = GENERATE(false, true);
  const auto device = discovery ? bench.discovery() : bench.open();
  const Bytes page = get_log(*device, {.log_id = lid::supported_log_pages}, 1024);
  unsigned supported = 0;
  for (unsigned id = 0; id < 256; ++id) {
    const bool listed = page[std::size_t{4} * id] != std::byte{0};
    supported += listed ? 1 : 0;
    INFO("log page " << id);
    CHECK(log_status(*device, {.log_id = static_cast<std::uint8_t>(id)}, 512).ok() == listed);
  }
  CHECK(supported == (discovery ? 2 : 7));
}

TEST_CASE("failed commands stand in the error log, newest first", "[target][logs]") {
  Bench bench;
  const auto device = bench.open();
  CHECK(get_log(*device, {.log_id = lid::error_information}, 4096) == Bytes(4096));
  Bytes data(512);
  CHECK_FALSE(io(*device, nvme::read_command({.nsid = 1, .lba = 5000}), data).ok());
  const Completion failed = admin(*device, nvme::identify_command({.cns = 0x77, .nsid = 9}), data);
  CHECK(failed.status.more);
  const Bytes page = get_log(*device, {.log_id = lid::error_information}, 4096);
  const Record newest = decode(nvme::error_entry, page);
  const Record before = decode(nvme::error_entry, std::span(page).subspan(64));
  CHECK(newest.at("error_count").number() == 2);
  CHECK(newest.at("submission_queue_id").number() == 0);
  CHECK(newest.at("status_field").number() >> 1U == failed.status.to_wire());
  CHECK(newest.at("parameter_error_location").number() == 40);
  CHECK(before.at("error_count").number() == 1);
  CHECK(before.at("submission_queue_id").number() == 1);
  CHECK(before.at("lba").number() == 5000);
  CHECK(before.at("nsid").number() == 1);
  CHECK(std::span(page).subspan(128).front() == std::byte{0});
}

TEST_CASE("the error log keeps 64 entries and counts on", "[target][logs]") {
  Bench bench;
  const auto device = bench.open();
  for (int i = 0; i < 100; ++i) CHECK_FALSE(admin(*device, {.opcode = 0xc0}).ok());
  const Bytes page = get_log(*device, {.log_id = lid::error_information}, 64 * 65);
  CHECK(decode(nvme::error_entry, page).at("error_count").number() == 100);
  CHECK(decode(nvme::error_entry, std::span(page).subspan(63 * 64)).at("error_count").number() == 37);
  CHECK(decode(nvme::error_entry, std::span(page).subspan(64 * 64)).at("error_count").number() == 0);
  CHECK(decode(nvme::smart_log, get_log(*device, {.log_id = lid::smart}, 512)).at("error_log_entries") ==
        Value(U128{0, 100}));
}

TEST_CASE("SMART counts what was done, in all and per namespace", "[target][logs]") {
  Bench bench;
  const auto device = bench.open();
  Bytes data(1024 * 512);
  for (int i = 0; i < 3; ++i) CHECK(io(*device, nvme::read_command({.nsid = 1, .blocks = 1024}), data).ok());
  CHECK(io(*device, nvme::write_command({.nsid = 3, .blocks = 8}), {}, std::span(data).first(32768)).ok());
  const auto smart = [&](std::uint32_t nsid) {
    return decode(nvme::smart_log, get_log(*device, {.log_id = lid::smart, .nsid = nsid}, 512));
  };
  const Record all = smart(nvme::nsid_all);
  CHECK(all.at("data_units_read") == Value(U128{0, 4}));  // 3,072 blocks, rounded up
  CHECK(all.at("data_units_written") == Value(U128{0, 1}));
  CHECK(all.at("host_read_commands") == Value(U128{0, 3}));
  CHECK(all.at("host_write_commands") == Value(U128{0, 1}));
  CHECK(all.at("temperature_kelvin").number() == 313);
  CHECK(all.at("available_spare_percent").number() == 100);
  CHECK(all.at("critical_warning").number() == 0);
  CHECK(smart(1).at("host_read_commands") == Value(U128{0, 3}));
  CHECK(smart(3).at("host_read_commands") == Value(U128{0, 0}));
  REQUIRE(bench.subsystem->remove_namespace(1));
  CHECK(smart(0).at("host_read_commands") == Value(U128{0, 3}));
  CHECK(is(log_status(*device, {.log_id = lid::smart, .nsid = 1}, 512), nvme::status::invalid_field));
  CHECK(is(log_status(*device, {.log_id = lid::smart, .nsid = 1025}, 512), nvme::status::invalid_namespace));
}

TEST_CASE("firmware slots and effects", "[target][logs]") {
  Bench bench;
  const auto device = bench.open();
  const Record firmware = decode(nvme::firmware_slot_log, get_log(*device, {.log_id = lid::firmware_slot}, 512));
  CHECK(firmware.at("active_firmware").number() == 1);
  CHECK(firmware.at("slot_revisions").as<List>()->items.at(0) == Value("0.1.0"));
  const Bytes effects = get_log(*device, {.log_id = lid::commands_supported}, 4096);
  CHECK((effects[std::size_t{4} * nvme::admin::identify] & std::byte{1}) == std::byte{1});
  CHECK(effects[1024 + 4 * nvme::io::write] == std::byte{3});
  CHECK(effects[1024 + 4 * nvme::io::read] == std::byte{1});
  CHECK(effects[std::size_t{4} * nvme::admin::format_nvm] == std::byte{0});
}

TEST_CASE("parts of a log page make up the whole", "[target][logs]") {
  Bench bench;
  const auto device = bench.open();
  const Bytes whole = get_log(*device, {.log_id = lid::smart}, 512);
  Bytes parts;
  for (std::uint64_t offset = 0; offset < 512; offset += 100) {
    const Bytes part = get_log(*device, {.log_id = lid::smart, .offset = offset}, 100);
    parts.insert(parts.end(), part.begin(), part.end());
  }
  REQUIRE(parts.size() == 600);
  CHECK(Bytes(parts.begin(), parts.begin() + 512) == whole);
  CHECK(Bytes(parts.begin() + 512, parts.end()) == Bytes(88));
  CHECK(log_status(*device, {.log_id = lid::smart, .offset = 512}, 4).ok());
  CHECK(is(log_status(*device, {.log_id = lid::smart, .offset = 516}, 4), nvme::status::invalid_field));
  CHECK(is(log_status(*device, {.log_id = lid::smart, .offset = 2}, 4), nvme::status::invalid_field));
  Bytes little(100);
  CHECK(is(admin(*device, nvme::get_log_command({.log_id = lid::smart}, 512), little).status,
           nvme::status::sgl_length_invalid));
}

TEST_CASE("the changed namespace list is cleared by reading it, unless the event is retained", "[target][logs]") {
  Bench bench;
  const auto device = bench.open();
  const auto changed = [&](bool retain) {
    return nvme::parse_ns_list(get_log(*device, {.log_id = lid::changed_ns_list, .retain_event = retain}, 4096));
  };
  CHECK(changed(false).empty());
  bench.add(9, 512);
  REQUIRE(bench.subsystem->remove_namespace(3));
  REQUIRE(bench.subsystem->remove_namespace(9));
  CHECK(changed(true) == std::vector<std::uint32_t>{3, 9});
  CHECK(changed(false) == std::vector<std::uint32_t>{3, 9});
  CHECK(changed(false).empty());
}

TEST_CASE("the discovery log lists each visible subsystem at each portal, and referrals", "[target][logs][discovery]") {
  Bench bench;
  REQUIRE(bench.target.add_subsystem(
      {.nqn = "nqn.2014-08.org.example:private", .allowed_hosts = {"nqn.2014-08.org.example:friend"}}));
  bench.target.set_portals({{.family = 1, .address = "192.0.2.1", .service = "4420"},
                            {.family = 2, .address = "2001:db8::1", .service = "8009"}});
  REQUIRE(bench.target.add_referral({.family = 1, .address = "192.0.2.9"}));
  const auto read = [](LocalDevice& device) {
    const auto log = nvme::read_discovery_log(device, {});
    REQUIRE(log);
    return *log;
  };
  const auto stranger = bench.discovery();
  const DiscoveryLog log = read(*stranger);
  CHECK(log.generation == bench.target.generation());
  REQUIRE(log.records.size() == 4);
  CHECK(log.records[0].subsystem_type == nvme::subtype::current_discovery);
  CHECK(log.records[0].nqn == discovery_nqn);
  CHECK(log.records[1].nqn == nqn);
  CHECK(log.records[1].address == "192.0.2.1");
  CHECK(log.records[1].service_id == "4420");
  CHECK(log.records[1].transport_type == nvme::trtype::tcp);
  CHECK(log.records[1].controller_id == 0xffff);
  CHECK(log.records[2].address == "2001:db8::1");
  CHECK(log.records[2].address_family == 2);
  CHECK(log.records[2].port_id != log.records[1].port_id);
  CHECK(log.records[3].subsystem_type == nvme::subtype::referral);
  CHECK(log.records[3].address == "192.0.2.9");
  CHECK(log.records[3].service_id == "8009");

  const auto friendly = bench.discovery({.host_nqn = "nqn.2014-08.org.example:friend"});
  CHECK(read(*friendly).records.size() == 6);
  REQUIRE(bench.target.remove_subsystem(nqn));
  CHECK(read(*friendly).records.size() == 4);
  CHECK(read(*stranger).records.size() == 2);
}

TEST_CASE("a wildcard portal is listed as the address by which the host came", "[target][logs][discovery]") {
  Bench bench;
  bench.target.set_portals({{.family = 1, .address = "0.0.0.0", .service = "4420", .wildcard = true}});
  const auto device =
      bench.discovery({.reached = {.family = 1, .address = "192.0.2.77", .service = "4420", .wildcard = true}});
  const auto log = nvme::read_discovery_log(*device, {});
  REQUIRE(log);
  REQUIRE(log->records.size() == 2);
  CHECK(log->records[0].address == "192.0.2.77");
  CHECK(log->records[1].address == "192.0.2.77");
}

TEST_CASE("any part of a discovery log of thousands of records", "[target][logs][discovery]") {
  Bench bench;
  for (int i = 0; i < 3000; ++i)
    REQUIRE(bench.target.add_subsystem({.nqn = "nqn.2014-08.org.example:many" + std::to_string(i)}));
  const auto device = bench.discovery();
  const auto log = nvme::read_discovery_log(*device, {});
  REQUIRE(log);
  REQUIRE(log->records.size() == 3002);
  CHECK(log->records[3001].nqn == "nqn.2014-08.org.example:many2999");
  const Bytes part = get_log(*device, {.log_id = lid::discovery, .offset = 1024 * 3000 + 512}, 1024);
  const Bytes whole = get_log(*device, {.log_id = lid::discovery, .offset = 1024 * 3000}, 2048);
  CHECK(part == Bytes(whole.begin() + 512, whole.begin() + 1536));
  CHECK(get_log(*device, {.log_id = lid::discovery, .offset = 1024 * 3003}, 1024) == Bytes(1024));
  CHECK(is(log_status(*device, {.log_id = lid::discovery, .offset = 1024 * 3003 + 4}, 1024),
           nvme::status::invalid_field));
  CHECK(is(log_status(*device, {.log_id = lid::discovery, .offset = ~std::uint64_t{3}}, 1024),
           nvme::status::invalid_field));
}
