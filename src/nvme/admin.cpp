#include "nvme/admin.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace nvmectl::nvme {
namespace {

// Namespaces per round trip of read_namespace_facts(): two commands and 8 KiB each.
constexpr std::size_t namespace_batch = 32;

std::string_view log_operation() {
  return "Get Log Page";
}

/// The transport's largest transfer as whole dwords, at least one page so that a wrong limit cannot stop us.
std::uint64_t chunk_bytes(const AdminTransport& transport) {
  constexpr std::uint64_t page = 4096;
  const std::uint64_t limit = std::max<std::uint64_t>(transport.max_transfer_bytes(), page);
  return std::min(limit, max_log_bytes) / page * page;
}

Result<> complete(const Completion& completion, std::size_t expected, std::string_view operation) {
  NVMECTL_TRY(check(completion, operation));
  if (completion.received >= expected) return {};
  return fail(make_error(ErrorKind::protocol,
                         fmt::format("{}: {} of {} bytes arrived", operation, completion.received, expected))
                  .during(std::string(operation)));
}

/// Descriptors are optional: a controller of revision 1.2 rejects them.
void add_descriptors(NamespaceFacts& facts, const Completion& completion, std::span<const std::byte> page) {
  if (!completion.ok()) return;
  auto ids = parse_ns_descriptors(page.first(std::min(page.size(), completion.received)));
  if (!ids) {
    if (!facts.problem) facts.problem = std::move(ids).error();
    return;
  }
  if (ids->nguid.empty()) ids->nguid = std::move(facts.ids.nguid);
  if (ids->eui64.empty()) ids->eui64 = std::move(facts.ids.eui64);
  facts.ids = std::move(*ids);
}

Result<> read_batch(AdminTransport& transport, const Deadline& deadline, std::span<const std::uint32_t> nsids,
                    std::vector<NamespaceFacts>& facts) {
  Bytes pages(nsids.size() * 2 * identify_bytes);
  const auto page = [&](std::size_t i) { return std::span(pages).subspan(i * identify_bytes, identify_bytes); };
  std::vector<Request> requests;
  requests.reserve(nsids.size() * 2);
  for (const std::uint32_t nsid : nsids) {
    for (const std::uint8_t what : {cns::ns, cns::ns_descriptors}) {
      Request request;
      request.command = identify_command({.cns = what, .nsid = nsid});
      request.in = page(requests.size());
      request.operation = identify_name(what);
      requests.push_back(request);
    }
  }
  NVMECTL_ASSIGN(const std::vector<Completion> completions, transport.submit_admin_all(requests, deadline));
  if (completions.size() != requests.size()) {
    return fail(ErrorKind::internal, "the transport lost completions of Identify");
  }
  for (std::size_t i = 0; i < nsids.size(); ++i) {
    NamespaceFacts one;
    one.nsid = nsids[i];
    if (auto done = complete(completions[2 * i], identify_bytes, identify_name(cns::ns)); done) {
      one = namespace_facts(nsids[i], page(2 * i));
    } else {
      one.problem = std::move(done).error();
    }
    add_descriptors(one, completions[2 * i + 1], page(2 * i + 1));
    facts.push_back(std::move(one));
  }
  return {};
}

}  // namespace

Result<Completion> check(Result<Completion> completion, std::string_view operation, StatusScope scope) {
  if (!completion) return fail(std::move(completion).error().during(std::string(operation)));
  if (!completion->ok()) return fail(status_error(completion->status, std::string(operation), scope));
  return completion;
}

std::string_view identify_name(std::uint8_t value) {
  switch (value) {
    case cns::ns: return "Identify Namespace";
    case cns::controller: return "Identify Controller";
    case cns::active_ns_list: return "Identify Active Namespace List";
    case cns::ns_descriptors: return "Identify Namespace Identification Descriptors";
    case cns::csi_ns: return "Identify Namespace (command set specific)";
    case cns::csi_controller: return "Identify Controller (command set specific)";
    case cns::independent_ns: return "Identify Namespace (command set independent)";
    case cns::allocated_ns_list: return "Identify Allocated Namespace List";
    case cns::allocated_ns: return "Identify Allocated Namespace";
    default: return "Identify";
  }
}

Result<Bytes> identify(AdminTransport& transport, const Deadline& deadline, const IdentifyArguments& arguments) {
  Bytes page(identify_bytes);
  Request request;
  request.command = identify_command(arguments);
  request.in = page;
  request.operation = identify_name(arguments.cns);
  NVMECTL_ASSIGN(const Completion completion, check(transport.submit_admin(request, deadline), request.operation));
  NVMECTL_TRY(complete(completion, page.size(), request.operation));
  return page;
}

Result<std::vector<std::uint32_t>> active_namespaces(AdminTransport& transport, const Deadline& deadline,
                                                     std::uint32_t after) {
  constexpr std::size_t per_page = identify_bytes / 4;
  std::vector<std::uint32_t> all;
  for (;;) {
    NVMECTL_ASSIGN(const Bytes page, identify(transport, deadline, {.cns = cns::active_ns_list, .nsid = after}));
    const std::vector<std::uint32_t> nsids = parse_ns_list(page);
    for (const std::uint32_t nsid : nsids) {
      // Ascending numbers are also what makes this loop end.
      if (nsid <= after || nsid >= nsid_all - 1) {
        return fail(ErrorKind::protocol,
                    fmt::format("the active namespace list has the NSID {} behind {}", nsid, after));
      }
      all.push_back(nsid);
      after = nsid;
    }
    if (nsids.size() < per_page) return all;
    if (all.size() >= max_listed_namespaces) {
      return fail(ErrorKind::protocol, fmt::format("the controller lists more than {} namespaces", all.size()));
    }
  }
}

Result<Bytes> read_log(AdminTransport& transport, const Deadline& deadline, LogArguments arguments,
                       std::uint64_t bytes) {
  if (bytes > max_log_bytes) {
    return fail(ErrorKind::usage, fmt::format("{} bytes are too many for one log page", bytes),
                fmt::format("at most {} bytes can be read at once", max_log_bytes));
  }
  const bool retain = arguments.retain_event;
  const std::uint64_t start = arguments.offset;
  const std::uint64_t chunk = chunk_bytes(transport);
  const std::uint64_t whole = (bytes + 3) / 4 * 4;
  Bytes log;
  while (log.size() < whole) {
    const std::uint64_t done = log.size();
    const std::uint64_t want = std::min(chunk, whole - done);
    arguments.offset = start + done;
    arguments.retain_event = retain || done + want < whole;
    log.resize(static_cast<std::size_t>(done + want));
    Request request;
    request.command = get_log_command(arguments, static_cast<std::uint32_t>(want));
    request.in = std::span(log).subspan(static_cast<std::size_t>(done));
    request.operation = log_operation();
    auto completion = check(transport.submit_admin(request, deadline), log_operation());
    if (!completion) {
      Error error = std::move(completion).error();
      if (done > 0 && error.status && error.status->type == sct::generic &&
          error.status->code == status::invalid_field.code) {
        error.hint = fmt::format("the controller cannot read logs in parts; ask for at most {} bytes", chunk);
      }
      return fail(std::move(error));
    }
    if (completion->received < want) {
      log.resize(static_cast<std::size_t>(done) + completion->received);
      break;
    }
  }
  log.resize(std::min<std::size_t>(log.size(), static_cast<std::size_t>(bytes)));
  return log;
}

Result<ControllerFacts> read_controller_facts(AdminTransport& transport, const Deadline& deadline) {
  NVMECTL_ASSIGN(const Bytes page, identify(transport, deadline, {.cns = cns::controller}));
  return controller_facts(page);
}

Result<std::vector<NamespaceFacts>> read_namespace_facts(AdminTransport& transport, const Deadline& deadline,
                                                         std::span<const std::uint32_t> nsids) {
  std::vector<NamespaceFacts> facts;
  facts.reserve(nsids.size());
  while (!nsids.empty()) {
    const auto batch = nsids.first(std::min(nsids.size(), namespace_batch));
    NVMECTL_TRY(read_batch(transport, deadline, batch, facts));
    nsids = nsids.subspan(batch.size());
  }
  return facts;
}

Result<std::uint32_t> get_feature(AdminTransport& transport, const Deadline& deadline, std::uint8_t feature_id,
                                  std::uint32_t nsid, FeatureSelect select, std::span<std::byte> data) {
  Request request;
  request.command = get_features_command(feature_id, nsid, select);
  request.in = data;
  request.operation = "Get Features";
  NVMECTL_ASSIGN(const Completion completion, check(transport.submit_admin(request, deadline), request.operation));
  return static_cast<std::uint32_t>(completion.result);
}

}  // namespace nvmectl::nvme
