#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <string>

#include "cli/app.hpp"
#include "core/text.hpp"

namespace nvmectl::cli {
namespace {

std::string read_line() {
  std::array<char, 512> buffer{};
  if (std::fgets(buffer.data(), static_cast<int>(buffer.size()), stdin) == nullptr) return "";
  return std::string(trim(buffer.data()));
}

// What would be lost, as far as it can be told: model, serial, size, and who uses it.
std::string description(const DeviceRef& device, const Context& context) {
  const auto backend = context.backend_for(device);
  if (!backend) return "";
  const auto facts = (*backend)->describe(device, context.deadline());
  return facts ? *facts : fmt::format("  (could not be read: {})\n", facts.error().message);
}

bool asks(Effect effect) {
  return effect == Effect::destroys_data || effect == Effect::disrupts_io;
}

}  // namespace

Result<> confirm(Effect effect, const DeviceRef* device, const Context& context, bool interactive) {
  if (!asks(effect) || context.options.yes) return {};
  const std::string where = device != nullptr ? device->text : "this machine";
  auto confirmed =
      confirm_text(effect, where, interactive && device != nullptr ? description(*device, context) : std::string(),
                   context, interactive);
  if (!confirmed) return fail(std::move(confirmed).error().on(where));
  return {};
}

Result<> confirm_text(Effect effect, std::string_view what, std::string_view details, const Context& context,
                      bool interactive) {
  if (!asks(effect) || context.options.yes) return {};
  const std::string_view danger = effect == Effect::destroys_data ? "can destroy data" : "disrupts I/O";
  if (!interactive)
    return fail(ErrorKind::not_confirmed, fmt::format("this {} on {} and was not confirmed", danger, what),
                "add --yes when that is meant, or --dry-run to see what would be done");
  std::fputs(fmt::format("This {} on {}:\n{}", danger, what, details).c_str(), stderr);
  const std::string wanted = effect == Effect::destroys_data && what != "this machine" ? std::string(what) : "yes";
  std::fputs(fmt::format("Type {} to go on: ", wanted).c_str(), stderr);
  if (read_line() == wanted) return {};
  return fail(ErrorKind::not_confirmed, "not confirmed: nothing was done");
}

}  // namespace nvmectl::cli
