#include <algorithm>

#include "core/text.hpp"
#include "nvme/decode.hpp"
#include "nvme/endian.hpp"

namespace nvmectl::nvme {

std::span<const std::byte> WireReader::bytes(std::string_view key) const {
  const Field* field = schema_->find(key);
  if (field == nullptr || field->size == 0 || field->offset >= data_.size()) return {};
  const auto rest = data_.subspan(field->offset);
  const std::size_t count = std::min<std::size_t>(field->count, rest.size() / field->size);
  return rest.first(count * field->size);
}

std::uint64_t WireReader::number(std::string_view key) const {
  return load_le_bytes(bytes(key));
}

std::uint64_t WireReader::bits(std::string_view key, std::string_view part) const {
  const Field* field = schema_->find(key);
  if (field == nullptr) return 0;
  const auto bit =
      std::find_if(field->bits.begin(), field->bits.end(), [&](const BitField& b) { return b.key == part; });
  if (bit == field->bits.end() || bit->shift >= 64) return 0;
  const std::uint64_t mask = bit->width >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bit->width) - 1;
  return (number(key) >> bit->shift) & mask;
}

std::string WireReader::text(std::string_view key) const {
  return wire_text(bytes(key));
}

WireReader WireReader::element(std::string_view key, std::size_t index) const {
  const Field* field = schema_->find(key);
  if (field == nullptr || field->element == nullptr || field->size == 0) return {*schema_, {}};
  const auto all = bytes(key);
  if (index >= all.size() / field->size) return {*field->element, {}};
  return {*field->element, all.subspan(index * field->size, field->size)};
}

}  // namespace nvmectl::nvme
