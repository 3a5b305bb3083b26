// The connect string: what is written to /dev/nvme-fabrics.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/fabrics.hpp"

namespace nvmectl::linux_backend {

/// The option names of what /dev/nvme-fabrics says when it is read before anything was written ("instance=-1,cntlid=-1,
/// transport=%s,…"). Linux 5.17 and later.
[[nodiscard]] std::vector<std::string> parse_supported(std::string_view text);

/// Unsupported for the first parameter that was asked for and that the kernel does not know: nothing is dropped in
/// silence, least of all what was to protect the connection.
[[nodiscard]] Result<> check_supported(const ConnectParameters& parameters, std::span<const std::string> supported);

/// "nqn=…,transport=tcp,traddr=…": what is not given gets nvme-cli's defaults (ctrl_loss_tmo 600 s; 30 s keep alive for
/// a persistent discovery controller) where `supported` has the option; 0 is "the kernel's default" where the kernel
/// would refuse it. `secrets` false: masked, for people.
[[nodiscard]] std::string make_connect_string(const ConnectParameters& parameters, bool secrets,
                                              const std::optional<std::vector<std::string>>& supported = std::nullopt);

/// N of "instance=N,cntlid=M", the kernel's answer.
[[nodiscard]] std::optional<unsigned> parse_instance(std::string_view answer);

}  // namespace nvmectl::linux_backend
