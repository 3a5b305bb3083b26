// Result<T>: a value or an Error. Exceptions stop at third-party edges and never cross a module's interface.
#pragma once

#include <tl/expected.hpp>

#include <utility>

#include "core/error.hpp"

namespace nvmectl {

template <class T = void>
using Result = tl::expected<T, Error>;

/// `return fail(ErrorKind::usage, "…")` in a function that returns any Result.
[[nodiscard]] inline tl::unexpected<Error> fail(ErrorKind kind, std::string message, std::string hint = {}) {
  return tl::unexpected<Error>(make_error(kind, std::move(message), std::move(hint)));
}
[[nodiscard]] inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace nvmectl

#define NVMECTL_CONCAT_(a, b) a##b
#define NVMECTL_CONCAT(a, b) NVMECTL_CONCAT_(a, b)

/// Returns the error of `expression` (any Result), goes on when there is none.
#define NVMECTL_TRY(expression)                                                     \
  do {                                                                              \
    if (auto nvmectl_result = (expression); !nvmectl_result)                        \
      return ::tl::unexpected<::nvmectl::Error>(std::move(nvmectl_result).error()); \
  } while (false)

/// NVMECTL_ASSIGN(auto log, read_log()); declares `log`, or returns the error.
#define NVMECTL_ASSIGN(declaration, expression) \
  NVMECTL_ASSIGN_(NVMECTL_CONCAT(nvmectl_result_, __LINE__), declaration, expression)
#define NVMECTL_ASSIGN_(result, declaration, expression)                             \
  auto result = (expression);                                                        \
  if (!result) return ::tl::unexpected<::nvmectl::Error>(std::move(result).error()); \
  declaration = std::move(*result)
