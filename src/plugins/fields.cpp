#include "plugins/fields.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "core/text.hpp"
#include "nvme/layout.hpp"

namespace nvmectl::plugins {
namespace {

/// A word of nvme/layout.hpp's vocabulary.
struct Type {
  std::string_view name;
  Kind kind;
  std::uint32_t size = 0;  ///< 0: the file says, from 1 to `max_size`
  std::uint32_t max_size = 0;
  Kind element = Kind::unsigned_integer;  ///< of lists
  TextCoding text = TextCoding::blank_padded;
  bool reserved = false;
};

constexpr std::array types{
    Type{"u8", Kind::unsigned_integer, 1},
    Type{"u16", Kind::unsigned_integer, 2},
    Type{"u24", Kind::unsigned_integer, 3},
    Type{"u32", Kind::unsigned_integer, 4},
    Type{"u48", Kind::unsigned_integer, 6},
    Type{"u64", Kind::unsigned_integer, 8},
    Type{"u128", Kind::u128, 16},
    Type{"number", Kind::unsigned_integer, 0, 8},
    Type{"ascii", Kind::string, 0, max_log_bytes},
    Type{"utf8", Kind::string, 0, max_log_bytes, Kind::string, TextCoding::nul_padded},
    Type{"uuid", Kind::string, 16, 0, Kind::string, TextCoding::uuid},
    Type{"bytes", Kind::bytes, 0, max_log_bytes},
    Type{"symbol", Kind::symbol, 0, 8},
    Type{"flags", Kind::flags, 0, 8},
    Type{"numbers", Kind::list, 0, 8, Kind::unsigned_integer},
    Type{"texts", Kind::list, 0, max_log_bytes, Kind::string},
    Type{"reserved", Kind::bytes, 0, max_log_bytes, Kind::bytes, TextCoding::blank_padded, true},
};

struct UnitName {
  std::string_view name;
  Unit unit;
};
constexpr std::array units{UnitName{"bytes", Unit::bytes},          UnitName{"kelvin", Unit::kelvin},
                           UnitName{"celsius", Unit::celsius},      UnitName{"percent", Unit::percent},
                           UnitName{"seconds", Unit::seconds},      UnitName{"milliseconds", Unit::milliseconds},
                           UnitName{"minutes", Unit::minutes},      UnitName{"hours", Unit::hours},
                           UnitName{"data_units", Unit::data_units}};

struct ShowName {
  std::string_view name;
  Show show;
};
constexpr std::array shows{ShowName{"table", Show::table}, ShowName{"wide", Show::wide},
                           ShowName{"detail", Show::detail}};

/// The entry of a table of names for the text of a member; null, with a problem, for any other text.
template <class Table>
const typename Table::value_type* choose(const Table& table, Object& object, std::string_view member,
                                         const std::optional<std::string>& text) {
  if (!text) return nullptr;
  const auto found = std::find_if(table.begin(), table.end(), [&](const auto& entry) { return entry.name == *text; });
  if (found != table.end()) return &*found;
  std::vector<std::string_view> names;
  for (const auto& entry : table) names.push_back(entry.name);
  object.problem(member, fmt::format("'{}' is none of {}", printable(*text), fmt::join(names, ", ")));
  return nullptr;
}

std::uint64_t largest(unsigned bits) {
  return bits >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
}

/// {"0": "off", "0x1": "on"}: names for the codes of a number of `width` bits.
std::span<const SymbolName> read_names(Object& object, unsigned width, Need need, Plugin& plugin) {
  const Node* node = object.object("names", need);
  if (node == nullptr) return {};
  std::vector<SymbolName> names;
  std::set<std::uint64_t> codes;
  for (std::size_t i = 0; i < node->keys.size(); ++i) {
    const std::string member = "names." + printable(node->keys[i].substr(0, 32));
    const auto code = parse_number(node->keys[i], "");
    if (!code || *code > largest(width)) object.problem(member, fmt::format("is no number of {} bits", width));
    else if (!codes.insert(*code).second) object.problem(member, "names a code that has a name already");
    const Node& text = node->items[i];
    const std::string why =
        text.kind == Node::Kind::text ? text_problem(text.text, false) : std::string("is not a text");
    if (!why.empty()) object.problem(member, why);
    if (code && why.empty()) names.push_back({*code, plugin.keep(text.text)});
  }
  if (node->keys.empty()) object.problem("names", "is empty");
  return plugin.names.emplace_back(std::move(names));
}

BitField read_bit(const Node& node, std::string path, unsigned word_bits, Plugin& plugin, Problems& problems) {
  Object object(node, std::move(path), problems);
  BitField bit;
  if (auto key = object.text("key")) bit.key = plugin.keep(std::move(*key));
  if (auto title = object.text("title")) bit.title = plugin.keep(std::move(*title));
  bit.shift = static_cast<std::uint8_t>(object.number("shift", 0, word_bits - 1).value_or(0));
  bit.width = static_cast<std::uint8_t>(object.number("width", 1, word_bits - bit.shift, Need::optional).value_or(1));
  bit.names = read_names(object, bit.width, Need::optional, plugin);
  object.finish();
  if (!bit.key.empty() && !nvme::is_snake_case(bit.key))
    object.problem("key", fmt::format("'{}' is not snake_case", bit.key));
  if (bit.key == "raw") object.problem("key", "'raw' stands for the whole word");
  return bit;
}

std::span<const BitField> read_bits(Object& object, std::uint32_t size, Plugin& plugin) {
  const Node* list = object.list("bits", 64);
  if (list == nullptr) return {};
  std::vector<BitField> bits;
  std::uint64_t taken = 0;
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    const std::string at = indexed(object.path("bits"), i);
    const std::size_t before = object.problems().count();
    const BitField bit = read_bit(list->items[i], at, 8 * size, plugin, object.problems());
    if (object.problems().count() != before) continue;
    const std::uint64_t mask = largest(bit.width) << bit.shift;
    if ((taken & mask) != 0) object.problems().add(at + ".shift", "overlaps bits described before");
    taken |= mask;
    if (std::any_of(bits.begin(), bits.end(), [&](const BitField& other) { return other.key == bit.key; }))
      object.problems().add(at + ".key", fmt::format("'{}' stands twice", bit.key));
    bits.push_back(bit);
  }
  return plugin.bits.emplace_back(std::move(bits));
}

bool is_numeric(const Type& type) {
  const Kind kind = type.kind == Kind::list ? type.element : type.kind;
  return kind == Kind::unsigned_integer || kind == Kind::u128;
}

/// What a field says beyond its place: all but reserved ones.
void read_description(Object& object, const Type& type, Field& field, Plugin& plugin) {
  if (auto key = object.text("key")) field.key = plugin.keep(std::move(*key));
  if (auto title = object.text("title")) field.title = plugin.keep(std::move(*title));
  if (auto doc = object.text("doc", {Need::optional})) field.doc = plugin.keep(std::move(*doc));
  if (auto mnemonic = object.text("mnemonic", {Need::optional})) field.mnemonic = plugin.keep(std::move(*mnemonic));
  if (auto since = object.text("since", {Need::optional})) field.since = plugin.keep(std::move(*since));
  if (const auto* show = choose(shows, object, "show", object.text("show", {Need::optional}))) field.show = show->show;
  if (is_numeric(type)) {
    if (const auto* unit = choose(units, object, "unit", object.text("unit", {Need::optional})))
      field.unit = unit->unit;
    field.hex = object.boolean("hex").value_or(false);
  }
}

/// Offset, size and count; false, with a problem, when one of them is missing or wrong.
bool read_place(Object& object, const Type& type, Field& field) {
  const auto offset = object.number("offset", 0, max_log_bytes);
  const auto size = type.size != 0 ? std::optional<std::uint64_t>(type.size) : object.number("size", 1, type.max_size);
  const auto count =
      type.kind == Kind::list ? object.number("count", 1, max_log_bytes) : std::optional<std::uint64_t>(1);
  field.offset = static_cast<std::uint32_t>(offset.value_or(0));
  field.size = static_cast<std::uint32_t>(size.value_or(1));
  field.count = static_cast<std::uint32_t>(count.value_or(1));
  return offset && size && count;
}

std::optional<Field> read_field(const Node& node, std::string path, Plugin& plugin, Problems& problems) {
  Object object(node, std::move(path), problems);
  const Type* type = choose(types, object, "type", object.text("type"));
  if (type == nullptr) return std::nullopt;

  Field field;
  field.kind = type->kind;
  field.element_kind = type->element;
  field.text = type->text;
  const bool placed = read_place(object, *type, field);
  if (type->reserved) {
    field.show = Show::reserved;
  } else {
    read_description(object, *type, field, plugin);
    if (field.kind == Kind::symbol) field.names = read_names(object, 8 * field.size, Need::required, plugin);
    if (field.kind == Kind::flags) {
      field.bits = read_bits(object, field.size, plugin);
      field.hex = true;
    }
  }
  object.finish();
  return placed ? std::optional(field) : std::nullopt;
}

/// Whether the field lies where the ones before end; `end` is empty when that is not known. Returns its own end.
std::uint64_t check_place(const Field& field, std::optional<std::uint64_t> end, std::uint32_t size,
                          const std::string& at, Problems& problems) {
  if (end && field.offset > *end)
    problems.add(at + ".offset",
                 fmt::format("leaves a gap: no field covers the bytes from {} to {}", *end, field.offset - 1));
  if (end && field.offset < *end)
    problems.add(at + ".offset", fmt::format("overlaps: the fields before cover the bytes up to {}", *end - 1));
  const std::uint64_t own_end = std::uint64_t{field.offset} + std::uint64_t{field.size} * field.count;
  if (own_end > size) problems.add(at, fmt::format("ends at byte {}, behind the page's {}", own_end - 1, size - 1));
  if (!nvme::layout_detail::well_formed(field)) problems.add(at, "has a size that its type cannot have");
  return own_end;
}

/// `key` is empty when it could not be read, which is reported already.
void check_key(const Field& field, std::set<std::string_view>& names, const std::string& at, Problems& problems) {
  if (!field.key.empty() && !nvme::is_snake_case(field.key))
    problems.add(at + ".key", fmt::format("'{}' is not snake_case", field.key));
  if (!field.key.empty() && !names.insert(field.key).second)
    problems.add(at + ".key", fmt::format("'{}' stands twice", field.key));
  if (!field.mnemonic.empty() && field.mnemonic != field.key && !names.insert(field.mnemonic).second)
    problems.add(at + ".mnemonic", fmt::format("'{}' stands twice", field.mnemonic));
}

}  // namespace

std::vector<std::optional<Field>> read_fields(const Node& list, const std::string& path, Plugin& plugin,
                                              Problems& problems) {
  std::vector<std::optional<Field>> fields;
  for (std::size_t i = 0; i < list.items.size(); ++i)
    fields.push_back(read_field(list.items[i], indexed(path, i), plugin, problems));
  return fields;
}

void check_layout(std::span<const std::optional<Field>> fields, std::uint32_t size, const std::string& path,
                  Problems& problems) {
  std::optional<std::uint64_t> end = 0;
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (!fields[i]) {
      end.reset();
      continue;
    }
    const std::string at = indexed(path, i);
    end = check_place(*fields[i], end, size, at, problems);
    if (fields[i]->in_data()) check_key(*fields[i], names, at, problems);
  }
  if (end && *end < size) problems.add(path, fmt::format("no field covers the bytes from {} to {}", *end, size - 1));
}

}  // namespace nvmectl::plugins
