// The vocabulary of wire layouts: constexpr constructors of core `Field`s, and the proof that a layout covers its
// structure. One table per structure feeds decoder, encoder, every output format and the documentation.
//
//   constexpr Field fields[] = {
//       u16(0, "pci_vendor_id", "PCI vendor ID", {.hex = true, .mnemonic = "vid"}),
//       ascii(4, 20, "serial_number", "Serial number", {.mnemonic = "sn"}),
//       reserved(24, 4096),
//   };
//   static_assert(covers<4096>(fields));
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/schema.hpp"

namespace nvmectl::nvme {

/// What a layout says about a field beyond its place, key and title.
struct FieldOptions {
  Unit unit = Unit::none;
  Show show = Show::detail;
  bool hex = false;
  std::string_view doc = {};
  std::string_view mnemonic = {};
  std::string_view since = {};
};

namespace layout_detail {
constexpr Field make(Kind kind, std::uint32_t offset, std::uint32_t size, std::string_view key, std::string_view title,
                     const FieldOptions& options) {
  Field field;
  field.key = key;
  field.title = title;
  field.kind = kind;
  field.unit = options.unit;
  field.show = options.show;
  field.hex = options.hex;
  field.doc = options.doc;
  field.mnemonic = options.mnemonic;
  field.since = options.since;
  field.offset = offset;
  field.size = size;
  return field;
}
}  // namespace layout_detail

/// An unsigned little-endian number of `size` bytes, 1 to 8.
[[nodiscard]] constexpr Field number(std::uint32_t offset, std::uint32_t size, std::string_view key,
                                     std::string_view title, const FieldOptions& options = {}) {
  return layout_detail::make(Kind::unsigned_integer, offset, size, key, title, options);
}
[[nodiscard]] constexpr Field u8(std::uint32_t offset, std::string_view key, std::string_view title,
                                 const FieldOptions& options = {}) {
  return number(offset, 1, key, title, options);
}
[[nodiscard]] constexpr Field u16(std::uint32_t offset, std::string_view key, std::string_view title,
                                  const FieldOptions& options = {}) {
  return number(offset, 2, key, title, options);
}
[[nodiscard]] constexpr Field u24(std::uint32_t offset, std::string_view key, std::string_view title,
                                  const FieldOptions& options = {}) {
  return number(offset, 3, key, title, options);
}
[[nodiscard]] constexpr Field u32(std::uint32_t offset, std::string_view key, std::string_view title,
                                  const FieldOptions& options = {}) {
  return number(offset, 4, key, title, options);
}
[[nodiscard]] constexpr Field u48(std::uint32_t offset, std::string_view key, std::string_view title,
                                  const FieldOptions& options = {}) {
  return number(offset, 6, key, title, options);
}
[[nodiscard]] constexpr Field u64(std::uint32_t offset, std::string_view key, std::string_view title,
                                  const FieldOptions& options = {}) {
  return number(offset, 8, key, title, options);
}
/// A 16-byte counter.
[[nodiscard]] constexpr Field u128(std::uint32_t offset, std::string_view key, std::string_view title,
                                   const FieldOptions& options = {}) {
  return layout_detail::make(Kind::u128, offset, 16, key, title, options);
}

/// ASCII padded with blanks, no terminator.
[[nodiscard]] constexpr Field ascii(std::uint32_t offset, std::uint32_t size, std::string_view key,
                                    std::string_view title, const FieldOptions& options = {}) {
  return layout_detail::make(Kind::string, offset, size, key, title, options);
}
/// UTF-8 padded with NULs; a missing terminator is tolerated.
[[nodiscard]] constexpr Field utf8_nul(std::uint32_t offset, std::uint32_t size, std::string_view key,
                                       std::string_view title, const FieldOptions& options = {}) {
  Field field = layout_detail::make(Kind::string, offset, size, key, title, options);
  field.text = TextCoding::nul_padded;
  return field;
}
/// 16 bytes shown as a UUID; null when all are zero.
[[nodiscard]] constexpr Field uuid(std::uint32_t offset, std::string_view key, std::string_view title,
                                   const FieldOptions& options = {}) {
  Field field = layout_detail::make(Kind::string, offset, 16, key, title, options);
  field.text = TextCoding::uuid;
  return field;
}
/// Bytes as they are, shown in hexadecimal: vendor areas, EUI64 (8) and NGUID (16), which are big-endian identifiers.
[[nodiscard]] constexpr Field bytes(std::uint32_t offset, std::uint32_t size, std::string_view key,
                                    std::string_view title, const FieldOptions& options = {}) {
  return layout_detail::make(Kind::bytes, offset, size, key, title, options);
}

/// A number that the specification gives names.
[[nodiscard]] constexpr Field symbol(std::uint32_t offset, std::uint32_t size, std::string_view key,
                                     std::string_view title, std::span<const SymbolName> names,
                                     const FieldOptions& options = {}) {
  Field field = layout_detail::make(Kind::symbol, offset, size, key, title, options);
  field.names = names;
  return field;
}
/// A word of bits, 1 to 8 bytes.
[[nodiscard]] constexpr Field flags(std::uint32_t offset, std::uint32_t size, std::string_view key,
                                    std::string_view title, std::span<const BitField> bits,
                                    const FieldOptions& options = {}) {
  Field field = layout_detail::make(Kind::flags, offset, size, key, title, options);
  field.bits = bits;
  field.hex = true;
  return field;
}

/// `count` unsigned numbers of `size` bytes each.
[[nodiscard]] constexpr Field numbers(std::uint32_t offset, std::uint32_t size, std::uint32_t count,
                                      std::string_view key, std::string_view title, const FieldOptions& options = {}) {
  Field field = layout_detail::make(Kind::list, offset, size, key, title, options);
  field.count = count;
  field.element_kind = Kind::unsigned_integer;
  return field;
}
/// `count` blank-padded texts of `size` bytes each.
[[nodiscard]] constexpr Field texts(std::uint32_t offset, std::uint32_t size, std::uint32_t count, std::string_view key,
                                    std::string_view title, const FieldOptions& options = {}) {
  Field field = numbers(offset, size, count, key, title, options);
  field.element_kind = Kind::string;
  return field;
}
/// `count` words of bits of `size` bytes each.
[[nodiscard]] constexpr Field flag_words(std::uint32_t offset, std::uint32_t size, std::uint32_t count,
                                         std::string_view key, std::string_view title, std::span<const BitField> bits,
                                         const FieldOptions& options = {}) {
  Field field = numbers(offset, size, count, key, title, options);
  field.element_kind = Kind::flags;
  field.bits = bits;
  field.hex = true;
  return field;
}
/// A structure within the structure.
[[nodiscard]] constexpr Field record(std::uint32_t offset, const Schema& element, std::string_view key,
                                     std::string_view title, const FieldOptions& options = {}) {
  Field field = layout_detail::make(Kind::record, offset, element.wire_size, key, title, options);
  field.element = &element;
  return field;
}
/// `count` structures. `last_index_in`: see Field.
[[nodiscard]] constexpr Field records(std::uint32_t offset, const Schema& element, std::uint32_t count,
                                      std::string_view key, std::string_view title, const FieldOptions& options = {},
                                      std::span<const std::string_view> last_index_in = {}) {
  Field field = layout_detail::make(Kind::list, offset, element.wire_size, key, title, options);
  field.count = count;
  field.element_kind = Kind::record;
  field.element = &element;
  field.last_index_in = last_index_in;
  return field;
}
/// Bytes `begin` to `end` - 1, which have no meaning yet.
[[nodiscard]] constexpr Field reserved(std::uint32_t begin, std::uint32_t end) {
  return layout_detail::make(Kind::bytes, begin, end - begin, {}, {}, {.show = Show::reserved});
}

/// Lower-case letters, digits and single underscores, starting with a letter.
[[nodiscard]] constexpr bool is_snake_case(std::string_view key) {
  if (key.empty() || key.front() < 'a' || key.front() > 'z' || key.back() == '_') return false;
  for (std::size_t i = 0; i < key.size(); ++i) {
    const char c = key[i];
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    if (!allowed || (c == '_' && key[i - 1] == '_')) return false;
  }
  return true;
}

namespace layout_detail {

/// Bytes that one value of that kind may take on the wire; a list's are those of its element kind.
constexpr bool size_allowed(Kind kind, std::uint32_t size) {
  switch (kind) {
    case Kind::boolean:
    case Kind::integer:
    case Kind::unsigned_integer:
    case Kind::symbol:
    case Kind::flags: return size >= 1 && size <= 8;
    case Kind::u128: return size >= 1 && size <= 16;
    case Kind::string:
    case Kind::bytes:
    case Kind::record: return size >= 1;
    case Kind::number:
    case Kind::list: return false;
  }
  return false;
}

/// Whether one field makes sense by itself: the decoder asks the same of layouts that come from data files.
constexpr bool well_formed(const Field& field) {
  if (!field.in_data()) return field.size >= 1;
  const bool list = field.kind == Kind::list;
  const Kind kind = list ? field.element_kind : field.kind;
  if (!size_allowed(kind, field.size) || field.count < 1 || (!list && field.count != 1)) return false;
  if (kind == Kind::record && (field.element == nullptr || field.element->wire_size != field.size)) return false;
  if (kind == Kind::string && field.text == TextCoding::uuid && field.size != 16) return false;
  for (const BitField& bit : field.bits) {
    if (bit.width < 1 || bit.shift + bit.width > 8 * field.size || !is_snake_case(bit.key)) return false;
  }
  return true;
}

constexpr bool names_differ(const Field& a, const Field& b) {
  return a.key != b.key && (b.mnemonic.empty() || (a.key != b.mnemonic && a.mnemonic != b.mnemonic)) &&
         (a.mnemonic.empty() || a.mnemonic != b.key);
}

constexpr bool layout_ok(std::span<const Field> fields, std::uint64_t size) {
  std::uint64_t end = 0;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const Field& field = fields[i];
    if (field.offset != end || !well_formed(field)) return false;
    end += std::uint64_t{field.size} * field.count;
    if (!field.in_data()) continue;
    if (!is_snake_case(field.key)) return false;
    for (std::size_t j = 0; j < i; ++j) {
      if (fields[j].in_data() && !names_differ(fields[j], field)) return false;
    }
  }
  return end == size;
}

}  // namespace layout_detail

/// True when the fields, in their order, cover exactly `Size` bytes without gap or overlap, each is well formed, every
/// key is snake_case and no key or mnemonic stands twice. For static_assert next to every layout.
template <std::uint32_t Size>
[[nodiscard]] consteval bool covers(std::span<const Field> fields) {
  return layout_detail::layout_ok(fields, Size);
}

/// The same question at run time, for layouts made from data files.
[[nodiscard]] constexpr bool covers(std::span<const Field> fields, std::uint32_t size) {
  return layout_detail::layout_ok(fields, size);
}

}  // namespace nvmectl::nvme
