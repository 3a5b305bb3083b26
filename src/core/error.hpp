// Errors are values: what failed, why, what to do about it, and of which kind (the kind decides the exit code).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nvmectl {

/// What sort of failure happened. `cli/exit_code.cpp` maps each to one exit code; scripts rely on it.
enum class ErrorKind : std::uint8_t {
  usage,            ///< the command line or an input file is wrong
  not_found,        ///< the named device, subsystem, namespace … does not exist
  permission,       ///< the operating system or the target said no for lack of rights
  unsupported,      ///< this host, kernel or device cannot do it
  not_running,      ///< installed here, but not loaded or not started
  busy,             ///< in use by somebody else
  timeout,          ///< the deadline passed
  refused,          ///< the peer refused the connection or closed it
  transport,        ///< the network or the kernel's transport failed in another way
  device,           ///< the device answered with an error status (see Error::status)
  protocol,         ///< the peer broke its protocol
  partial,          ///< some of several operations failed
  cancelled,        ///< interrupted by the user
  not_confirmed,    ///< a confirmation was needed and not given
  io,               ///< a local file or stream could not be read or written
  no_space,         ///< what is free does not suffice
  exists,           ///< there is one of that name already, and it is another
  health_warning,   ///< smart-log --check or doctor found a warning
  health_critical,  ///< smart-log --check found a critical warning
  internal,         ///< a defect in nvmectl
};

/// The kind's stable name, as it stands in JSON errors ("not_found").
[[nodiscard]] std::string_view to_string(ErrorKind kind);

/// A completion's status field. NVM Express Base Specification 2.0d, section 3.3.3.2 (figure 93).
struct NvmeStatus {
  std::uint8_t type = 0;         ///< SCT, Status Code Type
  std::uint8_t code = 0;         ///< SC, Status Code
  std::uint8_t retry_delay = 0;  ///< CRD, index of the Command Retry Delay
  bool more = false;             ///< M, more information is in the Error Information log
  bool do_not_retry = false;     ///< DNR

  /// From CQE bytes 14–15 shifted right by the phase bit: SC 7:0, SCT 10:8, CRD 12:11, M 13, DNR 14. This is
  /// also the number that the Linux passthrough ioctl returns.
  [[nodiscard]] static constexpr NvmeStatus from_wire(std::uint16_t bits) {
    return {static_cast<std::uint8_t>((bits >> 8U) & 7U), static_cast<std::uint8_t>(bits & 0xffU),
            static_cast<std::uint8_t>((bits >> 11U) & 3U), (bits & 0x2000U) != 0, (bits & 0x4000U) != 0};
  }
  /// The inverse of from_wire.
  [[nodiscard]] constexpr std::uint16_t to_wire() const {
    return static_cast<std::uint16_t>(unsigned{code} | (unsigned{type} << 8U) | (unsigned{retry_delay} << 11U) |
                                      (more ? 0x2000U : 0U) | (do_not_retry ? 0x4000U : 0U));
  }
  [[nodiscard]] constexpr bool ok() const { return type == 0 && code == 0; }
  friend constexpr bool operator==(const NvmeStatus&, const NvmeStatus&) = default;
};

/// A failure on its way to the user. `message` says what failed in one sentence without a full stop, `cause` why in
/// plain words, `hint` what to do next; the latter two may be empty. None may hold control bytes or secrets.
struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string message;
  std::string cause;
  std::string hint;
  std::optional<NvmeStatus> status;  ///< set when kind is device
  std::string status_name;           ///< the specification's name of `status`
  int os_errno = 0;                  ///< 0 when no system call failed
  std::string device;                ///< the device or address as the user wrote it
  std::string operation;             ///< "Identify Controller", "connect" …
  std::vector<std::string> context;  ///< further lines, outermost first

  [[nodiscard]] Error&& with_cause(std::string text) && {
    cause = std::move(text);
    return std::move(*this);
  }
  [[nodiscard]] Error&& with_hint(std::string text) && {
    hint = std::move(text);
    return std::move(*this);
  }
  [[nodiscard]] Error&& on(std::string name) && {
    if (device.empty()) device = std::move(name);
    return std::move(*this);
  }
  [[nodiscard]] Error&& during(std::string name) && {
    if (operation.empty()) operation = std::move(name);
    return std::move(*this);
  }
};

[[nodiscard]] Error make_error(ErrorKind kind, std::string message, std::string hint = {});

/// From errno: picks the kind (EACCES → permission, ENOENT → not_found, …) and the cause text. `what` is the sentence.
[[nodiscard]] Error os_error(int os_errno, std::string what, std::string hint = {});

}  // namespace nvmectl
