#include "commands/columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "core/text.hpp"

namespace nvmectl {
namespace {

constexpr std::size_t least_room = 24;  // for lines in a last column; else they go below the whole row
constexpr std::size_t below = 6;        // and so far in

// As much of one word as fits, with … for the rest.
std::string cut(std::string_view word, std::size_t room) {
  if (display_width(word) <= room) return std::string(word);
  const auto inside_character = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; };
  while (!word.empty() && display_width(word) >= room) {
    while (word.size() > 1 && inside_character(word.back())) word.remove_suffix(1);
    word.remove_suffix(1);
  }
  return std::string(word) + "…";
}

// Lines of whole words.
std::vector<std::string> folded(std::string_view text, std::size_t room) {
  if (display_width(text) <= room) return {std::string(text)};
  std::vector<std::string> lines(1);
  for (const std::string_view word : split(text, ' ')) {
    std::string& line = lines.back();
    if (line.empty()) line = cut(word, room);
    else if (display_width(line) + 1 + display_width(word) <= room) line += fmt::format(" {}", word);
    else lines.push_back(cut(word, room));
  }
  return lines;
}

}  // namespace

std::string fixed_columns(std::span<const Column> columns, const std::vector<std::vector<std::string>>& rows,
                          const TextOptions& options) {
  std::vector<std::size_t> content(columns.size()), width(columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    content[i] = columns[i].title.size();
    for (const auto& row : rows) content[i] = std::max(content[i], display_width(row[i]));
    width[i] = std::max(content[i], columns[i].width);
  }
  const std::size_t total = std::accumulate(width.begin(), width.end(), columns.size() - 1);
  const bool shrink = options.width > 0 && total > options.width;
  if (shrink) width = content;
  const bool ragged = shrink || columns.back().width == 0;
  const std::size_t last = columns.size() - 1;
  const std::size_t before_last = std::accumulate(width.begin(), width.end() - 1, last);
  if (shrink && columns[last].width == 0 && before_last + width[last] > options.width)
    width[last] = std::max(options.width - std::min(options.width, before_last), columns[last].title.size());
  std::string text;
  const auto line = [&](auto cell_at) {
    std::string drawn;
    for (std::size_t i = 0; i < columns.size(); ++i)
      drawn += fmt::format("{}{}", i == 0 ? "" : " ", pad(cell_at(i), width[i]));
    while (ragged && !drawn.empty() && drawn.back() == ' ') drawn.pop_back();
    text += drawn + "\n";
  };
  if (options.headers) {
    line([&](std::size_t i) { return std::string(columns[i].title); });
    line([&](std::size_t i) { return std::string(width[i], '-'); });
  }
  for (const auto& row : rows) {
    const bool beside = display_width(row[last]) <= width[last] || width[last] >= least_room;
    const std::size_t room = beside ? width[last] : std::max(options.width, below + least_room) - below;
    const std::vector<std::string> parts = folded(row[last], room);
    line([&](std::size_t i) { return i < last ? row[i] : beside ? parts[0] : std::string(); });
    for (std::size_t i = beside ? 1 : 0; i < parts.size(); ++i)
      text += std::string(beside ? before_last : below, ' ') + parts[i] + "\n";
  }
  return text;
}

namespace {

// nvme-cli's "%6.2f %2sB" with SI prefixes.
std::string si_cell(const Value& value) {
  if (value.is_null()) return "-";
  static constexpr std::array<std::string_view, 7> prefixes{"", "k", "M", "G", "T", "P", "E"};
  double number = static_cast<double>(value.number());
  std::size_t index = 0;
  while (number >= 1000 && index + 1 < prefixes.size()) {
    number /= 1000;
    ++index;
  }
  return fmt::format("{:6.2f} {:>2}B", number, prefixes[index]);
}

}  // namespace

std::string usage_cell(const Value& used, const Value& size, const TextOptions& options) {
  if (options.exact_bytes)
    return fmt::format("{} / {}", used.is_null() ? "-" : fmt::format("{}", used.number()), cell(size));
  return fmt::format("{:>10} / {}", si_cell(used), si_cell(size));
}

std::string format_cell(const Value& lba_bytes, const Value& metadata_bytes) {
  if (lba_bytes.is_null()) return "-";
  const std::uint64_t lba = lba_bytes.number();
  const bool kibi = lba >= 1024;
  return fmt::format("{:3} {:>2}B + {:>2} B", kibi ? lba / 1024 : lba, kibi ? "Ki" : "",
                     metadata_bytes.is_null() ? "?" : cell(metadata_bytes));
}

std::string cell(const Value& value) {
  if (value.is_null()) return "";
  if (const auto* text = value.as<std::string>()) return printable(*text);
  if (const auto* number = value.as<std::int64_t>()) return fmt::format("{}", *number);
  if (const auto* symbol = value.as<Symbol>(); symbol != nullptr && !symbol->name.empty()) return symbol->name;
  return fmt::format("{}", value.number());
}

std::string joined_names(const Value& list) {
  std::string text;
  if (const auto* items = list.as<List>())
    for (const Value& item : items->items) text += fmt::format("{}{}", text.empty() ? "" : ", ", cell(item));
  return text;
}

}  // namespace nvmectl
