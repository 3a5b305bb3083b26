// What the streams are: a terminal or not, how wide, in colour or not.
#pragma once

#include <cstddef>
#include <string_view>

#include "core/context.hpp"

namespace nvmectl::output {

struct Terminal {
  bool out_is_tty = false;
  bool err_is_tty = false;
  std::size_t width = 0;  ///< 0 = not a terminal: do not fit
  bool color = false;
};

/// Looks at standard output and error. `color` is "auto", "always" or "never"; NO_COLOR, CLICOLOR_FORCE and TERM=dumb
/// decide in the first case.
[[nodiscard]] Terminal detect_terminal(const Environment& environment, std::string_view color);

/// Somebody can answer a question. Asked only when there is one.
[[nodiscard]] bool input_is_terminal();

/// error:, cause:, hint: lines.
[[nodiscard]] std::string error_lines(const Error& error, bool color);

}  // namespace nvmectl::output
