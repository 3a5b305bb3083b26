// What the commands that speak to one device share.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "core/context.hpp"
#include "core/schema.hpp"

namespace nvmectl {

/// An open device with its admin queue. The device owns the transport.
struct OpenAdmin {
  std::unique_ptr<Device> device;
  AdminTransport* admin = nullptr;
  Deadline deadline;  ///< of the whole command
};
/// Opens for admin commands; unsupported when the device takes none.
[[nodiscard]] Result<OpenAdmin> open_admin(const Context& context, const DeviceRef& device);

/// The namespace a command is about: `given` (--namespace-id), else the one that the device names; usage error with a
/// hint when there is neither.
[[nodiscard]] Result<std::uint32_t> chosen_nsid(const Device& opened, const DeviceRef& device,
                                                std::optional<std::uint32_t> given);

/// Puts a wire structure out: decoded by its layout, or as it is with -o raw.
[[nodiscard]] Result<> show_structure(Context& context, const Schema& schema, std::span<const std::byte> bytes);

/// Reads a file or "-" (standard input) of at most `limit` bytes.
[[nodiscard]] Result<Bytes> read_file(const std::string& path, std::size_t limit);
/// Writes a whole file (created or emptied first) or "-" (standard output); a full disk is an error.
[[nodiscard]] Result<> write_file(const std::string& path, std::span<const std::byte> bytes);

}  // namespace nvmectl
