// TextForm: how a command that has a traditional text layout (nvme-cli's tables) turns its data into text.
#pragma once

#include <cstddef>
#include <string>

#include "core/value.hpp"

namespace nvmectl {

struct TextOptions {
  bool wide = false;         ///< `-v`, `-o wide`
  bool exact_bytes = false;  ///< `--bytes`: sizes as plain numbers
  bool headers = true;       ///< off with --no-headers
  std::size_t width = 0;     ///< columns of the terminal; 0 = do not fit
};

/// Pure: the data of a document (a Record or List of its schema) to lines of text that end in a newline.
using TextForm = std::string (*)(const Value& data, const TextOptions& options);

}  // namespace nvmectl
