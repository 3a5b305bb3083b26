// File systems on namespaces, with the options that are known to work with DAX.
#pragma once

#include <string>
#include <string_view>

#include "commands/pmem/runner.hpp"

namespace nvmectl {

/// What stands on a block device: the type of its file system ("ext4"), "partitions", or "" for nothing known.
/// io, permission when it cannot be read: what is there is not known then.
[[nodiscard]] Result<std::string> file_system_on(ProgramRunner& runner, const std::string& device,
                                                 const Deadline& deadline);

/// Whether one of that type is there; exists for anything else, errors as file_system_on.
[[nodiscard]] Result<bool> has_file_system(ProgramRunner& runner, const std::string& device, std::string_view type,
                                           const Deadline& deadline);
/// Whether it is mounted there; exists when something else is.
[[nodiscard]] Result<bool> is_mounted(const std::string& device, const std::string& directory);

/// Makes an ext4 or xfs, with blocks of 4096 bytes and 2 MiB stripes where `dax`: DAX needs the one, huge pages the
/// other. One of that type that is there is left alone (false); exists for anything else that is there.
[[nodiscard]] Result<bool> make_file_system(ProgramRunner& runner, const std::string& device, std::string_view type,
                                            bool dax, const Deadline& deadline);

/// Mounts it, with `-o dax` where `dax`; makes the directory (not its parents) when it is missing. `where` it is
/// mounted already (from /proc/self/mountinfo) makes it success (false). exists when something else is mounted there.
[[nodiscard]] Result<bool> mount_device(ProgramRunner& runner, const std::string& device, const std::string& directory,
                                        std::string_view type, bool dax, const Deadline& deadline);
[[nodiscard]] Result<> unmount(ProgramRunner& runner, const std::string& directory, const Deadline& deadline);

/// The device that is mounted at the directory (the topmost), "" for none. `mountinfo`: the text of the kernel's table.
[[nodiscard]] std::string mounted_device(std::string_view mountinfo, const std::string& directory);
[[nodiscard]] std::string read_mountinfo();

}  // namespace nvmectl
