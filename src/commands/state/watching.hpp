// What changed between two looks at the topology, and what the kernel's events mean. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/capabilities.hpp"

namespace nvmectl {

/// What an event is about, in one word: "controller_added", "namespace_removed", "discovery_log_changed", "connected"
/// …; "other" for what has no name here.
[[nodiscard]] std::string event_kind(const Event& event);

/// The property's value, "" when the event has none of that name.
[[nodiscard]] std::string_view property(const Event& event, std::string_view name);

/// The asynchronous event that the kernel passed on (NVME_AEN): completion dword 0. NVM Express Base
/// Specification 2.0d, section 5.2 (figure 147): type in bits 2:0, information in 15:8, log page in 23:16.
[[nodiscard]] std::optional<std::uint32_t> asynchronous_event(const Event& event);

/// One thing that is different now.
struct Change {
  std::string kind;    ///< "controller_state", "namespace_added", "ana_state" …
  std::string device;  ///< "nvme0", "nvme0n1", "nvme0c1n1"
  std::string nqn;     ///< of its subsystem, "" when not known
  std::string from;    ///< "" when there was nothing
  std::string to;      ///< "" when there is nothing any more
};

/// What came, went and changed: controllers and their states, namespaces and their sizes, paths and their ANA states.
/// In this order, each in natural order of names; what went comes first.
[[nodiscard]] std::vector<Change> changes_between(const Topology& before, const Topology& after);

/// Gives what could not be read in `after`, on its way in or out, the state that it had before: not to know is no change.
void keep_known(Topology& after, const Topology& before);

/// What the event alone tells and no look at the topology shows (changed discovery logs, lost events, asynchronous
/// events); empty for the rest.
[[nodiscard]] std::optional<Change> change_of(const Event& event);

/// "nvme0: live -> connecting".
[[nodiscard]] std::string sentence(const Change& change);

}  // namespace nvmectl
