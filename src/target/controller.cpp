#include "target/controller.hpp"

#include <algorithm>
#include <utility>

#include "nvme/opcodes.hpp"
#include "target/statuses.hpp"

namespace nvmectl::target {

std::shared_ptr<Controller> Controller::make(Setup setup) {
  std::shared_ptr<Controller> controller(new Controller(std::move(setup)));
  auto& self = *controller;
  self.cntlid_ = self.is_discovery() ? self.setup_.target->join(self) : self.setup_.subsystem->join(self);
  return self.cntlid_ == 0 ? nullptr : controller;
}

Controller::~Controller() {
  if (cntlid_ == 0) return;
  if (is_discovery()) setup_.target->leave(cntlid_);
  else setup_.subsystem->leave(cntlid_);
}

std::optional<Completion> Controller::execute(std::uint16_t qid, std::uint16_t cid, const Request& request) {
  const Command& command = request.command;
  std::optional<Completion> completion;
  if (command.opcode == nvme::admin::fabrics) completion = fabrics(qid, request);
  else if (!ready()) completion = failed(status::command_sequence);
  else if ((command.flags & 3U) != 0) completion = invalid_field(1);  // no fused commands
  else if (qid != 0) completion = io(request);
  else completion = admin(cid, request);
  if (completion && !completion->ok()) record_error(qid, cid, request, *completion);
  return completion;
}

bool Controller::open_queue(std::uint16_t qid) {
  if (qid >= queues_.size() || queues_[qid]) return false;
  queues_[qid] = true;
  return true;
}

void Controller::close_queue(std::uint16_t qid) {
  if (qid < queues_.size()) queues_[qid] = false;
  if (qid == 0) kill();
}

void Controller::kill() {
  dead_ = true;
  setup_.target->want_attention();
}

bool Controller::expired(Clock::time_point now) const {
  return setup_.keep_alive_ms != 0 && now - last_sign_ > std::chrono::milliseconds(setup_.keep_alive_ms);
}

Completion Controller::failed(NvmeStatus status, std::uint16_t location) {
  error_location_ = location;
  return {.status = status};
}

Completion Controller::invalid_field(std::uint16_t location) {
  return failed(status::invalid_field, location);
}

Completion Controller::give(const Request& request, std::span<const std::byte> page) {
  if (request.in.size() < page.size()) return failed(status::data_length_invalid, 24);
  std::copy(page.begin(), page.end(), request.in.begin());
  return {.received = page.size()};
}

void Controller::record_error(std::uint16_t qid, std::uint16_t cid, const Request& request, Completion& completion) {
  ErrorEntry entry;
  entry.count = ++error_count_;
  entry.qid = qid;
  entry.cid = cid;
  entry.nsid = request.command.opcode == nvme::admin::fabrics ? 0 : request.command.nsid;
  entry.location = std::exchange(error_location_, std::uint16_t{0xffff});
  entry.lba = std::exchange(error_lba_, 0);
  completion.status.more = true;
  completion.received = 0;
  entry.status = completion.status;
  if (errors_.size() == error_log_entries) errors_.pop_back();
  errors_.push_front(entry);
}

}  // namespace nvmectl::target
