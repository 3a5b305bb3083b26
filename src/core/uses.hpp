// What to do about somebody who uses a device.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/fabrics.hpp"

namespace nvmectl {

/// "umount /srv; swapoff /dev/pmem0.1s": what ends these uses, as the hint of an error; not more than three of them.
[[nodiscard]] std::string ways_out(std::span<const Use> uses);

/// Where the device itself is mounted; "" when the use is another one, or goes through another device.
[[nodiscard]] std::string mounted_at(const Use& use);

/// A path as it is, of one in /proc/self/mounts, /proc/self/mountinfo or /proc/swaps: blanks, tabs, line ends and
/// backslashes stand there as \ooo (proc_pid_mountinfo(5)).
[[nodiscard]] std::string path_of_mount(std::string_view text);

}  // namespace nvmectl
