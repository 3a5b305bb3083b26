// One value as text: shared by tables, single records, CSV and value output.
#pragma once

#include <string>

#include "core/schema.hpp"
#include "core/text_form.hpp"

namespace nvmectl::output {

/// For people: units, names, "-" for null. One line, free of control characters.
[[nodiscard]] std::string human(const Field& field, const Value& value, const TextOptions& options);

/// For programs: bare exact value, "" for null; lists and records as compact JSON.
[[nodiscard]] std::string bare(const Value& value);

}  // namespace nvmectl::output
