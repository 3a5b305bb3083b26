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

Result<std::string> Backend::describe(const DeviceRef&, const Deadline&) { return std::string(); }

}  // namespace nvmectl
