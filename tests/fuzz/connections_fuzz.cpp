// Files of connections: no input may crash or hang; what is accepted can be written, and read again to the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "connections/format.hpp"
#include "core/text.hpp"

namespace {

using namespace nvmectl;
using namespace nvmectl::connections;

void require(bool condition) {
  if (!condition) std::abort();
}

Source source(std::string_view text) {
  return {text, "input", ErrorKind::usage, ""};
}

void check_error(const Error& error) {
  require(printable(error.message) == error.message);
  require(error.message.starts_with("input"));
}

std::string print(Format format, const Document& document, bool secrets) {
  return print_file(format, document.connections, document.kept,
                    {.secrets = secrets, .host_nqn = "nqn.2014-08.org.example:h"})
      .text;
}

// What can be connected to comes back as it was; what check_connection refuses is never exported.
void round_trip(Format format, std::string_view text) {
  const auto read = parse_file(format, source(text));
  if (!read) return check_error(read.error());
  require(read->connections.size() <= 2 * most_connections);
  Document good;
  good.kept = read->kept;
  for (const StoredConnection& connection : read->connections)
    if (check_connection(connection)) good.connections.push_back(connection);
  for (const Format other : {Format::nvmectl, Format::config_json, Format::discovery_conf, Format::fabrics_conf})
    static_cast<void>(print(other, good, false));
  good.kept.clear();
  const auto again = parse_file(format, source(print(format, good, true)));
  require(again.has_value());
  if (format == Format::config_json) require(again->connections.size() == good.connections.size());
}

[[maybe_unused]] void fuzz_store(std::string_view text) {
  const auto read = parse_connections(source(text));
  if (!read) check_error(read.error());
  else {
    const std::string printed = print_connections(read->connections, read->kept);
    const auto again = parse_connections(source(printed));
    require(again && again->connections == read->connections && again->kept == read->kept);
  }
  Contents contents;
  if (!parse_edits(source(text), contents)) return;
  const std::string printed = print_edits(contents);
  Contents second;
  require(parse_edits(source(printed), second).has_value());
  require(print_edits(second) == printed);
  static_cast<void>(changes_of(contents));
  round_trip(Format::nvmectl, text);
}
[[maybe_unused]] void fuzz_config_json(std::string_view text) {
  round_trip(Format::config_json, text);
}
[[maybe_unused]] void fuzz_discovery_conf(std::string_view text) {
  round_trip(Format::discovery_conf, text);
}
[[maybe_unused]] void fuzz_fabrics_conf(std::string_view text) {
  round_trip(Format::fabrics_conf, text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  FUZZED_PARSER(text);
  static_cast<void>(guess_format(text, "input"));
  return 0;
}
