#include "commands/pmem/wish.hpp"

namespace nvmectl {

Result<pmem::CreateWish> wish_of(const PmemShapeOptions& shape) {
  pmem::CreateWish wish;
  NVMECTL_ASSIGN(wish.mode, parse_pmem_mode(shape.mode));
  if (!shape.map.empty()) wish.map = shape.map == "mem" ? PmemMap::memory : PmemMap::device;
  if (shape.align) wish.align_bytes = shape.align->bytes;
  if (shape.sector_size) wish.sector_bytes = shape.sector_size->bytes;
  return wish;
}

Result<> add_size(pmem::CreateWish& wish, const PmemSizeOptions& size) {
  if (size.usable_size && !size.size)
    return fail(ErrorKind::usage, "--usable-size says what --size means, and there is no --size");
  if (size.size) wish.bytes = size.size->bytes;
  wish.usable = size.usable_size;
  NVMECTL_ASSIGN(wish.policy, pmem::parse_size_policy(size.size_policy));
  return {};
}

}  // namespace nvmectl
