#include "backends/pmem/manager.hpp"

namespace nvmectl::pmem_backend {

Result<> Manager::usable() {
  NVMECTL_TRY(loader_.get());
  return {};
}

Result<Session> Manager::kept_session() {
  if (!kept_ || held_.expired()) return session();
  Session session = std::move(*kept_);
  kept_.reset();
  return session;
}

void Manager::keep(Session session) {
  if (!held_.expired()) kept_.emplace(std::move(session));
}

Result<Session> Manager::session() {
  kept_.reset();
  NVMECTL_ASSIGN(const Libraries* libraries, loader_.get());
  return Session::open(*libraries);
}

}  // namespace nvmectl::pmem_backend
