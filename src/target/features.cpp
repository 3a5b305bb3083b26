// Get and Set Features. NVM Express Base Specification 2.0d, sections 5.15 and 5.27.
#include <algorithm>

#include "core/endian.hpp"
#include "nvme/opcodes.hpp"
#include "target/controller.hpp"
#include "target/statuses.hpp"

namespace nvmectl::target {
namespace {

namespace fid = nvme::fid;

constexpr std::uint32_t queue_count = (max_io_queues - 1U) | ((max_io_queues - 1U) << 16U);  // 0's based
constexpr std::uint32_t changeable = 4;                                                      // of "supported"
constexpr std::uint32_t save = 1U << 31U;
constexpr std::size_t host_behavior_bytes = 512;

enum class Select : std::uint8_t { current, defaults, saved, supported };

bool is_changeable(std::uint8_t feature) {
  return feature != fid::host_identifier;
}

bool discovery_has(std::uint8_t feature) {
  return feature == fid::async_event_config || feature == fid::keep_alive_timer || feature == fid::host_identifier;
}

}  // namespace

// Empty for a feature that is not there or has its value elsewhere than in dword 0.
std::optional<std::uint32_t> Controller::feature_value(const Request& request, std::uint8_t feature,
                                                       bool defaults) const {
  const FeatureValues values = defaults ? FeatureValues{} : features_;
  const std::uint32_t select = request.command.cdw11;
  switch (feature) {
    case fid::arbitration: return values.arbitration;
    case fid::power_management: return 0;
    case fid::temperature_threshold: {
      // TMPSEL 0 is the composite temperature; there are no other sensors. THSEL 0 over, 1 under.
      if (((select >> 16U) & 15U) != 0 || ((select >> 20U) & 3U) > 1) return std::nullopt;
      return ((select >> 20U) & 3U) == 0 ? values.over_temperature : values.under_temperature;
    }
    case fid::error_recovery: return values.error_recovery;
    case fid::volatile_write_cache: return values.write_cache ? 1 : 0;
    case fid::number_of_queues: return queue_count;
    case fid::write_atomicity: return values.write_atomicity;
    case fid::async_event_config: return values.async_events;
    case fid::keep_alive_timer: return defaults ? 0 : setup_.keep_alive_ms;
    case fid::command_set_profile: return 0;
    default: return std::nullopt;
  }
}

// The host may have set the clock; it runs on from there.
std::uint64_t Controller::timestamp(const FeatureValues& values) const {
  const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - values.timestamp_set);
  return (values.timestamp_ms + static_cast<std::uint64_t>(passed.count())) & 0xffffffffffffU;
}

Completion Controller::feature_data(const Request& request, std::uint8_t feature, bool defaults) {
  if (feature == fid::host_identifier) {
    if ((request.command.cdw11 & 1U) == 0) return invalid_field(44);  // EXHID: over fabrics always 128 bits
    return give(request, setup_.host.id);
  }
  const FeatureValues values = defaults ? FeatureValues{} : features_;
  if (feature == fid::timestamp) {
    std::array<std::byte, 8> page{};
    store_le(page, 0, timestamp(values) | (values.timestamp_by_host ? std::uint64_t{2} << 48U : 0));  // origin
    return give(request, page);
  }
  std::array<std::byte, host_behavior_bytes> page{};
  std::copy(values.host_behavior.begin(), values.host_behavior.end(), page.begin());
  return give(request, page);
}

Completion Controller::get_features(const Request& request) {
  const auto feature = static_cast<std::uint8_t>(request.command.cdw10 & 0xffU);
  const std::uint32_t select = (request.command.cdw10 >> 8U) & 7U;
  if (select > static_cast<std::uint32_t>(Select::supported)) return invalid_field(41);
  const bool by_data =
      feature == fid::host_identifier || feature == fid::timestamp || feature == fid::host_behavior_support;
  const bool defaults = static_cast<Select>(select) == Select::defaults;
  const auto value = feature_value(request, feature, defaults);
  if ((!by_data && !value) || (is_discovery() && !discovery_has(feature))) return invalid_field(40);
  if (static_cast<Select>(select) == Select::supported) return {.result = is_changeable(feature) ? changeable : 0U};
  // Nothing is saved, so "saved" gives the default (section 4.2).
  const bool from_defaults = defaults || static_cast<Select>(select) == Select::saved;
  if (by_data) return feature_data(request, feature, from_defaults);
  return {.result = feature_value(request, feature, from_defaults).value_or(0)};
}

Completion Controller::set_features(const Request& request) {
  const auto feature = static_cast<std::uint8_t>(request.command.cdw10 & 0xffU);
  if (is_discovery() && !discovery_has(feature)) return invalid_field(40);
  if ((request.command.cdw10 & save) != 0) return failed(status::feature_not_saveable, 43);
  if (feature == fid::timestamp) {
    if (request.out.size() < 8) return failed(status::data_length_invalid, 24);
    features_.timestamp_ms = load_le64(request.out, 0) & 0xffffffffffffU;
    features_.timestamp_set = Clock::now();
    features_.timestamp_by_host = true;
    return {};
  }
  if (feature == fid::host_behavior_support) {
    if (request.out.size() < host_behavior_bytes) return failed(status::data_length_invalid, 24);
    const auto bytes = request.out.first(features_.host_behavior.size());
    const auto wrong = [](std::byte b) { return b > std::byte{1}; };
    if (std::any_of(bytes.begin(), bytes.end(), wrong)) return invalid_field(24);
    std::copy(bytes.begin(), bytes.end(), features_.host_behavior.begin());
    return {};
  }
  return set_feature_value(request, feature);
}

Completion Controller::set_feature_value(const Request& request, std::uint8_t feature) {
  const std::uint32_t value = request.command.cdw11;
  switch (feature) {
    case fid::arbitration: features_.arbitration = value; return {};
    case fid::power_management:
      return (value & 31U) == 0 ? Completion{} : invalid_field(44);  // there is power state 0 only
    case fid::temperature_threshold: return set_temperature_threshold(value);
    case fid::error_recovery:
      if ((value >> 16U) != 0) return invalid_field(46);  // DULBE: deallocated blocks read without error
      features_.error_recovery = value;
      return {};
    case fid::volatile_write_cache: features_.write_cache = (value & 1U) != 0; return {};
    case fid::number_of_queues:
      // 0's based, FFFFh is not allowed; the host learns what it gets and uses the fewer.
      if ((value & 0xffffU) == 0xffff || (value >> 16U) == 0xffff) return invalid_field(44);
      return {.result = queue_count};
    case fid::write_atomicity: features_.write_atomicity = value & 1U; return {};
    case fid::async_event_config: features_.async_events = value; return {};
    case fid::keep_alive_timer:
      setup_.keep_alive_ms = value;
      last_sign_ = Clock::now();
      return {};
    case fid::command_set_profile:
      return (value & 0x1ffU) == 0 ? Completion{} : failed(status::command_set_rejected, 44);
    case fid::host_identifier: return failed(status::feature_not_changeable, 40);  // Connect has set it
    default: return invalid_field(40);
  }
}

Completion Controller::set_temperature_threshold(std::uint32_t value) {
  const std::uint32_t sensor = (value >> 16U) & 15U, kind = (value >> 20U) & 3U;
  if ((sensor != 0 && sensor != 15) || kind > 1) return invalid_field(46);
  (kind == 0 ? features_.over_temperature : features_.under_temperature) = static_cast<std::uint16_t>(value);
  constexpr std::uint8_t temperature_warning = 2, threshold = 0x01;
  if ((critical_warning() & temperature_warning) != 0 && (features_.async_events & temperature_warning) != 0)
    raise(nvme::aer::result(nvme::aer::smart, threshold, nvme::lid::smart));
  return {};
}

}  // namespace nvmectl::target
