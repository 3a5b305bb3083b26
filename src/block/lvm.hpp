// What LVM wrote on a block device: a volume group whose volumes are not active has no trace in sysfs, and is lost all
// the same when its physical volume is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "core/result.hpp"
#include "core/value.hpp"

namespace nvmectl::block {

/// Reads exactly so many bytes; an error where the device ends or fails.
using ReadBytes = std::function<Result<Bytes>(std::uint64_t offset, std::size_t size)>;

/// The volume group that the physical volume belongs to; "" when there is no physical volume, or it is in no group.
/// What cannot be understood counts as a group without a name, "?". LVM2 on-disk format: label in one of the first 4
/// sectors of 512 bytes, physical volume header, metadata area header, metadata text.
[[nodiscard]] Result<std::string> lvm_group(const ReadBytes& read);
/// The same for /dev/NAME.
[[nodiscard]] Result<std::string> lvm_group_on(const std::string& device);

}  // namespace nvmectl::block
