// The one place where libnvme is used. It is loaded when first needed, so that no other command pays for it.
#pragma once

#include <cstdint>
#include <string>

namespace nvmectl::linux_backend {

/// Where the kernel is to connect to, and as whom.
struct FabricsTarget {
  std::string transport, address, service, nqn;
  std::string host_nqn, host_id;  ///< both set: they belong together
  bool header_digest = false, data_digest = false;
};

struct ConnectOutcome {
  enum class State : std::uint8_t {
    connected,  ///< `controller` is new
    refused,    ///< `code` says why
    unusable    ///< libnvme is missing or not the one that this program was built for; `log` says which
  };
  State state = State::unusable;
  int code = 0;            ///< an errno, or one of libnvme's own from 1000 on
  std::string controller;  ///< "nvme3"; may be set with refused, when the kernel connected and libnvme then failed
  std::string log;         ///< libnvme's last words, raw
};

/// Connects through /dev/nvme-fabrics. Blocks for as long as the kernel does and lets libnvme write to stderr, so it is
/// for a child process.
[[nodiscard]] ConnectOutcome connect_with_libnvme(const FabricsTarget& target);

/// What happened, for a code of ConnectOutcome: "the kernel knows no such transport". "" when there is nothing to say.
[[nodiscard]] const char* libnvme_words(int code);

/// Codes that call for more than words.
enum class ConnectProblem : std::uint8_t {
  other,
  already,
  refused,
  rejected,
  silent,
  resolve,
  unsupported,
  invalid,
  open,
  permission
};
[[nodiscard]] ConnectProblem problem_of(int code);

}  // namespace nvmectl::linux_backend
