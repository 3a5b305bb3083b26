// Which of the kernel's connections a command line means.
#pragma once

#include <string>
#include <vector>

#include "core/context.hpp"
#include "core/fabrics.hpp"

namespace nvmectl {

/// What was given; all that is not empty must fit. NQNs and devices may be lists with commas.
struct Selection {
  std::vector<std::string> targets;  ///< device, NQN, tcp://…, conn:NAME or the name of a stored connection
  std::vector<std::string> nqns, devices;
  std::string transport, address, service;
  [[nodiscard]] bool empty() const;
};

/// Those of `present` that are meant. not_found when a target, NQN or device fits none, or nothing fits at all.
[[nodiscard]] Result<std::vector<FabricsController>> select_controllers(const Context& context,
                                                                        std::vector<FabricsController> present,
                                                                        const Selection& selection);

/// The fabrics controller "nvme3" or "/dev/nvme3"; not_found when there is none.
[[nodiscard]] Result<FabricsController> controller_named(FabricsInitiator& initiator, std::string_view device);

/// --filter of connect-all: "nqn=PATTERN", "transport=tcp", "address=PATTERN", joined by commas; a bare PATTERN is for
/// the NQN. Patterns know * and ?. Usage error for another key.
[[nodiscard]] Result<bool> fits_filter(const ConnectParameters& target, const std::string& filter);

}  // namespace nvmectl
