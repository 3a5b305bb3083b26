#include "nvme/admin.hpp"

#include <string>

#include "support/catch.hpp"
#include "unit/nvme/fake_log.hpp"

using namespace nvmectl;
using namespace nvmectl::nvme;
using namespace nvmectl::test;

namespace {

// Identify Active Namespace List of the NSIDs 1 to `count`, times `step`.
Completion list_page(const Request& request, std::uint32_t count, std::uint32_t step = 1) {
  std::size_t at = 0;
  for (std::uint32_t i = 1; i <= count && at + 4 <= request.in.size(); ++i) {
    if (i * step <= request.command.nsid) continue;
    store_le(request.in, at, i * step);
    at += 4;
  }
  return Completion{0, {}, request.in.size()};
}

void put_namespace(std::span<std::byte> page) {
  WireWriter writer(id_ns, page);
  writer.set("nsze", 1000).set("ncap", 900).set("nuse", 800).set("flbas", 0x11).set("nlbaf", 1).set("nmic", 1);
  writer.set("anagrpid", 4);
  writer.element("lba_formats", 1).set("ds", 12).set("ms", 8);
  REQUIRE(writer.status());
}

}  // namespace

TEST_CASE("check turns a bad status into an error", "[nvme][admin]") {
  CHECK(check(Completion{}, "Identify"));
  const auto bad = check(Completion{0, status::invalid_field, 0}, "Identify");
  REQUIRE_FALSE(bad);
  CHECK(bad.error().message == "Identify failed");
  const auto gone = check(fail(ErrorKind::timeout, "no answer"), "Identify");
  REQUIRE_FALSE(gone);
  CHECK(gone.error().kind == ErrorKind::timeout);
  CHECK(gone.error().operation == "Identify");
}

TEST_CASE("identify wants all 4,096 bytes", "[nvme][admin]") {
  FakeTransport whole([](const Request& request) { return Completion{0, {}, request.in.size()}; });
  CHECK(identify(whole, {}, {.cns = cns::controller})->size() == 4096);
  CHECK(whole.commands[0].cdw10 == 1);
  FakeTransport part([](const Request&) { return Completion{0, {}, 4095}; });
  CHECK(identify(part, {}, {.cns = cns::controller}).error().kind == ErrorKind::protocol);
}

TEST_CASE("the active namespace list over several pages", "[nvme][admin]") {
  for (const std::uint32_t count : {0U, 1U, 1023U, 1024U, 1025U, 5000U}) {
    FakeTransport transport([&](const Request& request) { return list_page(request, count, 3); });
    const auto nsids = active_namespaces(transport, {});
    INFO(count);
    REQUIRE(nsids);
    REQUIRE(nsids->size() == count);
    if (count > 0) CHECK(nsids->back() == count * 3);
    CHECK(transport.round_trips == count / 1024 + 1);
  }
}

TEST_CASE("a namespace list that does not ascend, or never ends", "[nvme][admin]") {
  FakeTransport same([](const Request& request) {
    for (std::size_t at = 0; at < request.in.size(); at += 4) store_le<std::uint32_t>(request.in, at, 5);
    return Completion{0, {}, request.in.size()};
  });
  CHECK(active_namespaces(same, {}).error().kind == ErrorKind::protocol);
  FakeTransport endless([](const Request& request) {
    for (std::uint32_t i = 0; i < 1024; ++i) store_le(request.in, i * 4, request.command.nsid + 1 + i);
    return Completion{0, {}, request.in.size()};
  });
  CHECK(active_namespaces(endless, {}).error().kind == ErrorKind::protocol);
  CHECK(endless.round_trips == max_listed_namespaces / 1024);
  FakeTransport broadcast([](const Request& request) {
    store_le(request.in, 0, nsid_all);
    return Completion{0, {}, request.in.size()};
  });
  CHECK_FALSE(active_namespaces(broadcast, {}));
}

TEST_CASE("logs are read in chunks, the event is retained until the last", "[nvme][admin]") {
  Bytes page(10'000);
  for (std::size_t i = 0; i < page.size(); ++i) page[i] = static_cast<std::byte>(i % 251);
  FakeTransport transport([&](const Request& request) { return answer_from(page, request); }, 4096);
  const auto log = read_log(transport, {}, {.log_id = 0xc0}, 9'999);
  REQUIRE(log);
  CHECK(*log == Bytes(page.begin(), page.begin() + 9'999));
  REQUIRE(transport.commands.size() == 3);
  CHECK(log_retains(transport.commands[0]));
  CHECK(log_retains(transport.commands[1]));
  CHECK_FALSE(log_retains(transport.commands[2]));
  CHECK(log_offset(transport.commands[2]) == 8192);

  FakeTransport retaining([&](const Request& request) { return answer_from(page, request); });
  const auto part = read_log(retaining, {}, {.log_id = 0xc0, .offset = 100, .retain_event = true}, 8);
  REQUIRE(part);
  CHECK(*part == Bytes(page.begin() + 100, page.begin() + 108));
  CHECK(log_retains(retaining.commands[0]));
}

TEST_CASE("a log shorter than asked for", "[nvme][admin]") {
  const Bytes page(5000, std::byte{1});
  FakeTransport transport([&](const Request& request) { return answer_from(page, request); }, 4096);
  CHECK(read_log(transport, {}, {.log_id = 2}, 1U << 20U)->size() == 5000);
  CHECK(transport.round_trips == 2);
  CHECK(read_log(transport, {}, {.log_id = 2}, 0)->empty());
  CHECK(read_log(transport, {}, {.log_id = 2}, max_log_bytes + 1).error().kind == ErrorKind::usage);
}

TEST_CASE("a controller without log offsets is explained", "[nvme][admin]") {
  FakeTransport transport(
      [](const Request& request) {
        if (log_offset(request.command) != 0) return Completion{0, status::dnr(status::invalid_field), 0};
        return Completion{0, {}, request.in.size()};
      },
      4096);
  const auto log = read_log(transport, {}, {.log_id = 2}, 8192);
  REQUIRE_FALSE(log);
  CHECK(log.error().kind == ErrorKind::device);
  CHECK(log.error().hint.find("4096") != std::string::npos);
}

TEST_CASE("controller facts", "[nvme][admin]") {
  FakeTransport transport([](const Request& request) {
    WireWriter writer(id_ctrl, request.in);
    writer.set_text("sn", "S1").set_text("mn", "Model").set_text("fr", "1.0").set_text("subnqn", "nqn.x:y");
    writer.set("cntlid", 7).set("mdts", 5).set("nn", 1024).set("ver", 0x20000).set("cntrltype", 2).set("elpe", 63);
    writer.set("lpa", 4).set("oncs", 0x5f).set("ioccsz", 516).set("nanagrpid", 3).set("aerl", 3).set("kas", 10);
    REQUIRE(writer.status());
    return Completion{0, {}, request.in.size()};
  });
  const auto facts = read_controller_facts(transport, {});
  REQUIRE(facts);
  CHECK(facts->serial == "S1");
  CHECK(facts->model == "Model");
  CHECK(facts->firmware == "1.0");
  CHECK(facts->subsystem_nqn == "nqn.x:y");
  CHECK(facts->controller_id == 7);
  CHECK(facts->namespace_id_max == 1024);
  CHECK(facts->error_log_entries == 64);
  CHECK(facts->async_event_limit == 4);
  CHECK(facts->keep_alive_100ms == 10);
  CHECK(facts->io_capsule_16b == 516);
  CHECK(facts->ana_group_count == 3);
  CHECK(facts->is_discovery());
  CHECK(facts->extended_log_data());
  CHECK(max_transfer_bytes(facts->mdts, 4096, 1) == 131072);
  CHECK(max_transfer_bytes(0, 4096, 77) == 77);
  CHECK(max_transfer_bytes(255, 4096, 77) == 77);
  CHECK(controller_facts({}).serial.empty());
}

TEST_CASE("namespace facts of many namespaces in few round trips", "[nvme][admin]") {
  FakeTransport transport([](const Request& request) -> Result<Completion> {
    const std::uint32_t nsid = request.command.nsid;
    if ((request.command.cdw10 & 0xffU) == cns::ns) {
      if (nsid == 3) return Completion{0, status::dnr(status::invalid_namespace), 0};
      put_namespace(request.in);
    } else {
      if (nsid == 2) return Completion{0, status::dnr(status::invalid_field), 0};
      request.in[0] = std::byte{3};
      request.in[1] = std::byte{16};
      request.in[4] = static_cast<std::byte>(nsid);
    }
    return Completion{0, {}, request.in.size()};
  });
  std::vector<std::uint32_t> nsids;
  for (std::uint32_t i = 1; i <= 100; ++i) nsids.push_back(i);
  const auto facts = read_namespace_facts(transport, {}, nsids);
  REQUIRE(facts);
  REQUIRE(facts->size() == 100);
  CHECK(transport.round_trips == 4);
  const NamespaceFacts& first = facts->front();
  CHECK(first.nsid == 1);
  CHECK(first.size_blocks == 1000);
  CHECK(first.capacity_blocks == 900);
  CHECK(first.used_blocks == 800);
  CHECK(first.format_index == 1);
  CHECK(first.lba_bytes == 4096);
  CHECK(first.metadata_bytes == 8);
  CHECK(first.metadata_extended);
  CHECK(first.shared);
  CHECK(first.ana_group_id == 4);
  CHECK(first.ids.uuid == "01000000-0000-0000-0000-000000000000");
  CHECK(first.bytes(first.size_blocks) == 4'096'000);
  CHECK_FALSE(first.problem);
  CHECK((*facts)[1].ids.uuid.empty());  // no descriptors: no problem
  CHECK_FALSE((*facts)[1].problem);
  REQUIRE((*facts)[2].problem);
  CHECK((*facts)[2].problem->status);
  CHECK((*facts)[2].nsid == 3);
  CHECK(facts->back().nsid == 100);
}

TEST_CASE("namespace facts from nonsense", "[nvme][admin]") {
  Bytes page(4096, std::byte{0xff});
  const NamespaceFacts facts = namespace_facts(1, page);
  CHECK(facts.lba_bytes == 0);
  CHECK(facts.format_index == 63);
  CHECK_FALSE(facts.bytes(1));
  CHECK(facts.ids.eui64 == "ffffffffffffffff");
  WireWriter(id_ns, page).element("lba_formats", 63).set("ds", 31);
  CHECK(namespace_facts(1, page).lba_bytes == 1U << 31U);
  CHECK_FALSE(namespace_facts(1, page).bytes(~std::uint64_t{0}));  // does not fit 64 bits
  CHECK(namespace_facts(1, {}).size_blocks == 0);
  // Upper bits of FLBAS count only with more than 16 formats.
  Bytes old(4096);
  WireWriter(id_ns, old).set("flbas", 0x60).set("nlbaf", 3);
  CHECK(namespace_facts(1, old).format_index == 0);
}

TEST_CASE("a transport that fails ends reading namespace facts", "[nvme][admin]") {
  FakeTransport transport([](const Request&) -> Result<Completion> { return fail(ErrorKind::refused, "closed"); });
  const std::uint32_t nsids[] = {1, 2};
  CHECK(read_namespace_facts(transport, {}, nsids).error().kind == ErrorKind::refused);
}

TEST_CASE("get_feature gives the result dword", "[nvme][admin]") {
  FakeTransport transport([](const Request&) { return Completion{0x1'0000'0007, {}, 0}; });
  CHECK(get_feature(transport, {}, fid::volatile_write_cache) == 7U);
}
