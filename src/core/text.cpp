#include "core/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>
#include <optional>
#include <utility>

namespace nvmectl {
namespace {

struct CodePoint {
  std::uint32_t value;
  std::size_t bytes;
};

// The code point at the start of `text`; empty for broken, overlong or surrogate encodings.
std::optional<CodePoint> decode(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = at(0);
  if (first < 0x80) return CodePoint{first, 1};
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return std::nullopt;
  std::uint32_t value = first & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xc0U) != 0x80) return std::nullopt;
    value = (value << 6U) | (at(i) & 0x3fU);
  }
  const std::uint32_t least = length == 4 ? 0x10000 : length == 3 ? 0x800 : 0x80;
  if (value < least || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return std::nullopt;
  return CodePoint{value, length};
}

// Control characters, and the invisible ones that reorder or hide text (bidi controls, zero width, line separators).
bool is_unsafe(std::uint32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
         (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb);
}

}  // namespace

std::string printable(std::string_view raw) {
  std::string text;
  text.reserve(raw.size());
  const auto unusual = [](char c) { return c < 0x20 || c >= 0x7f; };  // where char is signed, so is what is not ASCII
  for (;;) {
    // nearly everything is plain ASCII
    const auto plain = static_cast<std::size_t>(std::find_if(raw.begin(), raw.end(), unusual) - raw.begin());
    text.append(raw.substr(0, plain));
    raw.remove_prefix(plain);
    if (raw.empty()) return text;
    const auto c = decode(raw);
    const std::size_t length = c ? c->bytes : 1;
    if (c && !is_unsafe(c->value)) {
      text.append(raw.substr(0, length));
    } else {
      for (std::size_t i = 0; i < length; ++i) text += fmt::format("\\x{:02x}", static_cast<std::uint8_t>(raw[i]));
    }
    raw.remove_prefix(length);
  }
}

std::string wire_text(std::span<const std::byte> raw) {
  std::string_view text(reinterpret_cast<const char*>(raw.data()), raw.size());
  text = text.substr(0, text.find('\0'));
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return printable(text);
}

std::string_view trim(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::string to_hex(std::span<const std::byte> bytes) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::byte b : bytes) {
    text.push_back(digits[static_cast<std::size_t>(b >> 4U)]);
    text.push_back(digits[static_cast<std::size_t>(b & std::byte{15})]);
  }
  return text;
}

std::string to_base64(std::span<const std::byte> bytes) {
  static constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t word = 0;
    for (std::size_t k = 0; k < 3; ++k)
      word = (word << 8U) | (k < have ? std::to_integer<std::uint32_t>(bytes[i + k]) : 0);
    for (std::size_t k = 0; k < 4; ++k) text.push_back(k <= have ? digits[(word >> (18 - 6 * k)) & 63U] : '=');
  }
  return text;
}

std::string format_uuid(std::span<const std::byte> bytes) {
  const std::string h = to_hex(bytes.first(16));
  return fmt::format("{}-{}-{}-{}-{}", h.substr(0, 8), h.substr(8, 4), h.substr(12, 4), h.substr(16, 4), h.substr(20));
}

Result<Bytes> parse_uuid(std::string_view text) {
  const auto bad = [&] {
    return fail(ErrorKind::usage, fmt::format("'{}' is not a UUID", printable(text)),
                "write it as xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx, hexadecimal");
  };
  if (text.size() != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') return bad();
  std::string digits;
  std::copy_if(text.begin(), text.end(), std::back_inserter(digits), [](char c) { return c != '-'; });
  if (digits.size() != 32) return bad();
  Bytes bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    std::uint8_t value = 0;
    const auto [end, error] = std::from_chars(&digits[i], &digits[i] + 2, value, 16);
    if (error != std::errc() || end != &digits[i] + 2) return bad();
    bytes.push_back(std::byte{value});
  }
  return bytes;
}

Result<std::uint64_t> parse_number(std::string_view text, std::string_view what, std::uint64_t max) {
  std::string_view digits = text;
  int base = 10;
  if (digits.size() > 2 && digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X')) {
    digits.remove_prefix(2);
    base = 16;
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (digits.empty() || error == std::errc::invalid_argument || end != digits.data() + digits.size())
    return fail(ErrorKind::usage, fmt::format("{}: '{}' is not a number", what, printable(text)),
                "decimal or 0x… is understood");
  if (error != std::errc() || value > max)
    return fail(ErrorKind::usage, fmt::format("{}: {} is too large", what, printable(text)),
                fmt::format("the largest value is {} ({:#x})", max, max));
  return value;
}

namespace {

struct Scale {
  std::string_view suffix;
  std::uint64_t factor;
};
constexpr std::uint64_t kibi = 1024;
constexpr std::array scales{Scale{"", 1},
                            Scale{"b", 1},
                            Scale{"k", kibi},
                            Scale{"m", kibi* kibi},
                            Scale{"g", kibi* kibi* kibi},
                            Scale{"t", kibi* kibi* kibi* kibi},
                            Scale{"p", kibi* kibi* kibi* kibi* kibi},
                            Scale{"kib", kibi},
                            Scale{"mib", kibi* kibi},
                            Scale{"gib", kibi* kibi* kibi},
                            Scale{"tib", kibi* kibi* kibi* kibi},
                            Scale{"pib", kibi* kibi* kibi* kibi* kibi},
                            Scale{"kb", 1000},
                            Scale{"mb", 1000'000},
                            Scale{"gb", 1000'000'000},
                            Scale{"tb", 1000'000'000'000},
                            Scale{"pb", 1000'000'000'000'000}};

// "1.5GiB" → 1.5 and "gib"; hexadecimal numbers have no suffix.
std::optional<std::pair<double, std::string>> number_and_suffix(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc() || value < 0) return std::nullopt;
  std::string suffix(trim(std::string_view(end, static_cast<std::size_t>(text.data() + text.size() - end))));
  std::transform(suffix.begin(), suffix.end(), suffix.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return std::pair{value, suffix};
}

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text, std::string_view what) {
  if (text.starts_with("0x")) return parse_number(text, what);
  const auto parts = number_and_suffix(text);
  const auto scale =
      !parts ? scales.end()
             : std::find_if(scales.begin(), scales.end(), [&](const Scale& s) { return s.suffix == parts->second; });
  if (scale == scales.end())
    return fail(ErrorKind::usage, fmt::format("{}: '{}' is not a size", what, printable(text)),
                "write it as 4096, 4k, 64MiB or 1.5G");
  // Whole numbers stay exact beyond 2^53.
  std::uint64_t whole = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
  const bool exact = error == std::errc() && (end == text.data() + text.size() || *end != '.');
  const double product = parts->first * static_cast<double>(scale->factor);
  if (product >= 18446744073709551616.0 || error == std::errc::result_out_of_range)
    return fail(ErrorKind::usage, fmt::format("{}: {} is too large", what, printable(text)),
                "the largest size is 16 EiB");
  return exact ? whole * scale->factor : static_cast<std::uint64_t>(product + 0.5);
}

Result<std::uint64_t> parse_duration(std::string_view text, std::string_view what) {
  static constexpr std::array units{Scale{"", 1000},    Scale{"s", 1000},     Scale{"ms", 1},
                                    Scale{"m", 60'000}, Scale{"min", 60'000}, Scale{"h", 3'600'000}};
  const auto parts = number_and_suffix(text);
  const auto unit =
      !parts ? units.end()
             : std::find_if(units.begin(), units.end(), [&](const Scale& s) { return s.suffix == parts->second; });
  if (unit == units.end() || parts->first * static_cast<double>(unit->factor) > 1e12)
    return fail(ErrorKind::usage, fmt::format("{}: '{}' is not a time", what, printable(text)),
                "write it as 10s, 500ms or 2m");
  return static_cast<std::uint64_t>(parts->first * static_cast<double>(unit->factor) + 0.5);
}

namespace {

std::string scaled(std::uint64_t bytes, double step, std::span<const std::string_view> names, bool trim_zeros) {
  if (static_cast<double>(bytes) < step) return fmt::format("{} {}", bytes, names[0]);
  double value = static_cast<double>(bytes);
  std::size_t index = 0;
  while (value >= step && index + 1 < names.size()) {
    value /= step;
    ++index;
  }
  std::string digits = fmt::format("{:.2f}", value);
  if (trim_zeros) {
    while (digits.back() == '0') digits.pop_back();
    if (digits.back() == '.') digits.pop_back();
  }
  return fmt::format("{} {}", digits, names[index]);
}

}  // namespace

std::string format_iec(std::uint64_t bytes) {
  static constexpr std::array<std::string_view, 7> names{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  return scaled(bytes, 1024, names, true);
}

std::string format_si(std::uint64_t bytes) {
  static constexpr std::array<std::string_view, 7> names{"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  return scaled(bytes, 1000, names, false);
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const auto c = decode(text);
    text.remove_prefix(c ? c->bytes : 1);
    if (!c) {
      ++width;
      continue;
    }
    const std::uint32_t v = c->value;
    const bool combining = (v >= 0x300 && v <= 0x36f) || (v >= 0xfe00 && v <= 0xfe0f);
    const bool wide = (v >= 0x1100 && v <= 0x115f) || (v >= 0x2e80 && v <= 0xa4cf) || (v >= 0xac00 && v <= 0xd7a3) ||
                      (v >= 0xf900 && v <= 0xfaff) || (v >= 0xfe30 && v <= 0xfe6f) || (v >= 0xff00 && v <= 0xff60) ||
                      (v >= 0xffe0 && v <= 0xffe6) || (v >= 0x1f300 && v <= 0x1faff) || (v >= 0x20000 && v <= 0x3fffd);
    width += combining ? 0 : wide ? 2 : 1;
  }
  return width;
}

std::string pad(std::string_view text, std::size_t width) {
  std::string padded(text);
  const std::size_t have = display_width(text);
  if (have < width) padded.append(width - have, ' ');
  return padded;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before, above(b.size() + 1), row(b.size() + 1);
  std::iota(above.begin(), above.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, change});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = std::exchange(above, row);
  }
  return above[b.size()];
}

std::vector<std::string> similar(std::string_view word, std::span<const std::string> candidates) {
  std::vector<std::pair<std::size_t, std::string>> near;
  for (const std::string& candidate : candidates) {
    const bool prefix = word.size() >= 3 && candidate.starts_with(word);
    const std::size_t distance = prefix ? 1 : edit_distance(word, candidate);
    if (distance <= std::max<std::size_t>(1, std::min(word.size(), candidate.size()) / 3))
      near.emplace_back(distance, candidate);
  }
  std::sort(near.begin(), near.end());
  std::vector<std::string> names;
  for (const auto& [distance, name] : near)
    if (names.size() < 3) names.push_back(name);
  return names;
}

Result<std::vector<std::size_t>> parse_picks(std::string_view text, std::size_t count) {
  std::vector<bool> picked(count, text == "all");
  for (const std::string_view part : text == "all" ? std::vector<std::string_view>{} : split(text, ',')) {
    const std::string_view range = trim(part);
    const std::size_t dash = range.find('-');
    NVMECTL_ASSIGN(const std::uint64_t first, parse_number(trim(range.substr(0, dash)), "the number", count));
    std::uint64_t last = first;
    if (dash != std::string_view::npos) {
      NVMECTL_ASSIGN(last, parse_number(trim(range.substr(dash + 1)), "the number", count));
    }
    if (first == 0 || last < first)
      return fail(ErrorKind::usage, fmt::format("'{}' is no choice from 1 to {}", printable(range), count),
                  "choose by numbers as 1,3-5, or by the word all");
    for (std::uint64_t i = first; i <= last; ++i) picked[static_cast<std::size_t>(i - 1)] = true;
  }
  std::vector<std::size_t> result;
  for (std::size_t i = 0; i < count; ++i)
    if (picked[i]) result.push_back(i);
  return result;
}

bool matches_glob(std::string_view text, std::string_view pattern) {
  // Where the last * stood, and what it has swallowed so far.
  std::size_t star = std::string_view::npos, swallowed = 0, t = 0, p = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      swallowed = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++t, ++p;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++swallowed;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace nvmectl
