// Value: the closed set of things that a renderer can be asked to print.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace nvmectl {

struct Schema;
struct Value;

/// A 128-bit unsigned counter. JSON and text carry it as a decimal string.
struct U128 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend constexpr bool operator==(const U128&, const U128&) = default;
};
[[nodiscard]] std::string to_string(U128 value);

using Bytes = std::vector<std::byte>;

/// A number that the specification gives a name: JSON {"code":…,"name":…}. Unknown codes have the name "".
struct Symbol {
  std::uint64_t code = 0;
  std::string name;
  friend bool operator==(const Symbol&, const Symbol&) = default;
};

struct List {
  std::vector<Value> items;
  friend bool operator==(const List&, const List&);
};

/// Values in the order of the schema's data fields. The schema outlives the record (constant data, or owned by the
/// plugin registry).
struct Record {
  const Schema* schema = nullptr;
  std::vector<Value> values;
  /// The value of `key`, or a null value when the schema has no such key.
  [[nodiscard]] const Value& at(std::string_view key) const;
  friend bool operator==(const Record&, const Record&);
};

/// One word of bits: the raw number and each defined part (a bool, a number or a Symbol), in the field's order.
struct Flags {
  std::uint64_t raw = 0;
  std::vector<std::pair<std::string_view, Value>> parts;
  friend bool operator==(const Flags&, const Flags&);
};

struct Value {
  using Variant = std::variant<std::monostate, bool, std::int64_t, std::uint64_t, U128, double, std::string, Bytes,
                               Symbol, Flags, List, Record>;
  Variant data;

  Value() = default;
  Value(bool value) : data(value) {}
  Value(int value) : data(static_cast<std::int64_t>(value)) {}
  Value(std::int64_t value) : data(value) {}
  Value(std::uint64_t value) : data(value) {}
  Value(std::uint32_t value) : data(static_cast<std::uint64_t>(value)) {}
  Value(std::uint16_t value) : data(static_cast<std::uint64_t>(value)) {}
  Value(std::uint8_t value) : data(static_cast<std::uint64_t>(value)) {}
  Value(U128 value) : data(value) {}
  Value(double value) : data(value) {}
  Value(const char* value) : data(std::string(value)) {}
  Value(std::string_view value) : data(std::string(value)) {}
  Value(std::string value) : data(std::move(value)) {}
  Value(Bytes value) : data(std::move(value)) {}
  Value(Symbol value) : data(std::move(value)) {}
  Value(Flags value) : data(std::move(value)) {}
  Value(List value) : data(std::move(value)) {}
  Value(Record value) : data(std::move(value)) {}

  [[nodiscard]] bool is_null() const { return std::holds_alternative<std::monostate>(data); }
  template <class T>
  [[nodiscard]] const T* as() const {
    return std::get_if<T>(&data);
  }
  /// The number in an unsigned, non-negative signed, bool, Symbol or Flags value; `otherwise` for all else.
  [[nodiscard]] std::uint64_t number(std::uint64_t otherwise = 0) const;
  /// The text of a string value, "" for all else.
  [[nodiscard]] std::string_view text() const;
  friend bool operator==(const Value&, const Value&) = default;
};

inline bool operator==(const List& a, const List& b) {
  return a.items == b.items;
}
inline bool operator==(const Record& a, const Record& b) {
  return a.schema == b.schema && a.values == b.values;
}
inline bool operator==(const Flags& a, const Flags& b) {
  return a.raw == b.raw && a.parts == b.parts;
}

/// Null for an empty optional, else its content as a Value.
template <class Optional>
[[nodiscard]] Value value_or_null(const Optional& optional) {
  return optional ? Value(*optional) : Value();
}

}  // namespace nvmectl
