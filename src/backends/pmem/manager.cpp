#include "backends/pmem/manager.hpp"

namespace nvmectl::pmem_backend {

Result<> Manager::usable() {
  NVMECTL_TRY(loader_.get());
  return {};
}

Result<Session> Manager::session() {
  NVMECTL_ASSIGN(const Libraries* libraries, loader_.get());
  return Session::open(*libraries);
}

}  // namespace nvmectl::pmem_backend
