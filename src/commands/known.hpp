// A text that may be missing, as a value: what is not known is null, never "".
#pragma once

#include <string>

#include "core/value.hpp"

namespace nvmectl {

[[nodiscard]] inline Value known(const std::string& text) { return text.empty() ? Value() : Value(text); }

}  // namespace nvmectl
