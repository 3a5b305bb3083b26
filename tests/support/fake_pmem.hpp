// A kernel's persistent memory in this process: buses, DIMMs, regions with extents and holes, seeds that remember their
// alignment, what is busy, and failures at any step. Persistent to nothing.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/pmem.hpp"

namespace nvmectl_test {

inline constexpr std::uint64_t mib = std::uint64_t{1} << 20U;
inline constexpr std::uint64_t gib = std::uint64_t{1} << 30U;

class FakePmem : public nvmectl::PmemManager {
 public:
  using Bytes = nvmectl::Bytes;
  using Deadline = nvmectl::Deadline;
  template <class T = void>
  using Result = nvmectl::Result<T>;

  /// A bus with one DIMM for each of `ways`, and a region of `bytes` over them. The region's index.
  std::size_t add_region(std::uint64_t bytes, std::uint32_t ways = 1, bool labelled = true,
                         const std::string& provider = "ACPI.NFIT");
  /// A namespace as if it had been made before; its index. The name may be "".
  std::size_t add_namespace(std::size_t region, std::uint64_t bytes, const std::string& name,
                            nvmectl::PmemMode mode = nvmectl::PmemMode::fsdax);
  /// Memory that DAX devices are cut from, "hmem.ID", all of it in a disabled first device, as after a boot.
  void add_dax_region(std::uint32_t id, std::uint64_t bytes);
  /// Makes it busy: "mounted at /srv".
  void use(std::size_t ns, const std::string& how);
  /// What a reboot does: device names are given anew from the lowest offset on.
  void renumber();

  nvmectl::PmemTopology state;
  std::map<std::string, std::uint64_t> seed_align;  ///< by region: what its pfn seed remembers
  bool rolls_back = true;                           ///< false: a failed create leaves its seed as it is
  /// By step: "lock", "uuid", "size", "mode", "align", "enable", "destroy", "disable", "erase" …, each also with a
  /// blank and the device or region behind it. The error that it then gives.
  std::map<std::string, nvmectl::ErrorKind> fails;
  std::set<std::string> ram;            ///< DAX devices that are system RAM, all of it online
  std::vector<std::string> log;         ///< "create region0 268435456 fsdax vol-a", in order
  std::map<std::string, Bytes> labels;  ///< by DIMM
  std::map<std::string, Bytes> info;    ///< first bytes by namespace; zeros for others
  std::set<std::string> cannot;         ///< verbs that are unsupported
  nvmectl::PmemNamespaceSpec wanted;    ///< what create or reconfigure was last asked for
  bool root = true;
  bool short_of_usable = false;  ///< a create "succeeds" with 0 usable bytes
  int locks = 0;                 ///< held just now

  Result<nvmectl::PmemTopology> scan(const nvmectl::PmemScan& request) override;
  Result<std::unique_ptr<Lock>> lock(const Deadline& deadline) override;
  Result<std::string> create(const nvmectl::PmemNamespaceSpec& spec, const Deadline& deadline) override;
  Result<std::string> reconfigure(const std::string& ns, const nvmectl::PmemNamespaceSpec& spec,
                                  const Deadline& deadline) override;
  Result<> enable_namespace(const std::string& ns, const Deadline& deadline) override;
  Result<> disable_namespace(const std::string& ns, const Deadline& deadline) override;
  Result<> destroy(const std::string& ns, const Deadline& deadline) override;
  Result<> erase(const std::string& ns, nvmectl::PmemErase how, const nvmectl::PmemProgress& progress,
                 const Deadline& deadline) override;
  Result<Bytes> read_infoblock(const std::string& ns, const Deadline& deadline) override;
  Result<> rename(const std::string& ns, const std::string& name, const Deadline& deadline) override;
  Result<> resize(const std::string& ns, std::uint64_t bytes, const Deadline& deadline) override;
  Result<> set_region(const std::string& region, bool enabled, const Deadline& deadline) override;
  Result<> set_dimm(const std::string& dimm, bool enabled, const Deadline& deadline) override;
  Result<Bytes> read_labels(const std::string& dimm, const Deadline& deadline) override;
  Result<> write_labels(const std::string& dimm, std::span<const std::byte> bytes, const Deadline& deadline) override;
  Result<std::uint64_t> init_labels(const std::string& dimm, std::string_view version,
                                    const Deadline& deadline) override;
  Result<> zero_labels(const std::string& dimm, const Deadline& deadline) override;
  Result<std::uint64_t> clear_errors(const std::string& ns, const Deadline& deadline) override;
  Result<> start_scrub(const std::string& bus, const Deadline& deadline) override;
  Result<> wait_scrub(const std::string& bus, const Deadline& deadline) override;
  Result<> operate(const std::string& verb, const std::string& device,
                   std::span<const std::pair<std::string, std::string>> arguments,
                   const nvmectl::PmemProgress& progress, const Deadline& deadline) override;
  Result<> reconfigure_dax(const std::string& dax, bool system_ram, bool online, bool movable,
                           const Deadline& deadline) override;
  Result<> set_dax_online(const std::string& dax, bool online, bool movable, const Deadline& deadline) override;
  Result<std::string> create_dax(std::uint32_t region, std::uint64_t bytes, std::uint64_t align,
                                 const Deadline& deadline) override;
  Result<> resize_dax(const std::string& dax, std::uint64_t bytes, std::uint64_t align,
                      const Deadline& deadline) override;
  Result<> destroy_dax(const std::string& dax, const Deadline& deadline) override;
  Result<> set_dax_enabled(const std::string& dax, bool enabled, const Deadline& deadline) override;

 private:
  struct Held;
  Result<> step(const std::string& name, const std::string& device = "");
  Result<std::size_t> ns_named(const std::string& device);
  Result<std::size_t> dimm_named(const std::string& name);
  Result<nvmectl::DaxDevice*> dax_named(const std::string& name);
  /// Free extents of a region by offset.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> holes(std::size_t region) const;
  void recount(std::size_t region);
  void dress(nvmectl::PmemNamespace& ns, const nvmectl::PmemNamespaceSpec& spec);
  Result<> check_spec(std::size_t region, const nvmectl::PmemNamespaceSpec& spec);
  Result<> idle(std::size_t ns);
  int next_number_ = 0;
};

}  // namespace nvmectl_test
