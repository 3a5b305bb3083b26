#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "backends/linux/topology.hpp"
#include "backends/linux/usage.hpp"
#include "core/text.hpp"

namespace nvmectl::linux_backend {
namespace {

// Names for a sentence: "nvme0, nvme1 and 3 more".
std::string enumerate(std::vector<std::string> names) {
  std::sort(names.begin(), names.end(), natural_less);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  constexpr std::size_t most = 8;
  if (names.size() <= most) return fmt::format("{}", fmt::join(names, ", "));
  const std::size_t more = names.size() - most;
  names.resize(most);
  return fmt::format("{} and {} more", fmt::join(names, ", "), more);
}

std::optional<std::uint64_t> bytes_of(const Namespace& ns, std::uint64_t blocks) {
  if (!ns.lba_bytes || blocks > std::numeric_limits<std::uint64_t>::max() / *ns.lba_bytes) return std::nullopt;
  return blocks * *ns.lba_bytes;
}

void set_usage(Namespace& ns, const UsageFacts& facts) {
  ns.used_bytes = bytes_of(ns, facts.used_blocks);
  if (!facts.identified) return;
  ns.capacity_bytes = bytes_of(ns, facts.capacity_blocks);
  if (!ns.size_bytes) ns.size_bytes = bytes_of(ns, facts.size_blocks);
  if (!ns.metadata_bytes) ns.metadata_bytes = facts.metadata_bytes;
}

// The namespaces whose usage may be asked for, and what is to be said of the others.
class Usage {
 public:
  explicit Usage(Topology& topology) : topology_(topology) {}
  void choose();
  void take(std::span<const UsageAnswer> answers);
  void report();

  std::vector<std::size_t> chosen;  // namespaces
  std::vector<std::size_t> groups;  // per chosen one: what hangs together with it

 private:
  void controllers_of(std::size_t ns, std::vector<std::string>& names) const {
    for (const std::size_t c : topology_.namespaces[ns].controllers) names.push_back(topology_.controllers[c].name);
  }
  Topology& topology_;
  std::vector<std::string> not_live_, silent_, forbidden_, failed_;
  int why_failed_ = 0;
};

void Usage::choose() {
  for (std::size_t i = 0; i < topology_.namespaces.size(); ++i) {
    const Namespace& ns = topology_.namespaces[i];
    const auto live = [&](std::size_t c) { return topology_.controllers[c].state == "live"; };
    if (std::any_of(ns.controllers.begin(), ns.controllers.end(), live)) {
      chosen.push_back(i);
      // Under multipath the kernel picks the path, so all of a subsystem may hang with one controller.
      groups.push_back(ns.paths.empty() ? topology_.subsystems.size() + ns.controllers.front() : ns.subsystem);
      continue;
    }
    for (const std::size_t c : ns.controllers)
      not_live_.push_back(fmt::format("{} ({})", topology_.controllers[c].name, topology_.controllers[c].state));
  }
}

void Usage::take(std::span<const UsageAnswer> answers) {
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const UsageAnswer& answer = answers[i];
    Namespace& ns = topology_.namespaces[chosen[i]];
    if (answer.state == UsageAnswer::State::known) {
      set_usage(ns, answer.facts);
    } else if (answer.state == UsageAnswer::State::unanswered) {
      controllers_of(chosen[i], silent_);
    } else if (answer.os_errno == EACCES || answer.os_errno == EPERM) {
      forbidden_.push_back(ns.name);
    } else {
      failed_.push_back(ns.name);
      why_failed_ = answer.os_errno;
    }
  }
}

void Usage::report() {
  const auto say = [&](Error error) { topology_.not_seen.push_back(std::move(error)); };
  if (!not_live_.empty())
    say(make_error(ErrorKind::transport, "the usage of some namespaces was not asked for")
            .with_cause("not live: " + enumerate(not_live_)));
  if (!silent_.empty())
    say(make_error(ErrorKind::timeout, "the usage of some namespaces could not be read in time",
                   "look at the controllers' states with: nvmectl list -v")
            .with_cause("no answer from " + enumerate(silent_)));
  if (!forbidden_.empty())
    say(make_error(ErrorKind::permission, "usage needs root on this kernel",
                   "run it as root (sudo); from Linux 6.8 on anybody may see usage")
            .with_cause("not permitted for " + enumerate(forbidden_)));
  if (!failed_.empty()) {
    Error error = os_error(why_failed_, "the usage of " + enumerate(failed_) + " could not be read");
    if (error.kind == ErrorKind::io) error.kind = ErrorKind::transport;
    say(std::move(error));
  }
}

// One namespace's NUSE: from the attribute, or, where the kernel has none (before 6.8), from the device. The device is
// asked as well for a size that the kernel does not show; who may not ask gets the rest.
int ask_kernel(const Namespace& ns, const std::string& directory, SysfsReader& sysfs, const KernelCalls& calls,
               UsageFacts& facts) {
  int why = 0;
  if (!ns.size_bytes && !ns.device_path.empty() && identify_usage(calls, ns.device_path, ns.nsid, facts) == 0) return 0;
  facts = {};
  const auto text = sysfs.read(directory + "/nuse", &why);
  if (const auto number = number_of(text, std::numeric_limits<std::uint64_t>::max())) {
    facts.used_blocks = *number;
    return 0;
  }
  if (text) return EIO;
  if (why != ENOENT || ns.device_path.empty()) return why;
  return identify_usage(calls, ns.device_path, ns.nsid, facts);
}

}  // namespace

void read_usage(Topology& topology, const NamespaceDirectories& directories, SysfsReader& sysfs,
                const ScanRequest& request, const KernelCalls& calls, const ScanSettings& settings) {
  if (!settings.live.value_or(sysfs.live())) {  // a copy: nobody is asked anything
    for (std::size_t i = 0; i < topology.namespaces.size(); ++i)
      if (const auto blocks =
              number_of(sysfs.read(directories[i] + "/nuse"), std::numeric_limits<std::uint64_t>::max()))
        set_usage(topology.namespaces[i], {.used_blocks = *blocks});
    return;
  }
  Usage usage(topology);
  usage.choose();
  // The child has none of our descriptors, so it reads with a reader of its own.
  std::optional<SysfsReader> own;
  const auto ask = [&](std::size_t index, UsageFacts& facts) {
    if (!own) own.emplace(sysfs.root());
    const std::size_t ns = usage.chosen[index];
    return ask_kernel(topology.namespaces[ns], directories[ns], *own, calls, facts);
  };
  const auto answers = ask_usage(usage.groups, ask, request.deadline, settings.stall_limit);
  if (!answers) {
    topology.not_seen.push_back(answers.error());
    return;
  }
  usage.take(*answers);
  usage.report();
}

}  // namespace nvmectl::linux_backend
