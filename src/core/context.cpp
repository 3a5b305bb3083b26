#include "core/context.hpp"

#include <fmt/format.h>

namespace nvmectl {

Result<Backend*> Context::backend_named(std::string_view name) const {
  std::string known;
  for (const auto& backend : backends) {
    if (backend->name() == name) return backend.get();
    known += fmt::format("{}{}", known.empty() ? "" : ", ", backend->name());
  }
  return fail(ErrorKind::usage, fmt::format("there is no backend '{}'", name),
              fmt::format("the backends are: {}", known));
}

Result<Backend*> Context::backend_for(const DeviceRef& device) const {
  if (!options.backend.empty()) {
    NVMECTL_ASSIGN(Backend * backend, backend_named(options.backend));
    if (backend->handles(device)) return backend;
    return fail(make_error(ErrorKind::usage,
                           fmt::format("the backend {} cannot reach {}", options.backend, device.text),
                           "leave out --backend: the form of the name picks the right one")
                    .on(device.text));
  }
  for (const auto& backend : backends) {
    if (backend->handles(device)) return backend.get();
  }
  return fail(make_error(ErrorKind::unsupported, fmt::format("no backend of this build can reach {}", device.text),
                         "nvmectl backends lists what this build has")
                  .on(device.text));
}

std::string Context::no_backend_for(std::string_view what) const {
  if (options.backend.empty()) return fmt::format("no backend of this build has {}", what);
  return fmt::format("the backend {} has no {}", options.backend, what);
}

Result<std::unique_ptr<Device>> Context::open(const DeviceRef& device, const Deadline& deadline, bool io) const {
  NVMECTL_ASSIGN(Backend * backend, backend_for(device));
  OpenOptions how;
  how.deadline = deadline;
  how.io = io;
  how.header_digest = options.header_digest;
  how.data_digest = options.data_digest;
  how.host_nqn = options.host_nqn;
  how.host_id = options.host_id;
  auto opened = backend->open(device, how);
  if (!opened) return fail(std::move(opened).error().on(device.text));
  return opened;
}

}  // namespace nvmectl
