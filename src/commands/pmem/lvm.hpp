// LVM's volume groups on persistent memory, by LVM's own tools.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "commands/pmem/runner.hpp"
#include "core/pmem.hpp"

namespace nvmectl {

/// A volume group made by `pmem volume create`: it carries the tag pool_tag.
struct PmemPool {
  std::string group;   ///< "nvmectl-443c80dd"
  std::string device;  ///< "/dev/pmem0", its physical volume
  std::uint64_t size_bytes = 0, free_bytes = 0, extent_bytes = 0;
};
struct PmemVolume {
  std::string name, group, path;  ///< path: "/dev/nvmectl-443c80dd/vol-a"
  std::uint64_t size_bytes = 0;
  bool open = false;  ///< mounted, or held otherwise
};
struct PmemVolumes {
  std::vector<PmemPool> pools;
  std::vector<PmemVolume> volumes;
};

inline constexpr std::string_view pool_tag = "nvmectl.pmem";

/// Everything in groups of that tag. unsupported when LVM is not installed.
[[nodiscard]] Result<PmemVolumes> read_volumes(ProgramRunner& runner, const Deadline& deadline);

/// Null when there is none.
[[nodiscard]] const PmemVolume* volume_named(const PmemVolumes& all, std::string_view name);
/// Where it is mounted, by either of its device names; "" for nowhere. `mountinfo`: the text of the kernel's table.
[[nodiscard]] std::string mount_of(std::string_view mountinfo, const PmemVolume& volume);

/// From the JSON of vgs and lvs (--reportformat json --units b --nosuffix); protocol error when it is not that.
[[nodiscard]] Result<std::vector<PmemPool>> parse_vgs(std::string_view json);
[[nodiscard]] Result<std::vector<PmemVolume>> parse_lvs(std::string_view json);

/// A group on a namespace's block device, whose old content is wiped. Its name comes from the label's UUID.
[[nodiscard]] Result<std::string> make_pool(ProgramRunner& runner, const PmemNamespace& ns, const Deadline& deadline);
[[nodiscard]] Result<> make_volume(ProgramRunner& runner, const std::string& group, const std::string& name,
                                   std::uint64_t bytes, const Deadline& deadline);
[[nodiscard]] Result<> remove_volume(ProgramRunner& runner, const PmemVolume& volume, const Deadline& deadline);
/// `file_system`: the file system on it is made larger or smaller too.
[[nodiscard]] Result<> resize_volume(ProgramRunner& runner, const PmemVolume& volume, std::uint64_t bytes,
                                     bool file_system, const Deadline& deadline);

/// LVM's rules: letters, digits and +_.- , not starting with a hyphen, at most 127 bytes; usage otherwise.
[[nodiscard]] Result<> check_volume_name(std::string_view name);

}  // namespace nvmectl
