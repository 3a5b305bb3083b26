#include "bench.hpp"

using namespace nvmectl;
using namespace nvmectl::target;
using namespace nvmectl::target::test;

namespace {

const Portal portal{.family = 1, .address = "127.0.0.1", .service = "4420"};
const std::string host = "nqn.2014-08.org.example:host";

nvmectl::target::Connection try_connect(Target& target, const nvme::ConnectArguments& arguments, const nvme::ConnectData& data) {
  const auto bytes = nvme::encode_connect_data(data);
  REQUIRE(bytes);
  return connect(target, nvme::connect_command(arguments), *bytes, portal);
}

NvmeStatus refused(Target& target, const nvme::ConnectArguments& arguments, const nvme::ConnectData& data) {
  const nvmectl::target::Connection connection = try_connect(target, arguments, data);
  CHECK(connection.controller == nullptr);
  CHECK_FALSE(connection.completion.ok());
  return connection.completion.status;
}

std::uint64_t property(LocalDevice& device, std::uint32_t offset, bool wide = false) {
  const auto completion = admin(device, nvme::property_get_command(offset, wide));
  REQUIRE(completion.ok());
  return completion.result;
}

}  // namespace

TEST_CASE("Connect gives each admin queue a controller of its own", "[target][fabrics]") {
  Bench bench;
  const auto first = bench.open();
  const auto second = bench.open();
  CHECK(first->controller().cntlid() == 1);
  CHECK(second->controller().cntlid() == 2);
  CHECK(bench.subsystem->controllers().size() == 2);
  {
    const auto third = bench.open();
    CHECK(bench.subsystem->controllers().size() == 3);
  }
  CHECK(bench.subsystem->controllers().size() == 2);
}

TEST_CASE("Connect refuses what is wrong, and says where", "[target][fabrics]") {
  Bench bench;
  namespace status = nvme::status;
  const nvme::ConnectData good{.subsystem_nqn = nqn, .host_nqn = host};
  CHECK(try_connect(bench.target, {}, good).completion.ok());
  CHECK(is(refused(bench.target, {.record_format = 1}, good), status::connect_incompatible_format));
  CHECK(is(refused(bench.target, {.queue_size_zero_based = 0}, good), status::connect_invalid_parameters));
  CHECK(is(refused(bench.target, {.queue_size_zero_based = 128}, good), status::connect_invalid_parameters));
  nvme::ConnectData data = good;
  data.controller_id = 1;
  CHECK(is(refused(bench.target, {}, data), status::connect_invalid_parameters));
  data = good;
  data.subsystem_nqn = "nqn.2014-08.org.example:nobody";
  const nvmectl::target::Connection unknown = try_connect(bench.target, {}, data);
  CHECK(is(unknown.completion.status, status::connect_invalid_parameters));
  CHECK(unknown.completion.result == (0x10000U | 256U));  // in the data, SUBNQN
  CHECK(unknown.completion.status.do_not_retry);

  auto bytes = nvme::encode_connect_data(good);
  REQUIRE(bytes);
  std::fill(bytes->begin() + 256, bytes->begin() + 512, std::byte{'x'});  // no end
  CHECK(is(connect(bench.target, nvme::connect_command({}), *bytes, portal).completion.status,
           status::connect_invalid_parameters));
  bytes->resize(1000);
  CHECK(is(connect(bench.target, nvme::connect_command({}), *bytes, portal).completion.status,
           status::sgl_length_invalid));
}

TEST_CASE("a subsystem with a list of hosts takes no others", "[target][fabrics]") {
  Bench bench({.nqn = nqn, .allowed_hosts = {host}});
  CHECK(try_connect(bench.target, {}, {.subsystem_nqn = nqn, .host_nqn = host}).completion.ok());
  CHECK(is(refused(bench.target, {}, {.subsystem_nqn = nqn, .host_nqn = host + "2"}),
           nvme::status::connect_invalid_host));
}

TEST_CASE("I/O queues belong to the admin queue's host and controller", "[target][fabrics]") {
  Bench bench;
  namespace status = nvme::status;
  const auto device = bench.open({.host_nqn = host});
  const std::uint16_t cntlid = device->controller().cntlid();
  Guid id{};
  id[0] = std::byte{1};
  const nvme::ConnectData good{.host_id = id, .controller_id = cntlid, .subsystem_nqn = nqn, .host_nqn = host};
  CHECK(try_connect(bench.target, {.queue_id = 2}, good).completion.ok());
  CHECK(is(refused(bench.target, {.queue_id = 2}, good), status::connect_invalid_parameters));  // there already
  CHECK(is(refused(bench.target, {.queue_id = 65}, good), status::connect_invalid_parameters));
  nvme::ConnectData data = good;
  data.host_nqn = host + "2";
  CHECK(is(refused(bench.target, {.queue_id = 3}, data), status::connect_invalid_parameters));
  data = good;
  data.host_id[3] = std::byte{7};
  CHECK(is(refused(bench.target, {.queue_id = 3}, data), status::connect_invalid_parameters));
  data = good;
  data.controller_id = 77;
  CHECK(is(refused(bench.target, {.queue_id = 3}, data), status::connect_invalid_parameters));
  const auto disabled = bench.open({.host_nqn = host, .enable = false});
  data = good;
  data.controller_id = disabled->controller().cntlid();
  CHECK(is(refused(bench.target, {.queue_id = 1}, data), status::command_sequence_error));
}

TEST_CASE("properties", "[target][fabrics]") {
  Bench bench;
  const auto device = bench.open({.enable = false});
  namespace property_at = nvme::property;
  const std::uint64_t cap = property(*device, property_at::cap, true);
  CHECK(nvme::cap::max_queue_entries(cap) == 128);
  CHECK((nvme::cap::command_sets(cap) & 1U) == 1);
  CHECK(nvme::cap::ready_timeout_ms(cap) > 0);
  CHECK(nvme::cap::min_page_bytes(cap) == 4096);
  CHECK(property(*device, property_at::vs) == 0x20000);
  CHECK(property(*device, property_at::csts) == 0);
  CHECK(is(identify_status(*device, {.cns = nvme::cns::controller}), nvme::status::command_sequence_error));

  const std::uint32_t enable = nvme::cc::enable | (6U << nvme::cc::iosqes_shift) | (4U << nvme::cc::iocqes_shift);
  CHECK(admin(*device, nvme::property_set_command(property_at::cc, enable)).ok());
  CHECK(property(*device, property_at::csts) == nvme::csts::ready);
  CHECK(property(*device, property_at::cc) == enable);
  CHECK(identify_status(*device, {.cns = nvme::cns::controller}).ok());

  CHECK(admin(*device, nvme::property_set_command(property_at::cc, enable | nvme::cc::shn_normal)).ok());
  CHECK(property(*device, property_at::csts) == (nvme::csts::ready | nvme::csts::shst_complete));
  CHECK(is(identify_status(*device, {.cns = nvme::cns::controller}), nvme::status::command_sequence_error));
  CHECK(admin(*device, nvme::property_set_command(property_at::cc, 0)).ok());
  CHECK(property(*device, property_at::csts) == 0);
}

TEST_CASE("properties that cannot be read or written", "[target][fabrics]") {
  Bench bench;
  const auto device = bench.open();
  const auto status = [&](const Command& command) { return admin(*device, command).status; };
  CHECK(is(status(nvme::property_get_command(nvme::property::cap, false)), nvme::status::invalid_field));
  CHECK(is(status(nvme::property_get_command(nvme::property::vs, true)), nvme::status::invalid_field));
  CHECK(is(status(nvme::property_get_command(0x1000, false)), nvme::status::invalid_field));
  CHECK(is(status(nvme::property_set_command(nvme::property::vs, 1)), nvme::status::invalid_field));
  const std::uint32_t pages = nvme::cc::enable | (5U << nvme::cc::mps_shift);
  CHECK(is(status(nvme::property_set_command(nvme::property::cc, pages)), nvme::status::invalid_field));
  CHECK(is(status({.opcode = nvme::admin::fabrics, .nsid = 0x77}), nvme::status::invalid_opcode));
  CHECK(is(status(nvme::connect_command({})), nvme::status::command_sequence_error));
}

TEST_CASE("a reset gives features their defaults", "[target][fabrics]") {
  Bench bench;
  const auto device = bench.open();
  CHECK(admin(*device, nvme::set_features_command(nvme::fid::volatile_write_cache, 0)).ok());
  CHECK(admin(*device, nvme::property_set_command(nvme::property::cc, 0)).ok());
  CHECK(admin(*device, nvme::property_set_command(nvme::property::cc, nvme::cc::enable)).ok());
  CHECK(admin(*device, nvme::get_features_command(nvme::fid::volatile_write_cache)).result == 1);
}

TEST_CASE("a silent host's keep alive runs out", "[target][fabrics]") {
  Bench bench;
  const auto device = bench.open({.keep_alive_ms = 1000});
  target::Controller& controller = device->controller();
  const auto now = target::Controller::Clock::now();
  controller.touch(now);
  CHECK_FALSE(controller.expired(now + std::chrono::milliseconds(1000)));
  CHECK(controller.expired(now + std::chrono::milliseconds(1001)));
  CHECK(admin(*device, nvme::keep_alive_command()).ok());
  CHECK(admin(*device, nvme::get_features_command(nvme::fid::keep_alive_timer)).result == 1000);
  CHECK(admin(*device, nvme::set_features_command(nvme::fid::keep_alive_timer, 0)).ok());
  CHECK_FALSE(controller.expired(now + std::chrono::hours(1)));
  controller.kill();
  CHECK_FALSE(device->submit_admin({.command = nvme::keep_alive_command()}, {}));
}

TEST_CASE("a removed subsystem's controllers die", "[target][fabrics]") {
  Bench bench;
  const auto device = bench.open();
  REQUIRE(bench.target.remove_subsystem(nqn));
  CHECK(device->controller().dead());
  CHECK(is(refused(bench.target, {}, {.subsystem_nqn = nqn, .host_nqn = host}),
           nvme::status::connect_invalid_parameters));
}

TEST_CASE("namespace changes are reported once until the log was read", "[target][events]") {
  Bench bench;
  const auto device = bench.open();
  const Command request = nvme::async_event_request_command();
  const auto event = [&] { return device->submit_admin({.command = request}, {}); };
  bench.add(8, 512);
  REQUIRE_FALSE(event());  // not asked for
  CHECK(event().error().kind == ErrorKind::timeout);
  CHECK(admin(*device, nvme::set_features_command(nvme::fid::async_event_config, 0x100)).ok());
  bench.add(9, 512);
  bench.add(10, 512);
  const auto reported = event();
  REQUIRE(reported);
  CHECK(reported->result == nvme::aer::result(nvme::aer::notice, 0, nvme::lid::changed_ns_list));
  bench.add(11, 512);
  CHECK_FALSE(event());
  get_log(*device, {.log_id = nvme::lid::changed_ns_list}, 4096);
  CHECK_FALSE(event());
  REQUIRE(bench.subsystem->remove_namespace(9));
  CHECK(event());
}

TEST_CASE("the discovery controller reports changes of its log", "[target][events]") {
  Bench bench;
  const auto device = bench.discovery();
  CHECK(admin(*device, nvme::set_features_command(nvme::fid::async_event_config, 0x80000000U)).ok());
  REQUIRE(bench.target.add_subsystem({.nqn = "nqn.2014-08.org.example:new"}));
  const auto event = device->submit_admin({.command = nvme::async_event_request_command()}, {});
  REQUIRE(event);
  CHECK(event->result == nvme::aer::result(nvme::aer::notice, 0xf0, nvme::lid::discovery));
}

TEST_CASE("a temperature threshold below the temperature warns", "[target][events]") {
  Bench bench;
  const auto device = bench.open();
  CHECK(admin(*device, nvme::set_features_command(nvme::fid::async_event_config, 2)).ok());
  CHECK(admin(*device, nvme::set_features_command(nvme::fid::temperature_threshold, 300)).ok());
  const auto event = device->submit_admin({.command = nvme::async_event_request_command()}, {});
  REQUIRE(event);
  CHECK(event->result == nvme::aer::result(nvme::aer::smart, 1, nvme::lid::smart));
  CHECK(decode(nvme::smart_log, get_log(*device, {.log_id = nvme::lid::smart}, 512)).at("critical_warning").number() ==
        2);
}

TEST_CASE("event requests are limited and can be aborted", "[target][events]") {
  Bench bench;
  const auto device = bench.open();
  target::Controller& controller = device->controller();
  const Request request{.command = nvme::async_event_request_command()};
  for (std::uint16_t cid = 100; cid < 104; ++cid) CHECK_FALSE(controller.execute(0, cid, request));
  const auto fifth = controller.execute(0, 104, request);
  REQUIRE(fifth);
  CHECK(is(fifth->status, nvme::status::async_event_limit));
  const auto abort = [&](std::uint16_t qid, std::uint16_t cid) {
    return controller.execute(0, 200, {.command = nvme::abort_command(qid, cid)})->result;
  };
  CHECK(abort(0, 999) == 1);
  CHECK(abort(1, 102) == 1);
  CHECK(abort(0, 102) == 0);
  const auto aborted = controller.next_event();
  REQUIRE(aborted);
  CHECK(aborted->cid == 102);
  CHECK(is(aborted->completion.status, nvme::status::abort_requested));
  CHECK_FALSE(controller.next_event());
}
