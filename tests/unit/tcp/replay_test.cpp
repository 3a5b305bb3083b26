// What a real SPDK target and initiator sent, against our codec and queue.
#include <fstream>
#include <sstream>
#include <string>

#include "backends/tcp/queue.hpp"
#include "core/endian.hpp"
#include "nvme/commands.hpp"
#include "support/catch.hpp"
#include "unit/tcp/peer.hpp"

namespace nvmectl::tcp {
namespace {

struct Line {
  bool from_host = false;
  std::string name;
  Bytes bytes;
};

std::vector<Line> recorded() {
  std::ifstream file(NVMECTL_FIXTURES "/tcp/spdk_discovery.txt");
  std::vector<Line> lines;
  for (std::string text; std::getline(file, text);) {
    if (text.starts_with('#')) continue;
    std::istringstream words(text);
    std::string sender, hex;
    Line line;
    words >> sender >> line.name >> hex;
    line.from_host = sender == "host";
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
      line.bytes.push_back(static_cast<std::byte>(std::stoul(hex.substr(i, 2), nullptr, 16)));
    lines.push_back(std::move(line));
  }
  REQUIRE(lines.size() == 33);
  return lines;
}

Request get(std::uint32_t property, bool wide) {
  return {.command = nvme::property_get_command(property, wide), .operation = "Property Get"};
}

}  // namespace

TEST_CASE("a real initiator's PDUs are read as a controller reads them", "[tcp]") {
  PduReader reader(Role::controller);
  std::vector<test::Sent> all;
  for (const Line& line : recorded()) {
    if (!line.from_host) continue;
    const auto sent = test::take_apart(reader, line.bytes);
    REQUIRE(sent.size() == 1);
    CHECK(to_string(sent[0].type) == line.name);
    all.push_back(sent[0]);
  }
  CHECK(decode_ic_req(all[0].header) == IcReq{});
  const auto connect = nvme::parse_connect(all[1].sqe().command);
  CHECK(connect.queue_size_zero_based == 31);
  CHECK(connect.keep_alive_ms == 10000);
  const auto data = nvme::parse_connect_data(all[1].data);
  REQUIRE(data);
  CHECK(data->subsystem_nqn == discovery_nqn);
  CHECK(data->controller_id == 0xffff);
  // Every command of theirs comes out of our encoder as it went in; their Set Features has an in-capsule SGL of length
  // 0.
  for (const test::Sent& sent : all) {
    if (sent.type != PduType::capsule_cmd) continue;
    const Sqe sqe = sent.sqe();
    const auto again = encode_sqe(sqe.command, sqe.cid, sqe.sgl);
    CHECK(Bytes(again.begin(), again.end()) == Bytes(sent.header.begin() + 8, sent.header.end()));
  }
}

TEST_CASE("a real target's PDUs drive the host queue", "[tcp]") {
  const std::vector<Line> lines = recorded();
  HostQueue queue({});
  queue.start();
  Bytes hello(queue.output().begin(), queue.output().end());
  CHECK(hello == lines[0].bytes);
  queue.output_taken(hello.size());
  REQUIRE(queue.receive(lines[1].bytes));
  CHECK(queue.agreed().max_h2c_data == 131072);

  const auto exchange = [&](const Request& request, const Line& theirs, const Line& answer) {
    REQUIRE(queue.submit(request, 0));
    const Bytes sent(queue.output().begin(), queue.output().end());
    if (request.out.empty()) CHECK(sent == theirs.bytes);
    queue.output_taken(sent.size());
    REQUIRE(queue.receive(answer.bytes));
    const auto finished = queue.take_finished();
    REQUIRE(finished.size() == 1);
    CHECK(finished[0].completion.ok());
    return finished[0].completion.result;
  };
  const Bytes connect_data = Bytes(lines[2].bytes.end() - 1024, lines[2].bytes.end());
  const Command connect = nvme::connect_command({.keep_alive_ms = 10000});
  CHECK(exchange({.command = connect, .out = connect_data, .operation = "Connect"}, lines[2], lines[3]) == 1);
  CHECK(exchange(get(nvme::property::vs, false), lines[4], lines[5]) == 0x20000);
  CHECK(exchange(get(nvme::property::cap, true), lines[6], lines[7]) == 0x0800'0020'1e01'007f);
  CHECK(exchange(get(nvme::property::cc, false), lines[8], lines[9]) == 0);
  CHECK(exchange(get(nvme::property::csts, false), lines[10], lines[11]) == 0);
  const Request enable{.command = nvme::property_set_command(nvme::property::cc, 0x460001),
                       .operation = "Property Set"};
  CHECK(exchange(enable, lines[12], lines[13]) == 0);
  CHECK(exchange(get(nvme::property::csts, false), lines[14], lines[15]) == 1);
}

TEST_CASE("a real target's data with the SUCCESS flag completes a log read", "[tcp]") {
  const std::vector<Line> lines = recorded();
  HostQueue queue({});
  queue.start();
  REQUIRE(queue.receive(lines[1].bytes));
  // Their identifiers 0 to 3 were taken by Asynchronous Event Requests; the log reads had 4.
  for (int i = 0; i < 4; ++i) REQUIRE(queue.submit({.command = nvme::async_event_request_command()}, 1));
  Bytes header(1024), counter(8);
  for (const auto& [buffer, line] : {std::pair{&header, lines[29]}, std::pair{&counter, lines[32]}}) {
    REQUIRE(line.name == "C2HData");
    REQUIRE(queue.submit({.command = {.opcode = 2}, .in = *buffer, .operation = "Get Log Page"}, 7));
    REQUIRE(queue.receive(line.bytes));
    const auto finished = queue.take_finished();
    REQUIRE(finished.size() == 1);
    CHECK(finished[0].completion.received == buffer->size());
  }
  CHECK(load_le64(header, 0) == 4);  // GENCTR
  CHECK(load_le64(header, 8) == 3);  // NUMREC
  CHECK(load_le64(counter, 0) == 4);
}

}  // namespace nvmectl::tcp
