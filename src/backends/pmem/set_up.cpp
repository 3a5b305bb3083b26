// The order in which the kernel wants a namespace made: label, mode, personality, enabling.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <linux/ndctl.h>
#include <memory>

#include "backends/pmem/changes.hpp"
#include "backends/pmem/raw_access.hpp"
#include "backends/pmem/scanner.hpp"
#include "core/text.hpp"

namespace nvmectl::pmem_backend {
namespace {

using Uuid = std::array<unsigned char, 16>;

// What pfn (fsdax) and dax (devdax) devices have alike.
template <class Device>
struct Mapped {
  int (*set_uuid)(Device*, unsigned char*);
  int (*set_location)(Device*, ndctl_pfn_loc);
  unsigned long (*get_align)(Device*);
  int (*set_align)(Device*, unsigned long);
  int (*set_namespace)(Device*, Ns);
  int (*enable)(Device*);
};

Result<Uuid> uuid_of(const std::string& text) {
  NVMECTL_ASSIGN(const Bytes bytes, parse_uuid(text));
  Uuid uuid{};
  std::memcpy(uuid.data(), bytes.data(), uuid.size());
  return uuid;
}

ndctl_namespace_mode mode_for(PmemMode mode) {
  switch (mode) {
    case PmemMode::fsdax: return NDCTL_NS_MODE_FSDAX;
    case PmemMode::devdax: return NDCTL_NS_MODE_DEVDAX;
    case PmemMode::sector: return NDCTL_NS_MODE_SECTOR;
    case PmemMode::raw: break;
  }
  return NDCTL_NS_MODE_RAW;
}

class SetUp {
 public:
  SetUp(const Session& session, Region region, Ns ns, const PmemNamespaceSpec& spec, const Deadline& deadline,
        Undo& undo)
      : session_(session), nd_(session.nd()), region_(region), ns_(ns), spec_(spec), deadline_(deadline), undo_(undo) {}

  Result<> label();
  Result<> wipe();
  Result<> personality();

 private:
  [[nodiscard]] Result<> mode();
  [[nodiscard]] Result<> sector_size();
  [[nodiscard]] Result<> step(int code, std::string_view what);
  template <class Device>
  [[nodiscard]] Result<> mapped(Device* seed, const Mapped<Device>& functions);
  [[nodiscard]] Result<> sector();
  [[nodiscard]] Result<> awaken(int code, bool* enabled);
  [[nodiscard]] Result<> check_address() const;
  [[nodiscard]] Result<> check_usable() const;

  const Session& session_;
  const Ndctl& nd_;
  Region region_;
  Ns ns_;
  const PmemNamespaceSpec& spec_;
  const Deadline& deadline_;
  Undo& undo_;
  KernelReason reason_;
};

// Each write to sysfs is a step: what it answered, and whether there is time for the next.
Result<> SetUp::step(int code, std::string_view what) {
  if (code < 0) {
    Error error = session_.error(code, fmt::format("the kernel refused the {} of {}", what, session_.name(ns_)));
    return fail(reason_.in(std::move(error)).on(session_.name(ns_)).during(fmt::format("set {}", what)));
  }
  return in_time(deadline_, "making the namespace");
}

// The size comes last: with it the kernel writes the label, and one that a power cut leaves behind is then whole. What
// is set before the UUID is not written at all.
Result<> SetUp::label() {
  if (nd_.namespace_get_type(ns_) == ND_DEVICE_NAMESPACE_IO) return mode();
  NVMECTL_ASSIGN(Uuid uuid, uuid_of(spec_.label_uuid));
  NVMECTL_TRY(step(nd_.namespace_set_alt_name(ns_, spec_.name.c_str()), "name"));
  NVMECTL_TRY(mode());
  NVMECTL_TRY(sector_size());
  Uuid present{};
  nd_.namespace_get_uuid(ns_, present.data());
  if (present != uuid) NVMECTL_TRY(step(nd_.namespace_set_uuid(ns_, uuid.data()), "label UUID"));
  if (nd_.namespace_get_size(ns_) == spec_.reserved_bytes) return {};
  return step(nd_.namespace_set_size(ns_, spec_.reserved_bytes), "size");
}

// Kernels before 4.13 know no modes in labels: their refusal is none.
Result<> SetUp::mode() {
  static_cast<void>(nd_.namespace_set_enforce_mode(ns_, mode_for(spec_.mode)));
  session_.forget_log();
  return in_time(deadline_, "making the namespace");
}

// The label's sector size; in sector mode the BTT's own counts, and 512 is what every label has.
Result<> SetUp::sector_size() {
  const std::uint64_t sector = spec_.mode == PmemMode::sector || spec_.sector_bytes == 0 ? 512 : spec_.sector_bytes;
  for (int i = 0, end = nd_.namespace_get_num_sector_sizes(ns_); i < end; ++i)
    if (nd_.namespace_get_supported_sector_size(ns_, i) == sector)
      return step(nd_.namespace_set_sector_size(ns_, static_cast<unsigned int>(sector)), "sector size");
  return {};
}

// The kernel maps memory in sections; what does not begin at 16 MiB is cut there, or cannot be mapped at all.
Result<> SetUp::check_address() const {
  const auto begin = known(nd_.namespace_get_resource(ns_));
  if (!begin || *begin % (16U << 20U) == 0) return {};
  return fail(make_error(ErrorKind::unsupported,
                         fmt::format("{} lies at {:#x}, which is no multiple of 16 MiB", session_.name(ns_), *begin),
                         "sector and raw work here; else the region's alignment must become 16 MiB")
                  .with_cause("the kernel cannot map such memory for fsdax or devdax"));
}

// A namespace that is too small for its own page array is enabled with nothing in it.
Result<> SetUp::check_usable() const {
  std::uint64_t size = nd_.namespace_get_size(ns_);
  if (auto* pfn = nd_.namespace_get_pfn(ns_)) size = known(nd_.pfn_get_size(pfn)).value_or(0);
  if (auto* dax = nd_.namespace_get_dax(ns_)) size = known(nd_.dax_get_size(dax)).value_or(0);
  if (auto* btt = nd_.namespace_get_btt(ns_)) size = known(nd_.btt_get_size(btt)).value_or(0);
  if (size != 0 && nd_.namespace_is_active(ns_)) return {};
  return fail(make_error(ErrorKind::no_space, fmt::format("nothing of {} would be usable", session_.name(ns_)),
                         "make it larger, or choose a smaller alignment")
                  .with_cause("after its page array and the alignment no space is left"));
}

// `enabled` outlives the undo step that looks at it: it is shared with those before.
Result<> SetUp::awaken(int code, bool* enabled) {
  if (code >= 0) {
    *enabled = true;
    undo_.add([nd = &nd_, ns = ns_] { nd->namespace_disable_invalidate(ns); });
    NVMECTL_TRY(check_usable());
  }
  return step(code, "enabling");
}

// Between label and info block: what is interrupted here is known to be incomplete.
Result<> SetUp::wipe() {
  constexpr std::uint64_t piece = 1 << 20;
  const std::uint64_t size = nd_.namespace_get_size(ns_);
  if (!spec_.wipe_at || spec_.mode == PmemMode::raw || size < piece || *spec_.wipe_at > size - piece) return {};
  const auto wiping = [&](Result<> result) -> Result<> {
    if (result) return in_time(deadline_, "making the namespace");
    return fail(std::move(result).error().during("wipe what was there before"));
  };
  auto access = RawAccess::open(session_, ns_, true);
  if (!access) return wiping(fail(std::move(access).error()));
  const Bytes zeroes(piece);
  Result<> done = access->write(*spec_.wipe_at, zeroes);
  if (done) done = access->write(size - piece, zeroes);
  auto closed = access->close();
  return wiping(done ? std::move(closed) : std::move(done));
}

template <class Device>
Result<> SetUp::mapped(Device* seed, const Mapped<Device>& f) {
  if (seed == nullptr)
    return fail(ErrorKind::unsupported,
                fmt::format("{} has no free device for mode {}", session_.name(region_), to_string(spec_.mode)));
  NVMECTL_TRY(check_address());
  NVMECTL_ASSIGN(Uuid uuid, uuid_of(spec_.uuid));
  NVMECTL_TRY(step(f.set_uuid(seed, uuid.data()), "info block UUID"));
  const unsigned long before = f.get_align(seed);
  NVMECTL_TRY(step(f.set_location(seed, spec_.map == PmemMap::memory ? NDCTL_PFN_LOC_RAM : NDCTL_PFN_LOC_PMEM), "map"));
  // Once enabled, the seed is a device of its own, which ends with the namespace's being disabled.
  const auto enabled = std::make_shared<bool>(false);
  undo_.add([=] {
    if (!*enabled) f.set_align(seed, before);
  });
  NVMECTL_TRY(step(f.set_align(seed, spec_.align_bytes), "alignment"));
  undo_.add([=] {
    if (!*enabled) f.set_namespace(seed, nullptr);
  });
  NVMECTL_TRY(step(f.set_namespace(seed, ns_), "claim"));
  return awaken(f.enable(seed), enabled.get());
}

Result<> SetUp::sector() {
  auto* const seed = nd_.region_get_btt_seed(region_);
  if (seed == nullptr)
    return fail(ErrorKind::unsupported, fmt::format("{} has no free device for mode sector", session_.name(region_)));
  NVMECTL_ASSIGN(Uuid uuid, uuid_of(spec_.uuid));
  NVMECTL_TRY(step(nd_.btt_set_uuid(seed, uuid.data()), "info block UUID"));
  const auto size = static_cast<unsigned int>(spec_.sector_bytes != 0 ? spec_.sector_bytes : 4096);
  NVMECTL_TRY(step(nd_.btt_set_sector_size(seed, size), "sector size"));
  const auto enabled = std::make_shared<bool>(false);
  undo_.add([nd = &nd_, seed, enabled] {
    if (!*enabled) nd->btt_set_namespace(seed, nullptr);
  });
  NVMECTL_TRY(step(nd_.btt_set_namespace(seed, ns_), "claim"));
  return awaken(nd_.btt_enable(seed), enabled.get());
}

Result<> SetUp::personality() {
  switch (spec_.mode) {
    case PmemMode::fsdax:
      return mapped<ndctl_pfn>(nd_.region_get_pfn_seed(region_),
                               {nd_.pfn_set_uuid, nd_.pfn_set_location, nd_.pfn_get_align, nd_.pfn_set_align,
                                nd_.pfn_set_namespace, nd_.pfn_enable});
    case PmemMode::devdax:
      return mapped<ndctl_dax>(nd_.region_get_dax_seed(region_),
                               {nd_.dax_set_uuid, nd_.dax_set_location, nd_.dax_get_align, nd_.dax_set_align,
                                nd_.dax_set_namespace, nd_.dax_enable});
    case PmemMode::sector: return sector();
    case PmemMode::raw: break;
  }
  undo_.add([nd = &nd_, ns = ns_] { nd->namespace_disable_invalidate(ns); });
  NVMECTL_TRY(enable(session_, ns_));
  return in_time(deadline_, "making the namespace");
}

}  // namespace

Result<> set_up(const Session& session, Region region, Ns ns, const PmemNamespaceSpec& spec, const Deadline& deadline,
                Undo& undo) {
  SetUp work(session, region, ns, spec, deadline, undo);
  session.forget_log();
  NVMECTL_TRY(work.label());
  NVMECTL_TRY(work.wipe());
  return work.personality();
}

}  // namespace nvmectl::pmem_backend
