#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <unistd.h>

#include "backends/pmem/manager.hpp"
#include "backends/pmem/operation.hpp"
#include "core/text.hpp"

namespace nvmectl::pmem_backend {
namespace {

struct Verb {
  std::string_view name;
  std::string_view arguments;  // names, divided by blanks
  Result<> (*run)(const Operation&);
  bool exclusive = true;  // it changes something
};

constexpr std::array verbs{
    Verb{"inject-error", "block count saturate no_notify", inject_error},
    Verb{"uninject-error", "block count", uninject_error},
    Verb{"inject-smart",
         "media_temperature controller_temperature spares fatal unsafe_shutdown media_temperature_threshold "
         "controller_temperature_threshold spares_threshold media_temperature_alarm controller_temperature_alarm "
         "spares_alarm uninject",
         inject_smart},
    Verb{"setup-passphrase", "key_handle master", setup_passphrase},
    Verb{"update-passphrase", "key_handle master", update_passphrase},
    Verb{"remove-passphrase", "master", remove_passphrase},
    Verb{"freeze-security", "", freeze_security},
    Verb{"sanitize", "crypto_erase overwrite zero_key master", sanitize},
    Verb{"wait-overwrite", "", wait_overwrite, false},
    Verb{"load-keys", "path tpm_handle", load_keys},
    Verb{"update-firmware", "file force disarm", update_firmware},
    Verb{"arm-firmware", "force", arm_firmware},
    Verb{"disarm-firmware", "", disarm_firmware},
    Verb{"activate-firmware", "idle force", activate_firmware},
};

}  // namespace

std::optional<std::string> Operation::text(std::string_view name) const {
  for (const auto& [key, value] : arguments)
    if (key == name) return value;
  return std::nullopt;
}

bool Operation::flag(std::string_view name) const {
  const std::string value = text(name).value_or("");
  return value == "true" || value == "yes" || value == "on" || value == "1";
}

Result<std::optional<std::uint64_t>> Operation::number(std::string_view name) const {
  const auto value = text(name);
  if (!value) return std::nullopt;
  NVMECTL_ASSIGN(const std::uint64_t parsed, parse_size(*value, name));
  return parsed;
}

Result<std::optional<double>> Operation::real(std::string_view name, double least, double most) const {
  const auto value = text(name);
  if (!value) return std::nullopt;
  double parsed = 0;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), parsed);
  if (error == std::errc{} && end == value->data() + value->size() && parsed >= least && parsed <= most) return parsed;
  return fail(ErrorKind::usage, fmt::format("'{}' is no value for {}", printable(*value), name),
              fmt::format("a number from {} to {}", least, most));
}

Result<> Manager::operate(const std::string& name, const std::string& device,
                          std::span<const std::pair<std::string, std::string>> arguments, const PmemProgress& progress,
                          const Deadline& deadline) {
  const auto verb = std::find_if(verbs.begin(), verbs.end(), [&](const Verb& one) { return one.name == name; });
  if (verb == verbs.end())
    return fail(ErrorKind::usage, fmt::format("'{}' is nothing that can be done to it", printable(name)));
  const auto known = split(verb->arguments, ' ');
  for (const auto& [key, value] : arguments)
    if (std::find(known.begin(), known.end(), key) == known.end())
      return fail(ErrorKind::usage, fmt::format("{} takes no argument {}", name, printable(key)),
                  verb->arguments.empty() ? "it takes none" : fmt::format("it takes {}", fmt::join(known, ", ")));
  std::unique_ptr<Lock> held;
  if (verb->exclusive) {
    NVMECTL_ASSIGN(held, lock(deadline));
  }
  NVMECTL_ASSIGN(const Session opened, session());
  if (verb->exclusive && ::geteuid() != 0) return fail(opened.error(EACCES, fmt::format("{} is not possible", name)));
  return verb->run({opened, name, device, arguments, progress, deadline});
}

}  // namespace nvmectl::pmem_backend
