// The steps that changes of namespaces are made of. Each leaves things as they were when it fails.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/pmem/session.hpp"
#include "core/deadline.hpp"
#include "core/fabrics.hpp"
#include "core/kernel_log.hpp"
#include "core/pmem.hpp"

namespace nvmectl::pmem_backend {

/// Things to be taken back, last one first, unless all went well.
class Undo {
 public:
  Undo() = default;
  Undo(const Undo&) = delete;
  Undo& operator=(const Undo&) = delete;
  ~Undo() {
    while (!steps_.empty()) {
      steps_.back()();
      steps_.pop_back();
    }
  }
  void add(std::function<void()> step) { steps_.push_back(std::move(step)); }
  void keep() { steps_.clear(); }  ///< it went well

 private:
  std::vector<std::function<void()>> steps_;
};

/// What the kernel logs about persistent memory from the moment of construction on.
class KernelReason {
 public:
  /// Those lines as context, the last one as the cause; for the ones that are known a hint, too.
  [[nodiscard]] Error in(Error error);

 private:
  KernelLog log_;
};

/// timeout when the deadline has passed (a signal makes it pass, too). Asked between steps, where going back is
/// possible.
[[nodiscard]] Result<> in_time(const Deadline& deadline, std::string_view what);

/// Its passphrase keeps everybody off its contents, as the kernel or the DIMM itself says.
[[nodiscard]] bool is_locked(const Session& session, Dimm dimm);
/// permission: "`what`: nmem0 is locked", and what unlocks it.
[[nodiscard]] Error locked_error(const Session& session, Dimm dimm, std::string what);
/// The enabled regions that a DIMM is part of, by name.
[[nodiscard]] std::vector<std::string> enabled_regions_of(const Session& session, Dimm dimm);
/// busy, when enabled regions use the DIMM: "nmem0 is in use and `what`".
[[nodiscard]] Result<> check_inactive(const Session& session, Dimm dimm, std::string_view what);

/// "pmem0.1s", "" when there is none: the block device that the namespace is now.
[[nodiscard]] std::string block_device(const Session& session, Ns ns);
/// "dax0.1"; "" when there is none.
[[nodiscard]] std::string dax_device(const Session& session, Ns ns);
/// Who uses it: mounts, swap, holders, open or mapped DAX device, system RAM.
[[nodiscard]] std::vector<Use> uses_of(const Session& session, Ns ns);
/// busy, with the users in the context, when there are any.
[[nodiscard]] Result<> check_unused(const Session& session, Ns ns, std::string_view what);
/// busy when the block device is part of an LVM volume group, active or not.
[[nodiscard]] Result<> check_no_group(const Session& session, Ns ns, std::string_view what);
/// busy, with the first user as the cause and the others as context.
[[nodiscard]] Error busy_error(std::string_view device, std::string_view what, const std::vector<Use>& uses);

/// Its true state afterwards is checked: the library's own functions claim success too often.
[[nodiscard]] Result<> enable(const Session& session, Ns ns);
/// Takes a namespace that is not active away from a personality that a killed program left it claimed by.
void release_claim(const Session& session, Ns ns);
/// busy when anything uses it. No error when it is disabled already.
[[nodiscard]] Result<> disable(const Session& session, Ns ns);

/// Zeroes a disabled namespace's info block, so that no old personality awakes; leaves it disabled.
[[nodiscard]] Result<> zero_info_block(const Session& session, Ns ns);

/// Usage error when the region is disabled, read-only, or on a locked DIMM.
[[nodiscard]] Result<> check_region(const Session& session, Region region);
/// Checks what the kernel would only answer "invalid argument" to: sizes, alignment, holes, sector size, name. For a
/// new namespace `existing` is null.
[[nodiscard]] Result<> check_spec(const Session& session, Region region, const PmemNamespaceSpec& spec, Ns existing);

/// Gives an idle, disabled namespace its label (not for label-less ones), mode and personality, and enables it; what is
/// taken back on failure goes to `undo`.
[[nodiscard]] Result<> set_up(const Session& session, Region region, Ns ns, const PmemNamespaceSpec& spec,
                              const Deadline& deadline, Undo& undo);
/// Returns when the node /dev/NAME is there: udev may be late.
[[nodiscard]] Result<> wait_for_node(const Session& session, Ns ns, const Deadline& deadline);

}  // namespace nvmectl::pmem_backend
