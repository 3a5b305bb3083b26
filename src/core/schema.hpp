// Schema: the one description of a structure. Tables, JSON, CSV, JSON Schema, man pages and --fields come from it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/value.hpp"

namespace nvmectl {

/// The one type that a field's values have; a value may also be null when the field is not known.
enum class Kind : std::uint8_t {
  boolean,
  integer,
  unsigned_integer,
  u128,
  number,
  string,
  bytes,
  symbol,
  flags,
  list,
  record
};

enum class Unit : std::uint8_t {
  none,
  bytes,
  kelvin,
  celsius,
  percent,
  milliseconds,
  seconds,
  minutes,
  hours,
  data_units,  // 1,000 times 512 bytes
};

/// Where a field is shown to people. All but `reserved` and `text_only` are always in JSON, NDJSON and CSV.
enum class Show : std::uint8_t {
  table,     ///< in the default table
  wide,      ///< in `-o wide` and `-v`
  detail,    ///< only where a single record is shown whole
  reserved,  ///< a hole in a wire layout: never shown, not in data
};

/// Code → name of a specification enumeration. Constant data.
struct SymbolName {
  std::uint64_t code;
  std::string_view name;
};

/// Part of a word of bits: one bit is a bool, several are a number, or a Symbol when names are given.
struct BitField {
  std::string_view key;
  std::string_view title;
  std::uint8_t shift = 0;
  std::uint8_t width = 1;
  std::span<const SymbolName> names = {};
};

struct Schema;

/// How a string field lies on the wire.
enum class TextCoding : std::uint8_t {
  blank_padded,  ///< ASCII, padded with blanks (serial and model numbers)
  nul_padded,    ///< UTF-8, padded with NULs (NQNs)
  uuid,          ///< 16 bytes shown as "6e766d65-…"; null when all are zero
};

struct Field {
  std::string_view key;    ///< snake_case with unit suffix, stable for ever
  std::string_view title;  ///< for tables and headings
  Kind kind = Kind::unsigned_integer;
  Unit unit = Unit::none;
  Show show = Show::detail;
  std::uint8_t width = 0;          ///< least column width in tables, 0 = as wide as the content
  bool hex = false;                ///< text shows the number in hexadecimal
  std::string_view doc = {};       ///< one sentence
  std::string_view mnemonic = {};  ///< the specification's ("nsze"), accepted by --fields
  std::string_view since = {};     ///< specification revision that brought it, e.g. "2.0"

  // Wire layouts only.
  std::uint32_t offset = 0;  ///< bytes from the start of the structure
  std::uint32_t size = 0;    ///< bytes of one element
  std::uint32_t count = 1;   ///< elements; kind list when more than one
  std::span<const SymbolName> names = {};
  std::span<const BitField> bits = {};
  const Schema* element = nullptr;             ///< for records and lists of records
  Kind element_kind = Kind::unsigned_integer;  ///< for lists of plain values
  TextCoding text = TextCoding::blank_padded;  ///< for strings
  /// For lists: keys of earlier fields whose sum is the number of valid elements less one (LBA formats: NLBAF and
  /// NULBAF); empty: all `count` elements are valid.
  std::span<const std::string_view> last_index_in = {};

  // Typed structs only: reads the member from the object.
  Value (*get)(const void* object) = nullptr;

  /// False for reserved wire fields, which have no value in a Record.
  [[nodiscard]] constexpr bool in_data() const { return show != Show::reserved; }
};

struct Schema {
  std::string_view name;   ///< "id-ctrl"; for JSON Schema and documents
  std::string_view title;  ///< "Identify Controller data structure"
  std::span<const Field> fields;
  std::uint32_t wire_size = 0;      ///< bytes; 0 for typed structs
  std::string_view reference = {};  ///< "NVM Express Base Specification 2.0d, figure 275"

  /// The data field with that key or specification mnemonic; null when there is none.
  [[nodiscard]] const Field* find(std::string_view key) const;
};

/// A Record of `object` by the schema's getters. `object` must be of the type that the schema describes.
[[nodiscard]] Record to_record(const Schema& schema, const void* object);

/// The name for `code` in a constant table, "" when unknown.
[[nodiscard]] std::string_view name_of(std::span<const SymbolName> names, std::uint64_t code);

/// A word of bits taken apart as the field says.
[[nodiscard]] Flags to_flags(std::span<const BitField> bits, std::uint64_t raw);

namespace detail {
template <class T>
struct MemberOf;
template <class C, class M>
struct MemberOf<M C::*> {
  using Class = C;
};
}  // namespace detail

namespace detail {
// Class stands as an argument of its own although Member tells it: GCC 12 gives external linkage to a template whose
// only argument is a pointer to a member of a type in an unnamed namespace (and to lambdas within such), and the linker
// then merges the functions of different files' types.
template <class Class, auto Member>
Value get_member(const void* object) {
  const auto& member = static_cast<const Class*>(object)->*Member;
  if constexpr (requires { member.has_value(); }) return value_or_null(member);
  else return Value(member);
}
template <class Class, auto Function>
Value get_computed(const void* object) {
  return Function(*static_cast<const Class*>(object));
}
}  // namespace detail

/// A field bound to a data member: field<&Controller::name>({.key = "name", …}). Optional members become null.
template <auto Member>
[[nodiscard]] constexpr Field field(Field description) {
  description.get = detail::get_member<typename detail::MemberOf<decltype(Member)>::Class, Member>;
  return description;
}

/// A field computed from the whole object: field_of<Controller, [](const Controller& c) { … }>({.key = …}).
template <class Class, auto Function>
[[nodiscard]] constexpr Field field_of(Field description) {
  description.get = detail::get_computed<Class, Function>;
  return description;
}

/// A List of Records, one for each object of a range.
template <class Range>
[[nodiscard]] List to_list(const Schema& schema, const Range& range) {
  List list;
  for (const auto& object : range) list.items.emplace_back(to_record(schema, &object));
  return list;
}

}  // namespace nvmectl
