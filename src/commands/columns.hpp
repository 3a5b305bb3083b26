// Fixed-width columns as nvme-cli 2.x draws them: each at least so wide, a line of dashes below the header.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/text_form.hpp"

namespace nvmectl {

struct Column {
  std::string_view title;
  std::size_t width;  ///< least width; what is longer makes the whole column wider. 0 at the end: no blanks behind it
};

/// On a terminal narrower than the fixed columns they shrink to their content; where that is too wide as well, a last
/// column of width 0 is folded at blanks, below itself or, for want of room there, below its row; a word that is longer
/// than a line ends in ….
[[nodiscard]] std::string fixed_columns(std::span<const Column> columns,
                                        const std::vector<std::vector<std::string>>& rows, const TextOptions& options);

/// "500.81  GB / 500.81  GB", nvme-cli's Usage cell; "-" for what is not known.
[[nodiscard]] std::string usage_cell(const Value& used, const Value& size, const TextOptions& options);
/// "4 KiB +  0 B", nvme-cli's Format cell.
[[nodiscard]] std::string format_cell(const Value& lba_bytes, const Value& metadata_bytes);
/// The text of a value, "" for null.
[[nodiscard]] std::string cell(const Value& value);
/// "nvme1, nvme2"
[[nodiscard]] std::string joined_names(const Value& list);

}  // namespace nvmectl
