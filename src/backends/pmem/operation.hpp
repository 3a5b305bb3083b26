// operate(): what only some DIMMs can do, by verb and named arguments. A row of a table for each verb.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "backends/pmem/session.hpp"
#include "core/deadline.hpp"
#include "core/pmem.hpp"

namespace nvmectl::pmem_backend {

/// One call of operate(), its arguments' names checked.
struct Operation {
  const Session& session;
  std::string_view verb;
  const std::string& device;
  std::span<const std::pair<std::string, std::string>> arguments;
  const PmemProgress& progress;
  const Deadline& deadline;

  [[nodiscard]] std::optional<std::string> text(std::string_view name) const;
  /// True for "true", "yes", "on" and "1".
  [[nodiscard]] bool flag(std::string_view name) const;
  /// Usage error when it is no number.
  [[nodiscard]] Result<std::optional<std::uint64_t>> number(std::string_view name) const;
  /// With or without a fraction; usage error when it is none, or not between the limits.
  [[nodiscard]] Result<std::optional<double>> real(std::string_view name, double least, double most) const;
};

// inject.cpp
[[nodiscard]] Result<> inject_error(const Operation& operation);
[[nodiscard]] Result<> uninject_error(const Operation& operation);
[[nodiscard]] Result<> inject_smart(const Operation& operation);
// security.cpp
[[nodiscard]] Result<> setup_passphrase(const Operation& operation);
[[nodiscard]] Result<> update_passphrase(const Operation& operation);
[[nodiscard]] Result<> remove_passphrase(const Operation& operation);
[[nodiscard]] Result<> freeze_security(const Operation& operation);
[[nodiscard]] Result<> sanitize(const Operation& operation);
[[nodiscard]] Result<> wait_overwrite(const Operation& operation);
[[nodiscard]] Result<> load_keys(const Operation& operation);
// firmware.cpp
[[nodiscard]] Result<> update_firmware(const Operation& operation);
[[nodiscard]] Result<> arm_firmware(const Operation& operation);
[[nodiscard]] Result<> disarm_firmware(const Operation& operation);
[[nodiscard]] Result<> activate_firmware(const Operation& operation);

}  // namespace nvmectl::pmem_backend
