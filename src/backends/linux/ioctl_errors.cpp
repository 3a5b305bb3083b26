#include <fmt/format.h>

#include <cerrno>

#include "backends/linux/ioctl_device.hpp"

namespace nvmectl::linux_backend {
namespace {

constexpr std::string_view need_root = "run it as root (sudo), or as a member of the node's group (often 'disk')";

}  // namespace

Error explain_ioctl(int os_errno, std::string_view device, std::string_view operation, bool ran_out) {
  const std::string what = operation.empty() ? std::string("the command") : std::string(operation);
  Error error = os_error(os_errno, fmt::format("{} on {} failed", what, device));
  switch (os_errno) {
    case EACCES:
    case EPERM:
      error.cause = "the kernel lets only root send this command";
      error.hint = need_root;
      break;
    case EINTR:
    case ETIME:
    case ETIMEDOUT:
      if (ran_out) {
        error.kind = ErrorKind::timeout;
        error.message = fmt::format("{} on {} did not finish in time", what, device);
        error.cause = "the kernel cancelled the command";
        error.hint = "give it longer with --timeout, or look at the controller's state with: nvmectl list -v";
      } else {
        error.kind = ErrorKind::cancelled;
        error.cause = "the kernel cancelled the command: the controller was reset, or a signal came";
        error.hint = "try again when 'nvmectl list -v' shows the controller live";
      }
      break;
    case ENXIO:
    case ENODEV:
      error.cause = "the controller is gone or dead";
      error.hint = "look at its state with: nvmectl list -v";
      break;
    case EWOULDBLOCK:
      error.kind = ErrorKind::busy;
      error.cause = "the controller is not live (it connects or resets at the moment)";
      error.hint = "look at its state with: nvmectl list -v";
      break;
    case EINVAL:
      error.kind = ErrorKind::unsupported;
      error.cause =
          "the kernel does not take this command: flags are set, a length does not fit, or the namespace is "
          "not the node's";
      error.hint = "use the namespace's own node, no command flags, and a length that is a multiple of 4";
      break;
    case ENOMEM:
      error.cause = "the kernel could not map the buffer: it is too large for one command";
      error.hint = "ask for less data at once";
      break;
    case ENOTTY: error.cause = "the node does not take NVMe commands"; break;
    default: break;
  }
  return std::move(error).on(std::string(device)).during(std::string(operation));
}

Error explain_open(int os_errno, std::string_view path, std::string_view state) {
  Error error = os_error(os_errno, fmt::format("{} cannot be opened", path));
  switch (os_errno) {
    case EACCES:
    case EPERM: error.hint = need_root; break;
    case ENXIO:
    case ENODEV:
      error.cause = "the node has no device behind it: the controller is gone or dead";
      error.hint = "look at what there is with: nvmectl list -v";
      break;
    case EWOULDBLOCK:
      error.kind = ErrorKind::busy;
      error.cause = state.empty() ? "the controller is not live" : fmt::format("the controller is {}, not live", state);
      error.hint = "wait until 'nvmectl list -v' shows it live";
      break;
    case EBUSY: error.hint = "another program has opened it exclusively"; break;
    default: break;
  }
  return std::move(error).on(std::string(path));
}

}  // namespace nvmectl::linux_backend
