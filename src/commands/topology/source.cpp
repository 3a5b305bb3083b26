#include "commands/topology/source.hpp"

#include <fmt/format.h>

#include "nvme/remote.hpp"

namespace nvmectl {

Result<Topology> read_topology(const Context& context, const std::optional<DeviceRef>& device,
                               const ScanRequest& request, bool referrals) {
  if (device && device->scheme == DeviceRef::Scheme::tcp) {
    const auto open = [&](const DeviceRef& reference, const Deadline& deadline) {
      return context.open(reference, deadline);
    };
    nvme::RemoteOptions how;
    how.discover.deadline = request.deadline;
    how.discover.referrals = referrals;
    how.host_nqn = context.options.host_nqn;
    how.host_id = context.options.host_id;
    auto topology = nvme::remote_topology(*device, open, how);
    if (!topology) return fail(std::move(topology).error().on(device->text));
    return topology;
  }
  if (device && device->scheme != DeviceRef::Scheme::kernel)
    return fail(make_error(ErrorKind::unsupported, fmt::format("{} cannot be listed", device->text),
                           "list takes tcp://HOST, or nothing for this machine")
                    .on(device->text));
  if (!context.options.backend.empty()) {
    NVMECTL_ASSIGN(Backend * backend, context.backend_named(context.options.backend));
    if (backend->topology() != nullptr) return backend->topology()->scan(request);
    return fail(ErrorKind::unsupported, fmt::format("the backend {} has no list of its own", context.options.backend),
                "list tcp://HOST shows what is behind a target");
  }
  for (const auto& backend : context.backends)
    if (backend->topology() != nullptr) return backend->topology()->scan(request);
  return fail(ErrorKind::unsupported, "this build has no backend that lists local devices");
}

Result<> show_topology(Context& context, Value data, const Topology& topology, bool remote) {
  for (const Error& error : topology.not_seen) {
    std::string line = error.device.empty() ? error.message : error.device + ": " + error.message;
    if (!error.cause.empty()) line += " (" + error.cause + ")";
    context.messages.warning(line);
  }
  NVMECTL_TRY(context.out.document(std::move(data), topology.not_seen));
  if (remote && !topology.not_seen.empty())
    return fail(ErrorKind::partial, fmt::format("{} of what was listed could not be read", topology.not_seen.size()),
                "the rest is complete");
  return {};
}

}  // namespace nvmectl
