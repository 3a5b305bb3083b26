// Admin operations that commands and backends share, against any AdminTransport.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/capabilities.hpp"
#include "core/deadline.hpp"
#include "core/result.hpp"
#include "core/value.hpp"
#include "nvme/commands.hpp"
#include "nvme/facts.hpp"
#include "nvme/status.hpp"

namespace nvmectl::nvme {

/// Turns a completion with an error status into status_error(); an Error that is already there gets `operation`.
[[nodiscard]] Result<Completion> check(Result<Completion> completion, std::string_view operation,
                                       StatusScope scope = StatusScope::io_or_admin);

/// "Identify Controller" …, for messages.
[[nodiscard]] std::string_view identify_name(std::uint8_t cns);

/// The 4,096 bytes of an Identify structure. Protocol error when fewer arrived.
[[nodiscard]] Result<Bytes> identify(AdminTransport& transport, const Deadline& deadline,
                                     const IdentifyArguments& arguments);

/// Most namespaces that active_namespaces() reads: 256 pages. A controller that lists more is refused, not believed.
inline constexpr std::size_t max_listed_namespaces = 262'144;

/// NSIDs of the active namespaces above `after`, ascending: all pages of 1,024. Protocol error for a list that does
/// not ascend or has more than max_listed_namespaces. NVM Express Base Specification 2.0d, section 5.17.2.2.
[[nodiscard]] Result<std::vector<std::uint32_t>> active_namespaces(AdminTransport& transport, const Deadline& deadline,
                                                                   std::uint32_t after = 0);

/// Most bytes of one read_log().
inline constexpr std::uint64_t max_log_bytes = std::uint64_t{1} << 30U;

/// `bytes` of a log page from `arguments.offset` on, in as many commands as the transport's largest transfer needs;
/// with `retain_event` false, all but the last keep the asynchronous event (RAE), so that it is cleared once, at the
/// end. Fewer bytes are returned only when the controller sent fewer. Usage error above max_log_bytes. Several
/// commands need offsets (LPA bit 2): a controller without them answers Invalid Field, and the hint says so.
[[nodiscard]] Result<Bytes> read_log(AdminTransport& transport, const Deadline& deadline, LogArguments arguments,
                                     std::uint64_t bytes);

/// Identify Controller, typed.
[[nodiscard]] Result<ControllerFacts> read_controller_facts(AdminTransport& transport, const Deadline& deadline);

/// Identify Namespace and Namespace Identification Descriptors of many namespaces in few round trips; the facts stand
/// in the order of `nsids`. A namespace that fails has a `problem`, the others do not suffer; descriptors that a
/// controller does not have (before revision 1.3) are no problem. Error only when the transport fails.
[[nodiscard]] Result<std::vector<NamespaceFacts>> read_namespace_facts(AdminTransport& transport,
                                                                       const Deadline& deadline,
                                                                       std::span<const std::uint32_t> nsids);

/// Get Features: the result dword; `data` receives the feature's data structure where it has one.
[[nodiscard]] Result<std::uint32_t> get_feature(AdminTransport& transport, const Deadline& deadline,
                                                std::uint8_t feature_id, std::uint32_t nsid = 0,
                                                FeatureSelect select = FeatureSelect::current,
                                                std::span<std::byte> data = {});

}  // namespace nvmectl::nvme
