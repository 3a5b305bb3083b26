// From wire bytes to Values by a layout.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/schema.hpp"
#include "core/value.hpp"

namespace nvmectl::nvme {

/// Decodes `data` by `schema`'s wire layout. Never reads outside `data`: a field that does not lie wholly within it
/// becomes null (an older device, a short read), a list keeps the elements that do. Strings are made printable.
/// `schema` may be made at run time; it must outlive the record. Fails with `usage` for a layout that makes no sense
/// (a size impossible for its kind, nesting deeper than 8).
[[nodiscard]] Result<Record> decode(const Schema& schema, std::span<const std::byte> data);

/// `data` as consecutive entries of `schema.wire_size` bytes, at most `max_entries` of them; an incomplete last entry
/// is left out. Fails like decode().
[[nodiscard]] Result<List> decode_entries(const Schema& schema, std::span<const std::byte> data,
                                          std::size_t max_entries = ~std::size_t{0});

/// Single fields of a wire structure by key or specification mnemonic, for code that needs a few typed values. A field
/// that does not exist or does not lie within the data reads as 0, "" or nothing. Owns neither layout nor data.
class WireReader {
 public:
  WireReader(const Schema& schema, std::span<const std::byte> data) : schema_(&schema), data_(data) {}
  /// A number, bool, symbol or flags (the raw word) field; the low 64 bits of a longer one.
  [[nodiscard]] std::uint64_t number(std::string_view key) const;
  /// number() in a narrower type; the field's size must not exceed it.
  template <class Unsigned>
  [[nodiscard]] Unsigned as(std::string_view key) const {
    return static_cast<Unsigned>(number(key));
  }
  /// One part of a word of bits.
  [[nodiscard]] std::uint64_t bits(std::string_view key, std::string_view part) const;
  /// A string field (not a UUID), trimmed and printable.
  [[nodiscard]] std::string text(std::string_view key) const;
  /// The bytes of any field; of a list, all elements that are wholly there.
  [[nodiscard]] std::span<const std::byte> bytes(std::string_view key) const;
  /// The structure within, or element `index` of a list of structures; a reader of nothing when there is none.
  [[nodiscard]] WireReader element(std::string_view key, std::size_t index = 0) const;

 private:
  const Schema* schema_;
  std::span<const std::byte> data_;
};

}  // namespace nvmectl::nvme
