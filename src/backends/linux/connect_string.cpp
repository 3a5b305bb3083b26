#include "backends/linux/connect_string.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "core/device_ref.hpp"
#include "core/text.hpp"

namespace nvmectl::linux_backend {
namespace {

constexpr std::int32_t default_ctrl_loss_seconds = 600;
constexpr std::uint32_t default_discovery_keep_alive_seconds = 30;

// Options whose 0 (or -1) means "not given" to nvme-cli and is an error to the kernel.
bool is_default(const Parameter& parameter, std::string_view value) {
  constexpr std::array<std::string_view, 5> zero{"io_queues", "write_queues", "poll_queues", "queue_size",
                                                 "reconnect_delay_seconds"};
  if (parameter.key == "tos") return value == "-1";
  return value == "0" && std::find(zero.begin(), zero.end(), parameter.key) != zero.end();
}

bool has(const std::optional<std::vector<std::string>>& supported, std::string_view option) {
  return !supported || std::find(supported->begin(), supported->end(), option) != supported->end();
}

}  // namespace

std::vector<std::string> parse_supported(std::string_view text) {
  std::vector<std::string> names;
  for (const std::string_view part : split(trim(text), ','))
    if (const std::string_view name = part.substr(0, part.find('=')); name != "instance" && !name.empty())
      names.emplace_back(printable(name));
  return names;
}

Result<> check_supported(const ConnectParameters& parameters, std::span<const std::string> supported) {
  for (const Parameter& p : connect_parameters()) {
    const std::optional<std::string> value = p.get(parameters);
    if (!value || p.kernel.empty() || is_default(p, *value)) continue;
    if (std::find(supported.begin(), supported.end(), p.kernel) != supported.end()) continue;
    Error error = make_error(ErrorKind::unsupported, fmt::format("the kernel cannot do what --{} asks for", p.option),
                             p.security ? "use a kernel that has it; without it the connection would not be protected "
                                          "as asked, so nothing was sent"
                                        : "leave the option out, or use a kernel that has it");
    return fail(
        std::move(error).with_cause(fmt::format("'{}' is not among the options of /dev/nvme-fabrics", p.kernel)));
  }
  return {};
}

std::string make_connect_string(const ConnectParameters& parameters, bool secrets,
                                const std::optional<std::vector<std::string>>& supported) {
  ConnectParameters p = parameters;
  const bool discovery = p.is_discovery();
  if (p.nqn.empty()) p.nqn = discovery_nqn;
  p.service = p.effective_service();
  // nvme-loop is never lost: it takes no such option.
  if (p.transport == "loop" && p.ctrl_loss_seconds == 0) p.ctrl_loss_seconds.reset();
  else if (p.transport != "loop" && !p.ctrl_loss_seconds && has(supported, "ctrl_loss_tmo"))
    p.ctrl_loss_seconds = default_ctrl_loss_seconds;
  if (discovery && p.persistent && !p.keep_alive_seconds) p.keep_alive_seconds = default_discovery_keep_alive_seconds;
  std::string text = "nqn=" + p.nqn;
  for (const Parameter& parameter : connect_parameters()) {
    if (parameter.kernel.empty() || parameter.key == "nqn") continue;
    const std::optional<std::string> value = parameter.get(p);
    if (!value || is_default(parameter, *value)) continue;
    if (parameter.type == Parameter::Type::flag) text += fmt::format(",{}", parameter.kernel);
    else if (parameter.type == Parameter::Type::secret && !secrets)
      text += fmt::format(",{}={}", parameter.kernel, masked_secret(*value));
    else text += fmt::format(",{}={}", parameter.kernel, *value);
  }
  return text;
}

std::optional<unsigned> parse_instance(std::string_view answer) {
  constexpr std::string_view label = "instance=";
  const std::size_t at = answer.find(label);
  if (at == std::string_view::npos) return std::nullopt;
  unsigned instance = 0;
  const char* const first = answer.data() + at + label.size();
  const auto [end, error] = std::from_chars(first, answer.data() + answer.size(), instance);
  return error == std::errc() && end != first ? std::optional(instance) : std::nullopt;
}

}  // namespace nvmectl::linux_backend
