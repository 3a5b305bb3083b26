// Tables and single records for people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/text_form.hpp"
#include "output/format.hpp"

namespace nvmectl::output {

/// Header and rows; columns separated by two blanks, widths by content. The last column is not padded.
[[nodiscard]] std::string draw_table(const std::vector<std::string>& header,
                                     const std::vector<std::vector<std::string>>& rows, bool with_header);

/// The document as a table (a list) or as titled lines (a record), from its schema.
[[nodiscard]] std::string table_document(const Options& options, const Value& data);

/// RFC 4180 with a header line.
[[nodiscard]] std::string csv_document(const Options& options, const Value& data);

/// Bare values, tab-separated, a record per line.
[[nodiscard]] std::string value_document(const Options& options, const Value& data);

}  // namespace nvmectl::output
