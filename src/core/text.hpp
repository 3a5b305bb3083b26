// Text helpers: making hostile strings printable, numbers for people, parsing numbers that people write.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/value.hpp"

namespace nvmectl {

/// A string from a device, target, file or socket, made safe for every output: valid UTF-8 without control
/// characters is kept, everything else (C0, C1, DEL, bidi overrides, broken UTF-8) becomes \xNN.
[[nodiscard]] std::string printable(std::string_view raw);

/// A fixed-size ASCII field of a wire structure: cut at the first NUL, trailing blanks removed, made printable.
[[nodiscard]] std::string wire_text(std::span<const std::byte> raw);

/// True when `text` fits a pattern of literal characters, * and ?.
[[nodiscard]] bool matches_glob(std::string_view text, std::string_view pattern);
[[nodiscard]] std::string_view trim(std::string_view text);
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
[[nodiscard]] std::string to_hex(std::span<const std::byte> bytes);
[[nodiscard]] std::string to_base64(std::span<const std::byte> bytes);
/// "6e766d65-…" from 16 bytes.
[[nodiscard]] std::string format_uuid(std::span<const std::byte> bytes);
/// 16 bytes from "6e766d65-…"; usage error otherwise.
[[nodiscard]] Result<Bytes> parse_uuid(std::string_view text);

/// An unsigned number: decimal or 0x…; usage error with `what` in the sentence.
[[nodiscard]] Result<std::uint64_t> parse_number(std::string_view text, std::string_view what,
                                                 std::uint64_t max = ~std::uint64_t{0});
/// A size: a number with an optional suffix k M G T P (1024), KiB MiB …, kB MB … (1000) or B.
[[nodiscard]] Result<std::uint64_t> parse_size(std::string_view text, std::string_view what);
/// A time: "10s", "500ms", "2m", or seconds without a unit ("1.5"). Milliseconds.
[[nodiscard]] Result<std::uint64_t> parse_duration(std::string_view text, std::string_view what);

/// Numbers from 1 to `count` as "1,3-5" or "all"; indices from 0, each once, in order. Usage error otherwise.
[[nodiscard]] Result<std::vector<std::size_t>> parse_picks(std::string_view text, std::size_t count);

/// "64 MiB", "1.5 TiB": at most two decimals.
[[nodiscard]] std::string format_iec(std::uint64_t bytes);
/// "3.20 TB": two decimals above 1000.
[[nodiscard]] std::string format_si(std::uint64_t bytes);

/// Terminal columns that a UTF-8 string takes.
[[nodiscard]] std::size_t display_width(std::string_view text);
/// `text` followed by blanks up to `width` columns.
[[nodiscard]] std::string pad(std::string_view text, std::size_t width);

/// Insertions, deletions, changes and swaps of neighbours that make `b` of `a`; for did-you-mean.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);
/// The candidates near enough to `word` to be what was meant, best first, at most three.
[[nodiscard]] std::vector<std::string> similar(std::string_view word, std::span<const std::string> candidates);

}  // namespace nvmectl
