#include "bench.hpp"
#include "nvme/facts.hpp"
#include "nvme/parsers.hpp"

using namespace nvmectl;
using namespace nvmectl::target;
using namespace nvmectl::target::test;
namespace cns = nvme::cns;

TEST_CASE("Identify Controller says what initiators check", "[target][identify]") {
  Bench bench;
  const auto device = bench.open();
  const Bytes page = identify(*device, {.cns = cns::controller});
  const nvme::ControllerFacts facts = nvme::controller_facts(page);
  CHECK(facts.serial == "SERIAL1");
  CHECK(facts.model == "Model One");
  CHECK(facts.firmware == "0.1.0");
  CHECK(facts.subsystem_nqn == nqn);
  CHECK(facts.controller_id == device->controller().cntlid());
  CHECK(facts.version == 0x20000);
  CHECK(facts.type == 1);
  CHECK(nvme::max_transfer_bytes(facts.mdts, 4096, 0) == 1U << 20U);
  CHECK(facts.keep_alive_100ms != 0);
  CHECK(facts.max_outstanding == 128);
  CHECK((facts.sgls & 3U) == 1);
  CHECK((facts.sgls & (1U << 20U)) != 0);
  CHECK(facts.io_capsule_16b * 16 == 64 + 8192);
  CHECK(facts.response_capsule_16b == 1);
  CHECK(facts.in_capsule_offset_16b == 0);
  CHECK(facts.error_log_entries == 64);
  CHECK(facts.async_event_limit == 4);
  CHECK(facts.namespace_id_max == 1024);
  CHECK(facts.extended_log_data());

  const Record record = decode(nvme::id_ctrl, page);
  CHECK(record.at("submission_queue_entry").number() == 0x66);
  CHECK(record.at("completion_queue_entry").number() == 0x44);
  CHECK(record.at("max_allowed_namespaces").number() == 1024);
  CHECK(record.at("optional_async_events").number() == 0x100);
  CHECK(record.at("optional_nvm_commands").number() == 0xdd);
  CHECK(record.at("volatile_write_cache").number() == 7);
  CHECK(record.at("optional_admin_commands").number() == 0);
}

TEST_CASE("Identify Controller of the discovery controller", "[target][identify]") {
  Bench bench;
  const auto device = bench.discovery();
  const nvme::ControllerFacts facts = nvme::controller_facts(identify(*device, {.cns = cns::controller}));
  CHECK(facts.is_discovery());
  CHECK(facts.subsystem_nqn == discovery_nqn);
  CHECK(facts.extended_log_data());
  CHECK(is(identify_status(*device, {.cns = cns::active_ns_list}), nvme::status::invalid_field));
  CHECK(device->io() == nullptr);
}

TEST_CASE("Identify Namespace", "[target][identify]") {
  Bench bench;
  const auto device = bench.open();
  const nvme::NamespaceFacts small = nvme::namespace_facts(1, identify(*device, {.cns = cns::ns, .nsid = 1}));
  CHECK(small.size_blocks == 2048);
  CHECK(small.capacity_blocks == 2048);
  CHECK(small.used_blocks == 0);
  CHECK(small.lba_bytes == 512);
  CHECK(small.shared);
  const nvme::NamespaceFacts large = nvme::namespace_facts(3, identify(*device, {.cns = cns::ns, .nsid = 3}));
  CHECK(large.size_blocks == 256);
  CHECK(large.lba_bytes == 4096);
  CHECK(large.ids.nguid != small.ids.nguid);

  const Bytes data(4096, std::byte{1});
  CHECK(io(*device, nvme::write_command({.nsid = 3, .lba = 0, .blocks = 1}), {}, data).ok());
  CHECK(nvme::namespace_facts(3, identify(*device, {.cns = cns::ns, .nsid = 3})).used_blocks == 16);  // one chunk

  CHECK(identify(*device, {.cns = cns::ns, .nsid = 2}) == Bytes(4096));  // allowed, not active
  for (const std::uint32_t nsid : {0U, 1025U, nvme::nsid_all})
    CHECK(is(identify_status(*device, {.cns = cns::ns, .nsid = nsid}), nvme::status::invalid_namespace));
}

TEST_CASE("Identify namespace lists", "[target][identify]") {
  Bench bench;
  bench.add(1024, 512);
  const auto device = bench.open();
  const auto list = [&](std::uint8_t which, std::uint32_t after) {
    return nvme::parse_ns_list(identify(*device, {.cns = which, .nsid = after}));
  };
  for (const std::uint8_t which : {cns::active_ns_list, cns::allocated_ns_list, cns::csi_active_ns_list}) {
    CHECK(list(which, 0) == std::vector<std::uint32_t>{1, 3, 1024});
    CHECK(list(which, 1) == std::vector<std::uint32_t>{3, 1024});
    CHECK(list(which, 1024).empty());
    CHECK(is(identify_status(*device, {.cns = which, .nsid = nvme::nsid_all}), nvme::status::invalid_namespace));
  }
  CHECK(is(identify_status(*device, {.cns = cns::csi_active_ns_list, .csi = nvme::csi::zoned}),
           nvme::status::invalid_field));
}

TEST_CASE("Identify with all 1,024 namespaces fills one list", "[target][identify]") {
  Bench bench;
  for (std::uint32_t nsid = 1; nsid <= 1024; ++nsid)
    if (nsid != 1 && nsid != 3) bench.add(nsid, 512, 4096);
  const auto device = bench.open();
  CHECK(nvme::parse_ns_list(identify(*device, {.cns = cns::active_ns_list})).size() == 1024);
  auto store = make_ram_store(4096);
  REQUIRE(store);
  CHECK_FALSE(bench.subsystem->add_namespace({.nsid = 0, .store = std::move(*store)}));
}

TEST_CASE("Identify namespace descriptors agree with Identify Namespace and with a second target",
          "[target][identify]") {
  Bench bench, same;
  const auto device = bench.open();
  const Bytes page = identify(*device, {.cns = cns::ns_descriptors, .nsid = 1});
  const auto ids = nvme::parse_ns_descriptors(page);
  REQUIRE(ids);
  const auto facts = nvme::namespace_facts(1, identify(*device, {.cns = cns::ns, .nsid = 1}));
  CHECK(ids->nguid == facts.ids.nguid);
  CHECK(ids->eui64 == facts.ids.eui64);
  CHECK(ids->uuid.size() == 36);
  CHECK(ids->uuid[14] == '8');
  CHECK(ids->csi == nvme::csi::nvm);
  const auto other = same.open();
  CHECK(identify(*other, {.cns = cns::ns_descriptors, .nsid = 1}) == page);
  CHECK(is(identify_status(*device, {.cns = cns::ns_descriptors, .nsid = 2}), nvme::status::invalid_field));
}

TEST_CASE("a namespace's own UUID is kept", "[target][identify]") {
  Bench bench;
  auto store = make_ram_store(4096);
  REQUIRE(store);
  Guid uuid{};
  uuid[0] = std::byte{0xab};
  REQUIRE(bench.subsystem->add_namespace({.nsid = 9, .store = std::move(*store), .block_bytes = 512, .uuid = uuid}));
  const auto device = bench.open();
  const auto ids = nvme::parse_ns_descriptors(identify(*device, {.cns = cns::ns_descriptors, .nsid = 9}));
  REQUIRE(ids);
  CHECK(ids->uuid == "ab000000-0000-0000-0000-000000000000");
}

TEST_CASE("Identify of the I/O command sets", "[target][identify]") {
  Bench bench;
  const auto device = bench.open();
  const Record limits = decode(nvme::nvm_id_ctrl, identify(*device, {.cns = cns::csi_controller}));
  CHECK(limits.at("write_zeroes_limit_log2").number() == 13);
  CHECK(limits.at("verify_limit_log2").number() == 10);
  CHECK(identify(*device, {.cns = cns::csi_ns, .nsid = 1}) == Bytes(4096));
  CHECK(is(identify_status(*device, {.cns = cns::csi_ns, .nsid = 1, .csi = nvme::csi::zoned}),
           nvme::status::invalid_field));
  const Bytes independent = identify(*device, {.cns = cns::independent_ns, .nsid = 1});
  CHECK(independent[1] == std::byte{1});
  CHECK(independent[14] == std::byte{1});
  CHECK(identify(*device, {.cns = cns::command_set_combinations})[0] == std::byte{1});
  CHECK(is(identify_status(*device, {.cns = 0x77}), nvme::status::invalid_field));
}

TEST_CASE("Identify controller lists", "[target][identify]") {
  Bench bench;
  const auto first = bench.open();
  const auto second = bench.open();
  const auto ids = [&](std::uint8_t which, std::uint32_t nsid, std::uint16_t from) {
    const Bytes page = identify(*first, {.cns = which, .nsid = nsid, .controller_id = from});
    std::vector<unsigned> list;
    for (unsigned i = 0; i < std::to_integer<unsigned>(page[0]); ++i)
      list.push_back(std::to_integer<unsigned>(page[2 + 2 * i]));
    return list;
  };
  CHECK(ids(cns::controller_list, 0, 0) == std::vector<unsigned>{1, 2});
  CHECK(ids(cns::controller_list, 0, 2) == std::vector<unsigned>{2});
  CHECK(ids(cns::ns_controller_list, 1, 0) == std::vector<unsigned>{1, 2});
  CHECK(ids(cns::ns_controller_list, 2, 0).empty());
}

TEST_CASE("Identify wants a whole page of room", "[target][identify]") {
  Bench bench;
  const auto device = bench.open();
  Bytes little(512);
  const auto completion = admin(*device, nvme::identify_command({.cns = cns::controller}), little);
  CHECK(is(completion.status, nvme::status::sgl_length_invalid));
  CHECK(completion.received == 0);
  CHECK(little == Bytes(512));
}
