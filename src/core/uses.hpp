// What to do about somebody who uses a device.
#pragma once

#include <span>
#include <string>

#include "core/fabrics.hpp"

namespace nvmectl {

/// "umount /srv; swapoff /dev/pmem0.1s": what ends these uses, as the hint of an error; not more than three of them.
[[nodiscard]] std::string ways_out(std::span<const Use> uses);

}  // namespace nvmectl
