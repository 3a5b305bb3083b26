// Running a command that was made from data.
#pragma once

#include <cstddef>
#include <span>

#include "commands/command_spec.hpp"
#include "core/capabilities.hpp"
#include "plugins/plugin.hpp"

namespace nvmectl::plugins {

/// The arguments of every such command: the DEVICE.
[[nodiscard]] std::span<const Argument> log_arguments();

/// CommandSpec::invoke of a LogCommand, which is `spec.payload`: opens the device, reads the log page, decodes it and
/// gives the record, or the page's bytes with -o raw.
[[nodiscard]] Result<> invoke_log(const CommandSpec& spec, const ParsedArguments& values, Context& context);

/// The page's bytes. Checks Plugin::match against Identify Controller, selects the vendor by LogCommand::uuid when the
/// controller has a UUID List (CNS 17h, NVM Express Base Specification 2.0d, section 5.17), and checks the
/// GUID. unsupported, in a clear sentence, for a drive without this page or with another one of that number.
[[nodiscard]] Result<Bytes> read_page(AdminTransport& admin, const LogCommand& command, const Deadline& deadline);

/// unsupported unless `page` carries the command's GUID.
[[nodiscard]] Result<> check_guid(const LogCommand& command, std::span<const std::byte> page);

}  // namespace nvmectl::plugins
