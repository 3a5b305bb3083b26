#include "core/schema.hpp"

#include <algorithm>
#include <string>

namespace nvmectl {

const Field* Schema::find(std::string_view key) const {
  for (const Field& field : fields) {
    if (field.in_data() && (field.key == key || (!field.mnemonic.empty() && field.mnemonic == key))) return &field;
  }
  return nullptr;
}

Record to_record(const Schema& schema, const void* object) {
  Record record{&schema, {}};
  record.values.reserve(schema.fields.size());
  for (const Field& field : schema.fields) {
    if (!field.in_data()) continue;
    record.values.push_back(field.get != nullptr ? field.get(object) : Value());
  }
  return record;
}

std::string_view name_of(std::span<const SymbolName> names, std::uint64_t code) {
  const auto found = std::find_if(names.begin(), names.end(), [&](const SymbolName& n) { return n.code == code; });
  return found != names.end() ? found->name : std::string_view();
}

Flags to_flags(std::span<const BitField> bits, std::uint64_t raw) {
  Flags flags{raw, {}};
  for (const BitField& bit : bits) {
    const std::uint64_t mask = bit.width >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bit.width) - 1;
    const std::uint64_t part = (raw >> bit.shift) & mask;
    if (!bit.names.empty()) flags.parts.emplace_back(bit.key, Symbol{part, std::string(name_of(bit.names, part))});
    else if (bit.width == 1) flags.parts.emplace_back(bit.key, part != 0);
    else flags.parts.emplace_back(bit.key, part);
  }
  return flags;
}

}  // namespace nvmectl
