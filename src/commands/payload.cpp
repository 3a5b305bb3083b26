#include "commands/payload.hpp"

#include <fmt/format.h>

#include "core/text.hpp"
#include "nvme/decode.hpp"

namespace nvmectl {

Result<Value> encoded(const Bytes& bytes, std::string_view encoding) {
  if (encoding == "base64") return Value(to_base64(bytes));
  if (encoding == "hex") return Value(bytes);
  return fail(ErrorKind::usage, fmt::format("--encoding: '{}' is not known", printable(encoding)),
              "hex and base64 are");
}

Result<Value> decoded_log(std::uint8_t log_id, const Bytes& page) {
  const nvme::KnownLog* known = nvme::find_log(log_id);
  if (known == nullptr)
    return fail(ErrorKind::unsupported, fmt::format("the layout of log page {:#04x} is not known", log_id),
                "leave out --decode to see its bytes");
  List list;
  if (known->repeated) {
    NVMECTL_ASSIGN(list, nvme::decode_entries(*known->schema, page));
    return Value(std::move(list));
  }
  NVMECTL_ASSIGN(Record header, nvme::decode(*known->schema, page));
  list.items.emplace_back(std::move(header));
  if (known->entry != nullptr && page.size() > known->schema->wire_size) {
    NVMECTL_ASSIGN(List entries,
                   nvme::decode_entries(*known->entry, std::span(page).subspan(known->schema->wire_size)));
    for (Value& entry : entries.items) list.items.push_back(std::move(entry));
  }
  return Value(std::move(list));
}

Result<Value> decoded_identify(std::uint8_t cns, std::uint8_t csi, const Bytes& page) {
  const Schema* schema = nvme::identify_schema(cns, csi);
  if (schema == nullptr)
    return fail(ErrorKind::unsupported,
                fmt::format("the layout of Identify CNS {:#04x}, CSI {} is not known", cns, csi),
                "leave out --decode to see its bytes");
  NVMECTL_ASSIGN(Record record, nvme::decode(*schema, page));
  List list;
  list.items.emplace_back(std::move(record));
  return Value(std::move(list));
}

}  // namespace nvmectl
