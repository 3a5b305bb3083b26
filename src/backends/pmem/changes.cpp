#include "backends/pmem/changes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <memory>
#include <thread>
#include <unistd.h>

#include "backends/pmem/btt.hpp"
#include "backends/pmem/personality.hpp"
#include "backends/pmem/raw_access.hpp"
#include "backends/pmem/uses.hpp"
#include "block/lvm.hpp"
#include "core/text.hpp"
#include "core/uses.hpp"

namespace nvmectl::pmem_backend {

namespace {

struct KernelLine {
  std::string_view part;
  ErrorKind kind;
  const char *cause, *hint;  // cause "": the line itself
};
constexpr std::array known_lines{
    KernelLine{"synchronize CPU cache", ErrorKind::unsupported,
               "after changes of security the kernel must flush the processors' caches; a virtual machine may not",
               "restart the machine"},
    KernelLine{"missing label for", ErrorKind::io, "",
               "the labels of its DIMMs do not belong together: nvmectl pmem labels restore those that were kept, or "
               "write new ones with nvmectl pmem init --force"},
    KernelLine{"probe with driver nvdimm failed", ErrorKind::io, "",
               "the DIMM does not answer the kernel: nvmectl pmem health may say more"},
};

}  // namespace

Error KernelReason::in(Error error) {
  const auto ours = [](std::string_view line) {
    constexpr std::array drivers{"nd_", "nd ",        "nvdimm", "libnvdimm",  "nfit",
                                 "dax", "device_dax", "kmem",   "virtio_pmem"};
    constexpr std::array harmless{"unable to guarantee persistence", "read-only, marking"};
    const auto has = [&](const char* words) { return line.find(words) != std::string_view::npos; };
    return std::any_of(drivers.begin(), drivers.end(), [&](const char* name) { return line.starts_with(name); }) &&
           std::none_of(harmless.begin(), harmless.end(), has);
  };
  const std::vector<std::string> lines = log_.take(ours);
  for (const std::string& line : lines) error.context.push_back("kernel: " + line);
  if (lines.empty() || error.kind == ErrorKind::permission) return error;
  error.cause = lines.back();
  for (const KernelLine& known : known_lines) {
    if (lines.back().find(known.part) == std::string::npos) continue;
    error.kind = known.kind;
    if (*known.cause != '\0') error.cause = known.cause;
    error.hint = known.hint;
  }
  return error;
}

Result<> in_time(const Deadline& deadline, std::string_view what) {
  if (!deadline.passed()) return {};
  return fail(ErrorKind::timeout, fmt::format("{} was stopped before its end", what), "allow more time with --timeout");
}

std::string block_device(const Session& session, Ns ns) {
  const Ndctl& nd = session.nd();
  const Personality by = personality_of(session, ns);
  if (!by.enabled || by.dax != nullptr) return {};
  const char* const name = by.btt != nullptr   ? nd.btt_get_block_device(by.btt)
                           : by.pfn != nullptr ? nd.pfn_get_block_device(by.pfn)
                                               : nd.namespace_get_block_device(ns);
  return name != nullptr ? printable(name) : std::string();
}

std::string dax_device(const Session& session, Ns ns) {
  const Personality by = personality_of(session, ns);
  if (by.dax == nullptr || !by.enabled) return {};
  auto* const region = session.nd().dax_get_daxctl_region(by.dax);
  auto* const device = region != nullptr ? session.dax().dev_get_first(region) : nullptr;
  return device != nullptr ? printable(session.dax().dev_get_devname(device)) : std::string();
}

std::vector<Use> uses_of(const Session& session, Ns ns) {
  Uses table;
  if (const std::string block = block_device(session, ns); !block.empty()) return table.of_block(block);
  const std::string name = dax_device(session, ns);
  if (name.empty()) return {};
  std::vector<Use> uses = table.of_dax(name);
  auto* const region = session.nd().dax_get_daxctl_region(session.nd().namespace_get_dax(ns));
  for (auto* device = session.dax().dev_get_first(region); device != nullptr;
       device = session.dax().dev_get_next(device))
    if (session.dax().dev_get_memory(device) != nullptr) uses.push_back({name, "in use as system RAM"});
  return uses;
}

Error busy_error(std::string_view device, std::string_view what, const std::vector<Use>& uses) {
  Error error = make_error(ErrorKind::busy, fmt::format("{} is in use and {}", device, what), ways_out(uses));
  for (const Use& use : uses) error.context.push_back(fmt::format("{} is {}", use.device, use.how));
  error.cause = error.context.front();
  error.context.erase(error.context.begin());
  error.device = device;
  return error;
}

Result<> check_unused(const Session& session, Ns ns, std::string_view what) {
  const auto uses = uses_of(session, ns);
  if (!uses.empty()) return fail(busy_error(session.name(ns), what, uses));
  return {};
}

Result<> check_no_group(const Session& session, Ns ns, std::string_view what) {
  const std::string device = block_device(session, ns);
  if (device.empty()) return {};
  // A namespace that cannot be read, because of bad blocks, may go all the same.
  const auto group = block::lvm_group_on(device);
  if (!group || group->empty()) return {};
  return fail(make_error(ErrorKind::busy, fmt::format("{} is in use and {}", session.name(ns), what),
                         fmt::format("vgremove (or vgreduce) takes it out of its group; wipefs -a /dev/{} gives all up",
                                     device))
                  .with_cause(fmt::format("{} is a physical volume of the LVM volume group {}", device, *group))
                  .on(session.name(ns)));
}

namespace {

// What was killed between claiming a namespace for a personality and binding that one's driver leaves it claimed: then
// the kernel takes it through the personality only. 1: through a personality.
int bind_driver(const Ndctl& nd, Ns ns) {
  int code = 0;
  if (auto* btt = nd.namespace_get_btt(ns)) code = nd.btt_enable(btt);
  else if (auto* pfn = nd.namespace_get_pfn(ns)) code = nd.pfn_enable(pfn);
  else if (auto* dax = nd.namespace_get_dax(ns)) code = nd.dax_enable(dax);
  else return nd.namespace_enable(ns);
  return code < 0 ? code : 1;
}

}  // namespace

Result<> enable(const Session& session, Ns ns) {
  const Ndctl& nd = session.nd();
  if (nd.namespace_is_active(ns)) return {};
  session.forget_log();
  KernelReason reason;
  const int code = bind_driver(nd, ns);
  if (code >= 0 && nd.namespace_is_active(ns)) return {};
  return fail(
      reason.in(session.error(code < 0 ? code : -ENXIO, fmt::format("{} could not be enabled", session.name(ns))))
          .on(session.name(ns)));
}

void release_claim(const Session& session, Ns ns) {
  const Ndctl& nd = session.nd();
  if (nd.namespace_is_active(ns)) return;
  if (auto* btt = nd.namespace_get_btt(ns)) nd.btt_set_namespace(btt, nullptr);
  else if (auto* pfn = nd.namespace_get_pfn(ns)) nd.pfn_set_namespace(pfn, nullptr);
  else if (auto* dax = nd.namespace_get_dax(ns)) nd.dax_set_namespace(dax, nullptr);
}

Result<> disable(const Session& session, Ns ns) {
  const Ndctl& nd = session.nd();
  const std::string name = session.name(ns);
  if (!nd.namespace_is_active(ns)) return {};
  NVMECTL_TRY(check_unused(session, ns, "cannot be disabled"));
  session.forget_log();
  const int code = nd.namespace_disable_safe(ns);
  if (code == 0 && !nd.namespace_is_active(ns)) return {};
  if (code == 0 || code == -EBUSY)
    return fail(make_error(ErrorKind::busy, fmt::format("{} is in use and cannot be disabled", name),
                           "fuser or lsof on its device tell the process")
                    .with_cause("something that is neither a mount nor swap nor a holder has it open exclusively")
                    .on(name));
  return fail(session.error(code, fmt::format("{} could not be disabled", name)).on(name));
}

Result<> zero_info_block(const Session& session, Ns ns) {
  constexpr std::size_t size = 8192;  // BTT keeps its block at 0 or 4 KiB, pfn and dax theirs at 4 KiB
  NVMECTL_ASSIGN(RawAccess access, RawAccess::open(session, ns, true));
  Result<> done =
      erase_btt({session.nd().namespace_get_size(ns),
                 [&](std::uint64_t offset, std::size_t bytes) { return access.read(offset, bytes); },
                 [&](std::uint64_t offset, std::span<const std::byte> bytes) { return access.write(offset, bytes); }});
  if (done) done = access.write(0, Bytes(size));
  auto closed = access.close();
  if (!done) return fail(std::move(done).error().during("remove the info block"));
  return closed;
}

Result<> wait_for_node(const Session& session, Ns ns, const Deadline& deadline) {
  using namespace std::chrono_literals;
  const std::string block = block_device(session, ns);
  const std::string path = "/dev/" + (block.empty() ? dax_device(session, ns) : block);
  const Deadline until = deadline.at_most(5s);
  while (path != "/dev/" && ::access(path.c_str(), F_OK) != 0) {
    if (until.passed())
      return fail(ErrorKind::timeout, fmt::format("{} exists, but its node {} does not appear", session.name(ns), path),
                  "is udev, or a devtmpfs on /dev, there?");
    std::this_thread::sleep_for(5ms);
  }
  return {};
}

}  // namespace nvmectl::pmem_backend
