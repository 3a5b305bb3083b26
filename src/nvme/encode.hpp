// From values to wire bytes by a layout: the soft target builds its pages from the same tables that hosts decode.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/result.hpp"
#include "core/schema.hpp"
#include "core/value.hpp"

namespace nvmectl::nvme {

/// Writes fields of `schema` into `data` by key or specification mnemonic. Neither is owned. Bytes that are not set
/// keep what they were: hand in zeroed memory. A wrong key, kind, index or a value that does not fit writes nothing
/// and is remembered: status() gives the first such mistake (kind internal), so that a page is checked once at its end.
class WireWriter {
 public:
  WireWriter(const Schema& schema, std::span<std::byte> data);
  WireWriter(const WireWriter&) = delete;
  WireWriter& operator=(const WireWriter&) = delete;

  /// A number, bool, symbol, flags (the raw word) or u128 field.
  WireWriter& set(std::string_view key, std::uint64_t value);
  WireWriter& set(std::string_view key, U128 value);
  /// One part of a word of bits; the others keep their value.
  WireWriter& set_bits(std::string_view key, std::string_view part, std::uint64_t value);
  /// Element `index` of a list of numbers or words of bits.
  WireWriter& set_at(std::string_view key, std::size_t index, std::uint64_t value);
  /// A string field, padded with blanks or NULs as the layout says; text that is too long is a mistake.
  WireWriter& set_text(std::string_view key, std::string_view text);
  /// Element `index` of a list of texts.
  WireWriter& set_text_at(std::string_view key, std::size_t index, std::string_view text);
  /// A bytes or UUID field: exactly the field's size.
  WireWriter& set_bytes(std::string_view key, std::span<const std::byte> bytes);
  /// The structure within (index 0), or element `index` of a list of structures. Shares this writer's status; must not
  /// outlive it. A writer that ignores everything when there is no such element.
  [[nodiscard]] WireWriter element(std::string_view key, std::size_t index = 0);

  [[nodiscard]] const Result<>& status() const { return *root_status_; }

 private:
  WireWriter(const Schema* schema, std::span<std::byte> data, Result<>* status);
  const Field* field_for(std::string_view key);
  std::span<std::byte> place(const Field& field, std::size_t index = 0);
  void mistake(std::string_view key, std::string_view what);
  void store_text(const Field& field, std::size_t index, std::string_view text);

  const Schema* schema_;  // null: a writer that ignores everything
  std::span<std::byte> data_;
  Result<> own_status_;
  Result<>* root_status_;
};

}  // namespace nvmectl::nvme
