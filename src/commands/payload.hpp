// Bytes from a device as a result: hexadecimal or base64, and decoded where the layout is known.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/value.hpp"
#include "nvme/layouts/layouts.hpp"

namespace nvmectl {

inline constexpr std::array<std::string_view, 2> encodings{"hex", "base64"};

/// Hexadecimal digits for "hex", else a base64 string; usage error for other encodings.
[[nodiscard]] Result<Value> encoded(const Bytes& bytes, std::string_view encoding);

/// A log page taken apart: a List of its records (one for a page that is a single structure; header first, then the
/// entries, for those that have both). Unsupported when the layout is not known.
[[nodiscard]] Result<Value> decoded_log(std::uint8_t log_id, const Bytes& page);
/// An Identify structure, the same way.
[[nodiscard]] Result<Value> decoded_identify(std::uint8_t cns, std::uint8_t csi, const Bytes& page);

}  // namespace nvmectl
