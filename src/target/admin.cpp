// Admin commands: which there are and who serves them.
#include "nvme/opcodes.hpp"
#include "target/controller.hpp"
#include "target/statuses.hpp"

namespace nvmectl::target {

std::optional<Completion> Controller::admin(std::uint16_t cid, const Request& request) {
  switch (request.command.opcode) {
    case nvme::admin::identify: return identify(request);
    case nvme::admin::get_log_page: return get_log_page(request);
    case nvme::admin::get_features: return get_features(request);
    case nvme::admin::set_features: return set_features(request);
    case nvme::admin::abort: return abort(request);
    case nvme::admin::async_event_request: return event_request(cid);
    case nvme::admin::keep_alive: return Completion{};
    default: return failed(status::invalid_opcode, 0);
  }
}

// Everything that can be aborted here is an event request: other commands are over when Abort is read. Bit 0 of the
// result says "not aborted". Base Specification 2.0d, section 5.1.
Completion Controller::abort(const Request& request) {
  const auto qid = static_cast<std::uint16_t>(request.command.cdw10 & 0xffffU);
  const auto cid = static_cast<std::uint16_t>(request.command.cdw10 >> 16U);
  const bool aborted = qid == 0 && abort_event_request(cid);
  return {.result = aborted ? 0U : 1U};
}

}  // namespace nvmectl::target
