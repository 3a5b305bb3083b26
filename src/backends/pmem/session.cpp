#include "backends/pmem/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <dlfcn.h>
#include <limits>
#include <linux/ndctl.h>
#include <syslog.h>
#include <unistd.h>

#include "core/model.hpp"
#include "core/text.hpp"

namespace nvmectl::pmem_backend {

struct Session::Log {
  std::vector<std::string> lines;
};

namespace {

constexpr std::size_t most_lines = 16;

void add_to_log(void* log, const char* format, va_list args) {
  char text[512];
  auto& lines = *static_cast<std::vector<std::string>*>(log);
  if (std::vsnprintf(text, sizeof text, format, args) > 0 && lines.size() < most_lines)
    lines.push_back("libndctl: " + printable(trim(text)));
}

}  // namespace

namespace {

// The libraries hand their log to a plain function and tell it nothing but their context. The function that finds the
// context's user data is in the library, which is loaded by then.
template <class Context>
void* user_data(Context* context, const char* library, const char* function) {
  void* const loaded = ::dlopen(library, RTLD_LAZY | RTLD_NOLOAD);
  if (loaded == nullptr) return nullptr;
  const auto get = reinterpret_cast<void* (*)(Context*)>(::dlsym(loaded, function));
  void* const data = get != nullptr ? get(context) : nullptr;
  ::dlclose(loaded);
  return data;
}

extern "C" void on_ndctl_log(ndctl_ctx* context, int, const char*, int, const char*, const char* format, va_list args) {
  if (void* log = user_data(context, "libndctl.so.6", "ndctl_get_userdata")) add_to_log(log, format, args);
}

extern "C" void on_daxctl_log(daxctl_ctx* context, int, const char*, int, const char*, const char* format,
                              va_list args) {
  if (void* log = user_data(context, "libdaxctl.so.1", "daxctl_get_userdata")) add_to_log(log, format, args);
}

template <class Object, class Name>
std::vector<Object> sorted(std::vector<Object> objects, Name name) {
  std::sort(objects.begin(), objects.end(), [&](Object a, Object b) { return natural_less(name(a), name(b)); });
  return objects;
}

template <class Object, class Name>
Result<Object> find(const std::vector<Object>& objects, Name name, std::string_view wanted, std::string_view what) {
  std::vector<std::string> names;
  for (Object object : objects) {
    if (name(object) == wanted) return object;
    names.push_back(name(object));
  }
  const std::string known = fmt::format("{}", fmt::join(names, ", "));
  return fail(
      make_error(ErrorKind::not_found, fmt::format("there is no {} {}", what, printable(wanted)),
                 known.empty() ? fmt::format("this machine has no {}", what) : fmt::format("there are: {}", known))
          .on(printable(wanted)));
}

}  // namespace

Session::Session(const Libraries& libraries, ndctl_ctx* ctx)
    : libraries_(&libraries), ctx_(ctx), log_(std::make_unique<Log>()) {}

Session::Session(Session&& other) noexcept
    : libraries_(other.libraries_), ctx_(std::exchange(other.ctx_, nullptr)), log_(std::move(other.log_)) {}

Session::~Session() {
  if (ctx_ == nullptr) return;
  forget_log();
  nd().unref(ctx_);
}

Result<Session> Session::open(const Libraries& libraries) {
  ndctl_ctx* ctx = nullptr;
  if (const int code = libraries.nd.create(&ctx); code < 0)
    return fail(os_error(-code, "libndctl could not be started"));
  Session session(libraries, ctx);
  libraries.nd.set_userdata(ctx, &session.log_->lines);
  libraries.nd.set_log_fn(ctx, on_ndctl_log);
  libraries.nd.set_log_priority(ctx, LOG_ERR);
  libraries.dax.set_userdata(session.daxctl(), &session.log_->lines);
  libraries.dax.set_log_fn(session.daxctl(), on_daxctl_log);
  libraries.dax.set_log_priority(session.daxctl(), LOG_ERR);
  return session;
}

void Session::forget_log() const {
  log_->lines.clear();
}

std::vector<Bus> Session::buses() const {
  std::vector<Bus> found;
  for (Bus bus = nd().bus_get_first(ctx_); bus != nullptr; bus = nd().bus_get_next(bus)) found.push_back(bus);
  return sorted(std::move(found), nd().bus_get_devname);
}

std::vector<Dimm> Session::dimms() const {
  std::vector<Dimm> found;
  for (Bus bus = nd().bus_get_first(ctx_); bus != nullptr; bus = nd().bus_get_next(bus))
    for (Dimm dimm = nd().dimm_get_first(bus); dimm != nullptr; dimm = nd().dimm_get_next(dimm)) found.push_back(dimm);
  return sorted(std::move(found), nd().dimm_get_devname);
}

std::vector<Region> Session::regions() const {
  std::vector<Region> found;
  for (Bus bus = nd().bus_get_first(ctx_); bus != nullptr; bus = nd().bus_get_next(bus))
    for (Region region = nd().region_get_first(bus); region != nullptr; region = nd().region_get_next(region))
      found.push_back(region);
  return sorted(std::move(found), nd().region_get_devname);
}

std::vector<Ns> Session::namespaces(Region region) const {
  std::vector<Ns> found;
  for (Ns ns = nd().namespace_get_first(region); ns != nullptr; ns = nd().namespace_get_next(ns)) found.push_back(ns);
  return sorted(std::move(found), nd().namespace_get_devname);
}

std::vector<Dimm> Session::dimms_of(Region region) const {
  std::vector<Dimm> found;
  for (Dimm dimm = nd().region_get_first_dimm(region); dimm != nullptr; dimm = nd().region_get_next_dimm(region, dimm))
    found.push_back(dimm);
  return sorted(std::move(found), nd().dimm_get_devname);
}

Result<Bus> Session::bus(std::string_view wanted) const {
  const auto all = buses();
  for (Bus one : all)
    if (wanted == nd().bus_get_provider(one)) return one;
  return find(all, nd().bus_get_devname, wanted, "bus");
}

Result<Dimm> Session::dimm(std::string_view wanted) const {
  return find(dimms(), nd().dimm_get_devname, wanted, "DIMM");
}

Result<Region> Session::region(std::string_view wanted) const {
  return find(regions(), nd().region_get_devname, wanted, "region");
}

Result<Ns> Session::ns(std::string_view wanted) const {
  // namespace1.0 is in region1: to open only that region's saves most of the time.
  for (Region one : regions()) {
    if (!wanted.starts_with("namespace" + name(one).substr(6) + ".")) continue;
    for (Ns candidate : namespaces(one))
      if (is_configured(*this, candidate) && wanted == nd().namespace_get_devname(candidate)) return candidate;
  }
  std::vector<Ns> all;
  for (Region one : regions())
    for (Ns candidate : namespaces(one))
      if (is_configured(*this, candidate)) all.push_back(candidate);
  return find(all, nd().namespace_get_devname, wanted, "namespace");
}

Error Session::error(int code, std::string what, std::string hint) const {
  Error error = os_error(code < 0 ? -code : code, std::move(what), std::move(hint));
  if (error.kind == ErrorKind::permission && ::geteuid() != 0) {
    error.cause = "only root may change persistent memory";
    if (error.hint.empty()) error.hint = "run it as root";
  }
  // ENXIO and ENODEV are the kernel's "no" to an attribute; what was named is there.
  if (error.kind == ErrorKind::not_found) error.kind = ErrorKind::io;
  error.context.insert(error.context.end(), log_->lines.begin(), log_->lines.end());
  log_->lines.clear();
  return error;
}

bool is_configured(const Session& session, Ns ns) {
  const unsigned long long size = session.nd().namespace_get_size(ns);
  return size != 0 && size != std::numeric_limits<unsigned long long>::max();
}

bool is_labelled(const Session& session, Region region) {
  return session.nd().region_get_nstype(region) != ND_DEVICE_NAMESPACE_IO;
}

}  // namespace nvmectl::pmem_backend
