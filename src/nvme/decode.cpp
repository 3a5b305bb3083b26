#include "nvme/decode.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "core/text.hpp"
#include "nvme/endian.hpp"
#include "nvme/layout.hpp"

namespace nvmectl::nvme {
namespace {

using Data = std::span<const std::byte>;

constexpr int max_depth = 8;

Result<Record> decode_record(const Schema& schema, Data data, int depth);

Value decode_text(const Field& field, Data data) {
  if (field.text != TextCoding::uuid) return wire_text(data);
  if (std::all_of(data.begin(), data.end(), [](std::byte b) { return b == std::byte{0}; })) return {};
  return format_uuid(data);
}

Value decode_signed(Data data) {
  const std::uint64_t raw = load_le_bytes(data);
  const auto unused = static_cast<unsigned>(64 - 8 * data.size());
  return static_cast<std::int64_t>(raw << unused) >> unused;
}

/// One value of `kind`; `data` is exactly its bytes, whose number well_formed() has checked.
Result<Value> decode_one(const Field& field, Kind kind, Data data, int depth) {
  switch (kind) {
    case Kind::boolean: return Value(load_le_bytes(data) != 0);
    case Kind::integer: return decode_signed(data);
    case Kind::unsigned_integer: return Value(load_le_bytes(data));
    case Kind::u128: {
      const std::size_t low = std::min<std::size_t>(8, data.size());
      return Value(U128{load_le_bytes(data.subspan(low)), load_le_bytes(data.first(low))});
    }
    case Kind::string: return decode_text(field, data);
    case Kind::bytes: return Value(Bytes(data.begin(), data.end()));
    case Kind::symbol: {
      const std::uint64_t code = load_le_bytes(data);
      return Value(Symbol{code, std::string(name_of(field.names, code))});
    }
    case Kind::flags: return Value(to_flags(field.bits, load_le_bytes(data)));
    case Kind::record: {
      NVMECTL_ASSIGN(Record inner, decode_record(*field.element, data, depth + 1));
      return Value(std::move(inner));
    }
    case Kind::number:
    case Kind::list: break;
  }
  return Value();
}

/// Elements that are valid: all, or as many as the named earlier fields say.
std::uint64_t valid_elements(const Field& field, const Record& record) {
  if (field.last_index_in.empty()) return field.count;
  std::uint64_t last = 0;
  for (const std::string_view key : field.last_index_in)
    last += std::min<std::uint64_t>(record.at(key).number(), field.count);
  return std::min<std::uint64_t>(last + 1, field.count);
}

Result<Value> decode_list(const Field& field, Data data, const Record& so_far, int depth) {
  if (data.size() < field.size) return Value();
  const std::uint64_t count = std::min<std::uint64_t>(valid_elements(field, so_far), data.size() / field.size);
  List list;
  list.items.reserve(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < count; ++i) {
    NVMECTL_ASSIGN(Value value, decode_one(field, field.element_kind, data.subspan(i * field.size, field.size), depth));
    list.items.push_back(std::move(value));
  }
  return Value(std::move(list));
}

Result<Record> decode_record(const Schema& schema, Data data, int depth) {
  if (depth > max_depth) {
    return fail(ErrorKind::usage, fmt::format("the layout {} is nested too deeply", printable(schema.name)));
  }
  Record record{&schema, {}};
  record.values.reserve(schema.fields.size());
  for (const Field& field : schema.fields) {
    if (!field.in_data()) continue;
    if (!layout_detail::well_formed(field)) {
      return fail(ErrorKind::usage, fmt::format("the layout {} has an impossible field {}", printable(schema.name),
                                                printable(field.key)));
    }
    const Data rest = field.offset < data.size() ? data.subspan(field.offset) : Data{};
    if (field.kind == Kind::list) {
      NVMECTL_ASSIGN(Value value, decode_list(field, rest, record, depth));
      record.values.push_back(std::move(value));
    } else if (rest.size() < field.size) {
      record.values.emplace_back();
    } else {
      NVMECTL_ASSIGN(Value value, decode_one(field, field.kind, rest.first(field.size), depth));
      record.values.push_back(std::move(value));
    }
  }
  return record;
}

}  // namespace

Result<Record> decode(const Schema& schema, std::span<const std::byte> data) {
  if (schema.wire_size != 0 && data.size() > schema.wire_size) data = data.first(schema.wire_size);
  return decode_record(schema, data, 0);
}

Result<List> decode_entries(const Schema& schema, std::span<const std::byte> data, std::size_t max_entries) {
  if (schema.wire_size == 0) {
    return fail(ErrorKind::usage, fmt::format("the layout {} has no size", printable(schema.name)));
  }
  const std::size_t count = std::min(max_entries, data.size() / schema.wire_size);
  List list;
  list.items.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    NVMECTL_ASSIGN(Record entry, decode_record(schema, data.subspan(i * schema.wire_size, schema.wire_size), 0));
    list.items.emplace_back(std::move(entry));
  }
  return list;
}

}  // namespace nvmectl::nvme
