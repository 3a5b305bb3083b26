// Persistent memory as libnvdimm has it: buses, DIMMs, regions, namespaces, DAX devices, and what can be done to them.
// One request is one step: what belongs together (choosing a region, rounding, idempotence) is written once above this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/deadline.hpp"
#include "core/fabrics.hpp"
#include "core/result.hpp"
#include "core/value.hpp"

namespace nvmectl {

/// What a namespace is used as. NVDIMM Namespace Specification; Linux Documentation/driver-api/nvdimm.
enum class PmemMode : std::uint8_t { raw, fsdax, devdax, sector };
[[nodiscard]] std::string_view to_string(PmemMode mode);
/// Also ndctl's older names: memory, dax, safe. Usage error otherwise.
[[nodiscard]] Result<PmemMode> parse_pmem_mode(std::string_view text);

/// Where the page array of fsdax and devdax lies: on the device itself or in RAM.
enum class PmemMap : std::uint8_t { device, memory };

struct BadBlocks {
  std::uint64_t offset = 0, length = 0;  ///< in 512-byte sectors from the start of the region or namespace
  std::vector<std::string> dimms = {};   ///< on which they lie; empty when the platform does not tell
};

struct PmemBus {
  std::string name;                                               ///< "ndbus0"
  std::string provider;                                           ///< "ACPI.NFIT", "e820", "virtio-pmem", "nfit_test.0"
  std::string scrub_state;                                        ///< "idle", "active"; "" when there is no scrubbing
  std::string firmware_activate_method, firmware_activate_state;  ///< "" when not supported
};

/// What the DIMM itself reports (SMART); only with PmemScan::health, only where it can.
struct DimmHealth {
  std::string state;  ///< "ok", "non-critical", "critical", "fatal"
  std::optional<double> temperature_celsius, controller_temperature_celsius;
  std::optional<double> temperature_threshold_celsius, controller_temperature_threshold_celsius;
  std::optional<std::uint64_t> spares_percent, spares_threshold_percent, life_used_percent;
  std::optional<bool> alarm_temperature, alarm_controller_temperature, alarm_spares;  ///< it holds now
  /// Whether crossing the threshold is to raise the alarm.
  std::optional<bool> alarm_enabled_temperature, alarm_enabled_controller_temperature, alarm_enabled_spares;
  std::string shutdown_state;  ///< "clean", "dirty"
  std::optional<std::uint64_t> shutdown_count;
};

struct DimmFirmware {
  std::string current_version, next_version;
  bool can_update = false, need_powercycle = false;
  std::string activate_state;  ///< "idle", "armed", "busy"; "" when live activation is not supported
};

struct PmemDimm {
  std::string name;  ///< "nmem0"
  std::string unique_id;
  std::optional<std::uint64_t> handle, physical_id;
  std::size_t bus = 0;
  bool enabled = false;
  bool active = false;  ///< an enabled region uses it
  std::vector<std::string>
      flags;  ///< "failed_map", "failed_save", "failed_arm", "failed_restore", "failed_flush", "smart_event", "locked"
  std::string security;  ///< "disabled", "unlocked", "locked", "frozen", "overwrite"; "" = has none
  bool security_frozen = false;
  std::optional<std::uint64_t> label_area_bytes;
  std::optional<std::uint64_t> free_label_slots;
  std::optional<DimmHealth> health;
  std::optional<DimmFirmware> firmware;
};

struct PmemMapping {
  std::size_t dimm = 0;
  std::uint64_t offset = 0, length = 0;
  std::int64_t position = 0;
};

struct PmemRegion {
  std::string name;  ///< "region0"
  std::size_t bus = 0;
  std::string type;  ///< "pmem", "volatile"
  std::uint64_t size_bytes = 0;
  std::uint64_t available_bytes = 0;   ///< not used by any namespace
  std::uint64_t max_extent_bytes = 0;  ///< largest hole
  std::uint64_t align_bytes = 0;       ///< sizes and offsets of namespaces are multiples of it
  std::uint32_t interleave_ways = 1;
  std::optional<std::uint64_t> resource;  ///< physical address; root only
  bool labelled = false;  ///< namespaces are in the DIMMs' labels; else there is one that fills the region
  bool enabled = false, read_only = false;
  std::optional<std::int64_t> numa_node, target_node;
  std::optional<std::uint64_t> interleave_set;  ///< iset_id
  std::string persistence_domain;               ///< "cpu_cache", "memory_controller"; "" unknown
  std::vector<PmemMapping> mappings;
  std::vector<std::uint64_t> fsdax_alignments, devdax_alignments, sector_sizes;  ///< what the kernel supports
  std::vector<BadBlocks> bad_blocks;
};

/// A part of a DAX device, which may have several: `start` is a physical address.
struct DaxMapping {
  std::uint64_t offset = 0, start = 0, bytes = 0;
};

struct DaxDevice {
  std::string name;  ///< "dax0.0"
  std::optional<std::uint32_t> region_id;
  std::uint64_t size_bytes = 0, align_bytes = 0;
  std::optional<std::int64_t> target_node;
  bool enabled = false;
  bool system_ram = false;                                   ///< else devdax
  std::optional<std::uint64_t> online_blocks, total_blocks;  ///< system RAM only
  std::optional<bool> movable;
  std::optional<std::size_t> ns;          ///< index into PmemTopology::namespaces; empty for what is no PMEM
  std::vector<DaxMapping> mappings = {};  ///< empty without root
};

/// What DAX devices are cut from: a devdax namespace (full, one device), or memory that may be divided (hmem, CXL).
struct DaxRegion {
  std::uint32_t id = 0;
  std::string path;  ///< below /sys/devices
  std::uint64_t size_bytes = 0, align_bytes = 0;
  std::optional<std::uint64_t> available_bytes;  ///< empty: it cannot be divided
  std::optional<std::size_t> ns = {};            ///< index into PmemTopology::namespaces
};

struct PmemNamespace {
  std::string device;  ///< "namespace0.0"; changes from boot to boot
  std::size_t region = 0;
  std::string name;               ///< the label's; "" = none
  std::string label_uuid;         ///< what it is known by while disabled
  std::string uuid;               ///< the info block's (fsdax, devdax, sector); "" for raw
  PmemMode mode = PmemMode::raw;  ///< the true one; while disabled the label's
  /// What the label says it is for; raw where there is no label, or one of version 1.1. An enabled namespace that is
  /// raw though its label says otherwise has no info block: its making was interrupted, or the block was lost.
  PmemMode label_mode = PmemMode::raw;
  std::optional<PmemMap> map;
  std::uint64_t reserved_bytes = 0;           ///< taken from the region
  std::optional<std::uint64_t> resource;      ///< physical address of what is reserved; root only
  std::optional<std::uint64_t> usable_bytes;  ///< of the block or character device; empty while disabled
  std::optional<std::uint64_t> align_bytes, sector_bytes;
  bool enabled = false;
  std::string block_device;      ///< "pmem0", "pmem0.1s"; "" when there is none
  std::string character_device;  ///< "dax0.0"; "" when there is none
  std::optional<std::int64_t> numa_node, target_node;
  std::vector<BadBlocks> bad_blocks;
  std::vector<Use> uses;  ///< mounts, swap, holders, open /dev/dax, system RAM; with PmemScan::uses
};

/// Owns everything by index; each vector sorted in natural order of names. Seeds (size 0) are not in it.
struct PmemTopology {
  std::vector<PmemBus> buses;
  std::vector<PmemDimm> dimms;
  std::vector<PmemRegion> regions;
  std::vector<PmemNamespace> namespaces;
  std::vector<DaxDevice> dax_devices;
  std::vector<DaxRegion> dax_regions;
  std::vector<Error> not_seen;
};

/// Something that a DIMM reported of itself.
struct PmemEvent {
  std::uint64_t time_ms = 0;  ///< since 1970
  std::string dimm;           ///< "nmem0"
  std::string unique_id;
  /// "health-state" (it changed), "spares-remaining", "media-temperature", "controller-temperature",
  /// "unclean-shutdown": what holds now, and so may repeat.
  std::vector<std::string> alarms;
  std::optional<DimmHealth> health;
};

/// One line of what checking a namespace found.
struct PmemFinding {
  bool ok = true;
  std::string text;  ///< "arena 0: 1024 map entries, each block used once"
};

struct PmemScan {
  Deadline deadline;
  bool health = false, firmware = false, label_areas = false;  ///< ask the DIMMs, which takes milliseconds for each
  bool bad_blocks = true;
  bool uses = true;
  /// Set: of the namespaces only this one; when it is "", all, but of each only device, region, name, label UUID and
  /// extent. In both cases no DAX devices. That takes a fraction of the time.
  std::optional<std::string> only;
};

/// A namespace to be made, exact: the sizes are what the kernel takes, the region is chosen.
struct PmemNamespaceSpec {
  std::string region;
  std::uint64_t reserved_bytes = 0;
  PmemMode mode = PmemMode::fsdax;
  PmemMap map = PmemMap::device;
  std::uint64_t align_bytes = 0;       ///< fsdax, devdax; always set, since seeds remember
  std::uint64_t sector_bytes = 0;      ///< sector: 512, 4096 …; others: 0 = the kernel's
  std::string name, label_uuid, uuid;  ///< both UUIDs set
  /// Set: where its data will begin, in what is reserved. There and at its end, what an older file system left is
  /// overwritten before the namespace is usable, so that a caller who is killed leaves nothing that looks finished.
  /// Means nothing for raw, which is usable as soon as it is there.
  std::optional<std::uint64_t> wipe_at = {};
};

enum class PmemErase : std::uint8_t { none, head, full };
using PmemProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// What is done to a namespace, region or DIMM by its device name. Everything that changes holds the lock (lock()),
/// leaves seeds as it found them (align, uuid, name) and takes back on failure and on a signal what it began. Errors
/// have kind, cause (who holds it, which sizes would do) and the kernel's words. not_found, permission, busy (in use,
/// with the users in `context`), usage, unsupported, io.
class PmemManager {
 public:
  virtual ~PmemManager() = default;
  [[nodiscard]] virtual Result<PmemTopology> scan(const PmemScan& request) = 0;

  /// Held until destroyed; busy when another process has it longer than the deadline. Held by every change below for
  /// its own duration, so a caller needs it only around several.
  class Lock {
   public:
    virtual ~Lock() = default;
  };
  [[nodiscard]] virtual Result<std::unique_ptr<Lock>> lock(const Deadline& deadline) = 0;

  /// Makes and enables it; its device name ("namespace0.1").
  [[nodiscard]] virtual Result<std::string> create(const PmemNamespaceSpec& spec, const Deadline& deadline) = 0;
  /// Makes a label-less region's namespace, or an existing one, into another mode. Its data are lost.
  [[nodiscard]] virtual Result<std::string> reconfigure(const std::string& ns, const PmemNamespaceSpec& spec,
                                                        const Deadline& deadline) = 0;
  [[nodiscard]] virtual Result<> enable_namespace(const std::string& ns, const Deadline& deadline) = 0;
  /// busy when it is in use, whatever keeps it so.
  [[nodiscard]] virtual Result<> disable_namespace(const std::string& ns, const Deadline& deadline) = 0;
  /// busy also when it belongs to an LVM volume group that is not active.
  [[nodiscard]] virtual Result<> destroy(const std::string& ns, const Deadline& deadline) = 0;
  /// Overwrites the namespace's device, which must be enabled and unused: the first and last MiB, or all of it.
  [[nodiscard]] virtual Result<> erase(const std::string& ns, PmemErase how, const PmemProgress& progress,
                                       const Deadline& deadline) = 0;
  /// Keeps the data.
  [[nodiscard]] virtual Result<> rename(const std::string& ns, const std::string& name, const Deadline& deadline) = 0;
  /// Raw namespaces only; keeps the data of what remains.
  [[nodiscard]] virtual Result<> resize(const std::string& ns, std::uint64_t bytes, const Deadline& deadline) = 0;

  [[nodiscard]] virtual Result<> set_region(const std::string& region, bool enabled, const Deadline& deadline) = 0;
  [[nodiscard]] virtual Result<> set_dimm(const std::string& dimm, bool enabled, const Deadline& deadline) = 0;

  /// The label area as bytes. Writing needs the DIMM inactive (its regions disabled): busy otherwise.
  [[nodiscard]] virtual Result<Bytes> read_labels(const std::string& dimm, const Deadline& deadline) = 0;
  [[nodiscard]] virtual Result<> write_labels(const std::string& dimm, std::span<const std::byte> bytes,
                                              const Deadline& deadline) = 0;
  /// Version "1.1" or "1.2"; the number of slots.
  [[nodiscard]] virtual Result<std::uint64_t> init_labels(const std::string& dimm, std::string_view version,
                                                          const Deadline& deadline) = 0;
  [[nodiscard]] virtual Result<> zero_labels(const std::string& dimm, const Deadline& deadline) = 0;

  /// Clears known bad blocks of a namespace; how many sectors.
  [[nodiscard]] virtual Result<std::uint64_t> clear_errors(const std::string& ns, const Deadline& deadline) = 0;
  [[nodiscard]] virtual Result<> start_scrub(const std::string& bus, const Deadline& deadline) = 0;
  [[nodiscard]] virtual Result<> wait_scrub(const std::string& bus, const Deadline& deadline) = 0;

  /// Everything else that only some DIMMs can do, by its verb and named arguments ("inject-smart",
  /// {"media_temperature", "70"}): security, firmware, error injection. unsupported when the DIMM or bus cannot; usage
  /// for a verb or argument that is not known. Flags are "true"; a number may carry a size suffix where it is bytes.
  ///
  /// | verb              | device | arguments ([] = may be left out)                                            |
  /// | inject-error      | NS     | block, [count], [saturate], [no_notify]: 512-byte sectors of the namespace  |
  /// | uninject-error    | NS     | block, [count]                                                              |
  /// | inject-smart      | DIMM   | [media_temperature], [controller_temperature] (Celsius), [spares] (percent),|
  /// |                   |        | each also as X_threshold and X_alarm (on, off); [fatal], [unsafe_shutdown]; |
  /// |                   |        | [uninject] = all or one of the names before                                 |
  /// | setup-passphrase, update-passphrase | DIMM | key_handle ("user:nvdimm-master"), [master]                 |
  /// | remove-passphrase | DIMM   | [master]                                                                    |
  /// | freeze-security   | DIMM   |                                                                             |
  /// | sanitize          | DIMM   | [crypto_erase] (what happens without any), [overwrite], [zero_key], [master]|
  /// | wait-overwrite    | DIMM   |                                                                             |
  /// | load-keys         | ""     | [path] (/etc/ndctl/keys), [tpm_handle]                                      |
  /// | update-firmware   | DIMM   | file, [force], [disarm]                                                     |
  /// | arm-firmware, disarm-firmware | DIMM |                                                                   |
  /// | activate-firmware | BUS    | [idle], [force]                                                             |
  [[nodiscard]] virtual Result<> operate(const std::string& verb, const std::string& device,
                                         std::span<const std::pair<std::string, std::string>> arguments,
                                         const PmemProgress& progress, const Deadline& deadline) = 0;

  /// The errors that inject-error left in a namespace, in 512-byte sectors.
  [[nodiscard]] virtual Result<std::vector<BadBlocks>> injected_errors(const std::string& ns, const Deadline& deadline);

  /// The namespace's first 8 KiB, where the info blocks of fsdax, devdax and sector lie: at 4 KiB, a BTT 2.0's (labels
  /// 1.2) at 0. busy while in use; disables and re-enables it.
  [[nodiscard]] virtual Result<Bytes> read_infoblock(const std::string& ns, const Deadline& deadline);
  /// Exactly what read_infoblock() gave. busy while the namespace is in use.
  [[nodiscard]] virtual Result<> write_infoblock(const std::string& ns, std::span<const std::byte> bytes,
                                                 const Deadline& deadline);
  /// A sector namespace's BTT: info blocks, map and flog. busy while in use; disables and re-enables it. `repair`
  /// restores an info block from its copy.
  [[nodiscard]] virtual Result<std::vector<PmemFinding>> check_namespace(const std::string& ns, bool repair,
                                                                         const Deadline& deadline);

  /// Calls `on_event` for the alarms that these DIMMs (all that can when empty) have now and then for each event, until
  /// it says false or the deadline passes, which is no error. unsupported when none of them reports events.
  [[nodiscard]] virtual Result<> listen(std::span<const std::string> dimms, const Deadline& deadline,
                                        const std::function<Result<bool>(const PmemEvent&)>& on_event);

  /// Cuts a device of that size from a DAX region that may be divided (DaxRegion::id) and enables it. Its name.
  /// no_space; busy when the free memory does not begin at such an alignment.
  [[nodiscard]] virtual Result<std::string> create_dax(std::uint32_t region, std::uint64_t bytes, std::uint64_t align,
                                                       const Deadline& deadline);
  /// Another size, and alignment where it is not 0, for a device of such a region that is no system RAM.
  [[nodiscard]] virtual Result<> resize_dax(const std::string& dax, std::uint64_t bytes, std::uint64_t align,
                                            const Deadline& deadline);
  /// Gives it back to its region. The region's first device stays, with nothing in it.
  [[nodiscard]] virtual Result<> destroy_dax(const std::string& dax, const Deadline& deadline);
  /// /dev/daxX.Y there or not. busy while it is in use or system RAM.
  [[nodiscard]] virtual Result<> set_dax_enabled(const std::string& dax, bool enabled, const Deadline& deadline);

  /// DAX devices: into system RAM and back, online and offline.
  [[nodiscard]] virtual Result<> reconfigure_dax(const std::string& dax, bool system_ram, bool online, bool movable,
                                                 const Deadline& deadline) = 0;
  [[nodiscard]] virtual Result<> set_dax_online(const std::string& dax, bool online, bool movable,
                                                const Deadline& deadline) = 0;
};

}  // namespace nvmectl
