// Label areas and info blocks: no input may crash or read beyond, and all text that comes out is printable.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "core/text.hpp"
#include "pmem/infoblock.hpp"
#include "pmem/labels.hpp"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace nvmectl;
  const auto bytes = std::as_bytes(std::span(data, size));
  static_cast<void>(pmem::decode_infoblock(bytes));
  const auto area = pmem::decode_labels(bytes);
  if (!area) return 0;
  require(area->indexes.size() <= 2);
  require(area->labels.size() * 128 <= size);
  for (const pmem::NamespaceLabel& label : area->labels) {
    require(area->current.has_value());
    require(printable(label.name) == label.name);
    require(label.slot < area->indexes[*area->current].slot_count);
  }
  return 0;
}
