#include "output/cell.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/text.hpp"
#include "output/json.hpp"

namespace nvmectl::output {
namespace {

std::string with_unit(const Field& field, std::uint64_t number, const TextOptions& options) {
  if (field.hex) return fmt::format("{:#x}", number);
  switch (field.unit) {
    case Unit::bytes: return options.exact_bytes ? fmt::format("{}", number) : format_iec(number);
    case Unit::kelvin:
      return number == 0 ? "-" : fmt::format("{} °C ({} K)", static_cast<std::int64_t>(number) - 273, number);
    case Unit::celsius: return fmt::format("{} °C", number);
    case Unit::percent: return fmt::format("{} %", number);
    case Unit::milliseconds: return fmt::format("{} ms", number);
    case Unit::seconds: return fmt::format("{} s", number);
    case Unit::minutes: return fmt::format("{} min", number);
    case Unit::hours: return fmt::format("{} h", number);
    case Unit::data_units: return fmt::format("{} ({})", number, format_si(number * 512'000));
    case Unit::none: break;
  }
  return fmt::format("{}", number);
}

std::string symbol_text(const Symbol& symbol) {
  return symbol.name.empty() ? fmt::format("{:#x}", symbol.code) : symbol.name;
}

// "0x12 (Format NVM, Namespace Management)": the titles of what is set.
std::string flags_text(const Field& field, const Flags& flags) {
  std::string set;
  for (const auto& [key, part] : flags.parts) {
    if (part.number() == 0) continue;
    const auto bit =
        std::find_if(field.bits.begin(), field.bits.end(), [k = key](const BitField& b) { return b.key == k; });
    const std::string_view title = bit != field.bits.end() ? bit->title : key;
    if (!set.empty()) set += ", ";
    set += title;
    if (const auto* symbol = part.as<Symbol>()) set += fmt::format(": {}", symbol_text(*symbol));
    else if (part.as<bool>() == nullptr) set += fmt::format(": {}", part.number());
  }
  return set.empty() ? fmt::format("{:#x}", flags.raw) : fmt::format("{:#x} ({})", flags.raw, set);
}

std::string bytes_text(const Bytes& bytes) {
  constexpr std::size_t shown = 64;
  const bool zero = std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
  if (zero && bytes.size() > 16) return fmt::format("{} zero bytes", bytes.size());
  const std::string hex = to_hex(std::span(bytes).first(std::min(bytes.size(), shown)));
  return bytes.size() > shown ? fmt::format("{}… ({} bytes)", hex, bytes.size()) : hex;
}

std::string list_text(const Field& field, const List& list, const TextOptions& options) {
  Field element = field;
  element.kind = field.element_kind;
  std::string text;
  for (const Value& item : list.items)
    text += fmt::format("{}{}", text.empty() ? "" : ", ", human(element, item, options));
  return text.empty() ? "-" : text;
}

}  // namespace

std::string human(const Field& field, const Value& value, const TextOptions& options) {
  if (value.is_null()) return "-";
  if (const auto* b = value.as<bool>()) return *b ? "yes" : "no";
  if (const auto* u = value.as<std::uint64_t>()) return with_unit(field, *u, options);
  if (const auto* i = value.as<std::int64_t>()) {
    return *i >= 0 ? with_unit(field, static_cast<std::uint64_t>(*i), options) : fmt::format("{}", *i);
  }
  if (const auto* n = value.as<U128>()) {
    if (n->high == 0) return with_unit(field, n->low, options);
    return to_string(*n);
  }
  if (const auto* d = value.as<double>()) return fmt::format("{:.6g}", *d);
  if (const auto* s = value.as<std::string>()) return s->empty() ? "-" : printable(*s);
  if (const auto* b = value.as<Bytes>()) return bytes_text(*b);
  if (const auto* s = value.as<Symbol>()) return symbol_text(*s);
  if (const auto* f = value.as<Flags>()) return flags_text(field, *f);
  if (const auto* l = value.as<List>()) return list_text(field, *l, options);
  return compact_json(value);
}

std::string bare(const Value& value) {
  if (value.is_null()) return "";
  if (const auto* s = value.as<std::string>()) return printable(*s);
  if (const auto* n = value.as<U128>()) return to_string(*n);
  if (const auto* b = value.as<Bytes>()) return to_hex(*b);
  if (const auto* s = value.as<Symbol>()) return s->name.empty() ? fmt::format("{}", s->code) : s->name;
  if (const auto* f = value.as<Flags>()) return fmt::format("{}", f->raw);
  return compact_json(value);
}

}  // namespace nvmectl::output
