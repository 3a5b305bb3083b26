// Plugin JSON: no input may crash, hang or be accepted without passing the built-in layouts' own check; what is
// accepted decodes any page.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

#include "core/text.hpp"
#include "nvme/decode.hpp"
#include "nvme/layout.hpp"
#include "plugins/plugin.hpp"
#include "plugins/run.hpp"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void use(const nvmectl::plugins::LogCommand& command, std::span<const std::byte> page) {
  require(nvmectl::nvme::covers(command.fields, command.schema.wire_size));
  require(command.schema.wire_size <= nvmectl::plugins::max_log_bytes);
  require(!command.spec.name.empty() && nvmectl::printable(command.spec.summary) == command.spec.summary);
  (void)nvmectl::plugins::check_guid(command, page);
  const auto record = nvmectl::nvme::decode(command.schema, page);
  require(record.has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = nvmectl::plugins::parse_plugin(text);
  require((parsed.plugin != nullptr) == parsed.problems.empty());
  require(parsed.problems.size() <= nvmectl::plugins::max_problems);
  for (const auto& problem : parsed.problems) {
    const std::string line = to_string(problem);
    require(nvmectl::printable(line) == line);
  }
  if (!parsed.plugin) return 0;
  // The text itself serves as the page.
  for (const auto& command : parsed.plugin->commands) use(command, std::as_bytes(std::span(text)));
  return 0;
}
