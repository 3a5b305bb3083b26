// Every layout and parser over arbitrary bytes, and a layout that is itself made from the input, as one from a data
// file may be: nothing may crash or read outside of the data.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "nvme/commands.hpp"
#include "nvme/decode.hpp"
#include "nvme/discovery.hpp"
#include "nvme/encode.hpp"
#include "nvme/endian.hpp"
#include "nvme/facts.hpp"
#include "nvme/layout.hpp"
#include "nvme/layouts/layouts.hpp"
#include "nvme/parsers.hpp"

namespace {

using namespace nvmectl;
using namespace nvmectl::nvme;

constexpr BitField some_bits[] = {{"low", "Low", 0, 3}, {"rest", "Rest", 3, 5}};
constexpr std::size_t field_spec_bytes = 10;

/// A field from ten bytes of the input: kind, element kind, text, flags, offset (2), size (2), count (2).
Field field_from(std::span<const std::byte> spec, const Schema& inner) {
  Field field;
  field.key = "field";
  field.title = "Field";
  field.kind = static_cast<Kind>(load_u8(spec, 0) % 11);
  field.element_kind = static_cast<Kind>(load_u8(spec, 1) % 11);
  field.text = static_cast<TextCoding>(load_u8(spec, 2) % 3);
  if ((load_u8(spec, 3) & 1U) != 0) field.bits = some_bits;
  if ((load_u8(spec, 3) & 2U) != 0) field.element = &inner;
  if ((load_u8(spec, 3) & 4U) != 0) field.show = Show::reserved;
  field.offset = load_le16(spec, 4);
  field.size = load_le16(spec, 6);
  field.count = load_le16(spec, 8);
  if ((load_u8(spec, 3) & 8U) != 0) field.offset |= 0xffff0000U;
  if ((load_u8(spec, 3) & 16U) != 0) field.count |= 0xffff0000U;
  return field;
}

void try_made_layout(std::span<const std::byte> input) {
  std::vector<Field> fields;
  Schema made{"made", "Made", {}, 0};
  while (input.size() >= field_spec_bytes && fields.size() < 8) {
    fields.push_back(field_from(input, made));  // a record within is the layout itself: endless nesting
    input = input.subspan(field_spec_bytes);
  }
  made.fields = fields;
  made.wire_size = fields.empty() ? 0 : fields.front().size;
  const Bytes data(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(input.size(), 64)));
  static_cast<void>(decode(made, data));
  static_cast<void>(decode_entries(made, data));
  const WireReader reader(made, data);
  static_cast<void>(reader.number("field"));
  static_cast<void>(reader.text("field"));
  static_cast<void>(reader.bits("field", "rest"));
  static_cast<void>(reader.element("field", 1).bytes("field"));
  Bytes copy = data;
  WireWriter writer(made, copy);
  writer.set("field", 1).set_bits("field", "rest", 1).set_at("field", 1, 1).set_text("field", "a");
  writer.element("field", 1).set_bytes("field", data);
  static_cast<void>(covers(fields, made.wire_size));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // An allocation of exactly that size, so that AddressSanitizer sees one byte too many.
  const auto* first = reinterpret_cast<const std::byte*>(data);
  const Bytes input(first, first + size);
  for (const Schema* schema : all_layouts()) {
    if (!decode(*schema, input)) std::abort();  // constant layouts never fail
  }
  static_cast<void>(decode_entries(error_entry, input, 64));
  static_cast<void>(parse_ns_descriptors(input));
  static_cast<void>(parse_ns_list(input));
  static_cast<void>(parse_ana_log(input));
  static_cast<void>(parse_connect_data(input));
  static_cast<void>(parse_discovery_entry(input));
  static_cast<void>(controller_facts(input));
  static_cast<void>(namespace_facts(1, input));
  try_made_layout(input);
  return 0;
}
