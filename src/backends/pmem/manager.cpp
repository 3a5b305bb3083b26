#include "backends/pmem/manager.hpp"

namespace nvmectl::pmem_backend {

Result<> Manager::usable() {
  NVMECTL_TRY(loader_.get());
  return {};
}

Result<Session> Manager::session_after_scan() {
  if (!scanned_ || held_.expired()) return session();
  Session session = std::move(*scanned_);
  scanned_.reset();
  return session;
}

Result<Session> Manager::session() {
  scanned_.reset();
  NVMECTL_ASSIGN(const Libraries* libraries, loader_.get());
  return Session::open(*libraries);
}

}  // namespace nvmectl::pmem_backend
