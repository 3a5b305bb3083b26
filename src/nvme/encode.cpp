#include "nvme/encode.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "nvme/endian.hpp"
#include "nvme/layout.hpp"

namespace nvmectl::nvme {
namespace {

bool is_word(Kind kind) {
  return kind == Kind::boolean || kind == Kind::unsigned_integer || kind == Kind::symbol || kind == Kind::flags ||
         kind == Kind::u128;
}

bool fits(std::uint64_t value, std::size_t size) {
  return size >= 8 || (value >> (8 * size)) == 0;
}

}  // namespace

WireWriter::WireWriter(const Schema& schema, std::span<std::byte> data)
    : schema_(&schema), data_(data), root_status_(&own_status_) {}

WireWriter::WireWriter(const Schema* schema, std::span<std::byte> data, Result<>* status)
    : schema_(schema), data_(data), root_status_(status) {}

void WireWriter::mistake(std::string_view key, std::string_view what) {
  if (!root_status_->has_value()) return;
  *root_status_ =
      fail(ErrorKind::internal, fmt::format("cannot write the field {} of {}: {}", key, schema_->name, what));
}

// Null for a writer that ignores everything and after noting the mistake.
const Field* WireWriter::field_for(std::string_view key) {
  if (schema_ == nullptr) return nullptr;
  const Field* field = schema_->find(key);
  if (field == nullptr) mistake(key, "there is no such field");
  else if (!layout_detail::well_formed(*field)) mistake(key, "its layout makes no sense");
  else return field;
  return nullptr;
}

// The bytes of element `index`; empty after noting the mistake.
std::span<std::byte> WireWriter::place(const Field& field, std::size_t index) {
  const std::uint64_t begin = field.offset + std::uint64_t{field.size} * index;
  if (index >= field.count || begin + field.size > data_.size()) {
    mistake(field.key, index >= field.count ? "no such element" : "it lies behind the end of the data");
    return {};
  }
  return data_.subspan(static_cast<std::size_t>(begin), field.size);
}

WireWriter& WireWriter::set(std::string_view key, std::uint64_t value) {
  return set(key, U128{0, value});
}

WireWriter& WireWriter::set(std::string_view key, U128 value) {
  const Field* field = field_for(key);
  if (field == nullptr) return *this;
  const std::size_t low = std::min<std::size_t>(8, field->size);
  if (!is_word(field->kind)) mistake(key, "it is not a number");
  else if (!fits(value.low, low) || !(value.high == 0 || (field->size > 8 && fits(value.high, field->size - 8))))
    mistake(key, "the number does not fit");
  else if (const auto bytes = place(*field); !bytes.empty()) {
    store_le_bytes(bytes.first(low), value.low);
    store_le_bytes(bytes.subspan(low), value.high);
  }
  return *this;
}

WireWriter& WireWriter::set_bits(std::string_view key, std::string_view part, std::uint64_t value) {
  const Field* field = field_for(key);
  if (field == nullptr) return *this;
  const auto bit =
      std::find_if(field->bits.begin(), field->bits.end(), [&](const BitField& b) { return b.key == part; });
  if (field->kind != Kind::flags || bit == field->bits.end()) {
    mistake(key, fmt::format("it has no part {}", part));
    return *this;
  }
  const std::uint64_t mask = bit->width >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bit->width) - 1;
  if (value > mask) mistake(key, fmt::format("the number does not fit its part {}", part));
  else if (const auto bytes = place(*field); !bytes.empty()) {
    store_le_bytes(bytes, (load_le_bytes(bytes) & ~(mask << bit->shift)) | (value << bit->shift));
  }
  return *this;
}

WireWriter& WireWriter::set_at(std::string_view key, std::size_t index, std::uint64_t value) {
  const Field* field = field_for(key);
  if (field == nullptr) return *this;
  if (field->kind != Kind::list || !is_word(field->element_kind)) mistake(key, "it is not a list of numbers");
  else if (!fits(value, field->size)) mistake(key, "the number does not fit");
  else if (const auto bytes = place(*field, index); !bytes.empty()) store_le_bytes(bytes, value);
  return *this;
}

void WireWriter::store_text(const Field& field, std::size_t index, std::string_view text) {
  const auto bytes = place(field, index);
  if (bytes.empty()) return;
  if (text.size() > bytes.size()) return mistake(field.key, "the text is too long");
  const auto pad = static_cast<std::byte>(field.text == TextCoding::blank_padded ? ' ' : '\0');
  std::fill(bytes.begin(), bytes.end(), pad);
  std::transform(text.begin(), text.end(), bytes.begin(), [](char c) { return static_cast<std::byte>(c); });
}

WireWriter& WireWriter::set_text(std::string_view key, std::string_view text) {
  const Field* field = field_for(key);
  if (field == nullptr) return *this;
  if (field->kind != Kind::string || field->text == TextCoding::uuid) mistake(key, "it is not a text");
  else store_text(*field, 0, text);
  return *this;
}

WireWriter& WireWriter::set_text_at(std::string_view key, std::size_t index, std::string_view text) {
  const Field* field = field_for(key);
  if (field == nullptr) return *this;
  if (field->kind != Kind::list || field->element_kind != Kind::string) mistake(key, "it is not a list of texts");
  else store_text(*field, index, text);
  return *this;
}

WireWriter& WireWriter::set_bytes(std::string_view key, std::span<const std::byte> bytes) {
  const Field* field = field_for(key);
  if (field == nullptr) return *this;
  const bool uuid_text = field->kind == Kind::string && field->text == TextCoding::uuid;
  if (field->kind != Kind::bytes && !uuid_text) mistake(key, "it does not hold plain bytes");
  else if (bytes.size() != field->size) mistake(key, "the number of bytes differs");
  else if (const auto to = place(*field); !to.empty()) std::copy(bytes.begin(), bytes.end(), to.begin());
  return *this;
}

WireWriter WireWriter::element(std::string_view key, std::size_t index) {
  if (const Field* field = field_for(key); field != nullptr) {
    const Kind kind = field->kind == Kind::list ? field->element_kind : field->kind;
    if (kind != Kind::record) mistake(key, "it does not hold structures");
    else if (const auto bytes = place(*field, index); !bytes.empty()) {
      return WireWriter(field->element, bytes, root_status_);
    }
  }
  return WireWriter(nullptr, {}, root_status_);
}

}  // namespace nvmectl::nvme
