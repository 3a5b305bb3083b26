#include "commands/pmem/spec_file.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "connections/files.hpp"
#include "core/text.hpp"

namespace nvmectl {
namespace {

using connections::JsonNode;
using connections::Source;

const Argument* argument_for(std::span<const Argument> arguments, std::string key) {
  std::replace(key.begin(), key.end(), '_', '-');
  const auto found = std::find_if(arguments.begin(), arguments.end(),
                                  [&](const Argument& a) { return !a.positional && a.name == key; });
  return found == arguments.end() ? nullptr : &*found;
}

Result<> set_one(const Argument& argument, void* options, const Source& source, const JsonNode& value) {
  using Type = JsonNode::Type;
  if (value.type == Type::null) return {};
  const bool scalar = value.type == Type::string || value.type == Type::number || value.type == Type::boolean;
  if (!scalar || (argument.flag != (value.type == Type::boolean)))
    return source.error(value.offset, fmt::format("{} is not of the right type", argument.name));
  if (!argument.choices.empty() &&
      std::find(argument.choices.begin(), argument.choices.end(), value.text) == argument.choices.end())
    return source.error(value.offset, fmt::format("{} is none of its values", argument.name));
  if (auto set = argument.set(options, value.text, argument.name); !set) {
    Error error = std::move(set).error();
    if (auto placed = source.error(value.offset, error.message); error.kind == ErrorKind::usage) {
      Error with_place = std::move(placed).value();
      with_place.hint = error.hint.empty() ? with_place.hint : error.hint;
      return fail(std::move(with_place));
    }
    return fail(std::move(error));
  }
  return {};
}

}  // namespace

Result<> set_from_json(std::span<const Argument> arguments, void* options, const Source& source,
                       const JsonNode& object) {
  if (object.type != JsonNode::Type::object) return source.error(object.offset, "an object was expected here");
  for (std::size_t i = 0; i < object.keys.size(); ++i) {
    const Argument* argument = argument_for(arguments, object.keys[i]);
    const JsonNode& value = object.items[i];
    if (argument == nullptr)
      return source.error(value.offset, fmt::format("'{}' is not known here", printable(object.keys[i])));
    if (value.type == JsonNode::Type::array && argument->repeatable) {
      for (const JsonNode& item : value.items) NVMECTL_TRY(set_one(*argument, options, source, item));
    } else {
      NVMECTL_TRY(set_one(*argument, options, source, value));
    }
  }
  return {};
}

Result<std::string> read_spec(const std::string& path) {
  const bool input = path == "-";
  auto read = connections::read_file(input ? "/dev/stdin" : path, connections::most_file_bytes, true);
  if (!read) {
    Error error = std::move(read).error();
    if (error.kind == ErrorKind::permission) error.hint = "run it as somebody who may read it";
    return fail(std::move(error));
  }
  const std::optional<std::string>& text = *read;
  if (!text)
    return fail(ErrorKind::not_found, fmt::format("there is no file {}", printable(path)), "is the path right?");
  return *text;
}

}  // namespace nvmectl
