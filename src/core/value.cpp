#include "core/value.hpp"

#include <algorithm>

#include "core/schema.hpp"

namespace nvmectl {

std::string to_string(U128 value) {
  if (value.high == 0) return std::to_string(value.low);
  std::string digits;
  // Long division by 10 over four 32-bit limbs; no compiler extension needed.
  std::uint32_t limbs[4] = {static_cast<std::uint32_t>(value.high >> 32U), static_cast<std::uint32_t>(value.high),
                            static_cast<std::uint32_t>(value.low >> 32U), static_cast<std::uint32_t>(value.low)};
  bool more = true;
  while (more) {
    std::uint64_t rest = 0;
    more = false;
    for (auto& limb : limbs) {
      const std::uint64_t part = (rest << 32U) | limb;
      limb = static_cast<std::uint32_t>(part / 10);
      rest = part % 10;
      more = more || limb != 0;
    }
    digits.push_back(static_cast<char>('0' + rest));
  }
  std::reverse(digits.begin(), digits.end());
  return digits;
}

const Value& Record::at(std::string_view key) const {
  static const Value null;
  if (schema == nullptr) return null;
  std::size_t index = 0;
  for (const Field& field : schema->fields) {
    if (!field.in_data()) continue;
    if (field.key == key) return index < values.size() ? values[index] : null;
    ++index;
  }
  return null;
}

std::uint64_t Value::number(std::uint64_t otherwise) const {
  if (const auto* u = as<std::uint64_t>()) return *u;
  if (const auto* i = as<std::int64_t>()) return *i >= 0 ? static_cast<std::uint64_t>(*i) : otherwise;
  if (const auto* b = as<bool>()) return *b ? 1 : 0;
  if (const auto* s = as<Symbol>()) return s->code;
  if (const auto* f = as<Flags>()) return f->raw;
  return otherwise;
}

std::string_view Value::text() const {
  const auto* s = as<std::string>();
  return s != nullptr ? std::string_view(*s) : std::string_view();
}

}  // namespace nvmectl
