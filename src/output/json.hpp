// JSON documents, events and errors.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/value.hpp"
#include "output/format.hpp"

namespace nvmectl::output {

[[nodiscard]] std::string compact_json(const Value& value);

/// {"schema":…,"data":…,"errors":[…]}, indented, with a newline.
[[nodiscard]] std::string json_document(const Options& options, const Value& data, std::span<const Error> errors);

/// One line for each primary record.
[[nodiscard]] std::string ndjson_lines(const Options& options, const Value& data);

/// {"error":{"kind",…}} on one line, for stderr.
[[nodiscard]] std::string json_error(const Error& error);

/// JSON Schema 2020-12 of the command's document.
[[nodiscard]] std::string json_schema(std::string_view command, const Schema& schema, bool list);

}  // namespace nvmectl::output
