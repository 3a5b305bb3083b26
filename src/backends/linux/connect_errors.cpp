// Why a connection did not come about, in words: by the kernel's log where it can be read, else by the errno.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "backends/linux/kernel_connect.hpp"
#include "backends/linux/modules.hpp"
#include "core/text.hpp"

namespace nvmectl::linux_backend {
namespace {

struct Reason {
  std::string_view sign;  ///< part of a line of the kernel's log
  int code;               ///< or the errno, 0 = any
  ErrorKind kind;
  std::string_view cause, hint;
};

// The first that fits. Linux 5.15 … 6.12: drivers/nvme/host/{fabrics,tcp,rdma,auth}.c.
constexpr std::array reasons{
    Reason{no_authentication, 0, ErrorKind::unsupported,
           "the kernel takes the secret but cannot authenticate; the connection was taken down again",
           "use a kernel with CONFIG_NVME_HOST_AUTH (Debian 13 and bookworm-backports have it)"},
    Reason{"found same hostid", 0, ErrorKind::busy,
           "this machine already has connections with the same host identifier and another host NQN",
           "connect with one pair for all: 'nvmectl host show' prints this machine's, 'nvmectl status' who is in use"},
    Reason{"found same hostnqn", 0, ErrorKind::busy,
           "this machine already has connections with the same host NQN and another host identifier",
           "connect with one pair for all: 'nvmectl host show' prints this machine's, 'nvmectl status' who is in use"},
    Reason{"is not allowed, hostnqn", 0, ErrorKind::permission,
           "the target's list of allowed hosts lacks this host NQN",
           "have the NQN that 'nvmectl host show' prints admitted at the target, or give another one with --hostnqn"},
    Reason{"Connect Invalid Data Parameter, subsysnqn", 0, ErrorKind::not_found,
           "the target has no subsystem of that NQN at this address",
           "'nvmectl discover' with the same -t, -a and -s shows what it offers"},
    Reason{"Connect Invalid SQE Parameter", 0, ErrorKind::refused, "the target does not accept the queue's parameters",
           "try a smaller --queue-size"},
    Reason{"Connect command failed: controller is busy", 0, ErrorKind::busy, "the target has no controller to spare",
           "disconnect other hosts, or raise the target's limit"},
    Reason{"no handler found for transport", 0, ErrorKind::unsupported, "the kernel has no such transport loaded",
           "load it with: modprobe nvme-tcp (nvme-rdma, nvme-fc, nvme-loop)"},
    Reason{"invalid parameter", 0, ErrorKind::usage, "this transport does not take one of the options",
           "leave out the option that the kernel's words name"},
    Reason{"unknown parameter or missing value", 0, ErrorKind::unsupported,
           "the kernel does not know one of the options",
           "leave out what this kernel is too old for: the line from the kernel names it"},
    Reason{"TLS handshake failed", 0, ErrorKind::refused, "the TLS handshake failed: no key that both sides have",
           "check the keys with 'nvmectl tls-key --list', that tlshd is running, and what the target wants"},
    Reason{"TLS handshake timeout", 0, ErrorKind::timeout, "the TLS handshake did not end in time",
           "check that tlshd is running: 'nvmectl doctor' tells"},
    Reason{"no valid PSK found", 0, ErrorKind::permission,
           "the kernel's keyring holds no TLS key for this host and subsystem",
           "make one with: nvmectl gen-tls-key --insert"},
    Reason{"no TLS key", 0, ErrorKind::refused, "the kernel's keyring holds no key for this host and subsystem",
           "make one with: nvmectl gen-tls-key --insert"},
    Reason{"authentication failed", 0, ErrorKind::permission, "authentication (DH-HMAC-CHAP) failed",
           "compare this host's secret with the target's: nvmectl check-dhchap-key"},
    Reason{"", ESRCH, ErrorKind::not_running, "no service does the TLS handshake: tlshd is not running",
           "install ktls-utils and start it: systemctl enable --now tlshd"},
    Reason{"", ENOKEY, ErrorKind::permission, "a key is missing: the target wants authentication (DH-HMAC-CHAP) or TLS",
           "give the secret with --dhchap-secret file:PATH, or make a TLS key with 'nvmectl gen-tls-key --insert'"},
    Reason{"", EKEYREJECTED, ErrorKind::permission,
           "the target rejected the key, or the controller's key is not the one given",
           "compare the secrets of both sides; 'nvmectl check-dhchap-key' finds typing errors"},
    Reason{"", EKEYREVOKED, ErrorKind::permission, "the key in the keyring was revoked", "insert a new one"},
    Reason{"", EKEYEXPIRED, ErrorKind::permission, "the key in the keyring has expired", "insert a new one"},
    Reason{"", ECONNREFUSED, ErrorKind::refused, "nothing listens at that address and port",
           "check the port: subsystems are usually on 4420, discovery on 8009"},
    Reason{"", ETIMEDOUT, ErrorKind::timeout, "there was no answer from that address and port",
           "check the address, and whether a firewall is between: 'nvmectl doctor tcp://ADDR:PORT' looks"},
    Reason{"", EHOSTUNREACH, ErrorKind::transport, "no route leads to that address",
           "check the address and: ip route get"},
    Reason{"", ENETUNREACH, ErrorKind::transport, "no route leads to that address",
           "check the address and: ip route get"},
    Reason{"", EADDRNOTAVAIL, ErrorKind::transport, "the local address (--host-traddr) is not one of this machine",
           "ip address shows which there are"},
    Reason{"", ENODEV, ErrorKind::not_found, "there is no such network interface or port (--host-iface, --host-traddr)",
           "ip link shows which there are"},
    Reason{"", ECONNRESET, ErrorKind::refused,
           "the peer closed the connection: no NVMe/TCP target is behind that port, or one that wants TLS",
           "try --tls where the target requires it; 'nvmectl doctor tcp://ADDR:PORT' looks closer"},
    Reason{"", EADDRINUSE, ErrorKind::busy, "the host NQN or identifier is in use by another connection",
           "connect with one pair for all: 'nvmectl host show' prints this machine's"},
    Reason{"", EOPNOTSUPP, ErrorKind::unsupported, "the kernel does not support this transport or one of the options",
           "'nvmectl doctor' shows what this kernel can do"},
    Reason{"", EPERM, ErrorKind::permission, "the kernel does not let this user connect", "run it as root"},
    Reason{"", EACCES, ErrorKind::permission, "the kernel does not let this user connect", "run it as root"},
    Reason{"", EBADR, ErrorKind::not_found, "no Fibre Channel port of this machine leads to that address",
           "check --traddr and --host-traddr; they are nn-0x…:pn-0x…"},
    Reason{"", EINVAL, ErrorKind::usage, "the kernel does not accept one of the parameters",
           "the kernel's words say which; often it is a host identifier that is in use with another host NQN "
           "('nvmectl host show'), or an option that this kernel lacks"},
    Reason{"", EIO, ErrorKind::refused,
           "the target refused: it has no subsystem of that NQN, does not admit this host, or wants authentication",
           "'nvmectl discover' shows what it offers; the kernel's words say more"},
    Reason{"", EINTR, ErrorKind::cancelled, "it was interrupted", ""},
};

const Reason* reason_of(const ConnectOutcome& outcome) {
  const auto fits = [&](const Reason& reason) {
    if (reason.code != 0) return reason.code == outcome.code;
    return std::any_of(outcome.log.begin(), outcome.log.end(),
                       [&](const std::string& line) { return line.find(reason.sign) != std::string::npos; });
  };
  const auto found = std::find_if(reasons.begin(), reasons.end(), fits);
  return found == reasons.end() ? nullptr : &*found;
}

}  // namespace

Error explain_node(int os_errno, const std::string& node, const std::string& root) {
  Error error = os_error(os_errno, "the kernel cannot connect to NVMe over Fabrics");
  if (os_errno == ENOENT || os_errno == ENXIO || os_errno == ENODEV) {
    const bool installed = module_state("nvme-fabrics", root) != ModuleState::missing;
    error.kind = installed ? ErrorKind::not_running : ErrorKind::unsupported;
    error.cause = fmt::format("there is no {}: the driver is {}", node,
                              installed ? "installed but not loaded" : "not installed for the running kernel");
    error.hint = installed ? "load it with: modprobe nvme-tcp (or: nvmectl doctor --fix)"
                           : "install the kernel's modules (linux-image-amd64 in Debian), or use nvmectl's own host, "
                             "which needs no driver: nvmectl list tcp://ADDR";
  } else if (error.kind == ErrorKind::permission) {
    error.cause = fmt::format("only root may open {}", node);
    error.hint = "run it as root (sudo); discover and list tcp://ADDR need no rights";
  }
  return error;
}

Error explain_connect(const ConnectOutcome& outcome, const ConnectParameters& target, const std::string& root) {
  Error error = make_error(ErrorKind::transport, fmt::format("the kernel did not connect to {}", target.shown()));
  if (outcome.phase == ConnectOutcome::Phase::open) {
    error = explain_node(outcome.code, "/dev/nvme-fabrics", root);
  } else if (outcome.phase == ConnectOutcome::Phase::resolve) {
    error.kind = ErrorKind::not_found;
    error.cause = fmt::format("the name {} has no address: {}", printable(target.address), outcome.words);
    error.hint = "check the name, or give the address";
  } else if (outcome.code == EALREADY) {
    error.kind = ErrorKind::busy;
    error.cause = "the kernel is already connected to it";
    error.hint = "use its device; 'nvmectl status' shows which it is";
  } else if (outcome.phase == ConnectOutcome::Phase::answer) {
    error.cause = "it did not say which controller it made";
    error.hint = "'nvmectl status' shows whether it is there";
  } else if (const Reason* reason = reason_of(outcome)) {
    error.kind = reason->kind;
    error.cause = reason->cause;
    error.hint = reason->hint;
  } else {
    error.cause = ::strerror(outcome.code);
    error.hint = "the kernel's own words are in: dmesg";
  }
  error.os_errno = outcome.code;
  for (const std::string& line : outcome.log) error.context.push_back("kernel: " + printable(line));
  return std::move(error).during("connect");
}

}  // namespace nvmectl::linux_backend
