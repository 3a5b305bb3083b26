// The exit codes, and nothing else decides them.
#pragma once

#include <span>
#include <string_view>

#include "core/error.hpp"

namespace nvmectl::cli {

struct ExitCode {
  int code;
  std::string_view meaning;
};

[[nodiscard]] int exit_code(const Error& error);

/// What to do about a failure that came without a hint of its own, by its kind.
[[nodiscard]] std::string_view default_hint(const Error& error);

/// For `nvmectl help exit-codes` and the man pages.
[[nodiscard]] std::span<const ExitCode> exit_codes();

}  // namespace nvmectl::cli
