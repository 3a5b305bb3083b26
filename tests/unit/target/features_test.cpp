#include "bench.hpp"

using namespace nvmectl;
using namespace nvmectl::target;
using namespace nvmectl::target::test;
namespace fid = nvme::fid;

namespace {

Completion get(LocalDevice& device, std::uint8_t feature, nvme::FeatureSelect select = nvme::FeatureSelect::current,
               std::uint32_t cdw11 = 0) {
  return admin(device, nvme::get_features_command(feature, 0, select, cdw11));
}
Completion set(LocalDevice& device, std::uint8_t feature, std::uint32_t value, bool save = false) {
  return admin(device, nvme::set_features_command(feature, value, 0, save));
}

}  // namespace

TEST_CASE("features keep what they are set to, and their defaults", "[target][features]") {
  Bench bench;
  const auto device = bench.open();
  const auto [feature, initial, value] =
      GENERATE(std::tuple{fid::arbitration, 7U, 3U}, std::tuple{fid::error_recovery, 0U, 5U},
               std::tuple{fid::volatile_write_cache, 1U, 0U}, std::tuple{fid::write_atomicity, 0U, 1U},
               std::tuple{fid::async_event_config, 0U, 0x100U}, std::tuple{fid::temperature_threshold, 343U, 350U});
  INFO("feature " << unsigned{feature});
  CHECK(get(*device, feature).result == initial);
  CHECK(set(*device, feature, value).ok());
  CHECK(get(*device, feature).result == value);
  CHECK(get(*device, feature, nvme::FeatureSelect::defaults).result == initial);
  CHECK(get(*device, feature, nvme::FeatureSelect::saved).result == initial);
  CHECK(get(*device, feature, nvme::FeatureSelect::capabilities).result == 4);
  CHECK(is(set(*device, feature, value, true).status, nvme::status::feature_not_saveable));
}

TEST_CASE("the number of queues", "[target][features]") {
  Bench bench;
  const auto device = bench.open();
  CHECK(set(*device, fid::number_of_queues, 0x00030003).result == 0x003f003f);
  CHECK(get(*device, fid::number_of_queues).result == 0x003f003f);
  CHECK(is(set(*device, fid::number_of_queues, 0xffff0000).status, nvme::status::invalid_field));
  CHECK(is(set(*device, fid::number_of_queues, 0x0000ffff).status, nvme::status::invalid_field));
}

TEST_CASE("features that there are not", "[target][features]") {
  Bench bench;
  const auto device = bench.open();
  for (const std::uint8_t feature : {std::uint8_t{0}, fid::host_memory_buffer, fid::interrupt_coalescing,
                                     fid::interrupt_vector_config, fid::sanitize_config, std::uint8_t{0xd0}}) {
    CHECK(is(get(*device, feature).status, nvme::status::invalid_field));
    CHECK(is(set(*device, feature, 0).status, nvme::status::invalid_field));
  }
  const auto discovery = bench.discovery();
  CHECK(is(get(*discovery, fid::volatile_write_cache).status, nvme::status::invalid_field));
  CHECK(get(*discovery, fid::async_event_config).ok());
}

TEST_CASE("values that cannot be", "[target][features]") {
  Bench bench;
  const auto device = bench.open();
  CHECK(set(*device, fid::power_management, 0).ok());
  CHECK(is(set(*device, fid::power_management, 1).status, nvme::status::invalid_field));
  CHECK(is(set(*device, fid::error_recovery, 0x10000).status, nvme::status::invalid_field));
  CHECK(is(set(*device, fid::temperature_threshold, 0x10000).status, nvme::status::invalid_field));  // a sensor
  CHECK(is(set(*device, fid::host_identifier, 0).status, nvme::status::feature_not_changeable));
  CHECK(is(get(*device, fid::arbitration, static_cast<nvme::FeatureSelect>(5)).status, nvme::status::invalid_field));
}

TEST_CASE("the timestamp runs on from where the host set it", "[target][features]") {
  Bench bench;
  const auto device = bench.open();
  Bytes data(8);
  data[2] = std::byte{0x40};  // 0x400000 ms
  CHECK(admin(*device, nvme::set_features_command(fid::timestamp, 0), {}, data).ok());
  Bytes got(8);
  CHECK(admin(*device, nvme::get_features_command(fid::timestamp), got).ok());
  CHECK(got[2] == std::byte{0x40});
  CHECK(got[6] == std::byte{2});  // origin: the host
  CHECK(is(admin(*device, nvme::set_features_command(fid::timestamp, 0)).status, nvme::status::sgl_length_invalid));
}

TEST_CASE("host behavior and host identifier", "[target][features]") {
  Bench bench;
  Guid id{};
  id[15] = std::byte{0x5a};
  const auto device = bench.open({.host_id = id});
  Bytes data(512);
  data[0] = std::byte{1};
  CHECK(admin(*device, nvme::set_features_command(fid::host_behavior_support, 0), {}, data).ok());
  Bytes got(512, std::byte{0xee});
  CHECK(admin(*device, nvme::get_features_command(fid::host_behavior_support), got).ok());
  CHECK(got == data);
  data[1] = std::byte{9};
  CHECK(is(admin(*device, nvme::set_features_command(fid::host_behavior_support, 0), {}, data).status,
           nvme::status::invalid_field));
  Bytes host(16);
  CHECK(
      admin(*device, nvme::get_features_command(fid::host_identifier, 0, nvme::FeatureSelect::current, 1), host).ok());
  CHECK(host == Bytes(id.begin(), id.end()));
  CHECK(is(get(*device, fid::host_identifier).status, nvme::status::invalid_field));  // 64 bits: not over fabrics
}
