// The first 8 KiB of a namespace as the DIMM holds them, whatever personality is on top: read and written in raw mode.
#include <fmt/format.h>

#include "backends/pmem/btt.hpp"
#include "backends/pmem/changes.hpp"
#include "backends/pmem/manager.hpp"
#include "backends/pmem/raw_access.hpp"
#include "backends/pmem/scanner.hpp"

namespace nvmectl::pmem_backend {
namespace {

constexpr std::size_t info_size = 8192;

}  // namespace

Result<Bytes> Manager::read_infoblock(const std::string& name, const Deadline& deadline) {
  NVMECTL_ASSIGN(const auto held, lock(deadline));
  NVMECTL_ASSIGN(const Session opened, session());
  NVMECTL_ASSIGN(Ns const ns, opened.ns(name));
  NVMECTL_TRY(in_time(deadline, "reading the info block"));
  NVMECTL_ASSIGN(RawAccess access, RawAccess::open(opened, ns, false));
  auto bytes = access.read(0, info_size);
  NVMECTL_TRY(access.close());
  return bytes;
}

Result<> Manager::write_infoblock(const std::string& name, std::span<const std::byte> bytes, const Deadline& deadline) {
  if (bytes.size() != info_size)
    return fail(ErrorKind::usage, fmt::format("an info block has {} bytes, not {}", info_size, bytes.size()),
                "write what was read");
  NVMECTL_ASSIGN(const auto held, lock(deadline));
  NVMECTL_ASSIGN(const Session opened, session());
  NVMECTL_ASSIGN(Ns const ns, opened.ns(name));
  NVMECTL_TRY(in_time(deadline, "writing the info block"));
  NVMECTL_ASSIGN(RawAccess access, RawAccess::open(opened, ns, true));
  auto written = access.write(0, bytes);
  auto closed = access.close();
  if (!written) return written;
  return closed;
}

Result<std::vector<PmemFinding>> Manager::check_namespace(const std::string& name, bool repair,
                                                          const Deadline& deadline) {
  NVMECTL_ASSIGN(const auto held, lock(deadline));
  NVMECTL_ASSIGN(const Session opened, session());
  NVMECTL_ASSIGN(Ns const ns, opened.ns(name));
  // A broken BTT is raw to the kernel. The label still says what it was; without one only the bytes can tell.
  const Ndctl& nd = opened.nd();
  const bool label = is_labelled(opened, nd.namespace_get_region(ns));
  const bool was_sector = label && nd.namespace_get_enforce_mode(ns) == NDCTL_NS_MODE_SECTOR;
  const PmemMode mode = mode_of(opened, ns);
  if (mode != PmemMode::sector && !was_sector && (label || mode != PmemMode::raw))
    return fail(make_error(ErrorKind::unsupported, fmt::format("{} cannot be checked", name),
                           "a file system on it is checked by its own fsck")
                    .with_cause(fmt::format("it is of mode {}; only sector namespaces have something to check",
                                            to_string(mode)))
                    .on(name));
  NVMECTL_TRY(in_time(deadline, "checking the namespace"));
  const std::uint64_t size = nd.namespace_get_size(ns);
  NVMECTL_ASSIGN(RawAccess access, RawAccess::open(opened, ns, repair));
  BttDevice device{.size = size,
                   .read = [&](std::uint64_t offset, std::size_t bytes) { return access.read(offset, bytes); },
                   .write = nullptr};
  if (repair)
    device.write = [&](std::uint64_t offset, std::span<const std::byte> bytes) { return access.write(offset, bytes); };
  auto findings = check_btt(device, deadline);
  auto closed = access.close();
  if (!findings) return findings;
  if (!closed) findings->push_back({false, closed.error().message});
  return findings;
}

}  // namespace nvmectl::pmem_backend
