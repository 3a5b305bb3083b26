// Media errors: known bad blocks cleared, and the search for new ones (address range scrub).
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <linux/ndctl.h>
#include <thread>

#include "backends/pmem/changes.hpp"
#include "backends/pmem/manager.hpp"
#include "backends/pmem/scanner.hpp"

namespace nvmectl::pmem_backend {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t sector = 512;

struct Range {
  std::uint64_t begin, size;
};

// The physical addresses of what a namespace's user sees.
Result<Range> range_of(const Session& session, Ns ns) {
  const Ndctl& nd = session.nd();
  std::optional<std::uint64_t> begin = known(nd.namespace_get_resource(ns));
  std::uint64_t size = nd.namespace_get_size(ns);
  if (nd.namespace_get_btt(ns) != nullptr)
    return fail(ErrorKind::unsupported, fmt::format("errors of {} cannot be cleared from outside", session.name(ns)),
                "a sector namespace clears an error when the sector is written to");
  if (auto* pfn = nd.namespace_get_pfn(ns); pfn != nullptr && nd.pfn_is_enabled(pfn) != 0) {
    begin = known(nd.pfn_get_resource(pfn));
    size = known(nd.pfn_get_size(pfn)).value_or(0);
  } else if (auto* dax = nd.namespace_get_dax(ns); dax != nullptr && nd.dax_is_enabled(dax) != 0) {
    begin = known(nd.dax_get_resource(dax));
    size = known(nd.dax_get_size(dax)).value_or(0);
  }
  if (!begin)
    return fail(session.error(EACCES, fmt::format("where {} lies in memory cannot be read", session.name(ns)),
                              "run it as root"));
  return Range{*begin, size};
}

// One run of bad blocks by the bus's own commands; the bytes that were cleared.
Result<std::uint64_t> clear(const Session& session, Bus bus, std::uint64_t address, std::uint64_t size) {
  const Ndctl& nd = session.nd();
  const std::string what = fmt::format("errors at {:#x} could not be cleared", address);
  const Cmd capability(nd, nd.bus_cmd_new_ars_cap(bus, address, size));
  if (!capability)
    return fail(ErrorKind::unsupported, fmt::format("{} cannot clear errors", session.name(bus)),
                "the platform offers no address range scrub; QEMU's NVDIMMs do not");
  if (const int code = nd.cmd_submit_xlat(capability.get()); code < 0) return fail(session.error(code, what));
  ndctl_range range{};
  if (const int code = nd.cmd_ars_cap_get_range(capability.get(), &range); code < 0)
    return fail(session.error(code, what));
  const Cmd command(nd, nd.bus_cmd_new_clear_error(range.address, range.length, capability.get()));
  if (!command) return fail(ErrorKind::unsupported, fmt::format("{} cannot clear errors", session.name(bus)));
  if (const int code = nd.cmd_submit_xlat(command.get()); code < 0) return fail(session.error(code, what));
  return nd.cmd_clear_error_get_cleared(command.get());
}

// In sectors.
Result<std::uint64_t> clear_all(const Session& session, Bus bus, std::uint64_t begin, std::span<const BadBlocks> bad,
                                const Deadline& deadline) {
  std::uint64_t cleared = 0;
  for (const BadBlocks& one : bad) {
    NVMECTL_TRY(in_time(deadline, "clearing errors"));
    NVMECTL_ASSIGN(const std::uint64_t bytes, clear(session, bus, begin + one.offset * sector, one.length * sector));
    cleared += bytes / sector;
  }
  return cleared;
}

Error no_scrub(const Session& session, Bus bus, int code) {
  if (code == -EOPNOTSUPP || code == -ENOENT || code == -ENXIO)
    return make_error(ErrorKind::unsupported, fmt::format("{} cannot scrub", session.name(bus)),
                      "the platform offers no address range scrub; QEMU's NVDIMMs do not");
  return session.error(code, fmt::format("{} does not scrub", session.name(bus)));
}

}  // namespace

Result<std::uint64_t> Manager::clear_errors(const std::string& name, const Deadline& deadline) {
  NVMECTL_ASSIGN(const auto held, lock(deadline));
  NVMECTL_ASSIGN(const Session opened, session());
  NVMECTL_ASSIGN(Ns const ns, opened.ns(name));
  const Ndctl& nd = opened.nd();
  NVMECTL_ASSIGN(const Range range, range_of(opened, ns));
  Region const region = nd.namespace_get_region(ns);
  const auto base = known(nd.region_get_resource(region));
  if (!base)
    return fail(opened.error(EACCES, fmt::format("where {} lies in memory cannot be read", name), "run it as root"));
  std::vector<BadBlocks> all;
  for (const badblock* bad = nd.region_get_first_badblock(region); bad != nullptr;
       bad = nd.region_get_next_badblock(region))
    all.push_back({bad->offset, bad->len});
  const auto mine = bad_blocks_within(all, *base, range.begin, range.size);
  if (mine.empty()) return 0;
  // The block device has a list of its own, which it makes when it is enabled.
  const bool was_enabled = nd.namespace_is_active(ns);
  NVMECTL_TRY(disable(opened, ns));
  auto cleared = clear_all(opened, nd.namespace_get_bus(ns), range.begin, mine, deadline);
  auto enabled = was_enabled ? enable(opened, ns) : Result<>{};
  if (!cleared && !enabled) cleared.error().context.push_back(enabled.error().message);
  if (!cleared) return cleared;
  NVMECTL_TRY(enabled);
  return cleared;
}

Result<> Manager::start_scrub(const std::string& name, const Deadline& deadline) {
  NVMECTL_ASSIGN(const auto held, lock(deadline));
  NVMECTL_ASSIGN(const Session opened, session());
  NVMECTL_ASSIGN(Bus const bus, opened.bus(name));
  opened.forget_log();
  const int code = opened.nd().bus_start_scrub(bus);
  if (code >= 0) return {};
  if (code == -EBUSY)
    return fail(ErrorKind::busy, fmt::format("{} is scrubbing already", name), "wait for it: nvmectl pmem scrub wait");
  return fail(no_scrub(opened, bus, code));
}

// Not the library's own wait, which knows no deadline.
Result<> Manager::wait_scrub(const std::string& name, const Deadline& deadline) {
  NVMECTL_ASSIGN(const Session opened, session());
  NVMECTL_ASSIGN(Bus const bus, opened.bus(name));
  for (;;) {
    opened.forget_log();
    const int state = opened.nd().bus_get_scrub_state(bus);
    if (state < 0) return fail(no_scrub(opened, bus, state));
    if (state == 0) return {};
    if (deadline.passed())
      return fail(ErrorKind::timeout, fmt::format("{} is still scrubbing", name),
                  "it goes on; wait longer with --timeout");
    std::this_thread::sleep_for(std::min<std::chrono::milliseconds>(100ms, deadline.left()));
  }
}

Result<std::vector<BadBlocks>> Manager::injected_errors(const std::string& name, const Deadline& deadline) {
  NVMECTL_TRY(in_time(deadline, "reading injected errors"));
  NVMECTL_ASSIGN(const Session opened, session());
  NVMECTL_ASSIGN(Ns const ns, opened.ns(name));
  const Ndctl& nd = opened.nd();
  if (nd.bus_has_error_injection(nd.namespace_get_bus(ns)) == 0)
    return fail(ErrorKind::unsupported, fmt::format("the DIMMs of {} cannot inject errors", name));
  opened.forget_log();
  if (const int code = nd.namespace_injection_status(ns); code < 0)
    return fail(opened.error(code, fmt::format("the injected errors of {} cannot be read", name)).on(name));
  std::vector<BadBlocks> found;
  for (auto* one = nd.namespace_injection_get_first_bb(ns); one != nullptr;
       one = nd.namespace_injection_get_next_bb(ns, one))
    found.push_back({nd.bb_get_block(one), nd.bb_get_count(one)});
  std::sort(found.begin(), found.end(), [](const BadBlocks& a, const BadBlocks& b) { return a.offset < b.offset; });
  return found;
}

}  // namespace nvmectl::pmem_backend
