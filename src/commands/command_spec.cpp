#include "commands/command_spec.hpp"

#include <limits>

#include "core/text.hpp"

namespace nvmectl {

std::string CommandSpec::full_name() const {
  return area.empty() ? std::string(name) : std::string(area) + " " + std::string(name);
}

namespace detail {

namespace {

template <class T>
Result<> parse_unsigned(T& to, std::string_view text, std::string_view what) {
  NVMECTL_ASSIGN(const std::uint64_t value, parse_number(text, what, std::numeric_limits<T>::max()));
  to = static_cast<T>(value);
  return {};
}

}  // namespace

Result<> parse_into(OptionalTime& to, std::string_view text, std::string_view what) {
  to.given = text != "false";
  if (text == "true" || text == "false") return {};
  NVMECTL_ASSIGN(const std::uint64_t ms, parse_duration(text, what));
  to.time = std::chrono::milliseconds(ms);
  return {};
}

Result<> parse_into(std::string& to, std::string_view text, std::string_view) {
  to = text;
  return {};
}

Result<> parse_into(bool& to, std::string_view text, std::string_view what) {
  if (text == "true" || text == "1") to = true;
  else if (text == "false" || text == "0") to = false;
  else return fail(ErrorKind::usage, std::string(what) + " is a switch and takes no value");
  return {};
}

Result<> parse_into(std::uint8_t& to, std::string_view text, std::string_view what) {
  return parse_unsigned(to, text, what);
}
Result<> parse_into(std::uint16_t& to, std::string_view text, std::string_view what) {
  return parse_unsigned(to, text, what);
}
Result<> parse_into(std::uint32_t& to, std::string_view text, std::string_view what) {
  return parse_unsigned(to, text, what);
}
Result<> parse_into(std::uint64_t& to, std::string_view text, std::string_view what) {
  return parse_unsigned(to, text, what);
}

Result<> parse_into(SizeArgument& to, std::string_view text, std::string_view what) {
  NVMECTL_ASSIGN(to.bytes, parse_size(text, what));
  return {};
}

Result<> parse_into(DeviceRef& to, std::string_view text, std::string_view) {
  NVMECTL_ASSIGN(to, DeviceRef::parse(text));
  return {};
}

Result<> named(Result<> result, const DeviceRef& device) {
  if (result) return result;
  const ErrorKind kind = result.error().kind;
  if (kind == ErrorKind::usage || kind == ErrorKind::io || kind == ErrorKind::internal) return result;
  return fail(std::move(result).error().on(device.text));
}

}  // namespace detail
}  // namespace nvmectl
