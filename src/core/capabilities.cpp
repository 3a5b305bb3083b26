#include "core/capabilities.hpp"

#include <fmt/format.h>

namespace nvmectl {

Result<std::vector<Completion>> AdminTransport::submit_admin_all(std::span<const Request> requests,
                                                                 const Deadline& deadline) {
  std::vector<Completion> completions;
  completions.reserve(requests.size());
  for (const Request& request : requests) {
    NVMECTL_ASSIGN(const Completion completion, submit_admin(request, deadline));
    completions.push_back(completion);
  }
  return completions;
}

Result<std::unique_ptr<Device>> Backend::open(const DeviceRef& device, const OpenOptions&) {
  return fail(ErrorKind::unsupported, fmt::format("the backend {} cannot open {}", name(), device.text));
}

Result<std::vector<std::optional<IoCounters>>> TopologySource::counters(std::span<const std::string>) {
  return fail(ErrorKind::unsupported, "this backend keeps no I/O counters");
}

std::vector<Check> Backend::diagnose(const std::optional<DeviceRef>&, const OpenOptions&) {
  return {};
}

Result<> Backend::fix(const Check& check) {
  return fail(ErrorKind::unsupported, fmt::format("{}: there is nothing that could be done by itself", check.name),
              check.remedy);
}

Result<std::string> Backend::describe(const DeviceRef&, const Deadline&) {
  return std::string();
}

}  // namespace nvmectl
