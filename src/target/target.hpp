// Target: all that one server shows: its NVM subsystems, where it listens, and other discovery services it points to.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/device_ref.hpp"
#include "core/result.hpp"
#include "target/subsystem.hpp"

namespace nvmectl::target {

/// An address at which hosts reach the target, as it stands in the discovery log.
struct Portal {
  std::uint8_t family = 1;  ///< ADRFAM: 1 IPv4, 2 IPv6
  std::string address;      ///< TRADDR
  std::string service;      ///< TRSVCID
  bool wildcard = false;    ///< bound to every address: a host is told the one by which it came
};

/// Another discovery service, listed in our log.
struct Referral {
  std::uint8_t family = 1;
  std::string address = {};
  std::uint16_t port = discovery_port;
  std::string nqn{discovery_nqn};
};

/// Everything lives on one thread. Controllers and connections must be gone before the target is.
class Target {
 public:
  Target() = default;
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;

  /// Usage error when there is one of that NQN already, and those of Subsystem::make().
  [[nodiscard]] Result<Subsystem*> add_subsystem(SubsystemSpec spec);
  /// Its controllers die: their connections are closed.
  [[nodiscard]] Result<> remove_subsystem(std::string_view nqn);
  [[nodiscard]] std::shared_ptr<Subsystem> find(std::string_view nqn) const;
  [[nodiscard]] std::span<const std::shared_ptr<Subsystem>> subsystems() const { return subsystems_; }

  void set_portals(std::vector<Portal> portals);
  [[nodiscard]] std::span<const Portal> portals() const { return portals_; }
  /// Usage error for an address or NQN that does not fit the discovery log.
  [[nodiscard]] Result<> add_referral(Referral referral);
  [[nodiscard]] std::span<const Referral> referrals() const { return referrals_; }

  /// GENCTR of the discovery log: changes with everything above.
  [[nodiscard]] std::uint64_t generation() const { return generation_; }

  /// For discovery controllers, as Subsystem::join() and leave().
  [[nodiscard]] std::uint16_t join(Controller& controller);
  void leave(std::uint16_t cntlid);
  /// The I/O or discovery controller of that subsystem; null when there is none.
  [[nodiscard]] Controller* controller(std::string_view subsystem_nqn, std::uint16_t cntlid) const;

  /// A controller has something for its host; the server looks for it when take_attention() says so.
  void want_attention() { attention_ = true; }
  [[nodiscard]] bool wants_attention() const { return attention_; }
  [[nodiscard]] bool take_attention() { return std::exchange(attention_, false); }

 private:
  void changed();

  std::vector<std::shared_ptr<Subsystem>> subsystems_;
  std::unordered_map<std::string, std::shared_ptr<Subsystem>> by_nqn_;
  std::vector<Portal> portals_;
  std::vector<Referral> referrals_;
  std::uint64_t generation_ = 1;
  std::map<std::uint16_t, Controller*> discovery_controllers_;
  std::uint16_t last_cntlid_ = 0;
  bool attention_ = false;
};

}  // namespace nvmectl::target
