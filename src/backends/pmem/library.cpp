#include "backends/pmem/library.hpp"

#include <fmt/format.h>

#include <dlfcn.h>

namespace nvmectl::pmem_backend {
namespace {

constexpr const char* ndctl_name = "libndctl.so.6";
constexpr const char* daxctl_name = "libdaxctl.so.1";

template <class Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

bool complete(void* library, Ndctl& nd) {
  bool all = find(library, "ndctl_new", nd.create);
#define NVMECTL_FIND(name) all = all && find(library, "ndctl_" #name, nd.name);
  NVMECTL_NDCTL_FUNCTIONS(NVMECTL_FIND)
#undef NVMECTL_FIND
  return all;
}

bool complete(void* library, Daxctl& dax) {
  bool all = true;
#define NVMECTL_FIND(name) all = all && find(library, "daxctl_" #name, dax.name);
  NVMECTL_DAXCTL_FUNCTIONS(NVMECTL_FIND)
#undef NVMECTL_FIND
  return all;
}

template <class Functions>
Result<> load(const char* name, Functions& functions) {
  void* const library = ::dlopen(name, RTLD_LAZY | RTLD_LOCAL);
  if (library != nullptr && complete(library, functions)) return {};
  const char* const why = ::dlerror();
  return fail(make_error(ErrorKind::unsupported, fmt::format("{} cannot be used", name),
                         "install libndctl and libdaxctl 76 or newer (Debian: libndctl6 and libdaxctl1)")
                  .with_cause(why != nullptr ? why : "it lacks a function"));
}

}  // namespace

Result<const Libraries*> Loader::get() {
  if (libraries_) return libraries_.get();
  auto loaded = std::make_unique<Libraries>();
  NVMECTL_TRY(load(ndctl_name, loaded->nd));
  NVMECTL_TRY(load(daxctl_name, loaded->dax));
  libraries_ = std::move(loaded);
  return libraries_.get();
}

}  // namespace nvmectl::pmem_backend
