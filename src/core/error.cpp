#include "core/error.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace nvmectl {

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage: return "usage";
    case ErrorKind::not_found: return "not_found";
    case ErrorKind::permission: return "permission";
    case ErrorKind::unsupported: return "unsupported";
    case ErrorKind::not_running: return "not_running";
    case ErrorKind::busy: return "busy";
    case ErrorKind::timeout: return "timeout";
    case ErrorKind::refused: return "refused";
    case ErrorKind::transport: return "transport";
    case ErrorKind::device: return "device";
    case ErrorKind::protocol: return "protocol";
    case ErrorKind::partial: return "partial";
    case ErrorKind::cancelled: return "cancelled";
    case ErrorKind::not_confirmed: return "not_confirmed";
    case ErrorKind::io: return "io";
    case ErrorKind::no_space: return "no_space";
    case ErrorKind::exists: return "exists";
    case ErrorKind::health_warning: return "health_warning";
    case ErrorKind::health_critical: return "health_critical";
    case ErrorKind::internal: return "internal";
  }
  return "internal";
}

Error make_error(ErrorKind kind, std::string message, std::string hint) {
  Error error;
  error.kind = kind;
  error.message = std::move(message);
  error.hint = std::move(hint);
  return error;
}

namespace {

ErrorKind kind_of(int os_errno) {
  switch (os_errno) {
    case ENOENT:
    case ENODEV:
    case ENXIO: return ErrorKind::not_found;
    case EACCES:
    case EPERM: return ErrorKind::permission;
    case EOPNOTSUPP:
    case ENOSYS:
    case ENOTTY: return ErrorKind::unsupported;
    case EBUSY:
    case EADDRINUSE:
    case EALREADY: return ErrorKind::busy;
    case ETIMEDOUT: return ErrorKind::timeout;
    case ECONNREFUSED:
    case ECONNRESET:
    case EPIPE:
    case ECONNABORTED: return ErrorKind::refused;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT: return ErrorKind::transport;
    case EINTR:
    case ECANCELED: return ErrorKind::cancelled;
    default: return ErrorKind::io;
  }
}

}  // namespace

Error os_error(int os_errno, std::string what, std::string hint) {
  Error error = make_error(kind_of(os_errno), std::move(what), std::move(hint));
  std::array<char, 128> text{};
  // The GNU strerror_r returns the text, the XSI one an int: glibc with _GNU_SOURCE (g++'s default) has the first.
  error.cause = ::strerror_r(os_errno, text.data(), text.size());
  error.os_errno = os_errno;
  return error;
}

}  // namespace nvmectl
