// Asynchronous events. NVM Express Base Specification 2.0d, section 5.2.
#include <algorithm>

#include "nvme/opcodes.hpp"
#include "target/controller.hpp"
#include "target/statuses.hpp"

namespace nvmectl::target {
namespace {

constexpr std::uint32_t notify_namespaces = 1U << 8U;  // Asynchronous Event Configuration, figure 324
constexpr std::uint32_t notify_discovery = 1U << 31U;

bool contains(const std::vector<std::uint32_t>& list, std::uint32_t value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace

std::optional<Completion> Controller::event_request(std::uint16_t cid) {
  if (event_requests_.size() >= max_event_requests) return failed(status::event_limit_exceeded);
  event_requests_.push_back(cid);
  if (!pending_events_.empty()) setup_.target->want_attention();
  return std::nullopt;
}

std::optional<AsyncCompletion> Controller::next_event() {
  if (!aborted_events_.empty()) {
    const AsyncCompletion aborted{aborted_events_.back(), {.status = status::abort_requested}};
    aborted_events_.pop_back();
    return aborted;
  }
  if (event_requests_.empty() || pending_events_.empty()) return std::nullopt;
  const AsyncCompletion event{event_requests_.front(), {.result = pending_events_.front()}};
  event_requests_.erase(event_requests_.begin());
  reported_events_.push_back(pending_events_.front());
  pending_events_.erase(pending_events_.begin());
  return event;
}

// Once reported, an event is held back until its log page was read.
void Controller::raise(std::uint32_t event) {
  if (contains(pending_events_, event) || contains(reported_events_, event)) return;
  pending_events_.push_back(event);
  setup_.target->want_attention();
}

void Controller::events_read(std::uint8_t log_page) {
  const auto of_page = [&](std::uint32_t event) { return nvme::aer::log_page(event) == log_page; };
  std::erase_if(pending_events_, of_page);
  std::erase_if(reported_events_, of_page);
}

void Controller::drop_event_requests() {
  event_requests_.clear();
  aborted_events_.clear();
  pending_events_.clear();
  reported_events_.clear();
}

bool Controller::abort_event_request(std::uint16_t cid) {
  const auto found = std::find(event_requests_.begin(), event_requests_.end(), cid);
  if (found == event_requests_.end()) return false;
  event_requests_.erase(found);
  aborted_events_.push_back(cid);
  setup_.target->want_attention();
  return true;
}

void Controller::namespace_changed(std::uint32_t nsid) {
  if (!contains(changed_namespaces_, nsid)) changed_namespaces_.push_back(nsid);
  if ((features_.async_events & notify_namespaces) != 0)
    raise(nvme::aer::result(nvme::aer::notice, nvme::aer::notice_ns_attribute_changed, nvme::lid::changed_ns_list));
}

void Controller::discovery_changed() {
  if ((features_.async_events & notify_discovery) != 0)
    raise(nvme::aer::result(nvme::aer::notice, nvme::aer::notice_discovery_log_changed, nvme::lid::discovery));
}

}  // namespace nvmectl::target
