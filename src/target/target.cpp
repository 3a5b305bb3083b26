#include "target/target.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/text.hpp"
#include "target/controller.hpp"

namespace nvmectl::target {
namespace {

constexpr std::uint16_t max_cntlid = 0xffef;
constexpr std::size_t traddr_length = 256;

}  // namespace

Result<Subsystem*> Target::add_subsystem(SubsystemSpec spec) {
  NVMECTL_ASSIGN(std::shared_ptr<Subsystem> subsystem, Subsystem::make(std::move(spec)));
  if (!by_nqn_.emplace(subsystem->nqn(), subsystem).second)
    return fail(ErrorKind::usage, fmt::format("there are two subsystems {}", subsystem->nqn()),
                "each subsystem has an NQN of its own");
  subsystems_.push_back(subsystem);
  changed();
  return subsystem.get();
}

Result<> Target::remove_subsystem(std::string_view nqn) {
  const std::shared_ptr<Subsystem> subsystem = find(nqn);
  if (subsystem == nullptr) return fail(ErrorKind::not_found, fmt::format("there is no subsystem {}", printable(nqn)));
  for (const auto& [cntlid, controller] : subsystem->controllers()) controller->kill();
  by_nqn_.erase(subsystem->nqn());
  std::erase(subsystems_, subsystem);
  changed();
  return {};
}

std::shared_ptr<Subsystem> Target::find(std::string_view nqn) const {
  const auto found = by_nqn_.find(std::string(nqn));
  return found == by_nqn_.end() ? nullptr : found->second;
}

void Target::set_portals(std::vector<Portal> portals) {
  portals_ = std::move(portals);
  changed();
}

Result<> Target::add_referral(Referral referral) {
  NVMECTL_TRY(check_nqn(referral.nqn));
  if (referral.address.empty() || referral.address.size() > traddr_length ||
      referral.address != printable(referral.address))
    return fail(ErrorKind::usage, fmt::format("'{}' is not an address for a referral", printable(referral.address)),
                "give the IPv4 or IPv6 address of a discovery controller");
  referrals_.push_back(std::move(referral));
  changed();
  return {};
}

std::uint16_t Target::join(Controller& controller) {
  if (discovery_controllers_.size() >= max_cntlid) return 0;
  do {
    last_cntlid_ = last_cntlid_ == max_cntlid ? std::uint16_t{1} : static_cast<std::uint16_t>(last_cntlid_ + 1);
  } while (discovery_controllers_.contains(last_cntlid_));
  discovery_controllers_.emplace(last_cntlid_, &controller);
  return last_cntlid_;
}

void Target::leave(std::uint16_t cntlid) {
  discovery_controllers_.erase(cntlid);
}

Controller* Target::controller(std::string_view subsystem_nqn, std::uint16_t cntlid) const {
  const auto subsystem = find(subsystem_nqn);
  if (subsystem == nullptr && subsystem_nqn != discovery_nqn) return nullptr;
  const auto& all = subsystem != nullptr ? subsystem->controllers() : discovery_controllers_;
  const auto found = all.find(cntlid);
  return found == all.end() ? nullptr : found->second;
}

void Target::changed() {
  ++generation_;
  for (const auto& [cntlid, controller] : discovery_controllers_) controller->discovery_changed();
}

}  // namespace nvmectl::target
