#include "nvme/commands.hpp"

#include <algorithm>
#include <string>

#include "nvme/endian.hpp"
#include "support/catch.hpp"

#ifdef NVMECTL_LIBNVME
#include <libnvme.h>
#endif

using namespace nvmectl;
using namespace nvmectl::nvme;

TEST_CASE("Identify's dwords", "[nvme][commands]") {
  const Command command = identify_command(
      {.cns = 0x13, .nsid = 7, .controller_id = 0x1234, .cns_specific = 0x55, .csi = 2, .uuid_index = 0xff});
  CHECK(command.opcode == 0x06);
  CHECK(command.nsid == 7);
  CHECK(command.cdw10 == 0x12340013);
  CHECK(command.cdw11 == 0x02000055);
  CHECK(command.cdw14 == 0x7f);
}

TEST_CASE("Get Log Page's dwords", "[nvme][commands]") {
  const Command command = get_log_command({.log_id = 0x70,
                                           .nsid = 0,
                                           .lsp = 3,
                                           .lsi = 0xabcd,
                                           .offset = 0x1'0000'0400,
                                           .index_offset = true,
                                           .retain_event = true,
                                           .csi = 2,
                                           .uuid_index = 1},
                                          1U << 20U);
  CHECK(command.opcode == 0x02);
  CHECK(command.nsid == 0);
  CHECK(command.cdw10 == 0xffff8370U);  // 262,144 dwords, 0's based: 3FFFFh
  CHECK(command.cdw11 == 0xabcd0003U);
  CHECK(command.cdw12 == 0x400);
  CHECK(command.cdw13 == 1);
  CHECK(command.cdw14 == 0x02800001U);
  CHECK(get_log_command({.log_id = 2}, 512).cdw10 == 0x007f0002);
  CHECK(get_log_command({.log_id = 2}, 5).cdw10 == 0x00010002);
  CHECK(get_log_command({.log_id = 2}, 0).cdw10 == 0x00000002);
  CHECK(get_log_command({.log_id = 2}, 0xffffffffU).cdw11 == 0x3fff);
}

TEST_CASE("features, abort, keep alive", "[nvme][commands]") {
  CHECK(get_features_command(fid::temperature_threshold, 1, FeatureSelect::saved, 9).cdw10 == 0x204);
  const Command set = set_features_command(fid::number_of_queues, 0x00030003, 0, true);
  CHECK(set.opcode == 0x09);
  CHECK(set.cdw10 == 0x80000007U);
  CHECK(set.cdw11 == 0x00030003);
  CHECK(abort_command(1, 0x22).cdw10 == 0x00220001);
  CHECK(keep_alive_command().opcode == 0x18);
  CHECK(async_event_request_command().opcode == 0x0c);
}

TEST_CASE("Read, Write and their like", "[nvme][commands]") {
  const auto read = read_command(
      {.nsid = 1, .lba = 0x1'0000'0002, .blocks = 65536, .force_unit_access = true, .limited_retry = true});
  REQUIRE(read);
  CHECK(read->opcode == 0x02);
  CHECK(read->cdw10 == 2);
  CHECK(read->cdw11 == 1);
  CHECK(read->cdw12 == 0xc000ffffU);
  CHECK(write_command({})->opcode == 0x01);
  CHECK(compare_command({})->opcode == 0x05);
  CHECK(write_zeroes_command({.deallocate = true})->cdw12 == 0x02000000);
  CHECK(read_command({.protection = 0xf})->cdw12 == 0x3c000000);
  CHECK(flush_command(nsid_all).nsid == 0xffffffffU);
  REQUIRE_FALSE(read_command({.blocks = 0}));
  CHECK(read_command({.blocks = 65537}).error().kind == ErrorKind::usage);
}

TEST_CASE("Dataset Management and its ranges", "[nvme][commands]") {
  const auto command = dataset_management_command(1, 256, {.deallocate = true});
  REQUIRE(command);
  CHECK(command->cdw10 == 255);
  CHECK(command->cdw11 == 4);
  CHECK_FALSE(dataset_management_command(1, 0, {}));
  CHECK_FALSE(dataset_management_command(1, 257, {}));
  const DatasetRange ranges[] = {{1, 2, 3}, {4, 5, 0x600000000}};
  const Bytes bytes = encode_ranges(ranges);
  REQUIRE(bytes.size() == 32);
  CHECK(load_le<std::uint32_t>(bytes, 20) == 5);
  CHECK(load_le<std::uint64_t>(bytes, 24) == 0x600000000);
}

TEST_CASE("Fabrics commands", "[nvme][commands]") {
  const Command get = property_get_command(property::cap, true);
  CHECK(get.opcode == 0x7f);
  CHECK(fabrics_type(get) == 0x04);
  CHECK(get.cdw10 == 1);
  const Command set = property_set_command(property::cc, 0x460001);
  CHECK(fabrics_type(set) == 0x00);
  CHECK(set.cdw11 == 0x14);
  CHECK(set.cdw12 == 0x460001);
  CHECK(fabrics_type(disconnect_command()) == 0x08);

  const ConnectArguments arguments{
      .queue_id = 3, .queue_size_zero_based = 127, .attributes = 4, .keep_alive_ms = 120000};
  const Command connect = connect_command(arguments);
  CHECK(fabrics_type(connect) == 0x01);
  CHECK(connect.cdw10 == 0x00030000);
  CHECK(connect.cdw11 == 0x0004007f);
  CHECK(connect.cdw12 == 120000);
  CHECK(parse_connect(connect).queue_id == 3);
  CHECK(parse_connect(connect).queue_size_zero_based == 127);
  CHECK(parse_connect(connect).attributes == 4);
  CHECK(parse_connect(connect).keep_alive_ms == 120000);
}

TEST_CASE("Connect data is encoded and parsed", "[nvme][commands]") {
  ConnectData data;
  data.host_id[15] = std::byte{9};
  data.subsystem_nqn = "nqn.2024-01.org.example:s";
  data.host_nqn = "nqn.2024-01.org.example:h";
  const auto bytes = encode_connect_data(data);
  REQUIRE(bytes);
  REQUIRE(bytes->size() == 1024);
  CHECK(load_le<std::uint16_t>(*bytes, 16) == 0xffff);
#ifdef NVMECTL_LIBNVME
  CHECK(std::to_integer<char>((*bytes)[offsetof(nvmf_connect_data, subsysnqn)]) == 'n');
  CHECK(std::to_integer<char>((*bytes)[offsetof(nvmf_connect_data, hostnqn)]) == 'n');
  CHECK(offsetof(nvmf_connect_data, cntlid) == 16);
  CHECK(sizeof(nvmf_connect_data) == 1024);
#endif
  const auto parsed = parse_connect_data(*bytes);
  REQUIRE(parsed);
  CHECK(parsed->host_id == data.host_id);
  CHECK(parsed->subsystem_nqn == data.subsystem_nqn);
  CHECK(parsed->host_nqn == data.host_nqn);
}

TEST_CASE("Connect data with bad NQNs", "[nvme][commands]") {
  ConnectData data;
  data.subsystem_nqn = std::string(224, 'n');
  data.host_nqn = "h";
  CHECK(encode_connect_data(data).error().kind == ErrorKind::usage);
  data.subsystem_nqn = "";
  CHECK_FALSE(encode_connect_data(data));
  data.subsystem_nqn = std::string(223, 'n');
  auto bytes = encode_connect_data(data);
  REQUIRE(bytes);
  CHECK(parse_connect_data(*bytes));
  std::fill_n(bytes->begin() + 512, 256, std::byte{'x'});  // no terminator
  CHECK(parse_connect_data(*bytes).error().kind == ErrorKind::protocol);
  CHECK_FALSE(parse_connect_data(Bytes(1023)));
  CHECK_FALSE(parse_connect_data(Bytes(1024)));
}
