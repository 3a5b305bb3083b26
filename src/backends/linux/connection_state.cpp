#include "backends/linux/connection_state.hpp"

#include <algorithm>
#include <limits>
#include <string_view>

#include "backends/linux/topology.hpp"
#include "core/text.hpp"

namespace nvmectl::linux_backend {
namespace {

class Attributes {
 public:
  Attributes(SysfsReader& sysfs, const std::string& directory, std::span<const std::string> names)
      : sysfs_(sysfs), directory_(directory), names_(names) {}

  [[nodiscard]] bool has(std::string_view name) const {
    return std::find(names_.begin(), names_.end(), name) != names_.end();
  }
  [[nodiscard]] std::optional<std::string> text(std::string_view name) {
    if (!has(name.substr(0, name.find('/')))) return std::nullopt;
    return sysfs_.read(std::string(directory_).append("/").append(name));
  }
  [[nodiscard]] std::optional<std::uint32_t> number(std::string_view name) {
    const auto value = number_of(text(name), std::numeric_limits<std::uint32_t>::max());
    return value ? std::optional(static_cast<std::uint32_t>(*value)) : std::nullopt;
  }
  /// Seconds, or "off", which some kernels write as -1.
  [[nodiscard]] std::optional<std::int32_t> seconds(std::string_view name) {
    const auto word = text(name);
    if (word && (*word == "off" || *word == "-1")) return -1;
    const auto value = number_of(word, std::numeric_limits<std::int32_t>::max());
    return value ? std::optional(static_cast<std::int32_t>(*value)) : std::nullopt;
  }

 private:
  SysfsReader& sysfs_;
  const std::string& directory_;
  std::span<const std::string> names_;
};

// The serial number of a key in hexadecimal, as the kernel prints it; "" for none.
std::string key_serial(const std::optional<std::string>& text) {
  if (!text || text->find_first_not_of('0') == std::string::npos) return {};
  return printable(*text);
}

}  // namespace

ConnectionState read_connection_state(SysfsReader& sysfs, const std::string& directory,
                                      std::span<const std::string> names, const std::string& transport) {
  ConnectionState state;
  Attributes attributes(sysfs, directory, names);
  if (!attributes.has("hostnqn") && !attributes.has("reconnect_delay")) return state;  // a local drive
  state.keep_alive_seconds = attributes.number("kato");
  state.ctrl_loss_seconds = attributes.seconds("ctrl_loss_tmo");
  state.fast_io_fail_seconds = attributes.seconds("fast_io_fail_tmo");
  state.reconnect_delay_seconds = attributes.number("reconnect_delay");
  state.reconnects = attributes.number("diag/reconnect_count");
  // The attribute counts from zero, as the Connect command's SQSIZE does.
  if (const auto size = attributes.number("sqsize"); size && *size < 0xffff) state.queue_size = *size + 1;
  if (const auto secret = attributes.text("dhchap_secret"); secret && !secret->empty())
    state.authentication = *secret != "none";
  // The key's attribute is there from Linux 6.7 on, from 6.12 on only where TLS was asked for.
  if (attributes.has("tls_key")) {
    const auto key = attributes.text("tls_key");
    if (key) state.tls = !(state.tls_key = key_serial(key)).empty();
  } else if (transport == "tcp") {
    state.tls = false;
  }
  return state;
}

}  // namespace nvmectl::linux_backend
