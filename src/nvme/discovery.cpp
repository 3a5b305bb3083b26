#include "nvme/discovery.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/device_ref.hpp"
#include "core/text.hpp"
#include "nvme/admin.hpp"
#include "nvme/decode.hpp"
#include "nvme/endian.hpp"
#include "nvme/layouts/layouts.hpp"

namespace nvmectl::nvme {
namespace {

constexpr std::string_view operation = "Get Log Page (discovery)";
constexpr std::size_t header_bytes = 1024;
constexpr std::size_t entry_bytes = 1024;
constexpr std::size_t header_used_bytes = 18;  // behind RECFMT

using Data = std::span<const std::byte>;

struct Header {
  std::uint64_t generation = 0;
  std::uint64_t records = 0;
};

/// What one pass over the log found: it counts when `header`, read last, has the generation that the pass began with.
struct Pass {
  Header header;
  std::vector<DiscoveryRecord> records;
  std::optional<Error> problem;  ///< with the entries; to be expected when the log moved
  bool restarted = false;        ///< the controller itself said that the log moved
};

tl::unexpected<Error> broken(std::string message) {
  return fail(make_error(ErrorKind::protocol, std::move(message),
                         "the target's discovery service is faulty; look for an update of the target")
                  .during(std::string(operation)));
}

Request log_request(std::span<std::byte> into, std::uint64_t offset, bool retain) {
  Request request;
  // NSID is 0: the log is the controller's.
  request.command = get_log_command({.log_id = lid::discovery, .nsid = 0, .offset = offset, .retain_event = retain},
                                    static_cast<std::uint32_t>(into.size()));
  request.in = into;
  request.operation = operation;
  return request;
}

Result<Header> parse_header(Data data) {
  if (data.size() < header_used_bytes) return broken("the discovery log is shorter than its header");
  const Header header{load_le<std::uint64_t>(data, 0), load_le<std::uint64_t>(data, 8)};
  if (const auto format = load_le<std::uint16_t>(data, 16); format != 0) {
    return broken(fmt::format("the discovery log has the unknown record format {}", format));
  }
  if (header.records > max_discovery_records) {
    return broken(
        fmt::format("the discovery log claims {} records, more than {}", header.records, max_discovery_records));
  }
  return header;
}

Result<Header> read_header(AdminTransport& transport, const Deadline& deadline, bool retain) {
  Bytes page(header_bytes);
  NVMECTL_ASSIGN(const Completion completion,
                 check(transport.submit_admin(log_request(page, 0, retain), deadline), operation));
  return parse_header(Data(page).first(std::min(page.size(), completion.received)));
}

void add_records(Data entries, Pass& pass) {
  for (; entries.size() >= entry_bytes; entries = entries.subspan(entry_bytes)) {
    auto record = parse_discovery_entry(entries.first(entry_bytes), pass.records.size());
    if (record) {
      pass.records.push_back(std::move(*record));
    } else {
      pass.problem = std::move(record).error();
      return;
    }
  }
}

Error cut_short() {
  return broken("the discovery log is shorter than its header says").value();
}

/// Whole entries that fit one command.
std::size_t chunk_bytes(const AdminTransport& transport) {
  const std::size_t limit = std::min(transport.max_transfer_bytes(), discovery_batch_bytes);
  return std::max(limit / entry_bytes * entry_bytes, entry_bytes);
}

/// Header and entries with one command.
Result<Pass> read_small(AdminTransport& transport, const Deadline& deadline, std::uint64_t records) {
  Bytes page(header_bytes + static_cast<std::size_t>(records) * entry_bytes);
  NVMECTL_ASSIGN(const Completion completion,
                 check(transport.submit_admin(log_request(page, 0, false), deadline), operation));
  const Data arrived = Data(page).first(std::min(page.size(), completion.received));
  Pass pass;
  NVMECTL_ASSIGN(pass.header, parse_header(arrived));
  if (arrived.size() < page.size()) pass.problem = cut_short();
  else add_records(arrived.subspan(header_bytes), pass);
  return pass;
}

/// Up to discovery_batch_bytes of entries, behind those that `pass` has.
Result<> read_batch(AdminTransport& transport, const Deadline& deadline, std::uint64_t total, Pass& pass) {
  const std::size_t chunk = chunk_bytes(transport);
  const std::uint64_t left = (total - pass.records.size()) * entry_bytes;
  Bytes buffer(static_cast<std::size_t>(std::min<std::uint64_t>(left, discovery_batch_bytes / chunk * chunk)));
  const std::uint64_t start = header_bytes + std::uint64_t{pass.records.size()} * entry_bytes;
  std::vector<Request> requests;
  for (std::size_t at = 0; at < buffer.size(); at += chunk) {
    const auto part = std::span(buffer).subspan(at, std::min(chunk, buffer.size() - at));
    requests.push_back(log_request(part, start + at, true));
  }
  NVMECTL_ASSIGN(const std::vector<Completion> completions, transport.submit_admin_all(requests, deadline));
  if (completions.size() != requests.size()) {
    return fail(ErrorKind::internal, "the transport lost completions of Get Log Page");
  }
  for (std::size_t i = 0; i < completions.size(); ++i) {
    NVMECTL_TRY(check(completions[i], operation));
    if (completions[i].received < requests[i].in.size()) {
      pass.problem = cut_short();
      return {};
    }
  }
  add_records(buffer, pass);
  return {};
}

Result<Pass> read_large(AdminTransport& transport, const Deadline& deadline, std::uint64_t records) {
  Pass pass;
  while (pass.records.size() < records && !pass.problem) {
    NVMECTL_TRY(read_batch(transport, deadline, records, pass));
  }
  NVMECTL_ASSIGN(pass.header, read_header(transport, deadline, false));
  return pass;
}

/// One pass; a log that was changed meanwhile may also be answered with Discover Restart.
Result<Pass> read_pass(AdminTransport& transport, const Deadline& deadline, std::uint64_t records) {
  const std::uint64_t bytes = header_bytes + records * entry_bytes;
  const bool small = bytes <= chunk_bytes(transport);
  auto pass = small ? read_small(transport, deadline, records) : read_large(transport, deadline, records);
  if (pass || !pass.error().status) return pass;
  const NvmeStatus status = *pass.error().status;
  if (status.type != status::discover_restart.type || status.code != status::discover_restart.code) return pass;
  Pass restarted;
  restarted.restarted = true;
  NVMECTL_ASSIGN(restarted.header, read_header(transport, deadline, true));
  return restarted;
}

}  // namespace

Result<DiscoveryRecord> parse_discovery_entry(std::span<const std::byte> entry, std::size_t index) {
  const WireReader read(discovery_entry, entry);
  DiscoveryRecord record;
  record.transport_type = read.as<std::uint8_t>("trtype");
  record.address_family = read.as<std::uint8_t>("adrfam");
  record.subsystem_type = read.as<std::uint8_t>("subtype");
  record.transport_requirements = read.as<std::uint8_t>("treq");
  record.port_id = read.as<std::uint16_t>("portid");
  record.controller_id = read.as<std::uint16_t>("cntlid");
  record.admin_queue_size = read.as<std::uint16_t>("asqsz");
  record.entry_flags = read.as<std::uint16_t>("eflags");
  record.service_id = read.text("trsvcid");
  record.address = read.text("traddr");
  if (const Data tsas = read.bytes("tsas"); record.transport_type == trtype::tcp && !tsas.empty()) {
    record.security_type = load_u8(tsas, 0);
  }
  const Data nqn = read.bytes("subnqn");
  std::string_view raw(reinterpret_cast<const char*>(nqn.data()), nqn.size());
  raw = raw.substr(0, raw.find('\0'));
  raw = raw.substr(0, raw.find_last_not_of(' ') + 1);
  if (raw.size() > max_nqn_length) {
    return broken(
        fmt::format("record {} of the discovery log has an NQN of more than {} bytes", index, max_nqn_length));
  }
  record.nqn = wire_text(nqn);
  return record;
}

Result<DiscoveryLog> read_discovery_log(AdminTransport& transport, const Deadline& deadline) {
  NVMECTL_ASSIGN(Header header, read_header(transport, deadline, true));
  for (int attempt = 0; attempt < max_discovery_attempts; ++attempt) {
    if (header.records == 0) return DiscoveryLog{header.generation, {}};
    NVMECTL_ASSIGN(Pass pass, read_pass(transport, deadline, header.records));
    if (!pass.restarted && pass.header.generation == header.generation) {
      if (pass.header.records != header.records) {
        return broken("the number of discovery records changed without the generation counter");
      }
      if (pass.problem) return fail(std::move(*pass.problem));
      return DiscoveryLog{header.generation, std::move(pass.records)};
    }
    header = pass.header;
  }
  return fail(make_error(ErrorKind::busy,
                         fmt::format("the discovery log changed {} times while it was read", max_discovery_attempts),
                         "somebody keeps changing the target's configuration; try again later")
                  .during(std::string(operation)));
}

std::string_view discovery_name(std::span<const SymbolName> names, std::uint64_t code) {
  const std::string_view name = name_of(names, code);
  return name.empty() ? "unrecognized" : name;
}

}  // namespace nvmectl::nvme
